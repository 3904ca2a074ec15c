using System.Text;
using Edge.Agent.Forgetting;
using Edge.Storage.Sealing;

namespace Edge.Tests.Forgetting;

/// <summary>Each way in which a plate may have been written down is looked for. Each is written here by the platform's own writer, not by ours.</summary>
public sealed class PlateSpellingsTests
{
    private const string Plate = "KB12DSZ";
    private static readonly byte[] Salt = new byte[BlindTag.SaltSize];
    private static readonly BlindCost Cheap = new(7168, 5);

    public static TheoryData<string, string> Written => new()
    {
        { "ASCII", Hex(Encoding.ASCII.GetBytes($"x{Plate}x")) },
        { "lower case ASCII", Hex(Encoding.ASCII.GetBytes("plate=kb12dsz;")) },
        { "UTF-16LE", Hex(Encoding.Unicode.GetBytes(Plate)) },
        { "UTF-16BE", Hex(Encoding.BigEndianUnicode.GetBytes(Plate)) },
        { "UTF-32", Hex(Encoding.UTF32.GetBytes(Plate)) },
        { "JSON escapes", Hex(Encoding.ASCII.GetBytes(string.Concat(Plate.Select(letter => $"\\u{(int)letter:x4}")))) },
        { "JSON escapes", Hex(Encoding.ASCII.GetBytes(string.Concat(Plate.Select(letter => $"\\u{(int)letter:X4}")))) },
        { "hexadecimal", Hex(Encoding.ASCII.GetBytes(Hex(Encoding.ASCII.GetBytes(Plate)))) },
        { "base64", Hex(Encoding.ASCII.GetBytes(Convert.ToBase64String(Encoding.ASCII.GetBytes($"{Plate}.")))) },
        { "base64", Hex(Encoding.ASCII.GetBytes(Convert.ToBase64String(Encoding.ASCII.GetBytes($"a{Plate}.")))) },
        { "base64", Hex(Encoding.ASCII.GetBytes(Convert.ToBase64String(Encoding.ASCII.GetBytes($"ab{Plate}.")))) },
        { "UTF-16LE, base64", Hex(Encoding.ASCII.GetBytes(Convert.ToBase64String(Encoding.Unicode.GetBytes(Plate)))) },
        { "folded, ASCII", Hex("K812052"u8) },
        { "folded, UTF-16LE", Hex(Encoding.Unicode.GetBytes("K812052")) },
        { "hotlist tag", Hex(Tag()) },
        { "hotlist tag, hexadecimal", Hex(Encoding.ASCII.GetBytes(Hex(Tag()))) },
        { "hotlist tag, base64url", Hex(Encoding.ASCII.GetBytes(System.Buffers.Text.Base64Url.EncodeToString(Tag()))) },
    };

    [Theory]
    [MemberData(nameof(Written))]
    public void Every_way_of_writing_a_plate_down_is_found(string form, string written)
    {
        var traces = new Traces([.. PlateSpellings.Of(Encoding.ASCII.GetBytes(Plate)), .. PlateSpellings.OfTag(Encoding.ASCII.GetBytes(Plate), Salt, Cheap)],
            "control"u8.ToArray());
        var found = traces.Report("here", traces.In(Convert.FromHexString(written))).Found;
        Assert.True(found.ContainsKey(form) || found.ContainsKey(form.Replace("base64url", "base64", StringComparison.Ordinal)), string.Join(", ", found.Keys));
    }

    [Fact]
    public void A_part_of_a_plate_or_another_is_not_the_plate()
    {
        var traces = new Traces(PlateSpellings.Of(Encoding.ASCII.GetBytes(Plate)), "control"u8.ToArray());
        Assert.Empty(traces.In("KB12DS KB12D 12DSZ KB13DSZ K8120"u8).Found);
    }

    private static byte[] Tag()
    {
        var tag = new byte[BlindTag.Size];
        BlindTag.Derive(Encoding.ASCII.GetBytes(Plate), Salt, Cheap, tag);
        return tag;
    }

    private static string Hex(ReadOnlySpan<byte> bytes) => Convert.ToHexString(bytes);
}
