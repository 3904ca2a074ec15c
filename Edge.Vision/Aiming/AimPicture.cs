using Edge.Vision.Detection;
using OpenCvSharp;

namespace Edge.Vision.Aiming;

/// <summary>The picture of a camera that is being aimed: good enough to see where the road lies, too poor to read a plate in. What the detector finds
/// is painted over with one colour before anything is encoded; and because a detector misses some, the whole picture is so small that a plate it
/// misses is a few pixels high, and what it does not look at is a coarse mosaic.</summary>
internal static class AimPicture
{
    /// <summary>Pixels.</summary>
    public const int MostWidth = 480;

    /// <summary>What scores so low is no plate to the reader, and is painted over all the same.</summary>
    public const float LeastScore = 0.1f;

    // A third: the smallest plate that the reader is sure of, 24 pixels, is 8 pixels high then.
    private const double LargestScale = 1.0 / 3;

    private const int MosaicPixels = 12;
    private const float GrowWidth = 0.25f;
    private const float GrowHeight = 0.4f;

    /// <param name="frame">8-bit BGR; borrowed.</param>
    /// <param name="examined">The part of it that the detector has looked at.</param>
    /// <param name="hidden">What is painted over, pixels of the frame.</param>
    public static byte[] Draw(Mat frame, Rect examined, IEnumerable<PixelBox> hidden)
    {
        var scale = Math.Min(LargestScale, (double)MostWidth / frame.Width);
        var size = new Size(Math.Max(1, (int)Math.Round(frame.Width * scale)), Math.Max(1, (int)Math.Round(frame.Height * scale)));
        using var picture = new Mat();
        Cv2.Resize(frame, picture, size, interpolation: InterpolationFlags.Area);
        try
        {
            // In the small picture: whatever of a plate is left there lies under the paint too.
            foreach (var box in hidden) PaintOver(picture, Scaled(box, scale));
            Coarsen(picture, Scaled(new PixelBox(examined.Left, examined.Top, examined.Right, examined.Bottom), scale));
            Cv2.ImEncode(".jpg", picture, out var jpeg, [(int)ImwriteFlags.JpegQuality, 75]);
            return jpeg;
        }
        finally
        {
            picture.SetTo(Scalar.Black);
        }
    }

    private static void PaintOver(Mat picture, PixelBox box)
    {
        var (wide, high) = (box.Width * GrowWidth + 1, box.Height * GrowHeight + 1);
        var place = PlateMeasure.Inside(new PixelBox(box.Left - wide, box.Top - high, box.Right + wide, box.Bottom + high), picture.Width, picture.Height);
        if (place.Width == 0 || place.Height == 0) return;
        Cv2.Rectangle(picture, place, new Scalar(0x8A, 0x5C, 0x0B), thickness: -1);
        Cv2.Rectangle(picture, place, Scalar.White, thickness: 1);
    }

    private static void Coarsen(Mat picture, PixelBox examined)
    {
        var inside = PlateMeasure.Inside(examined, picture.Width, picture.Height);
        if (inside.Width == picture.Width && inside.Height == picture.Height) return;
        using var clear = new Mat(picture, inside).Clone();
        using var mosaic = new Mat();
        Cv2.Resize(picture, mosaic, new Size(Math.Max(1, picture.Width / MosaicPixels), Math.Max(1, picture.Height / MosaicPixels)),
            interpolation: InterpolationFlags.Area);
        Cv2.Resize(mosaic, picture, picture.Size(), interpolation: InterpolationFlags.Nearest);
        using (var place = new Mat(picture, inside)) clear.CopyTo(place);
        clear.SetTo(Scalar.Black);
        Cv2.Rectangle(picture, inside, Scalar.White, thickness: 1);
    }

    private static PixelBox Scaled(PixelBox box, double scale) =>
        new((float)(box.Left * scale), (float)(box.Top * scale), (float)(box.Right * scale), (float)(box.Bottom * scale));
}
