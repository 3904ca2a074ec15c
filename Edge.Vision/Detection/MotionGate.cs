using Edge.Vision.Capture;

namespace Edge.Vision.Detection;

/// <summary>Says whether anything moved since the last frame for which it said so, on a picture of 64 × 36 grey cells. An
/// empty street then costs almost nothing.</summary>
internal sealed class MotionGate
{
    // A cell changed by more than noise; a plate worth reading moves over at least two of the 2,304.
    private const float CellChange = 10;
    private const int LeastCells = 2;
    private const int Columns = 64, Rows = 36;

    /// <summary>Even a still street is looked at this often.</summary>
    public static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(1);

    private readonly float[] _now = new float[Columns * Rows];
    private readonly float[] _before = new float[Columns * Rows];
    private ushort[] _sums = [];
    private TimeSpan? _examined;

    /// <summary>True where <paramref name="picture"/> differs from the last one for which this returned true, or that one is
    /// more than a heartbeat old.</summary>
    public bool Opens(Glance picture, TimeSpan at)
    {
        var width = picture.Width * picture.Channels;
        if (_sums.Length != width)
        {
            _sums = GC.AllocateArray<ushort>(width, pinned: true); // so that no copy is left behind when it is wiped
            _examined = null; // another picture: nothing to compare it with
        }
        for (var row = 0; row < Rows; row++) Average(picture, row);
        if (_examined is { } last && at - last < Heartbeat && !HasMoved()) return false;
        _now.CopyTo(_before, 0);
        _examined = at;
        return true;
    }

    /// <summary>Grey levels, 0 to 255, of one row of cells. Of a coloured picture, the mean of its colours.</summary>
    private void Average(Glance picture, int row)
    {
        var (top, bottom) = Range(row, Rows, picture.Height);
        _sums.AsSpan().Clear();
        for (var y = top; y < bottom; y++) RowSums.Add(picture.Row(y), weight: 1, _sums); // of 8192 rows at most 228: PictureLimits
        for (var column = 0; column < Columns; column++)
        {
            var (left, right) = Range(column, Columns, picture.Width);
            var sum = 0;
            foreach (var one in _sums.AsSpan(left * picture.Channels, (right - left) * picture.Channels)) sum += one;
            var mean = sum / (float)((right - left) * picture.Channels * (bottom - top));
            _now[row * Columns + column] = picture.IsLuma ? (float)Planar.Spread(mean) : mean;
        }
        _sums.AsSpan().Clear(); // nobody's picture waits for the next frame
    }

    // Where there are fewer pixels than cells, some share one.
    private static (int From, int To) Range(int cell, int cells, int pixels)
    {
        var from = cell * pixels / cells;
        return (from, Math.Max(from + 1, (cell + 1) * pixels / cells));
    }

    private bool HasMoved()
    {
        var changed = 0;
        for (var i = 0; i < _now.Length; i++)
            if (MathF.Abs(_now[i] - _before[i]) > CellChange && ++changed == LeastCells)
                return true;
        return false;
    }
}
