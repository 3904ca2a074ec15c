using System.Buffers.Binary;
using System.Numerics;

namespace Edge.Vision.Capture;

/// <summary>
/// Whether a recording's file is as long as its container says. A cut-off copy decodes without complaint up to the cut;
/// only the outermost lengths tell. Knows MP4/MOV (ISO 14496-12 §4.2), AVI (RIFF) and Matroska/WebM (RFC 8794, RFC 9559).
/// </summary>
internal static class ContainerLength
{
    /// <summary>True when the file ends before its container does; false when it is whole, or nobody can say.</summary>
    public static bool IsCutShort(Stream file)
    {
        Span<byte> head = stackalloc byte[12];
        file.Position = 0;
        if (file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false) < head.Length) return false;
        if (head.StartsWith("RIFF"u8)) return 8 + (long)BinaryPrimitives.ReadUInt32LittleEndian(head[4..]) > file.Length;
        if (head.StartsWith((ReadOnlySpan<byte>)[0x1a, 0x45, 0xdf, 0xa3])) return EndsInsideSegment(file);
        return head[4..].StartsWith("ftyp"u8) && EndsInsideBox(file);
    }

    private static bool EndsInsideBox(Stream file)
    {
        Span<byte> header = stackalloc byte[16];
        for (long at = 0; at < file.Length;)
        {
            file.Position = at;
            var read = file.ReadAtLeast(header, header.Length, throwOnEndOfStream: false);
            if (read < 8) return true;
            ulong size = BinaryPrimitives.ReadUInt32BigEndian(header);
            if (size == 1 && read < 16) return true;
            if (size == 1) size = BinaryPrimitives.ReadUInt64BigEndian(header[8..]);
            if (size == 0) return false; // "to the end of the file"
            if (size < 8) return false; // no box at all: padding some recorders append
            if (size > (ulong)(file.Length - at)) return true;
            at += (long)size;
        }
        return false;
    }

    private static bool EndsInsideSegment(Stream file)
    {
        Span<byte> header = stackalloc byte[12];
        for (long at = 0; at < file.Length;)
        {
            file.Position = at;
            var read = header[..file.ReadAtLeast(header, header.Length, throwOnEndOfStream: false)];
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
}
