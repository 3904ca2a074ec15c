using OpenCvSharp;

namespace Edge.Vision.Capture;

/// <summary>One picture with the time it was taken. Whoever receives a frame disposes it, and then keeps
/// nothing that points into its pixels: the buffer is used again for a later frame.</summary>
public readonly struct Frame : IDisposable
{
    private readonly PixelLoan _loan;
    private readonly int _turn;

    internal Frame(Mat pixels, long index, TimeSpan position, DateTimeOffset capturedAt, FramePool? pool = null)
    {
        (_loan, _turn) = PixelLoan.Of(pixels, pool);
        Index = index;
        Position = position;
        CapturedAt = capturedAt;
    }

    /// <summary>Counts from 0 at the start of the source, gaps included.</summary>
    public long Index { get; }

    /// <summary>Time since the start of the source, by the recording's own timestamps where it is one; zero for a
    /// still.</summary>
    public TimeSpan Position { get; private init; }

    /// <summary>Wall time of capture; for a recording, the start of playing plus <see cref="Position"/>.</summary>
    public DateTimeOffset CapturedAt { get; }

    /// <summary>The path of the picture when this frame is a still: it has no neighbours in time. Otherwise null.</summary>
    public string? StillPath { get; init; }

    /// <summary>Width in pixels.</summary>
    public int Width => Pixels.Width;

    /// <summary>Height in pixels.</summary>
    public int Height => Planar.Is(Pixels) ? Planar.Height(Pixels.Height) : Pixels.Height;

    /// <summary>As the decoder wrote it: 8-bit BGR, or <see cref="Planar"/>.</summary>
    /// <exception cref="ObjectDisposedException">They were given back.</exception>
    internal Mat Pixels => _loan.Pixels(_turn);

    /// <summary>The whole picture, 8-bit BGR; made when first asked for, where the decoder did not. Belongs to the frame.</summary>
    internal Mat Colour => _loan.Colour(_turn);

    /// <summary>True where colour is still to be made of what the decoder wrote.</summary>
    internal bool IsPlanar => Planar.Is(Pixels);

    /// <summary>A part of it without a conversion: BGR, or luma of studio range.</summary>
    internal unsafe Glance Glance(Rect part)
    {
        if (part.X < 0 || part.Y < 0 || part.Right > Width || part.Bottom > Height) throw new ArgumentOutOfRangeException(nameof(part));
        var (stride, channels) = ((nint)Pixels.Step(), IsPlanar ? 1 : 3);
        return new Glance((byte*)Pixels.Data + part.Y * stride + part.X * channels, stride, part.Width, part.Height, channels);
    }

    /// <summary>The same pixels, said to be of another moment: disposing either gives them back.</summary>
    public Frame At(TimeSpan position) => this with { Position = position };

    /// <summary>Gives the pixels back; a second call does nothing.</summary>
    public void Dispose() => _loan?.End(_turn);
}
