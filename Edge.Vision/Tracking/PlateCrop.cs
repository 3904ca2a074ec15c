using Edge.Vision.Detection;
using OpenCvSharp;

namespace Edge.Vision.Tracking;

/// <summary>A picture of the plate alone: no scene, no occupants. It becomes a JPEG only for a hit, and its pixels are
/// zeroed when disposed.</summary>
public sealed class PlateCrop : IDisposable
{
    // Enough to show the plate and its edge to the person who must confirm the hit, and nothing beside it.
    private const float Margin = 0.05f;
    private const int MaxWidth = 320;
    private const int MaxHeight = 240;

    private readonly Mat _pixels;

    private PlateCrop(Mat pixels) => _pixels = pixels;

    /// <summary>All that is shown of a plate at <paramref name="box"/>.</summary>
    internal static PixelBox Reach(PixelBox box) => box.Grow(Margin);

    /// <remarks>Borrows <paramref name="picture"/>; copies the plate's pixels.</remarks>
    internal static PlateCrop Of(Mat picture, PixelBox box)
    {
        using var region = new Mat(picture, Reach(box).Within(picture));
        return new PlateCrop(region.Clone());
    }

    /// <summary>The plate as a JPEG, at most 320 × 240 pixels; a few kilobytes.</summary>
    public byte[] ToJpeg()
    {
        using var small = new Mat();
        var (width, height) = (_pixels.Width, _pixels.Height);
        var scale = Math.Min(1.0, Math.Min((double)MaxWidth / width, (double)MaxHeight / height));
        var size = new Size(Math.Max(1, (int)(width * scale)), Math.Max(1, (int)(height * scale)));
        Cv2.Resize(_pixels, small, size, interpolation: InterpolationFlags.Area);
        Cv2.ImEncode(".jpg", small, out var jpeg, [(int)ImwriteFlags.JpegQuality, 85]);
        small.SetTo(Scalar.Black);
        return jpeg;
    }

    public void Dispose()
    {
        if (_pixels.IsDisposed) return;
        _pixels.SetTo(Scalar.Black);
        _pixels.Dispose();
    }
}
