using System.Buffers.Binary;

namespace Edge.Vision.Capture.Rtsp;

/// <summary>
/// The 54 bytes before each picture in ffmpeg's <c>-c:v bmp</c> stream: BITMAPFILEHEADER and BITMAPINFOHEADER, 24 bits
/// a pixel, uncompressed. Each frame says its own size, so nothing has to be asked of the camera first.
/// </summary>
internal readonly record struct BitmapHeader(int Width, int Height)
{
    public const int Length = 54;

    /// <summary>Bytes of one row in the stream: rows are padded to four.</summary>
    public int Stride => (Width * 3 + 3) & ~3;

    /// <summary>Refuses everything but the one shape ffmpeg writes, and sizes beyond <see cref="PictureLimits"/>.</summary>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out BitmapHeader header)
    {
        header = default;
        if (bytes.Length < Length || !bytes.StartsWith("BM"u8)) return false;
        var pixelsAt = BinaryPrimitives.ReadInt32LittleEndian(bytes[10..]);
        var infoLength = BinaryPrimitives.ReadInt32LittleEndian(bytes[14..]);
        var width = BinaryPrimitives.ReadInt32LittleEndian(bytes[18..]);
        var height = BinaryPrimitives.ReadInt32LittleEndian(bytes[22..]);
        var bits = BinaryPrimitives.ReadInt16LittleEndian(bytes[28..]);
        var compression = BinaryPrimitives.ReadInt32LittleEndian(bytes[30..]);
        if (pixelsAt != Length || infoLength != 40 || bits != 24 || compression != 0) return false;
        if (!PictureLimits.Allow(width, height)) return false;
        header = new BitmapHeader(width, height);
        return true;
    }
}
