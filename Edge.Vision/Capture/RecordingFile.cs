using System.Buffers.Binary;
using System.Numerics;

namespace Edge.Vision.Capture;

/// <summary>
/// What a recording's container says of its own length. A decoder plays a cut-off copy without complaint up to the cut;
/// only the outermost lengths tell. Knows MP4/MOV (ISO 14496-12 §4.2, §8.2.2), AVI (RIFF, <c>avih</c>) and
/// Matroska/WebM (RFC 8794, RFC 9559).
/// </summary>
internal static class RecordingFile
{
    /// <summary>True when the file ends before its container does; false when it is whole, or nobody can say.</summary>
    public static bool IsCutShort(Stream file)
    {
        Span<byte> head = stackalloc byte[12];
        if (!TryRead(file, 0, head)) return false;
        if (IsAvi(head)) return 8 + (long)BinaryPrimitives.ReadUInt32LittleEndian(head[4..]) > file.Length;
        if (head.StartsWith((ReadOnlySpan<byte>)[0x1a, 0x45, 0xdf, 0xa3])) return EndsInsideSegment(file);
        if (!IsMp4(head)) return false;
        var last = Boxes(file, 0, file.Length).LastOrDefault();
        // A few zeros at the end are padding some recorders append, not the start of a box.
        return last.End > file.Length || (last.End < file.Length && !IsZeros(file, last.End));
    }

    /// <summary>How long it plays, by its header; null where the header is missing or does not say.</summary>
    public static TimeSpan? PlayingTime(Stream file)
    {
        Span<byte> head = stackalloc byte[52];
        if (!TryRead(file, 0, head)) return null;
        if (IsAvi(head) && head[24..].StartsWith("avih"u8))
            return Playing((double)BinaryPrimitives.ReadUInt32LittleEndian(head[32..]) * BinaryPrimitives.ReadUInt32LittleEndian(head[48..]) / 1e6);
        if (!IsMp4(head)) return null;
        var movie = Boxes(file, 0, file.Length).FirstOrDefault(box => box.Is("moov"));
        var header = Boxes(file, movie.Content, Math.Min(movie.End, file.Length)).FirstOrDefault(box => box.Is("mvhd"));
        Span<byte> times = stackalloc byte[32];
        if (header.End == 0 || !TryRead(file, header.Content, times)) return null;
        var wide = times[0] == 1; // version 1 has 64-bit times
        var scale = BinaryPrimitives.ReadUInt32BigEndian(times[(wide ? 20 : 12)..]);
        var duration = wide
            ? BinaryPrimitives.ReadUInt64BigEndian(times[24..]) : BinaryPrimitives.ReadUInt32BigEndian(times[16..]);
        return scale == 0 ? null : Playing((double)duration / scale);
    }

    // A header may say anything.
    private static TimeSpan? Playing(double seconds) => seconds is > 0 and < 1e8 ? TimeSpan.FromSeconds(seconds) : null;

    private static bool IsAvi(ReadOnlySpan<byte> head) => head.StartsWith("RIFF"u8);

    private static bool IsMp4(ReadOnlySpan<byte> head) => head[4..].StartsWith("ftyp"u8);

    /// <summary>The boxes between two places; the last one may end beyond them, none follows something that is no box.</summary>
    private static IEnumerable<Box> Boxes(Stream file, long from, long to)
    {
        var header = new byte[16];
        while (from + 8 <= to && TryRead(file, from, header.AsSpan(0, 8)))
        {
            ulong size = BinaryPrimitives.ReadUInt32BigEndian(header);
            var type = BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(4));
            var wide = size == 1 && TryRead(file, from, header);
            if (wide) size = BinaryPrimitives.ReadUInt64BigEndian(header.AsSpan(8));
            if (size == 0 && type != 0) size = (ulong)(to - from); // "to the end of the file"
            if (size < 8 || size > long.MaxValue / 2) yield break;
            var box = new Box(type, from + (wide ? 16 : 8), from + (long)size);
            yield return box;
            from = box.End;
        }
    }

    private readonly record struct Box(uint Type, long Content, long End)
    {
        public bool Is(string name) => Type == ((uint)name[0] << 24 | (uint)name[1] << 16 | (uint)name[2] << 8 | name[3]);
    }

    private static bool EndsInsideSegment(Stream file)
    {
        var header = new byte[12];
        for (long at = 0; at < file.Length;)
        {
            file.Position = at;
            var read = header.AsSpan(0, file.ReadAtLeast(header, header.Length, throwOnEndOfStream: false));
            if (!TryVint(read, keepMarker: true, out _, out var idLength) ||
                !TryVint(read[idLength..], keepMarker: false, out var size, out var sizeLength)) return false;
            if (size < 0) return false; // unknown: a live recording, it may end anywhere
            if (size > file.Length - at - idLength - sizeLength) return true;
            at += idLength + sizeLength + size;
        }
        return false;
    }

    /// <summary>An EBML variable-length number; -1 for the reserved "unknown", all ones.</summary>
    private static bool TryVint(ReadOnlySpan<byte> bytes, bool keepMarker, out long value, out int length)
    {
        (value, length) = (0, 0);
        if (bytes.IsEmpty || bytes[0] == 0) return false;
        length = BitOperations.LeadingZeroCount((uint)bytes[0]) - 23;
        if (length > bytes.Length) return false;
        foreach (var next in bytes[..length]) value = value << 8 | next;
        if (keepMarker) return true;
        value &= (1L << 7 * length) - 1;
        if (value == (1L << 7 * length) - 1) value = -1;
        return true;
    }

    private static bool TryRead(Stream file, long at, Span<byte> bytes)
    {
        file.Position = at;
        return file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false) == bytes.Length;
    }

    private static bool IsZeros(Stream file, long at)
    {
        var rest = new byte[(int)Math.Min(file.Length - at, 4096)];
        return TryRead(file, at, rest) && !rest.AsSpan().ContainsAnyExcept((byte)0);
    }
}
