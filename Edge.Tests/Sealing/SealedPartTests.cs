using System.Text;
using System.Text.Json;
using CsCheck;
using Edge.Storage.Sealing;

namespace Edge.Tests.Sealing;

public sealed class SealedPartTests
{
    private static readonly byte[] Header = """{"agency":"a","box":"b","sequence":7}"""u8.ToArray();

    [Fact]
    public void What_is_sealed_to_an_agency_comes_back_with_its_key_and_header() =>
        Gen.Select(Gen.Byte.Array[0, 64], Gen.Byte.Array[0, 2000]).Sample((header, body) =>
        {
            using var key = RecipientKey.Create();
            var part = SealedPart.Seal(key.Public, header, body);
            return SealedPart.TryParse(part.ToJson(), out var read) && read.KeyId == key.Public.KeyId
                && read.TryOpen(key, header, out var opened) && opened.AsSpan().SequenceEqual(body);
        }, iter: 200);

    [Fact]
    public void The_text_has_exactly_the_four_members()
    {
        using var key = RecipientKey.Create();
        using var json = JsonDocument.Parse(SealedPart.Seal(key.Public, Header, new byte[10]).ToJson());
        Assert.Equal(["suite", "kid", "enc", "ct"], json.RootElement.EnumerateObject().Select(member => member.Name));
        Assert.Equal("X25519-HKDF-SHA256/HKDF-SHA256/ChaCha20Poly1305", json.RootElement.GetProperty("suite").GetString());
        Assert.Equal(key.Public.KeyId, json.RootElement.GetProperty("kid").GetString());
        Assert.Equal(43, json.RootElement.GetProperty("enc").GetString()!.Length);
        Assert.Equal(35, json.RootElement.GetProperty("ct").GetString()!.Length); // 26 bytes
    }

    [Fact]
    public void The_purpose_and_the_recipient_are_in_the_info_of_the_format()
    {
        using var key = RecipientKey.Create();
        using var json = JsonDocument.Parse(SealedPart.Seal(key.Public, Header, "body"u8).ToJson());
        byte[] info = [.. "edge/v1/hit"u8, 0, .. Encoding.ASCII.GetBytes(key.Public.KeyId)];
        byte[] Part(string name) => System.Buffers.Text.Base64Url.DecodeFromChars(json.RootElement.GetProperty(name).GetString());
        Assert.True(Hpke.TryOpen(key, Part("enc"), info, Header, Part("ct"), out var body));
        Assert.Equal("body"u8, body);
    }

    [Fact]
    public void A_change_of_any_bit_of_the_text_is_refused()
    {
        using var key = RecipientKey.Create();
        var json = SealedPart.Seal(key.Public, Header, new byte[32]).ToJson();
        for (var bit = 0; bit < json.Length * 8; bit++)
        {
            json[bit / 8] ^= (byte)(1 << bit % 8);
            Assert.False(SealedPart.TryParse(json, out var part) && part.TryOpen(key, Header, out _), $"bit {bit}");
            json[bit / 8] ^= (byte)(1 << bit % 8);
        }
    }

    [Fact]
    public void Another_header_or_another_agencys_key_opens_nothing()
    {
        using var key = RecipientKey.Create();
        using var other = RecipientKey.Create();
        var part = SealedPart.Seal(key.Public, Header, new byte[32]);
        Assert.False(part.TryOpen(key, Header.AsSpan(1), out var body));
        Assert.Empty(body);
        Assert.False(part.TryOpen(other, Header, out _));
    }

    [Fact]
    public void Any_other_spelling_is_refused()
    {
        using var key = RecipientKey.Create();
        var good = Encoding.ASCII.GetString(SealedPart.Seal(key.Public, Header, new byte[33]).ToJson());
        var enc = good.Split('"')[11];
        Assert.True(Parses(good));
        Assert.All(new[]
        {
            "", "{}", "null", "[]", good + " ", " " + good, good[..^1], good.Replace(",", ", ", StringComparison.Ordinal),
            good.Replace("}", ",\"x\":1}", StringComparison.Ordinal),
            good.Replace("ChaCha20Poly1305", "AES-256-GCM", StringComparison.Ordinal),
            good.Replace("\"enc\"", "\"ENC\"", StringComparison.Ordinal),
            good.Replace(enc, enc + "=", StringComparison.Ordinal),
            good.Replace(enc, enc[..^1] + "_", StringComparison.Ordinal), // stray trailing bits
            good.Replace(enc, enc[..^4], StringComparison.Ordinal),
            good.Replace(enc, "+" + enc[1..], StringComparison.Ordinal),
            good.Replace(enc, "\\u0041" + enc[1..], StringComparison.Ordinal),
            good.Replace($",\"enc\":\"{enc}\"", "", StringComparison.Ordinal),
            good.Replace($",\"enc\":\"{enc}\"", $",\"enc\":\"{enc}\",\"enc\":\"{enc}\"", StringComparison.Ordinal),
            good.Replace(key.Public.KeyId, key.Public.KeyId[..^1], StringComparison.Ordinal),
            good[..good.IndexOf("\"ct\"", StringComparison.Ordinal)] + "\"ct\":\"AAAA\"}",
        }, text => Assert.False(Parses(text), text));

        static bool Parses(string text) => SealedPart.TryParse(Encoding.ASCII.GetBytes(text), out _);
    }

    [Fact]
    public void Random_text_never_throws() =>
        Gen.Byte.Array[0, 300].Sample(bytes => !SealedPart.TryParse(bytes, out _));

    [Fact]
    public void The_largest_body_fits_and_one_byte_more_does_not()
    {
        using var key = RecipientKey.Create();
        var json = SealedPart.Seal(key.Public, Header, new byte[SealedPart.MaxBody]).ToJson();
        Assert.True(SealedPart.TryParse(json, out var part) && part.TryOpen(key, Header, out var body) && body.Length == SealedPart.MaxBody);
        Assert.Throws<ArgumentException>(() => SealedPart.Seal(key.Public, Header, new byte[SealedPart.MaxBody + 1]));
        var larger = Encoding.ASCII.GetString(json).Replace("\"ct\":\"", "\"ct\":\"AAAA", StringComparison.Ordinal);
        Assert.False(SealedPart.TryParse(Encoding.ASCII.GetBytes(larger), out _));
        Assert.False(SealedPart.TryParse(new byte[SealedPart.MaxJson + 1], out _));
    }

    [Fact]
    public void It_stands_in_a_larger_object_byte_for_byte()
    {
        using var key = RecipientKey.Create();
        var part = SealedPart.Seal(key.Public, Header, new byte[5]);
        var text = new MemoryStream();
        using (var json = new Utf8JsonWriter(text))
        {
            json.WriteStartObject();
            json.WritePropertyName("sealed");
            part.WriteTo(json);
            json.WriteEndObject();
        }
        using var whole = JsonDocument.Parse(text.ToArray());
        var raw = whole.RootElement.GetProperty("sealed").GetRawText();
        Assert.True(SealedPart.TryParse(Encoding.UTF8.GetBytes(raw), out var read) && read.TryOpen(key, Header, out _));
    }
}
