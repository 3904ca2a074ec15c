using System.Globalization;

namespace Edge.Agent.Hub;

/// <summary>A set of numbers as ranges that do not touch: what comes in order takes one range, however much it is. Not thread-safe.</summary>
internal sealed class NumberRanges(int most)
{
    private readonly List<(long First, long Last)> _ranges = [];

    public int Count => _ranges.Count;

    /// <summary>Adds a number. Where there are ranges enough already, the highest is forgotten.</summary>
    public void Add(long number) => Add(number, number);

    public void Add(long first, long last)
    {
        var from = Index(first == long.MinValue ? first : first - 1);
        var to = from;
        while (to < _ranges.Count && (last == long.MaxValue || _ranges[to].First <= last + 1)) to++;
        if (to > from) (first, last) = (Math.Min(first, _ranges[from].First), Math.Max(last, _ranges[to - 1].Last));
        _ranges.RemoveRange(from, to - from);
        _ranges.Insert(from, (first, last));
        if (_ranges.Count > most) _ranges.RemoveAt(_ranges.Count - 1);
    }

    /// <summary>The last number of the range that has this one; null if none has.</summary>
    public long? EndOf(long number) => Index(number) is var at && at < _ranges.Count && _ranges[at].First <= number ? _ranges[at].Last : null;

    /// <summary>Takes out the range that ends with this number; its first, or null if there is none.</summary>
    public long? TakeEndingAt(long number)
    {
        var at = Index(number);
        if (at == _ranges.Count || _ranges[at].Last != number) return null;
        var first = _ranges[at].First;
        _ranges.RemoveAt(at);
        return first;
    }

    /// <summary>Takes out every number from <paramref name="first"/> on that lies below <paramref name="end"/>.</summary>
    public void Remove(long first, long end)
    {
        if (first >= end) return;
        var from = Index(first);
        var to = from;
        var kept = new List<(long, long)>();
        for (; to < _ranges.Count && _ranges[to].First < end; to++)
        {
            if (_ranges[to].First < first) kept.Add((_ranges[to].First, first - 1));
            if (_ranges[to].Last >= end) kept.Add((end, _ranges[to].Last));
        }
        _ranges.RemoveRange(from, to - from);
        _ranges.InsertRange(from, kept);
    }

    public void Clear() => _ranges.Clear();

    /// <summary>Each range as <c>first last</c>.</summary>
    public IEnumerable<string> Lines() => _ranges.Select(range => string.Create(CultureInfo.InvariantCulture, $"{range.First} {range.Last}"));

    /// <summary>The first range that ends at the number or after it.</summary>
    private int Index(long number)
    {
        var (low, high) = (0, _ranges.Count);
        // What comes in order belongs to the last one.
        if (high > 0 && _ranges[^1].First <= number) low = _ranges[^1].Last >= number ? high - 1 : high;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_ranges[middle].Last < number) low = middle + 1;
            else high = middle;
        }
        return low;
    }
}
