using System.Buffers.Text;

namespace Edge.Vision.Capture.Decoding;

/// <summary>
/// What stands before each picture in ffmpeg's <c>-c:v pgmyuv</c> stream: the header of a PGM (netpbm's pgm(5)), as in <c>P5\n1280 1080\n255\n</c>, whose
/// height is half as much again as the picture's. Each frame says its own size, so nothing has to be asked of the camera first.
/// </summary>
/// <param name="Width">Of the picture, even.</param>
/// <param name="Height">Of the picture, even.</param>
internal readonly record struct PgmHeader(int Width, int Height)
{
    /// <summary>The longest that stands before a picture within <see cref="PictureLimits"/>.</summary>
    public const int Longest = 18;

    /// <summary>Refuses everything but what ffmpeg writes, and sizes beyond <see cref="PictureLimits"/>.</summary>
    /// <param name="bytes">The whole header and nothing else.</param>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out PgmHeader header)
    {
        header = default;
        if (!bytes.StartsWith("P5\n"u8)) return false;
        bytes = bytes[3..];
        if (!TryNumber(ref bytes, (byte)' ', out var width) || !TryNumber(ref bytes, (byte)'\n', out var rows) || !bytes.SequenceEqual("255\n"u8)) return false;
        if (width % 2 != 0 || rows % 3 != 0 || !PictureLimits.Allow(width, rows / 3 * 2)) return false;
        header = new PgmHeader(width, rows / 3 * 2);
        return true;
    }

    private static bool TryNumber(ref ReadOnlySpan<byte> bytes, byte end, out int number)
    {
        if (!Utf8Parser.TryParse(bytes, out number, out var read) || !char.IsAsciiDigit((char)bytes[0]) || read >= bytes.Length || bytes[read] != end)
            return false;
        bytes = bytes[(read + 1)..];
        return true;
    }
}
