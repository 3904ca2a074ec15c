using System.Text;

namespace Edge.Agent.Evaluation;

/// <summary>Which photographs of the training sets are kept out of training: one in eight, by the check sum of what they show and
/// not by their set, since the same photograph stands in several.</summary>
internal static class HeldOut
{
    private const uint OneIn = 8;

    /// <summary>What a picture is, whatever set or crop it stands in: for Open Images sets (<c>oid…</c>) the image id, which the name
    /// holds up to its first '_' or '.'; for others the name without extension.</summary>
    public static string Id(string set, string file) => set.StartsWith("oid", StringComparison.Ordinal)
        ? file[..(file.IndexOfAny(['_', '.']) is >= 0 and var end ? end : file.Length)]
        : Path.GetFileNameWithoutExtension(file);

    /// <summary>True where training never sees it. The Romanian set keeps its origin's own split.</summary>
    public static bool Contains(string set, string file) => set == "romania"
        ? file.StartsWith("valid-", StringComparison.Ordinal)
        : Crc32(Id(set, file)) % OneIn == 0;

    /// <summary>CRC-32 of the text's UTF-8 bytes (ISO-HDLC: reflected, polynomial 0x04C11DB7), as zlib has it.</summary>
    public static uint Crc32(string text)
    {
        var remainder = uint.MaxValue;
        foreach (var value in Encoding.UTF8.GetBytes(text))
        {
            remainder ^= value;
            for (var bit = 0; bit < 8; bit++) remainder = (remainder >> 1) ^ ((remainder & 1) * 0xedb88320u);
        }
        return ~remainder;
    }
}
