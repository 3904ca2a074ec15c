using System.Collections.Concurrent;
using OpenCvSharp;

namespace Edge.Vision.Capture;

/// <summary>
/// The pixel buffers of one source. A native picture is megabytes the collector cannot see, so buffers are handed
/// round, not left to it; and since they hold plates, each is wiped when it comes back: the next frame may be an hour away.
/// </summary>
internal sealed class FramePool : IDisposable
{
    // One being decoded, one waiting, one examined, one to spare.
    private const int Kept = 4;

    private readonly ConcurrentQueue<Mat> _idle = new();
    private readonly ConcurrentQueue<PixelLoan> _loans = new();
    private int _lent;
    private volatile bool _closed;

    /// <summary>Buffers somebody holds right now.</summary>
    public int Lent => Volatile.Read(ref _lent);

    /// <summary>An 8-bit BGR buffer of that size, black or never written.</summary>
    public Mat Rent(int width, int height) => Rent(width, height, MatType.CV_8UC3);

    /// <summary>A buffer for a picture of that size in the form of <see cref="Planar"/>, zero or never written. Both sides are even.</summary>
    public Mat RentPlanar(int width, int height) => Rent(width, Planar.Rows(height), MatType.CV_8UC1);

    private Mat Rent(int width, int rows, MatType type)
    {
        Interlocked.Increment(ref _lent);
        while (_idle.TryDequeue(out var idle))
        {
            if (idle.Width == width && idle.Height == rows && idle.Type() == type) return idle;
            idle.Dispose();
        }
        return new Mat(rows, width, type);
    }

    /// <summary>Takes charge of a buffer a decoder allocated, as if it had been rented.</summary>
    public Mat Adopt(Mat decoded)
    {
        Interlocked.Increment(ref _lent);
        return decoded;
    }

    /// <summary>Takes a buffer back, wipes it, and keeps it to be used again.</summary>
    public void Return(Mat pixels)
    {
        Wipe(pixels);
        if (_closed || _idle.Count >= Kept) pixels.Dispose();
        else _idle.Enqueue(pixels);
        Interlocked.Decrement(ref _lent);
        if (_closed) FreeIdle(); // closed while we were returning
    }

    /// <summary>A loan for the next frame.</summary>
    internal PixelLoan TakeLoan() => _loans.TryDequeue(out var loan) ? loan : new PixelLoan(this);

    /// <summary>Takes back a loan whose turn is over.</summary>
    internal void GiveBack(PixelLoan loan) => _loans.Enqueue(loan);

    private static unsafe void Wipe(Mat pixels)
    {
        if (pixels.Empty()) return;
        if (pixels.IsContinuous()) new Span<byte>((void*)pixels.Data, checked((int)(pixels.Height * pixels.Step()))).Clear();
        else pixels.SetTo(Scalar.All(0));
    }

    /// <summary>Frees what is idle; buffers still lent are freed as they come back.</summary>
    public void Dispose()
    {
        _closed = true;
        FreeIdle();
    }

    private void FreeIdle()
    {
        while (_idle.TryDequeue(out var idle)) idle.Dispose();
    }
}
