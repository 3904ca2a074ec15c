namespace Edge.Vision.Capture;

/// <summary>How large a picture may be before it is decoded: 8192 px a side, 40 megapixels (120 MB of pixels), 64 MiB
/// as a file. Larger ones are refused, whoever sends them.</summary>
internal static class PictureLimits
{
    public const int LongestSide = 8192;
    public const int MostPixels = 40_000_000;
    public const int LargestFile = 64 << 20;

    public static bool Allow(long width, long height) =>
        width is > 0 and <= LongestSide && height is > 0 and <= LongestSide && width * height <= MostPixels;
}
