using Edge.Vision.Detection;
using OpenCvSharp;

namespace Edge.Vision.Aiming;

/// <summary>Measures how a plate stands in a picture. What it says is not looked at.</summary>
internal static class PlateMeasure
{
    private const int Levels = 256;
    private const int White = 250;

    // Width by height of the plates of the world: North America 12 × 6 in, Mercosur and Japan near 3 : 1, Europe 520 × 110 mm.
    private static readonly double[] Shapes = [2.0, 3.08, 4.73];

    /// <remarks>Borrows <paramref name="picture"/>, 8-bit BGR.</remarks>
    /// <returns>Null where the plate lies outside.</returns>
    public static PlateFigures? Of(Mat picture, PlateDetection plate)
    {
        var box = Inside(plate.Box, picture.Width, picture.Height);
        if (box.Width < 4 || box.Height < 4) return null;
        using var cut = new Mat(picture, box);
        using var grey = new Mat();
        Cv2.CvtColor(cut, grey, ColorConversionCodes.BGR2GRAY);
        var levels = new int[Levels];
        var steps = new int[Levels];
        grey.GetArray(out byte[] pixels);
        for (var i = 0; i < pixels.Length; i++)
        {
            levels[pixels[i]]++;
            if (i % box.Width is var x && x > 0 && x + 1 < box.Width) steps[Math.Abs(pixels[i + 1] - pixels[i - 1]) / 2]++;
        }
        Array.Clear(pixels);
        grey.SetTo(Scalar.Black);
        var (dark, light) = (Below(levels, 0.05), Below(levels, 0.95));
        var contrast = light - dark;
        var (height, width) = (plate.Corners?.Height ?? plate.Box.Height, plate.Corners?.Width ?? plate.Box.Width);
        var blown = (double)levels.Skip(White).Sum() / levels.Sum();
        return new PlateFigures(height, width, EdgeWidth(contrast, Below(steps, 0.99)) / height, light, contrast, blown,
            plate.Corners is { } corners ? corners.Tilt * 180 / Math.PI : 0, Yaw(width / height));
    }

    /// <summary>Pixels from dark to light at the steepest places; central differences see a perfect step as two.</summary>
    internal static double EdgeWidth(double contrast, double steepest) => contrast / Math.Max(steepest, 1) is var pixels ? Math.Max(0, pixels - 1) : 0;

    /// <summary>The least turn, in degrees, that shows a plate of a known shape at this width by height.</summary>
    internal static double Yaw(double shape)
    {
        // A detector's corners are some percent off: a plate that is a little too wide for its shape is that shape, not a wider one turned.
        var whole = Shapes.Select(known => shape / known).Where(share => share <= 1.12).DefaultIfEmpty(1).Max();
        return Math.Acos(Math.Min(1, whole)) * 180 / Math.PI;
    }

    internal static Rect Inside(PixelBox box, int width, int height)
    {
        var (left, top) = (Math.Clamp((int)MathF.Floor(box.Left), 0, width), Math.Clamp((int)MathF.Floor(box.Top), 0, height));
        return new Rect(left, top, Math.Clamp((int)MathF.Ceiling(box.Right), left, width) - left,
            Math.Clamp((int)MathF.Ceiling(box.Bottom), top, height) - top);
    }

    private static int Below(int[] counts, double share)
    {
        var wanted = counts.Sum() * share;
        var level = 0;
        for (var sum = 0; level < counts.Length - 1 && (sum += counts[level]) < wanted; level++) { }
        return level;
    }
}
