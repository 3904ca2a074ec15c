using Edge.Vision.Capture;
using Edge.Vision.Detection;
using OpenCvSharp;

namespace Edge.Vision.Recognition;

/// <summary>The surroundings of a plate in colour: all that is read and shown of it, and no more of the frame is converted. One at a time, one thread at a
/// time.</summary>
internal sealed class PlatePatch : IDisposable
{
    // Interpolation looks at neighbours, and boxes are rounded.
    private const int Beyond = 3;

    private readonly Mat _packed = new();
    private readonly Mat _colour = new();
    private Mat? _patch;

    /// <summary>An 8-bit BGR picture that holds both boxes, as far as they lie in the examined part. Valid until the next one, <see cref="Wipe"/>, or the
    /// frame's end.</summary>
    /// <param name="examined">Part of the frame, in its pixels.</param>
    /// <param name="read">In pixels of that part, like <paramref name="shown"/>.</param>
    /// <param name="origin">Where the patch begins, in pixels of that part.</param>
    public Mat Take(Frame frame, Rect examined, PixelBox read, PixelBox shown, out Point origin)
    {
        Wipe(); // another size is other memory
        _patch?.Dispose();
        if (!Planar.Is(frame.Pixels))
        {
            origin = default;
            return _patch = new Mat(frame.Pixels, examined);
        }
        var left = Math.Clamp((int)MathF.Min(read.Left, shown.Left) - Beyond, 0, examined.Width - 1);
        var top = Math.Clamp((int)MathF.Min(read.Top, shown.Top) - Beyond, 0, examined.Height - 1);
        var right = Math.Clamp((int)MathF.Max(read.Right, shown.Right) + Beyond, left + 1, examined.Width);
        var bottom = Math.Clamp((int)MathF.Max(read.Bottom, shown.Bottom) + Beyond, top + 1, examined.Height);
        origin = new Point(left, top);
        // Colour is that of two pixels by two.
        var (x, y) = ((examined.X + left) & ~1, (examined.Y + top) & ~1);
        var whole = new Rect(x, y, (examined.X + right + 1 & ~1) - x, (examined.Y + bottom + 1 & ~1) - y);
        Planar.ToBgr(frame.Pixels, whole, _packed, _colour);
        return _patch = new Mat(_colour, new Rect(examined.X + left - x, examined.Y + top - y, right - left, bottom - top));
    }

    /// <summary>Nobody's plate waits for the next one.</summary>
    public void Wipe()
    {
        if (!_packed.Empty()) _packed.SetTo(Scalar.Black);
        if (!_colour.Empty()) _colour.SetTo(Scalar.Black);
    }

    public void Dispose()
    {
        Wipe();
        _patch?.Dispose();
        _packed.Dispose();
        _colour.Dispose();
    }
}
