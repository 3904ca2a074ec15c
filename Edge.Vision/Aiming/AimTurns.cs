using Edge.Vision.Detection;
using OpenCvSharp;

namespace Edge.Vision.Aiming;

/// <summary>Finds plates in a picture however the camera is held: whoever aims one turns it, and the detector knows plates that stand upright. It
/// bears 20° either way, and a plate upside down; so the picture is looked at in four positions, of which this does the three that reading does
/// not.</summary>
internal static class AimTurns
{
    /// <summary>Upright pictures that are turned show the detector much that looks a little like a plate: at
    /// <see cref="AimPicture.LeastScore"/> half of the picture would be painted over, and no more plates.</summary>
    public const float LeastScore = 0.2f;

    // Degrees; 0 and what is upside down the detector sees itself.
    private static readonly double[] Turns = [45, 90, 135];

    // What the detector makes of a larger one costs the same and shows no more.
    private const double LongestSide = 720;
    private const int Ground = 114;

    /// <summary>Where there are plates, down to <see cref="LeastScore"/>, pixels of <paramref name="picture"/>.</summary>
    /// <remarks>Borrows the picture, 8-bit BGR; its copies are wiped before this returns.</remarks>
    public static IReadOnlyList<PixelBox> Find(PlateDetector detector, Mat picture)
    {
        var scale = Math.Min(1, LongestSide / Math.Max(picture.Width, picture.Height));
        using var small = new Mat();
        Cv2.Resize(picture, small, new Size(Math.Max(1, picture.Width * scale), Math.Max(1, picture.Height * scale)), interpolation: InterpolationFlags.Area);
        using var turned = new Mat();
        var found = new List<PixelBox>();
        try
        {
            foreach (var degrees in Turns)
            {
                using var there = Turn(small.Size(), degrees, out var size);
                Cv2.WarpAffine(small, turned, there, size, InterpolationFlags.Linear, BorderTypes.Constant, Scalar.All(Ground));
                using var back = new Mat();
                Cv2.InvertAffineTransform(there, back);
                found.AddRange(detector.Detect(turned, LeastScore).Select(one => Around(one, back, (float)scale)));
                turned.SetTo(Scalar.Black);
            }
        }
        finally
        {
            small.SetTo(Scalar.Black);
            if (!turned.Empty()) turned.SetTo(Scalar.Black);
        }
        return found;
    }

    /// <summary>The turn about the middle, moved so that all of the picture is on the new one.</summary>
    private static Mat Turn(Size picture, double degrees, out Size size)
    {
        var (cos, sin) = (Math.Abs(Math.Cos(degrees * Math.PI / 180)), Math.Abs(Math.Sin(degrees * Math.PI / 180)));
        size = new Size(Math.Ceiling(picture.Width * cos + picture.Height * sin), Math.Ceiling(picture.Width * sin + picture.Height * cos));
        var turn = Cv2.GetRotationMatrix2D(new Point2f(picture.Width / 2f, picture.Height / 2f), degrees, 1);
        turn.Set(0, 2, turn.Get<double>(0, 2) + (size.Width - picture.Width) / 2.0);
        turn.Set(1, 2, turn.Get<double>(1, 2) + (size.Height - picture.Height) / 2.0);
        return turn;
    }

    // By its own corners where the detector gives them: around a box that is turned back there would be much that is no plate.
    private static PixelBox Around(PlateDetection plate, Mat back, float scale)
    {
        (float X, float Y)[] there = plate.Corners is { } own
            ? [(own.TopLeftX, own.TopLeftY), (own.TopRightX, own.TopRightY), (own.BottomRightX, own.BottomRightY), (own.BottomLeftX, own.BottomLeftY)]
            : [(plate.Box.Left, plate.Box.Top), (plate.Box.Right, plate.Box.Top), (plate.Box.Right, plate.Box.Bottom), (plate.Box.Left, plate.Box.Bottom)];
        var corners = there.Select(corner => (X: At(back, 0, corner) / scale, Y: At(back, 1, corner) / scale)).ToList();
        return new PixelBox(corners.Min(corner => corner.X), corners.Min(corner => corner.Y), corners.Max(corner => corner.X), corners.Max(corner => corner.Y));
    }

    private static float At(Mat map, int row, (float X, float Y) point) =>
        (float)(map.Get<double>(row, 0) * point.X + map.Get<double>(row, 1) * point.Y + map.Get<double>(row, 2));
}
