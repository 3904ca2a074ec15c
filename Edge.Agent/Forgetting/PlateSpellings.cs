using System.Buffers.Text;
using System.Text;
using Edge.Agent.Matching;
using Edge.Storage.Sealing;

namespace Edge.Agent.Forgetting;

/// <summary>How a plate may stand in bytes: as characters of every width, escaped, in hexadecimal, in base64 wherever it starts, each as read and
/// folded, and as the tag that a hotlist has of it. A plate becomes no <see cref="string"/> here.</summary>
internal static class PlateSpellings
{
    // Fewer characters of base64 stand everywhere.
    private const int LeastBase64 = 6;

    /// <summary>Every spelling, none twice, with the name of its form.</summary>
    public static IReadOnlyList<(string Form, byte[] Bytes)> Of(ReadOnlySpan<byte> ascii)
    {
        var folded = new byte[ascii.Length];
        PlateFolding.Fold(ascii, folded);
        var all = OfText(ascii.ToArray()).ToList();
        if (!ascii.SequenceEqual(folded)) all.AddRange(OfText(folded).Select(one => ($"folded, {one.Form}", one.Bytes)));
        return [.. all.DistinctBy(one => Convert.ToHexString(one.Bytes))];
    }

    /// <summary>Every spelling of the tag of a plate under a list's salt, as read and folded.</summary>
    public static IReadOnlyList<(string Form, byte[] Bytes)> OfTag(ReadOnlySpan<byte> ascii, ReadOnlySpan<byte> salt, BlindCost cost)
    {
        var folded = new byte[ascii.Length];
        PlateFolding.Fold(ascii, folded);
        var tags = new List<byte[]> { Tag(ascii, salt, cost) };
        if (!ascii.SequenceEqual(folded)) tags.Add(Tag(folded, salt, cost));
        return [.. tags.SelectMany(tag => new[] { ("hotlist tag", tag) }.Concat(Encoded(tag).Select(one => ($"hotlist tag, {one.Form}", one.Bytes))))];
    }

    private static byte[] Tag(ReadOnlySpan<byte> plate, ReadOnlySpan<byte> salt, BlindCost cost)
    {
        var tag = new byte[BlindTag.Size];
        BlindTag.Derive(plate, salt, cost, tag);
        return tag;
    }

    private static IEnumerable<(string Form, byte[] Bytes)> OfText(byte[] upper)
    {
        var lower = Array.ConvertAll(upper, letter => letter is >= (byte)'A' and <= (byte)'Z' ? (byte)(letter | 0x20) : letter);
        foreach (var (text, form) in new[] { (upper, ""), (lower, "lower case ") })
        {
            var little = Widened(text, 2, 0);
            yield return ($"{form}ASCII", text);
            yield return ($"{form}UTF-16LE", little);
            yield return ($"{form}UTF-16BE", Widened(text, 2, 1));
            yield return ($"{form}UTF-32", Widened(text, 4, 0));
            yield return ($"{form}JSON escapes", Escaped(text, "0123456789abcdef"u8));
            yield return ($"{form}JSON escapes", Escaped(text, "0123456789ABCDEF"u8));
            foreach (var one in Encoded(text)) yield return ($"{form}{one.Form}", one.Bytes);
            foreach (var one in Encoded(little)) yield return ($"{form}UTF-16LE, {one.Form}", one.Bytes);
        }
    }

    private static IEnumerable<(string Form, byte[] Bytes)> Encoded(byte[] bytes)
    {
        yield return ("hexadecimal", Encoding.ASCII.GetBytes(Convert.ToHexString(bytes)));
        yield return ("hexadecimal", Encoding.ASCII.GetBytes(Convert.ToHexStringLower(bytes)));
        // The characters that its bytes alone decide, wherever it starts.
        for (var before = 0; before < 3; before++)
        {
            var (first, last) = ((before * 8 + 5) / 6, (before + bytes.Length) * 8 / 6);
            if (last - first < LeastBase64) continue;
            byte[] shifted = [.. new byte[before], .. bytes];
            yield return ("base64", Encoding.ASCII.GetBytes(Convert.ToBase64String(shifted)[first..last]));
            yield return ("base64url", Encoding.ASCII.GetBytes(Base64Url.EncodeToString(shifted)[first..last]));
        }
    }

    private static byte[] Widened(byte[] text, int width, int at)
    {
        var wide = new byte[text.Length * width];
        for (var i = 0; i < text.Length; i++) wide[i * width + at] = text[i];
        return wide;
    }

    private static byte[] Escaped(byte[] text, ReadOnlySpan<byte> digits)
    {
        var escaped = new List<byte>();
        foreach (var letter in text) escaped.AddRange([(byte)'\\', (byte)'u', (byte)'0', (byte)'0', digits[letter >> 4], digits[letter & 15]]);
        return [.. escaped];
    }
}
