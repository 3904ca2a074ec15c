using OpenCvSharp;

namespace Edge.Vision.Capture;

/// <summary>Pixels that are lent to a frame, and then to another, in turns; who asks with an earlier turn is told so. A pool has as many as frames are out at a
/// time; a frame without a pool has its own.</summary>
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
        // In this order: whoever ends the turn counts first, and lends other pixels after that.
        var pixels = Volatile.Read(ref _pixels);
        ObjectDisposedException.ThrowIf(pixels is null || turn != Volatile.Read(ref _turn), this);
        return pixels;
    }

    /// <summary>The same pixels, 8-bit BGR; made when first asked for in this turn, where they are not.</summary>
    /// <exception cref="ObjectDisposedException">The turn is over.</exception>
    public Mat Colour(int turn)
    {
        var pixels = Pixels(turn);
        if (!Planar.Is(pixels)) return pixels;
        if (_colour is not null) return _colour;
        using var packed = new Mat();
        var colour = new Mat();
        Planar.ToBgr(pixels, new Rect(0, 0, pixels.Width, Planar.Height(pixels.Height)), packed, colour);
        packed.SetTo(Scalar.Black);
        return _colour = colour;
    }

    /// <summary>Gives the pixels back; does nothing where the turn is over.</summary>
    public void End(int turn)
    {
        if (Interlocked.CompareExchange(ref _turn, unchecked(turn + 1), turn) != turn) return;
        var (pixels, colour) = (_pixels, _colour);
        (_pixels, _colour) = (null, null);
        colour?.SetTo(Scalar.Black);
        colour?.Dispose();
        if (pixels is null) return;
        if (_pool is null)
        {
            pixels.Dispose();
            return;
        }
        _pool.GiveBack(this);
        _pool.Return(pixels);
    }

    /// <summary>Ends whichever turn it is: only its frame does.</summary>
    public void Dispose() => End(Volatile.Read(ref _turn));
}
