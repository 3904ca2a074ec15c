using OpenCvSharp;

namespace Edge.Vision.Capture;

/// <summary>One picture, 8-bit BGR, with the time it was taken. Whoever receives a frame disposes it, and then keeps
/// nothing that points into its pixels: the buffer is used again for a later frame.</summary>
public sealed class Frame : IDisposable
{
    private readonly FramePool? _pool;
    private int _disposed;

    internal Frame(Mat pixels, long index, TimeSpan position, DateTimeOffset capturedAt, FramePool? pool = null)
    {
        Pixels = pixels;
        Index = index;
        Position = position;
        CapturedAt = capturedAt;
        _pool = pool;
    }

    /// <summary>Counts from 0 at the start of the source, gaps included.</summary>
    public long Index { get; }

    /// <summary>Time since the start of the source, by the recording's own timestamps where it is one; zero for a
    /// still.</summary>
    public TimeSpan Position { get; }

    /// <summary>Wall time of capture; for a recording, the start of playing plus <see cref="Position"/>.</summary>
    public DateTimeOffset CapturedAt { get; }

    /// <summary>The path of the picture when this frame is a still: it has no neighbours in time. Otherwise null.</summary>
    public string? StillPath { get; init; }

    /// <summary>Width in pixels.</summary>
    public int Width => Pixels.Width;

    /// <summary>Height in pixels.</summary>
    public int Height => Pixels.Height;

    internal Mat Pixels { get; }

    /// <summary>The same pixels, said to be of another moment: of the two only one is disposed.</summary>
    public Frame At(TimeSpan position) => new(Pixels, Index, position, CapturedAt, _pool) { StillPath = StillPath };

    /// <summary>Gives the pixels back; a second call does nothing.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;
        if (_pool is null) Pixels.Dispose();
        else _pool.Return(Pixels);
    }
}
