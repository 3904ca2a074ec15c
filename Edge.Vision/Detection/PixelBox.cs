using OpenCvSharp;

namespace Edge.Vision.Detection;

/// <summary>A rectangle in a picture, in pixels; may reach past the picture's edge.</summary>
public readonly record struct PixelBox(float Left, float Top, float Right, float Bottom)
{
    public float Width => Right - Left;
    public float Height => Bottom - Top;
    public float CentreX => (Left + Right) / 2;
    public float CentreY => (Top + Bottom) / 2;
    public float Area => MathF.Max(0, Width) * MathF.Max(0, Height);

    /// <summary>Grown on every side by <paramref name="share"/> of the width and of the height.</summary>
    public PixelBox Grow(float share) =>
        new(Left - Width * share, Top - Height * share, Right + Width * share, Bottom + Height * share);

    public PixelBox Shift(float x, float y) => new(Left + x, Top + y, Right + x, Bottom + y);

    /// <summary>The whole pixels that it touches of a picture; one at least.</summary>
    internal Rect Within(Mat picture)
    {
        var left = Math.Clamp((int)Left, 0, picture.Width - 1);
        var top = Math.Clamp((int)Top, 0, picture.Height - 1);
        var right = Math.Clamp((int)MathF.Ceiling(Right), left + 1, picture.Width);
        var bottom = Math.Clamp((int)MathF.Ceiling(Bottom), top + 1, picture.Height);
        return new Rect(left, top, right - left, bottom - top);
    }

    /// <summary>Intersection over union, 0 to 1.</summary>
    public float Overlap(PixelBox other)
    {
        var width = MathF.Min(Right, other.Right) - MathF.Max(Left, other.Left);
        var height = MathF.Min(Bottom, other.Bottom) - MathF.Max(Top, other.Top);
        if (width <= 0 || height <= 0) return 0;
        var both = width * height;
        return both / (Area + other.Area - both);
    }
}
