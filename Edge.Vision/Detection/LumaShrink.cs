using System.Numerics;
using System.Runtime.InteropServices;
using Edge.Vision.Capture;

namespace Edge.Vision.Detection;

/// <summary>
/// Makes luma smaller, row by row: each pixel is the mean of the area that it covers, in which those at its edges count by their share (OpenCV calls this
/// INTER_AREA), spread from studio range to 0 to 255. OpenCV's own takes twice to three times as long where the sizes are no multiples of each other, and makes
/// objects.
/// </summary>
internal sealed class LumaShrink
{
    // Weights of rows add up to this, so that a sum of weighed bytes fits 16 bits.
    private const int One = 256;

    private readonly int[] _firstRow;
    private readonly ushort[] _rowWeights; // _taps for each row
    private readonly int _taps;
    private readonly int[] _columns; // where each pixel begins, and after the last where that ends
    private readonly int[] _shares; // how much of the column there belongs to the pixel before, of One
    private readonly ushort[] _sums;
    private readonly float[] _means;
    private readonly byte[] _levels;
    private readonly float _scale, _offset;

    /// <param name="from">Size of the picture, not smaller than <paramref name="to"/> either way.</param>
    public LumaShrink((int Width, int Height) from, (int Width, int Height) to)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(from.Width, to.Width, nameof(from));
        ArgumentOutOfRangeException.ThrowIfLessThan(from.Height, to.Height, nameof(from));
        (From, To) = (from, to);
        _taps = (from.Height + to.Height - 1) / to.Height + 1;
        _firstRow = new int[to.Height];
        _rowWeights = new ushort[to.Height * _taps];
        for (var row = 0; row < to.Height; row++) Weigh(row);
        _columns = new int[to.Width + 1];
        _shares = new int[to.Width + 1];
        for (var i = 0; i <= to.Width; i++) (_columns[i], _shares[i]) = Edge(i, from.Width, to.Width);
        // Pinned, so that no copy is left behind when they are wiped. The last edge takes no share of what lies beyond it.
        _sums = GC.AllocateArray<ushort>(from.Width + 1, pinned: true);
        // As many as are worked on at once, and some more that nobody reads.
        var whole = (to.Width + Vector<byte>.Count - 1) / Vector<byte>.Count * Vector<byte>.Count;
        (_means, _levels) = (GC.AllocateArray<float>(whole, pinned: true), GC.AllocateArray<byte>(whole, pinned: true));
        // A sum counts each row One times, and as many columns as a pixel covers.
        (_scale, _offset) = ((float)(Planar.Contrast * to.Width / from.Width / One), (float)(0.5 - Planar.Contrast * Planar.Black));
    }

    public (int Width, int Height) From { get; }

    public (int Width, int Height) To { get; }

    /// <summary>One row of the smaller picture; valid until the next.</summary>
    public ReadOnlySpan<byte> Row(Glance luma, int row)
    {
        AddRows(luma, row);
        AddColumns();
        return _levels.AsSpan(0, To.Width);
    }

    /// <summary>Nobody's pixels wait for the next picture.</summary>
    public void Wipe()
    {
        _sums.AsSpan().Clear();
        _means.AsSpan().Clear();
        _levels.AsSpan().Clear();
    }

    // Position i × from ÷ to, as a whole number and a share of the pixel there.
    private static (int At, int Share) Edge(int i, int from, int to)
    {
        var (at, rest) = Math.DivRem((long)i * from, to);
        return ((int)at, (int)((rest * One + to / 2) / to));
    }

    private void Weigh(int row)
    {
        // Each weight is what the sum of the rows so far grows by when it is rounded: so they add up to One exactly.
        var (begin, end) = ((double)row * From.Height / To.Height, (row + 1.0) * From.Height / To.Height);
        _firstRow[row] = (int)begin;
        var before = 0;
        for (var tap = 0; tap < _taps; tap++)
        {
            var covered = Math.Clamp((int)begin + tap + 1 - begin, 0, end - begin) / (end - begin);
            var now = (int)Math.Round(One * covered);
            _rowWeights[row * _taps + tap] = (ushort)(now - before);
            before = now;
        }
    }

    private void AddRows(Glance luma, int row)
    {
        var sums = _sums.AsSpan(0, From.Width);
        sums.Clear();
        for (var tap = 0; tap < _taps; tap++)
            if (_rowWeights[row * _taps + tap] is var weight and > 0)
                RowSums.Add(luma.Row(_firstRow[row] + tap), weight, sums);
    }

    private void AddColumns()
    {
        var (sums, columns, shares, means) = (_sums, _columns, _shares, _means);
        var (column, taken) = (0, 0);
        unchecked // 8192 columns of less than 2¹⁶ each, and shares of one: see PictureLimits
        {
            for (var i = 0; i < columns.Length - 1; i++)
            {
                var sum = 0;
                for (var end = columns[i + 1]; column < end; column++) sum += sums[column];
                var share = shares[i + 1] * sums[column];
                means[i] = sum + (share - taken) / (float)One;
                taken = share;
            }
        }
        Spread();
    }

    private void Spread()
    {
        var (scale, offset, zero, most) = (new Vector<float>(_scale), new Vector<float>(_offset), Vector<float>.Zero, new Vector<float>(byte.MaxValue));
        Vector<int> Level(Vector<float> mean) => Vector.ConvertToInt32(Vector.Min(Vector.Max(mean * scale + offset, zero), most));

        var means = MemoryMarshal.Cast<float, Vector<float>>(_means.AsSpan());
        var levels = MemoryMarshal.Cast<byte, Vector<byte>>(_levels.AsSpan());
        for (var i = 0; i < levels.Length; i++)
            levels[i] = Vector.AsVectorByte(Vector.Narrow(
                Vector.AsVectorUInt16(Vector.Narrow(Level(means[4 * i]), Level(means[4 * i + 1]))),
                Vector.AsVectorUInt16(Vector.Narrow(Level(means[4 * i + 2]), Level(means[4 * i + 3])))));
    }
}
