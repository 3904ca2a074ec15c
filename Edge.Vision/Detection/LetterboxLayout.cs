using Edge.Vision.Onnx;

namespace Edge.Vision.Detection;

/// <summary>How a picture sits in the detector's input: scaled by <see cref="Scale"/>, then padded. Numbers in, numbers out.</summary>
/// <param name="Width">Width of the input, padding included.</param>
/// <param name="Height">Height of the input, padding included.</param>
/// <param name="ScaledWidth">Width of the picture inside it.</param>
/// <param name="ScaledHeight">Height of the picture inside it.</param>
/// <param name="Left">Padding left of the picture.</param>
/// <param name="Top">Padding above the picture.</param>
public readonly record struct LetterboxLayout(
    int Width, int Height, int ScaledWidth, int ScaledHeight, int Left, int Top, float Scale)
{
    /// <exception cref="ArgumentOutOfRangeException">A side of the picture is not positive.</exception>
    public static LetterboxLayout Fit(int sourceWidth, int sourceHeight, DetectorResize resize)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(sourceWidth);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(sourceHeight);
        var scale = resize.Rule == ResizeRule.Letterbox
            ? Math.Min((double)resize.Width / sourceWidth, (double)resize.Height / sourceHeight)
            : Math.Sqrt((double)resize.Width * resize.Height / ((double)sourceWidth * sourceHeight));
        var scaledWidth = Math.Max(1, (int)Math.Round(sourceWidth * scale));
        var scaledHeight = Math.Max(1, (int)Math.Round(sourceHeight * scale));
        var width = resize.Rule == ResizeRule.Letterbox ? resize.Width : RoundUp(scaledWidth, resize.Multiple);
        var height = resize.Rule == ResizeRule.Letterbox ? resize.Height : RoundUp(scaledHeight, resize.Multiple);
        return new LetterboxLayout(width, height, scaledWidth, scaledHeight,
            (width - scaledWidth) / 2, (height - scaledHeight) / 2, (float)scale);
    }

    /// <summary>A box of the input, in pixels of the picture.</summary>
    public PixelBox ToPicture(PixelBox box) => new(
        (box.Left - Left) / Scale, (box.Top - Top) / Scale, (box.Right - Left) / Scale, (box.Bottom - Top) / Scale);

    /// <summary>A detection in the input, in pixels of the picture.</summary>
    public PlateDetection ToPicture(PlateDetection plate) =>
        plate with { Box = ToPicture(plate.Box), Corners = plate.Corners?.Move(-Left, -Top, 1 / Scale) };

    private static int RoundUp(int side, int multiple) => (side + multiple - 1) / multiple * multiple;
}
