namespace Edge.Storage.Audit.Bundles;

/// <summary>A time in which a log says nothing.</summary>
/// <param name="Before">Index of the entry that ended it.</param>
/// <param name="Stopped">True if the box had been stopped in order; else nothing says why.</param>
public sealed record LogSilence(long Before, DateTimeOffset From, DateTimeOffset To, bool Stopped);

/// <summary>Where a log has holes in time. A number of an entry cannot be missing, the tree sees to that; hours can.</summary>
/// <param name="Starts">How often the log was opened.</param>
/// <param name="Uncleanly">How often without an orderly stop before it.</param>
/// <param name="StepsBack">How often an entry is older than the one before it.</param>
/// <param name="Silences">The longest, at most <see cref="LogGapWatch.Named"/>, in the order of the log.</param>
/// <param name="MoreSilences">How many more.</param>
public sealed record LogGaps(long Starts, long Uncleanly, long StepsBack, IReadOnlyList<LogSilence> Silences, long MoreSilences);

/// <summary>Looks for holes while the entries of a log go by, in order.</summary>
internal sealed class LogGapWatch
{
    /// <summary>How many silences are told apart.</summary>
    public const int Named = 20;

    private readonly Findings _findings = new("gaps");
    private readonly HashSet<string> _boots = new(StringComparer.Ordinal);
    private readonly PriorityQueue<LogSilence, TimeSpan> _longest = new();
    private readonly LogRhythm _rhythm = new();
    private EntryMoment? _last;
    private long _unclean, _back, _silences;

    public void Look(EntryMoment entry)
    {
        var stopped = _last is null or { Action: AuditAction.AgentStop };
        if (_last?.Boot != entry.Boot)
        {
            if (!_boots.Add(entry.Boot)) _findings.Add($"entry {entry.Index} is of an opening of the log that another one had followed");
            if (!stopped) _unclean++;
        }
        if (entry.Time < _last?.Time) _back++;
        if (_last is { } last && entry.Time - last.Time >= (last.Boot == entry.Boot ? _rhythm.Silent : LogRhythm.Least))
        {
            _silences++;
            _longest.Enqueue(new LogSilence(entry.Index, last.Time, entry.Time, stopped), entry.Time - last.Time);
            if (_longest.Count > Named) _longest.Dequeue();
        }
        _rhythm.Look(entry.Boot, entry.Time, entry.Action);
        _last = entry;
    }

    public LogGaps Gaps => new(_boots.Count, _unclean, _back, [.. _longest.UnorderedItems.Select(item => item.Element).OrderBy(silence => silence.Before)],
        _silences - _longest.Count);

    public AuditCheck Check(bool allRead)
    {
        if (!allRead) return _findings.Skipped();
        var gaps = Gaps;
        var lines = new List<string> { $"{gaps.Starts} start(s), {gaps.Uncleanly} without an orderly stop before; time went back {gaps.StepsBack} time(s); silent for an hour or more, and longer than it usually is, {_silences} time(s)" };
        lines.AddRange(gaps.Silences.OrderByDescending(one => one.To - one.From).Take(3).Select(Describe));
        return _findings.ToCheck(string.Join('\n', lines));
    }

    private static string Describe(LogSilence silence) => string.Create(System.Globalization.CultureInfo.InvariantCulture,
        $"silent {silence.From.UtcDateTime:yyyy-MM-dd HH:mm} – {silence.To.UtcDateTime:yyyy-MM-dd HH:mm} UTC, {(silence.Stopped ? "stopped in order" : "nothing says why")}");
}
