using Edge.Vision.Detection;
using OpenCvSharp;

namespace Edge.Vision.Aiming;

/// <summary>How the plates of the last passing vehicles stood in the picture, for whoever asks whether the camera is still aimed; nothing of what they say.
/// One thread looks, any may ask.</summary>
internal sealed class SeenPlates
{
    // Enough for a middle value that one odd vehicle does not move; at one a second measuring costs the reader nothing that shows.
    private const int Most = 32;
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1);

    private readonly Queue<PlateFigures> _latest = new(Most);
    private TimeSpan? _measured;
    private volatile PlateFigures? _middle;

    /// <summary>The middle of each value; null before the first plate.</summary>
    public PlateFigures? Middle => _middle;

    public void Look(TimeSpan at, Mat picture, PlateDetection plate)
    {
        if (_measured is { } last && at >= last && at - last < Every) return;
        if (PlateMeasure.Of(picture, plate) is not { } figures) return;
        _measured = at;
        if (_latest.Count == Most) _latest.Dequeue();
        _latest.Enqueue(figures);
        _middle = PlateFigures.MiddleOf(_latest);
    }
}
