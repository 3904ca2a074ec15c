using Edge.Vision.Detection;

namespace Edge.Vision.Tracking;

/// <summary>How much a frame counts among those of its passage. Pure.</summary>
internal static class FrameWeight
{
    /// <summary>From this height on (of a plate four times as wide as high) a plate is not read better when it is larger.</summary>
    private const double ClearHeight = 40;

    // Characters of 12 px are misread not at random but all alike: five near frames must outweigh a hundred far ones, and
    // height² would not do.
    private const double Steepness = 3;
    private const double LeastClear = 0.01;

    // A plate that has moved by a twentieth of its width, or grown by as much, falls on other pixels: another look.
    private const double MovedEnough = 0.05;
    private const double LeastNew = 0.1;

    /// <summary>Above 0, at most 1: clear times new.</summary>
    /// <param name="box">Where the plate is.</param>
    /// <param name="before">Where it was in the frame that counted before; null for the first.</param>
    public static double Of(PixelBox box, PixelBox? before) => Clear(box) * Math.Max(New(box, before), LeastNew);

    /// <summary>Above 0, at most 1: as large as a plate needs to be.</summary>
    public static double Clear(PixelBox box) =>
        Math.Clamp(Math.Pow(Math.Sqrt(box.Area) / 2 / ClearHeight, Steepness), LeastClear, 1);

    /// <summary>0 to 1: how much of another look a plate is that was there <paramref name="before"/>; 1 for the first.</summary>
    public static double New(PixelBox box, PixelBox? before)
    {
        if (before is not { } last || last.Area <= 0 || box.Area <= 0) return 1;
        var moved = Math.Max(Math.Abs(box.CentreX - last.CentreX), Math.Abs(box.CentreY - last.CentreY)) / box.Width;
        var grown = Math.Abs(Math.Log(box.Width / last.Width));
        return Math.Min((moved + grown) / MovedEnough, 1);
    }
}
