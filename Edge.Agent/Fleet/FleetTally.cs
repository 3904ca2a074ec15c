using Edge.Agent.Publishing;

namespace Edge.Agent.Fleet;

/// <summary>Counts what boxes commit and what the hub shows, and how long each hit took in between. Told from any thread.</summary>
internal sealed class FleetTally(TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(string Box, long Number), long> _onTheWay = [];
    private readonly List<double> _milliseconds = [];
    private readonly HashSet<string> _online = [];
    private readonly HashSet<(string Box, long Number)> _missing = [];
    private long _committed, _summaries, _shownAgain, _strangers, _refused, _repeats, _last;

    /// <summary>Boxes that the hub has heard.</summary>
    public int Online
    {
        get { lock (_gate) return _online.Count; }
    }

    public long Committed
    {
        get { lock (_gate) return _committed; }
    }

    /// <summary>Hits that the hub has verified and opened.</summary>
    public long Opened
    {
        get { lock (_gate) return _milliseconds.Count; }
    }

    /// <summary>Summaries that the hub has verified.</summary>
    public long Summaries
    {
        get { lock (_gate) return _summaries; }
    }

    public void Commit(BoxName box, long number)
    {
        lock (_gate)
        {
            _committed++;
            _onTheWay.Add((box.Box, number), time.GetTimestamp());
        }
    }

    /// <summary>What has come so far was for warming up; gaps and refusals still count.</summary>
    public void StartOver()
    {
        lock (_gate)
        {
            _committed = _onTheWay.Count;
            _milliseconds.Clear();
        }
    }

    public void Take(HubLine line)
    {
        var now = time.GetTimestamp();
        lock (_gate)
        {
            if (line.Type == EventType.Hit.Name && _onTheWay.Remove((line.Box, line.Sequence), out var since))
            {
                _milliseconds.Add(time.GetElapsedTime(since, now).TotalMilliseconds);
                _last = now;
            }
            else if (line.Type == EventType.Hit.Name && line.Again) _shownAgain++;
            else if (line.Type == EventType.Hit.Name) _strangers++;
            else if (line.Type == EventType.Summary.Name) _summaries++;
            else if (line.Online) _online.Add(line.Box);
            else if (line.Type == "hub.missing") _missing.UnionWith(line.Numbers.Select(number => (line.Box, number)));
            else if (line.Type is "hub.late" or "hub.givenup") _missing.ExceptWith(line.Numbers.Select(number => (line.Box, number)));
            else if (line.Type == "hub.ended") (_refused, _repeats) = line.Ended;
        }
    }

    /// <summary>The counts so far.</summary>
    /// <param name="started">When the first hit could be made.</param>
    public FleetCounts Count(long started)
    {
        lock (_gate)
            return new FleetCounts(_committed, _milliseconds.Count, _onTheWay.Count, _summaries, _missing.Count, _repeats, _shownAgain, _refused + _strangers,
                _last == 0 ? TimeSpan.Zero : time.GetElapsedTime(started, _last), Latency.Of(_milliseconds));
    }
}

/// <summary>What became of the hits.</summary>
/// <param name="Sent">Committed by boxes.</param>
/// <param name="Opened">Verified, decrypted and shown by the hub.</param>
/// <param name="OnTheWay">Neither shown nor known to be lost.</param>
/// <param name="Summaries">Verified and shown.</param>
/// <param name="Missing">Numbers that the hub named as missing.</param>
/// <param name="Repeats">Came again, and were not shown again.</param>
/// <param name="ShownAgain">Shown again and marked.</param>
/// <param name="Refused">Not believed, or of no box of this fleet.</param>
/// <param name="Span">From the start to the last that was shown.</param>
/// <param name="Latency">From committed to the hub's line; null if none came.</param>
internal sealed record FleetCounts(long Sent, long Opened, long OnTheWay, long Summaries, long Missing, long Repeats, long ShownAgain, long Refused,
    TimeSpan Span, Latency? Latency);

/// <summary>Milliseconds that half, 95 % and 99 % of hits did not exceed, and the longest.</summary>
internal sealed record Latency(double P50, double P95, double P99, double Longest)
{
    /// <summary>Nearest rank; null of none.</summary>
    public static Latency? Of(IReadOnlyCollection<double> milliseconds)
    {
        if (milliseconds.Count == 0) return null;
        var sorted = milliseconds.Order().ToArray();
        double Rank(double share) => sorted[Math.Max(0, (int)Math.Ceiling(share * sorted.Length) - 1)];
        return new Latency(Rank(0.5), Rank(0.95), Rank(0.99), sorted[^1]);
    }
}
