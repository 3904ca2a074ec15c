using Edge.Vision.Capture;
using OpenCvSharp;

namespace Edge.Vision.Detection;

/// <summary>Says whether anything moved since the last frame that was examined, on a picture of 64 × 36 grey cells. An
/// empty street then costs almost nothing.</summary>
internal sealed class MotionGate : IDisposable
{
    // A cell changed by more than noise; a plate worth reading moves over at least two of the 2,304.
    private const double CellChange = 10;
    private const int LeastCells = 2;

    /// <summary>Even a still street is looked at this often.</summary>
    public static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(1);

    private readonly Mat _small = new();
    private readonly Mat _now = new();
    private readonly Mat _before = new();
    private readonly Mat _change = new();
    private TimeSpan? _examined;

    /// <summary>True where <paramref name="picture"/> differs from the last one for which this returned true, or that one is
    /// more than a heartbeat old.</summary>
    /// <param name="picture">8-bit BGR, or luma of studio range.</param>
    public bool Opens(Mat picture, TimeSpan at)
    {
        Cv2.Resize(picture, _small, new Size(64, 36), interpolation: InterpolationFlags.Area);
        if (picture.Channels() == 1)
        {
            _small.CopyTo(_now);
            Planar.Spread(_now);
        }
        else Cv2.CvtColor(_small, _now, ColorConversionCodes.BGR2GRAY);
        if (_examined is { } last && at - last < Heartbeat)
        {
            Cv2.Absdiff(_now, _before, _change);
            Cv2.Threshold(_change, _change, CellChange, 255, ThresholdTypes.Binary);
            if (Cv2.CountNonZero(_change) < LeastCells) return false;
        }
        _now.CopyTo(_before);
        _examined = at;
        return true;
    }

    public void Dispose()
    {
        _small.Dispose();
        _now.Dispose();
        _before.Dispose();
        _change.Dispose();
    }
}
