using System.Buffers.Binary;

namespace Edge.Vision.Capture;

/// <summary>A picture file's format.</summary>
internal enum PictureFormat
{
    Jpeg,
    Png,
    Bmp,
    WebP,
}

/// <summary>
/// What a picture says of itself before it is decoded, so that a huge or cut-off one is refused for the price of its
/// header. Pure; knows JPEG (ITU-T T.81 annex B), PNG, BMP and WebP (RFC 9649).
/// </summary>
/// <param name="Format">By its first bytes; the file's name does not count.</param>
/// <param name="Width">Stored width in pixels, before any EXIF rotation.</param>
/// <param name="Height">Stored height in pixels, before any EXIF rotation.</param>
/// <param name="IsWhole">False when the end is missing: decoders paint the rest grey without a word.</param>
internal readonly record struct PictureHeader(PictureFormat Format, long Width, long Height, bool IsWhole)
{
    /// <summary>False for anything that is none of the four, and for a header that ends too soon.</summary>
    public static bool TryParse(ReadOnlySpan<byte> file, out PictureHeader header) => FormatOf(file) switch
    {
        PictureFormat.Jpeg => TryJpeg(file, out header),
        PictureFormat.Png => TryPng(file, out header),
        PictureFormat.Bmp => TryBmp(file, out header),
        PictureFormat.WebP => TryWebP(file, out header),
        _ => Not(out header),
    };

    /// <summary>The format the first bytes claim; null for none of the four.</summary>
    public static PictureFormat? FormatOf(ReadOnlySpan<byte> file) =>
        file.StartsWith((ReadOnlySpan<byte>)[0xff, 0xd8, 0xff]) ? PictureFormat.Jpeg
        : file.StartsWith((ReadOnlySpan<byte>)[0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]) ? PictureFormat.Png
        : file.StartsWith("BM"u8) ? PictureFormat.Bmp
        : file.Length >= 12 && file.StartsWith("RIFF"u8) && file[8..].StartsWith("WEBP"u8) ? PictureFormat.WebP
        : null;

    private static bool Not(out PictureHeader header)
    {
        header = default;
        return false;
    }

    private static bool TryJpeg(ReadOnlySpan<byte> file, out PictureHeader header)
    {
        (long width, long height) = (0, 0);
        for (var at = 2; at + 4 <= file.Length;)
        {
            if (file[at] != 0xff) return Not(out header);
            var marker = file[at + 1];
            if (marker == 0xff) // fill byte
            {
                at++;
                continue;
            }
            // These bear no length, and none of them stands before the scan of an honest file.
            if (marker is <= 0x01 or >= 0xd0 and <= 0xd9) return Not(out header);
            var length = BinaryPrimitives.ReadUInt16BigEndian(file[(at + 2)..]);
            if (length < 2) return Not(out header);
            // SOF0 to SOF15, less DHT, JPG and DAC, which share the range.
            if (marker is >= 0xc0 and <= 0xcf and not (0xc4 or 0xc8 or 0xcc))
            {
                if (at + 9 > file.Length || width != 0) return Not(out header);
                height = BinaryPrimitives.ReadUInt16BigEndian(file[(at + 5)..]);
                width = BinaryPrimitives.ReadUInt16BigEndian(file[(at + 7)..]);
            }
            at += 2 + length;
            if (marker != 0xda) continue;
            var whole = at <= file.Length && file[at..].LastIndexOf((ReadOnlySpan<byte>)[0xff, 0xd9]) >= 0;
            header = new PictureHeader(PictureFormat.Jpeg, width, height, whole);
            return width != 0;
        }
        return Not(out header);
    }

    private static bool TryPng(ReadOnlySpan<byte> file, out PictureHeader header)
    {
        if (file.Length < 24 || !file[12..].StartsWith("IHDR"u8)) return Not(out header);
        var width = BinaryPrimitives.ReadUInt32BigEndian(file[16..]);
        var height = BinaryPrimitives.ReadUInt32BigEndian(file[20..]);
        header = new PictureHeader(PictureFormat.Png, width, height, file.LastIndexOf("IEND"u8) >= 24);
        return true;
    }

    private static bool TryBmp(ReadOnlySpan<byte> file, out PictureHeader header)
    {
        if (file.Length < 26 || BinaryPrimitives.ReadInt32LittleEndian(file[14..]) < 40) return Not(out header);
        var size = BinaryPrimitives.ReadUInt32LittleEndian(file[2..]);
        var width = BinaryPrimitives.ReadInt32LittleEndian(file[18..]);
        var height = Math.Abs((long)BinaryPrimitives.ReadInt32LittleEndian(file[22..]));
        header = new PictureHeader(PictureFormat.Bmp, width, height, file.Length >= size);
        return true;
    }

    private static bool TryWebP(ReadOnlySpan<byte> file, out PictureHeader header)
    {
        if (file.Length < 30) return Not(out header);
        var whole = file.Length >= BinaryPrimitives.ReadUInt32LittleEndian(file[4..]) + 8L;
        var chunk = file[20..];
        (long width, long height) = (0, 0);
        if (file[12..].StartsWith("VP8X"u8))
            (width, height) = (1 + (chunk[4] | chunk[5] << 8 | chunk[6] << 16), 1 + (chunk[7] | chunk[8] << 8 | chunk[9] << 16));
        else if (file[12..].StartsWith("VP8L"u8) && BinaryPrimitives.ReadUInt32LittleEndian(chunk[1..]) is var bits)
            (width, height) = (1 + (bits & 0x3fff), 1 + (bits >> 14 & 0x3fff));
        else if (file[12..].StartsWith("VP8 "u8))
            (width, height) = (BinaryPrimitives.ReadUInt16LittleEndian(chunk[6..]) & 0x3fff,
                BinaryPrimitives.ReadUInt16LittleEndian(chunk[8..]) & 0x3fff);
        header = new PictureHeader(PictureFormat.WebP, width, height, whole);
        return width != 0;
    }
}
