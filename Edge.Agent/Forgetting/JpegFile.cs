using System.Buffers.Binary;

namespace Edge.Agent.Forgetting;

/// <summary>Where a JPEG file ends that begins somewhere (ITU-T T.81, annex B).</summary>
internal static class JpegFile
{
    /// <summary>How files begin: start of image, and the first marker that cameras and libraries write after it.</summary>
    public static readonly IReadOnlyList<byte[]> Beginnings =
        [.. new byte[] { 0xDB, 0xE0, 0xE1, 0xE2, 0xEE, 0xFE, 0xC0, 0xC4 }.Select(marker => new byte[] { 0xFF, 0xD8, 0xFF, marker })];

    /// <summary>Its length; null where it has no end, or is none.</summary>
    /// <param name="bytes">From its first byte on.</param>
    public static int? Length(ReadOnlySpan<byte> bytes)
    {
        for (var at = 2; at + 4 <= bytes.Length;)
        {
            if (bytes[at] != 0xFF) return null;
            var marker = bytes[at + 1];
            if (marker == 0xD9) return at + 2;
            var length = BinaryPrimitives.ReadUInt16BigEndian(bytes[(at + 2)..]);
            if (length < 2) return null;
            at += 2 + length;
            if (marker == 0xDA) at = AfterScan(bytes, at);
            if (at + 2 <= bytes.Length && bytes[at] == 0xFF && bytes[at + 1] == 0xD9) return at + 2;
        }
        return null;
    }

    // Entropy-coded bytes hold FF only before 00 and before restart markers.
    private static int AfterScan(ReadOnlySpan<byte> bytes, int at)
    {
        for (; at + 1 < bytes.Length; at++)
            if (bytes[at] == 0xFF && bytes[at + 1] is not (0 or >= 0xD0 and <= 0xD7 or 0xFF)) return at;
        return bytes.Length;
    }
}
