using System.Globalization;

namespace Edge.Agent.Hub;

/// <summary>What is remembered of one box, as lines that say it again. Numbers and tags of ids: nothing of what was said. Not thread-safe.</summary>
internal sealed class BoxArrivals
{
    /// <summary>So many messages of a box are remembered by id: about 1.5 MB of memory, and as much on the disk.</summary>
    public const int Window = 16_384;

    private readonly Dictionary<long, ulong> _first = [];
    // A box set back to an older state uses numbers again.
    private readonly HashSet<(long Number, ulong Tag)> _others = [];
    private readonly Queue<(long Number, ulong Tag)> _order = new();
    private readonly SortedSet<long> _missing = [];
    private readonly SortedSet<long> _dropped = [];
    private ulong _status;
    private long _forgotten;
    private long _accounted = -1;
    private long _lastSummary;

    /// <summary>Every number up to this one has come, was given up or is <see cref="Missing"/>; 0 if no summary told yet.</summary>
    public long Through => Math.Max(0, _accounted - 1);

    /// <summary>Numbers that were named as missing and have not come since.</summary>
    public IReadOnlySet<long> Missing => _missing;

    /// <summary>How many lines <see cref="Lines"/> has.</summary>
    public int LineCount => _order.Count + _missing.Count + _dropped.Count + 3;

    public bool HasStatus(ulong tag) => _status == tag;

    public bool Has(long number, ulong tag) => (_first.TryGetValue(number, out var known) && known == tag) || _others.Contains((number, tag));

    public bool IsUsed(long number) => _first.ContainsKey(number);

    /// <summary>True for a number so old that its ids may have been forgotten.</summary>
    public bool MayBeForgotten(long number) => number <= _forgotten && !_missing.Contains(number);

    /// <summary>What a summary with this number brings to light.</summary>
    /// <param name="dropped">Numbers that it says were given up.</param>
    /// <param name="missing">Numbers that two summaries have overtaken, none of them named before.</param>
    /// <param name="givenUp">Numbers named as missing before, which the box now says it gave up.</param>
    public void Look(long summary, IReadOnlyList<long> dropped, out List<long> missing, out List<long> givenUp)
    {
        var told = dropped.ToHashSet();
        givenUp = [.. told.Where(_missing.Contains).Order()];
        missing = [];
        for (var number = Math.Max(_accounted, _lastSummary - Window); number < _lastSummary; number++)
            if (number > _forgotten && !_dropped.Contains(number) && !told.Contains(number) && !_first.ContainsKey(number)) missing.Add(number);
    }

    /// <summary>The lines that record a message; <see cref="Apply"/> them.</summary>
    public static string Came(long number, ulong tag) => string.Create(CultureInfo.InvariantCulture, $"+ {number} {tag:x16}");

    public static string CameStatus(ulong tag) => string.Create(CultureInfo.InvariantCulture, $"o {tag:x16}");

    /// <summary>The lines that record a summary once <see cref="Look"/> has named what it brought to light.</summary>
    public IEnumerable<string> Looked(long summary, IReadOnlyList<long> dropped, IReadOnlyList<long> missing)
    {
        foreach (var number in missing) yield return Line('-', number);
        // A box has not given up what it has not numbered.
        foreach (var number in dropped.Where(number => number < summary && (number >= _lastSummary || _missing.Contains(number)))) yield return Line('!', number);
        var last = Math.Max(_lastSummary, summary);
        yield return string.Create(CultureInfo.InvariantCulture, $"= {Math.Max(_accounted, _lastSummary)} {last}");
    }

    /// <summary>Takes in a line, now or read back.</summary>
    /// <returns>False if it is not one of these.</returns>
    public bool Apply(ReadOnlySpan<char> line)
    {
        var space = line.LastIndexOf(' ');
        switch (line)
        {
            case ['+', ' ', ..] when space > 2 && Number(line[2..space], out var number) && Tag(line[(space + 1)..], out var tag):
                Put(number, tag);
                return true;
            case ['o', ' ', ..] when Tag(line[2..], out var status):
                _status = status;
                return true;
            case ['-', ' ', ..] when Number(line[2..], out var missing):
                if (_missing.Count < Window) _missing.Add(missing);
                return true;
            case ['!', ' ', ..] when Number(line[2..], out var dropped):
                if (!_missing.Remove(dropped) && _dropped.Count < Window) _dropped.Add(dropped);
                return true;
            case ['~', ' ', ..] when Number(line[2..], out var forgotten):
                _forgotten = Math.Max(_forgotten, forgotten);
                return true;
            case ['=', ' ', ..] when space > 2 && Number(line[2..space], out var accounted) && Number(line[(space + 1)..], out var last):
                (_accounted, _lastSummary) = (accounted, last);
                while (_dropped.Count > 0 && _dropped.Min < accounted) _dropped.Remove(_dropped.Min);
                return true;
            default:
                return false;
        }
    }

    /// <summary>Everything, in as few lines as it takes.</summary>
    public IEnumerable<string> Lines()
    {
        if (_forgotten > 0) yield return Line('~', _forgotten);
        foreach (var (number, tag) in _order) yield return Came(number, tag);
        foreach (var number in _missing) yield return Line('-', number);
        foreach (var number in _dropped) yield return Line('!', number);
        if (_accounted >= 0) yield return string.Create(CultureInfo.InvariantCulture, $"= {_accounted} {_lastSummary}");
        if (_status != 0) yield return CameStatus(_status);
    }

    private void Put(long number, ulong tag)
    {
        if (Has(number, tag)) return;
        // Numbers before the first one that we see were for somebody else.
        if (_accounted < 0) _accounted = number;
        if (!_first.TryAdd(number, tag)) _others.Add((number, tag));
        _missing.Remove(number);
        _order.Enqueue((number, tag));
        if (_order.Count <= Window) return;
        var old = _order.Dequeue();
        if (!_others.Remove(old)) _first.Remove(old.Number);
        _forgotten = Math.Max(_forgotten, old.Number);
    }

    private static string Line(char kind, long number) => string.Create(CultureInfo.InvariantCulture, $"{kind} {number}");

    private static bool Number(ReadOnlySpan<char> text, out long number) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);

    private static bool Tag(ReadOnlySpan<char> text, out ulong tag) =>
        ulong.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out tag) && text.Length == 16;
}
