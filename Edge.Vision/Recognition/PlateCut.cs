using Edge.Vision.Detection;

namespace Edge.Vision.Recognition;

/// <summary>The rectangle that is cut out of a picture to be read: upright, or turned with the plate. Numbers in, numbers
/// out. Lengths in pixels, angles in radians, clockwise as seen.</summary>
internal readonly record struct PlateCut(float CentreX, float CentreY, float Width, float Height, float Tilt)
{
    // Below this, an error of the corners turns the crop more than the plate is turned.
    private const float LeastTilt = 4 * MathF.PI / 180;

    // No plate beside a road stands more askew; more is a slip of the corners.
    private const float MostTilt = 35 * MathF.PI / 180;

    /// <summary>The upright box.</summary>
    public static PlateCut Upright(PixelBox box) => new(box.CentreX, box.CentreY, box.Width, box.Height, 0);

    /// <summary>Along the plate's tilt where its corners show one, else upright.</summary>
    public static PlateCut Along(PlateDetection plate)
    {
        if (plate.Corners is not { } corners) return Upright(plate.Box);
        var tilt = corners.Tilt;
        if (!(MathF.Abs(tilt) is >= LeastTilt and <= MostTilt)) return Upright(plate.Box);
        var (width, height) = Inside(plate.Box, MathF.Abs(tilt));
        // Two measurements with errors of their own: the sides as the corners have them, and those of the rectangle that
        // fits the box at this tilt.
        return new PlateCut(plate.Box.CentreX, plate.Box.CentreY,
            (Between(width, corners.Width) + corners.Width) / 2, (Between(height, corners.Height) + corners.Height) / 2, tilt);
    }

    /// <summary>Grown on every side by <paramref name="share"/> of the width and of the height.</summary>
    public PlateCut Grow(float share) => this with { Width = Width * (1 + 2 * share), Height = Height * (1 + 2 * share) };

    /// <summary>The upright box around it.</summary>
    public PixelBox Around
    {
        get
        {
            var (sin, cos) = MathF.SinCos(MathF.Abs(Tilt));
            var (x, y) = ((Width * cos + Height * sin) / 2, (Width * sin + Height * cos) / 2);
            return new PixelBox(CentreX - x, CentreY - y, CentreX + x, CentreY + y);
        }
    }

    /// <summary>Where a pixel of a crop of <paramref name="width"/> × <paramref name="height"/> lies in the picture: two rows
    /// of an affine map, pixel centres at whole numbers.</summary>
    public (double A, double B, double C, double D, double E, double F) FromCrop(int width, int height)
    {
        var (sin, cos) = Math.SinCos(Tilt);
        var (stepX, stepY) = (Width / (double)width, Height / (double)height);
        var (a, b, d, e) = (cos * stepX, -sin * stepY, sin * stepX, cos * stepY);
        var (middleX, middleY) = ((width - 1) / 2.0, (height - 1) / 2.0);
        return (a, b, CentreX - 0.5 - a * middleX - b * middleY, d, e, CentreY - 0.5 - d * middleX - e * middleY);
    }

    // W = w cos + h sin, H = w sin + h cos.
    private static (float Width, float Height) Inside(PixelBox box, float tilt)
    {
        var (sin, cos) = MathF.SinCos(tilt);
        var scale = cos * cos - sin * sin;
        return ((box.Width * cos - box.Height * sin) / scale, (box.Height * cos - box.Width * sin) / scale);
    }

    private static float Between(float side, float measured) => Math.Clamp(side, measured / 1.5f, measured * 1.5f);
}
