using System.Buffers.Binary;

namespace Edge.Agent.Door;

/// <summary>
/// Whether bytes are what our own encoder makes of a plate, or of an aim view, and nothing besides: a baseline JPEG (ITU-T T.81, annex B) of
/// tables, one frame and one scan, without comments, previews or anything after its end. It is not decoded here: no
/// decoder runs in the room that has the disk. Pure.
/// </summary>
internal static class CropPicture
{
    private const int MaxWidth = 320;
    private const int MaxHeight = 240;

    private const byte Soi = 0xd8, Eoi = 0xd9, App0 = 0xe0, Dqt = 0xdb, Dht = 0xc4, Sof0 = 0xc0, Sos = 0xda;

    public static bool IsPlain(ReadOnlySpan<byte> file, int maxWidth = MaxWidth, int maxHeight = MaxHeight)
    {
        if (file is not [0xff, Soi, .., 0xff, Eoi]) return false;
        var hasFrame = false;
        for (var at = 2; at + 4 <= file.Length;)
        {
            if (file[at] != 0xff) return false;
            var (marker, length) = (file[at + 1], BinaryPrimitives.ReadUInt16BigEndian(file[(at + 2)..]));
            if (length < 2 || at + 2 + length > file.Length - 2) return false; // none reaches into the mark at the end
            var segment = file.Slice(at + 4, length - 2);
            at += 2 + length;
            switch (marker)
            {
                case App0 when segment is [(byte)'J', (byte)'F', (byte)'I', (byte)'F', 0, _, _, _, _, _, _, _, 0, 0]: break; // no thumbnail
                // A table of each kind has one size; room for words between them there is none.
                case Dqt when segment.Length % 65 == 0 && segment.Length <= 4 * 65: break;
                case Dht when IsHuffman(segment): break;
                case Sof0 when !hasFrame && segment.Length is 9 or 15 && segment.Length == 6 + segment[5] * 3:
                    var (height, width) = (BinaryPrimitives.ReadUInt16BigEndian(segment[1..]), BinaryPrimitives.ReadUInt16BigEndian(segment[3..]));
                    if (segment[0] != 8 || width == 0 || width > maxWidth || height == 0 || height > maxHeight) return false;
                    hasFrame = true;
                    break;
                case Sos when hasFrame && segment.Length is 6 or 10: return IsOneScan(file[at..^2]);
                default: return false;
            }
        }
        return false;
    }

    private static bool IsHuffman(ReadOnlySpan<byte> tables)
    {
        var count = 0;
        for (; tables.Length >= 17 && count < 8; count++)
        {
            var symbols = 0;
            foreach (var codes in tables.Slice(1, 16)) symbols += codes;
            if (symbols > 256 || tables.Length < 17 + symbols) return false;
            tables = tables[(17 + symbols)..];
        }
        return count > 0 && tables.IsEmpty;
    }

    // In entropy-coded data 0xff is followed by 0 or is a restart.
    private static bool IsOneScan(ReadOnlySpan<byte> scan)
    {
        for (var at = scan.IndexOf((byte)0xff); at >= 0;)
        {
            if (at + 1 >= scan.Length || scan[at + 1] is not (0 or >= 0xd0 and <= 0xd7)) return false;
            var next = scan[(at + 2)..].IndexOf((byte)0xff);
            at = next < 0 ? -1 : at + 2 + next;
        }
        return true;
    }
}
