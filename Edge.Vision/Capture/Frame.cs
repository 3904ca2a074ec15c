using OpenCvSharp;

namespace Edge.Vision.Capture;

/// <summary>One picture, 8-bit BGR, with the time it was taken. Whoever receives a frame disposes it.</summary>
public sealed class Frame : IDisposable
{
    internal Frame(Mat pixels, long index, TimeSpan position, DateTimeOffset capturedAt)
    {
        Pixels = pixels;
        Index = index;
        Position = position;
        CapturedAt = capturedAt;
    }

    /// <summary>Counts from 0 at the start of the source, gaps included.</summary>
    public long Index { get; }

    /// <summary>Time since the start of the source, by the recording's own timestamps where it is one.</summary>
    public TimeSpan Position { get; }

    /// <summary>Wall time of capture; for a recording, the start of playing plus <see cref="Position"/>.</summary>
    public DateTimeOffset CapturedAt { get; }

    /// <summary>Width in pixels.</summary>
    public int Width => Pixels.Width;

    /// <summary>Height in pixels.</summary>
    public int Height => Pixels.Height;

    internal Mat Pixels { get; }

    public void Dispose() => Pixels.Dispose();
}
