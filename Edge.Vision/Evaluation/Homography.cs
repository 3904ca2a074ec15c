using Edge.Vision.Detection;

namespace Edge.Vision.Evaluation;

/// <summary>A projective map of one picture's pixels to another's, row by row. Numbers in, numbers out.</summary>
internal readonly record struct Homography(
    double A, double B, double C, double D, double E, double F, double G, double H, double I)
{
    /// <summary>Stretches the picture.</summary>
    public static Homography Scale(double x, double y) => new(x, 0, 0, 0, y, 0, 0, 0, 1);

    /// <summary>Turns the picture about a point, clockwise as seen.</summary>
    public static Homography Rotation(double degrees, float x, float y)
    {
        var (sin, cos) = Math.SinCos(degrees * Math.PI / 180);
        return new Homography(cos, -sin, x - cos * x + sin * y, sin, cos, y - sin * x - cos * y, 0, 0, 1);
    }

    /// <summary>The picture as a flat scene, turned about the upright axis through a point, seen by a camera whose focal length is
    /// <paramref name="focal"/> pixels. The point itself keeps its place and its scale.</summary>
    public static Homography Yaw(double degrees, float x, float y, double focal)
    {
        var (sin, cos) = Math.SinCos(degrees * Math.PI / 180);
        // About the origin: (u, v) -> (u cos, v) / (1 + u sin / focal).
        var g = sin / focal;
        var i = 1 - g * x;
        return new Homography(cos + x * g, 0, x * i - cos * x, y * g, 1, y * i - y, g, 0, i);
    }

    public (double X, double Y) Map(double x, double y)
    {
        var depth = G * x + H * y + I;
        return ((A * x + B * y + C) / depth, (D * x + E * y + F) / depth);
    }

    /// <summary>The upright box around where a box's four corners go.</summary>
    public PixelBox Map(PixelBox box)
    {
        (double X, double Y)[] corners =
            [Map(box.Left, box.Top), Map(box.Right, box.Top), Map(box.Right, box.Bottom), Map(box.Left, box.Bottom)];
        return new PixelBox((float)corners.Min(corner => corner.X), (float)corners.Min(corner => corner.Y),
            (float)corners.Max(corner => corner.X), (float)corners.Max(corner => corner.Y));
    }

    /// <summary>The same, then moved.</summary>
    public Homography Shift(double x, double y) =>
        new(A + x * G, B + x * H, C + x * I, D + y * G, E + y * H, F + y * I, G, H, I);
}
