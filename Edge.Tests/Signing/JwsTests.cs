using System.Buffers.Text;
using System.Text;
using CsCheck;
using Edge.Storage.Keys;
using Edge.Storage.Signing;

namespace Edge.Tests.Signing;

public sealed class JwsTests
{
    private const string ContentType = "application/cloudevents+json";

    // RFC 8037 appendix A.1 to A.5.
    private const string D = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A";
    private const string X = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
    private const string SigningInput = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
    private const string Signature = "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";

    [Fact]
    public void The_published_key_has_the_published_halves_and_thumbprint()
    {
        using var key = SigningKey.FromSeed(Base64Url.DecodeFromChars(D));
        Assert.Equal(X, key.Public.X);
        Assert.Equal("kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k", key.Public.KeyId);
    }

    [Fact]
    public void The_published_example_is_signed_and_verified_alike()
    {
        using var key = SigningKey.FromSeed(Base64Url.DecodeFromChars(D));
        var input = Encoding.ASCII.GetBytes(SigningInput);
        Assert.Equal(Signature, Base64Url.EncodeToString(key.Sign(input)));
        Assert.True(key.Public.Verify(input, Base64Url.DecodeFromChars(Signature)));
    }

    [Fact]
    public void A_message_without_a_key_id_is_refused_even_when_its_signature_is_good()
    {
        var key = VerifyingKey.FromRaw(Base64Url.DecodeFromChars(X));
        Assert.False(Jws.TryVerify(Encoding.ASCII.GetBytes($"{SigningInput}.{Signature}"), key, out _));
    }

    [Fact]
    public void What_one_key_signs_it_verifies_and_no_other_does() =>
        Gen.Byte.Array[1, 3000].Sample(payload =>
        {
            using var key = SigningKey.Create();
            using var other = SigningKey.Create();
            var jws = Jws.Sign(key, payload, ContentType);
            return Jws.TryReadKeyId(jws, out var keyId) && keyId == key.Public.KeyId
                && Jws.TryVerify(jws, key.Public, ContentType, out var read) && read.AsSpan().SequenceEqual(payload)
                && !Jws.TryVerify(jws, other.Public, out _);
        }, iter: 200);

    [Fact]
    public void A_change_of_any_bit_is_refused()
    {
        using var key = SigningKey.Create();
        var jws = Jws.Sign(key, """{"specversion":"1.0"}"""u8, ContentType);
        for (var bit = 0; bit < jws.Length * 8; bit++)
        {
            jws[bit / 8] ^= (byte)(1 << bit % 8);
            Assert.False(Jws.TryVerify(jws, key.Public, out var payload), $"bit {bit}");
            Assert.Empty(payload);
            jws[bit / 8] ^= (byte)(1 << bit % 8);
        }
        for (var length = 0; length < jws.Length; length++)
            Assert.False(Jws.TryVerify(jws.AsSpan(0, length), key.Public, out _));
        Assert.True(Jws.TryVerify(jws, key.Public, out _));
    }

    [Fact]
    public void A_message_of_one_content_does_not_pass_for_another()
    {
        using var key = SigningKey.Create();
        var jws = Jws.Sign(key, "{}"u8, "application/edge-policy+json");
        Assert.False(Jws.TryVerify(jws, key.Public, ContentType, out _));
        Assert.True(Jws.TryVerify(jws, key.Public, "application/edge-policy+json", out _));
    }

    [Theory]
    [InlineData("""{"alg":"EdDSA","kid":"KID"}""", true)]
    [InlineData("""{"kid":"KID","typ":"JWT","cty":"a/b","alg":"EdDSA"}""", true)]
    [InlineData("""{"alg":"none","kid":"KID"}""", false)]
    [InlineData("""{"alg":"HS256","kid":"KID"}""", false)]
    [InlineData("""{"alg":"eddsa","kid":"KID"}""", false)]
    [InlineData("""{"kid":"KID"}""", false)]
    [InlineData("""{"alg":"EdDSA"}""", false)]
    [InlineData("""{"alg":"EdDSA","kid":"KID","kid":"KID"}""", false)]
    [InlineData("""{"alg":"none","alg":"EdDSA","kid":"KID"}""", false)]
    [InlineData("""{"alg":"EdDSA","kid":"KID","crit":["b64"],"b64":false}""", false)]
    [InlineData("""{"alg":"EdDSA","kid":"KID","b64":false}""", false)]
    [InlineData("""{"alg":"EdDSA","kid":"KID","jwk":{"kty":"OKP"}}""", false)]
    [InlineData("""{"alg":"EdDSA","kid":7}""", false)]
    [InlineData("""{"alg":"EdDSA","kid":null}""", false)]
    [InlineData("""{"alg":"EdDSA","kid":"\ud800"}""", false)] // half a surrogate pair: GetString would throw
    [InlineData("""{"alg":"EdDSA","kid":"KID","\u0063ty":"a/b"}""", false)]
    [InlineData("""{"alg":"EdDSA","kid":"KID","cty":"a b"}""", false)]
    [InlineData("""{"alg":"EdDSA","kid":"KID"} {}""", false)]
    [InlineData("""{"alg":"EdDSA","kid":"KID"}x""", false)]
    [InlineData("""["EdDSA"]""", false)]
    [InlineData("""EdDSA""", false)]
    public void The_header_says_exactly_what_it_must(string header, bool accepted)
    {
        using var key = SigningKey.Create();
        var text = Base64Url.EncodeToString(Encoding.UTF8.GetBytes(header.Replace("KID", key.Public.KeyId, StringComparison.Ordinal)));
        var input = Encoding.ASCII.GetBytes($"{text}.{Base64Url.EncodeToString("{}"u8)}");
        byte[] jws = [.. input, (byte)'.', .. Base64Url.EncodeToUtf8(key.Sign(input))];
        Assert.Equal(accepted, Jws.TryVerify(jws, key.Public, out _));
        Assert.Equal(accepted, Jws.TryReadKeyId(jws, out _));
    }

    [Fact]
    public void A_second_spelling_of_the_same_signature_is_refused()
    {
        using var key = SigningKey.Create();
        var jws = Encoding.ASCII.GetString(Jws.Sign(key, "{}"u8, ContentType));
        foreach (var other in new[] { jws + "=", jws + "==", jws + "\n", " " + jws, jws + ".", jws.Replace(".", "..", StringComparison.Ordinal) })
            Assert.False(Jws.TryVerify(Encoding.ASCII.GetBytes(other), key.Public, out _));
        // 64 bytes leave four bits unused in the last character: exactly one of sixteen spellings is the canonical one.
        const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        var last = Alphabet.IndexOf(jws[^1], StringComparison.Ordinal) / 16 * 16;
        var accepted = Enumerable.Range(last, 16).Count(index =>
            Jws.TryVerify(Encoding.ASCII.GetBytes(jws[..^1] + Alphabet[index]), key.Public, out _));
        Assert.Equal(1, accepted);
    }

    [Fact]
    public void Random_bytes_never_throw()
    {
        using var key = SigningKey.Create();
        Gen.Byte.Array[0, 200].Sample(bytes => !Jws.TryVerify(bytes, key.Public, out _) && !Jws.TryReadKeyId(bytes, out _));
        Gen.String[Gen.Char["{}\":,.\\uaEdDSAlgki0 "], 0, 80].Sample(text =>
        {
            var jws = $"{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text))}.e30.AAAA";
            return !Jws.TryReadKeyId(Encoding.ASCII.GetBytes(jws), out _);
        });
    }

    [Fact]
    public void What_no_receiver_would_take_is_not_signed()
    {
        using var key = SigningKey.Create();
        Assert.Throws<ArgumentException>(() => Jws.Sign(key, [], ContentType));
        Assert.Throws<ArgumentException>(() => Jws.Sign(key, new byte[Jws.MaxBytes], ContentType));
        Assert.Throws<ArgumentException>(() => Jws.Sign(key, "{}"u8, "a\",\"alg\":\"none"));
        Assert.False(Jws.TryReadKeyId(new byte[Jws.MaxBytes + 1], out _));
    }
}
