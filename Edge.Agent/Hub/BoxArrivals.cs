using System.Globalization;

namespace Edge.Agent.Hub;

/// <summary>What is remembered of one box, as lines that say it again. Numbers and tags of ids: nothing of what was said. Not thread-safe.</summary>
/// <remarks>Two things that are kept apart. The <i>ids</i> of the last <see cref="Window"/> messages, to show each once. And the <i>account</i> of the
/// box's numbers, which is exact: it begins with the first number that was seen of the box's key, and every number in it has come, was given up or is
/// <see cref="Missing"/>. What could not be remembered as missing is not accounted for.</remarks>
internal sealed class BoxArrivals
{
    /// <summary>So many messages of a box are remembered by id: about 1.5 MB of memory, and as much on the disk. So many numbers can be missing, too.</summary>
    public const int Window = 16_384;

    private readonly Dictionary<long, ulong> _first = [];
    // Of before the account began anew, and of a number that was used twice.
    private readonly HashSet<(long Number, ulong Tag)> _others = [];
    private readonly Queue<(long Number, ulong Tag)> _order = new();
    private readonly SortedSet<long> _missing = [];
    // Numbers that came or were given up and that the account does not reach: from _accounted on, and below its beginning.
    private readonly NumberRanges _outside = new(Window);
    private string _key = "";
    private ulong _status;
    private long _forgotten;
    private long _from;
    private long _accounted;
    private long _lastSummary;
    private long _lastSaid;

    /// <summary>The id of the box's message key; empty if none is known yet.</summary>
    public string Key => _key;

    /// <summary>The number with which the account begins; 0 if nothing has come.</summary>
    public long From => _from;

    /// <summary>Every number from <see cref="From"/> up to this one has come, was given up or is <see cref="Missing"/>; below <see cref="From"/> if no
    /// summary told yet.</summary>
    public long Through => _accounted - 1;

    /// <summary>Numbers that were named as missing and have not come since.</summary>
    public IReadOnlySet<long> Missing => _missing;

    public bool HasStatus(ulong tag) => _status == tag;

    public bool Has(long number, ulong tag) => (_first.TryGetValue(number, out var known) && known == tag) || _others.Contains((number, tag));

    public bool IsUsed(long number) => _first.ContainsKey(number);

    /// <summary>True for a number so old that its ids may have been forgotten.</summary>
    public bool MayBeForgotten(long number) => number <= _forgotten && !_missing.Contains(number)
        && (number < _accounted || _outside.EndOf(number) is not null);

    /// <summary>True if a summary with this number, which is none that is missing or known, was made after one with a higher number: the ids of that time
    /// are forgotten, and still the box was set back.</summary>
    /// <param name="said">When it was made, in Unix milliseconds.</param>
    public bool IsSetBack(long summary, long said) => summary < _lastSummary && said > _lastSaid && !_missing.Contains(summary);

    /// <summary>What a summary with this number brings to light.</summary>
    /// <param name="dropped">Numbers that it says were given up; a box has not given up what it has not numbered.</param>
    /// <param name="missing">Numbers that two summaries have overtaken, none of them named before; no more than can be remembered.</param>
    /// <param name="givenUp">Numbers named as missing before, which the box now says it gave up.</param>
    /// <returns>Every number below it is accounted for then.</returns>
    public long Look(long summary, IReadOnlyList<long> dropped, out List<long> missing, out List<long> givenUp)
    {
        var told = dropped.Where(number => number < summary).Append(summary).ToHashSet();
        givenUp = [.. told.Where(number => number < summary && _missing.Contains(number)).Order()];
        missing = [];
        var room = Window - _missing.Count + givenUp.Count;
        var number = _accounted;
        for (; number < _lastSummary; number++)
            if (_outside.EndOf(number) is { } end) number = Math.Min(end, _lastSummary - 1);
            else if (told.Contains(number) || _first.ContainsKey(number)) continue;
            else if (missing.Count == room) break;
            else missing.Add(number);
        return number;
    }

    /// <summary>The line with which an account begins.</summary>
    public static string Begins(string key, long number) => string.Create(CultureInfo.InvariantCulture, $"^ {number} {key}");

    /// <summary>The lines that record a message; <see cref="Apply"/> them.</summary>
    public static string Came(long number, ulong tag) => string.Create(CultureInfo.InvariantCulture, $"+ {number} {tag:x16}");

    public static string CameStatus(ulong tag) => string.Create(CultureInfo.InvariantCulture, $"o {tag:x16}");

    /// <summary>The lines that record a summary once <see cref="Look"/> has named what it brought to light.</summary>
    /// <param name="said">When it was made, in Unix milliseconds.</param>
    public IEnumerable<string> Looked(long summary, long said, IReadOnlyList<long> dropped, IReadOnlyList<long> missing, long accounted)
    {
        // First, so that there is room for what is missing.
        foreach (var number in dropped.Where(number => number < summary)) yield return Line('!', number);
        foreach (var number in missing) yield return Line('-', number);
        yield return summary > _lastSummary ? Newest(accounted, summary, said) : Newest(accounted, _lastSummary, _lastSaid);
    }

    /// <summary>Takes in a line, now or read back.</summary>
    /// <returns>False if it is not one of these.</returns>
    public bool Apply(ReadOnlySpan<char> line)
    {
        var space = line.LastIndexOf(' ');
        switch (line)
        {
            case ['^', ' ', ..] when space > 2 && Number(line[2..space], out var from) && from > 0:
                Begin(from, line[(space + 1)..].ToString());
                return true;
            case ['+', ' ', ..] when space > 2 && Number(line[2..space], out var number) && Tag(line[(space + 1)..], out var tag):
                if (Has(number, tag)) return true;
                Remember(number, tag, ofBefore: !_first.TryAdd(number, tag));
                Account(number);
                return true;
            case ['*', ' ', ..] when space > 2 && Number(line[2..space], out var old) && Tag(line[(space + 1)..], out var oldTag):
                if (!Has(old, oldTag)) Remember(old, oldTag, ofBefore: true);
                return true;
            case ['o', ' ', ..] when Tag(line[2..], out var status):
                _status = status;
                return true;
            case ['-', ' ', ..] when Number(line[2..], out var missing):
                if (_missing.Count < Window) _missing.Add(missing);
                return true;
            case ['!', ' ', ..] when Number(line[2..], out var dropped):
                Account(dropped);
                return true;
            case ['>', ' ', ..] when space > 2 && Number(line[2..space], out var first) && Number(line[(space + 1)..], out var last) && first <= last:
                _outside.Add(first, last);
                return true;
            case ['~', ' ', ..] when Number(line[2..], out var forgotten):
                _forgotten = Math.Max(_forgotten, forgotten);
                return true;
            case ['=', ' ', ..] when line[2..].IndexOf(' ') + 2 is var middle && middle > 2 && middle < space && Number(line[2..middle], out var accounted)
                && Number(line[(middle + 1)..space], out var newest) && Number(line[(space + 1)..], out var said):
                (_accounted, _lastSummary, _lastSaid) = (Math.Max(_accounted, accounted), newest, said);
                _outside.Remove(_from, _accounted);
                return true;
            default:
                return false;
        }
    }

    /// <summary>Everything, in as few lines as it takes.</summary>
    public IEnumerable<string> Lines()
    {
        // The account first: what is read back after it must not be counted twice.
        if (_from > 0)
        {
            yield return Begins(_key, _from);
            yield return Newest(_accounted, _lastSummary, _lastSaid);
            foreach (var range in _outside.Lines()) yield return $"> {range}";
            foreach (var number in _missing) yield return Line('-', number);
        }
        if (_forgotten > 0) yield return Line('~', _forgotten);
        foreach (var (number, tag) in _order) yield return _first.TryGetValue(number, out var known) && known == tag ? Came(number, tag)
            : string.Create(CultureInfo.InvariantCulture, $"* {number} {tag:x16}");
        if (_status != 0) yield return CameStatus(_status);
    }

    /// <summary>Under another key it is another box, of which nothing is known; under the same one the ids are still those that were shown.</summary>
    private void Begin(long from, string key)
    {
        if (key != _key && _key.Length > 0)
        {
            foreach (var all in (Action[])[_first.Clear, _others.Clear, _order.Clear]) all();
            (_status, _forgotten) = (0, 0);
        }
        foreach (var (number, tag) in _first) _others.Add((number, tag));
        _first.Clear();
        _missing.Clear();
        _outside.Clear();
        (_key, _from, _accounted, _lastSummary, _lastSaid) = (key, from, from, 0, 0);
    }

    private void Account(long number)
    {
        if (number < 1 || _from == 0 || _missing.Remove(number) || (number >= _from && number < _accounted)) return;
        if (number != _from - 1)
        {
            _outside.Add(number);
            return;
        }
        // What came before it is joined: a box that sends again what the hub may not have is heard.
        _from = _outside.TakeEndingAt(number - 1) ?? number;
    }

    private void Remember(long number, ulong tag, bool ofBefore)
    {
        if (ofBefore) _others.Add((number, tag));
        _order.Enqueue((number, tag));
        if (_order.Count <= Window) return;
        var old = _order.Dequeue();
        if (!_others.Remove(old)) _first.Remove(old.Number);
        _forgotten = Math.Max(_forgotten, old.Number);
    }

    private static string Newest(long accounted, long summary, long said) => string.Create(CultureInfo.InvariantCulture, $"= {accounted} {summary} {said}");

    private static string Line(char kind, long number) => string.Create(CultureInfo.InvariantCulture, $"{kind} {number}");

    private static bool Number(ReadOnlySpan<char> text, out long number) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);

    private static bool Tag(ReadOnlySpan<char> text, out ulong tag) =>
        ulong.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out tag) && text.Length == 16;
}
