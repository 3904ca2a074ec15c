using OpenCvSharp;

namespace Edge.Vision.Capture;

/// <summary>
/// A picture as video decoders have it: luma of every pixel, then colour of every second row and column, 8 bits, studio range (16 to 235; ITU-R BT.601). The
/// rows of both colours lie side by side below the luma, each half as wide, as ffmpeg's <c>pgmyuv</c> writes them. Sides are even.
/// </summary>
internal static class Planar
{
    /// <summary>What is shown as 0.</summary>
    public const double Black = 16;

    private const double White = 235;

    /// <summary>By how much levels are spread.</summary>
    public const double Contrast = 255 / (White - Black);

    /// <summary>True where <paramref name="pixels"/> are one; other pictures here are BGR.</summary>
    public static bool Is(Mat pixels) => pixels.Type() == MatType.CV_8UC1;

    /// <summary>Rows of the picture, given those of its buffer.</summary>
    public static int Height(int rows) => rows / 3 * 2;

    /// <summary>Rows of the buffer, given those of the picture.</summary>
    public static int Rows(int height) => height / 2 * 3;

    /// <summary>Grey levels of studio range, spread to 0 to 255 in place.</summary>
    public static void Spread(Mat luma) => luma.ConvertTo(luma, MatType.CV_8UC1, Contrast, -Black * Contrast);

    /// <summary>One grey level of studio range on the scale from 0 to 255.</summary>
    public static double Spread(double luma) => Math.Clamp((luma - Black) * Contrast, 0, 255);

    /// <summary>The part in colour.</summary>
    /// <param name="part">With even numbers only.</param>
    /// <param name="packed">Made as large as is needed; holds pixels afterwards.</param>
    /// <param name="bgr">Made as large as the part.</param>
    public static unsafe void ToBgr(Mat pixels, Rect part, Mat packed, Mat bgr)
    {
        var (height, width) = (Height(pixels.Height), pixels.Width);
        packed.Create(Rows(part.Height), part.Width, MatType.CV_8UC1);
        var to = (byte*)packed.Data; // I420, which is what OpenCV converts: no gaps
        for (var y = 0; y < part.Height; y++, to += part.Width) Copy(pixels, part.Y + y, part.X, to, part.Width);
        foreach (var colour in (ReadOnlySpan<int>)[0, width / 2])
            for (var y = 0; y < part.Height / 2; y++, to += part.Width / 2)
                Copy(pixels, height + part.Y / 2 + y, colour + part.X / 2, to, part.Width / 2);
        Cv2.CvtColor(packed, bgr, ColorConversionCodes.YUV2BGR_I420);
    }

    private static unsafe void Copy(Mat from, int row, int column, byte* to, int count) =>
        new ReadOnlySpan<byte>((byte*)from.Ptr(row) + column, count).CopyTo(new Span<byte>(to, count));
}
