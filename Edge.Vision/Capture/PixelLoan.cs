using OpenCvSharp;

namespace Edge.Vision.Capture;

/// <summary>Pixels that are lent to a frame, and then to another, in turns; what belongs to an earlier turn is told so. Made once for each frame that a pool has
/// out at a time, and again for each frame without one.</summary>
internal sealed class PixelLoan : IDisposable
{
    private readonly FramePool? _pool;
    private Mat? _pixels;
    private Mat? _colour;
    private int _turn;

    /// <param name="pool">Where the pixels go back to; null: they are disposed.</param>
    public PixelLoan(FramePool? pool) => _pool = pool;

    /// <summary>Lends <paramref name="pixels"/>. Their owner gives them away.</summary>
    /// <returns>The loan, and the number of its turn.</returns>
    public static (PixelLoan Loan, int Turn) Of(Mat pixels, FramePool? pool)
    {
        var loan = pool?.TakeLoan() ?? new PixelLoan(pool);
        loan._pixels = pixels;
        return (loan, loan._turn);
    }

    /// <exception cref="ObjectDisposedException">The turn is over.</exception>
    public Mat Pixels(int turn)
    {
        ObjectDisposedException.ThrowIf(turn != Volatile.Read(ref _turn), this);
        return _pixels!;
    }

    /// <summary>The same pixels, 8-bit BGR; made when first asked for in this turn, where they are not.</summary>
    /// <exception cref="ObjectDisposedException">The turn is over.</exception>
    public Mat Colour(int turn)
    {
        var pixels = Pixels(turn);
        if (!Planar.Is(pixels)) return pixels;
        if (_colour is not null) return _colour;
        using var packed = new Mat();
        _colour = new Mat();
        Planar.ToBgr(pixels, new Rect(0, 0, pixels.Width, Planar.Height(pixels.Height)), packed, _colour);
        packed.SetTo(Scalar.Black);
        return _colour;
    }

    /// <summary>Gives the pixels back; does nothing where the turn is over.</summary>
    public void End(int turn)
    {
        if (Interlocked.CompareExchange(ref _turn, unchecked(turn + 1), turn) != turn) return;
        var (pixels, colour) = (_pixels!, _colour);
        (_pixels, _colour) = (null, null);
        colour?.SetTo(Scalar.Black);
        colour?.Dispose();
        if (_pool is null)
        {
            pixels.Dispose();
            return;
        }
        _pool.GiveBack(this);
        _pool.Return(pixels);
    }

    /// <summary>Ends whichever turn it is.</summary>
    public void Dispose()
    {
        if (_pixels is not null) End(_turn);
    }
}
