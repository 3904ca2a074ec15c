namespace Edge.Storage.Audit.Bundles;

/// <summary>How often a box writes, learnt from its log: a policy may ask for a summary every minute or once a day, and the log does not say
/// which. So it can be told when a box that runs has fallen silent.</summary>
public sealed class LogRhythm
{
    /// <summary>Shorter silences are none, however often a box writes.</summary>
    public static readonly TimeSpan Least = TimeSpan.FromHours(1);

    // A day is the longest that a policy lets a box go without a summary.
    private static readonly TimeSpan Unknown = TimeSpan.FromHours(25);

    private string? _boot;
    private DateTimeOffset? _summary;
    private TimeSpan? _shortest;

    /// <summary>From how long on a silence in this run of the box is one in which it did not work.</summary>
    public TimeSpan Silent => _shortest is not { } every ? Unknown : every * 2 > Least ? every * 2 : Least;

    /// <summary>Takes the next entry of the log, after it was asked for <see cref="Silent"/>.</summary>
    public void Look(string boot, DateTimeOffset time, AuditAction action)
    {
        if (_boot != boot) (_boot, _summary) = (boot, null);
        if (action != AuditAction.IntervalSummary) return;
        // Two within a minute are the last two before a stop.
        if (_summary is { } before && time - before is var every && every >= TimeSpan.FromMinutes(1) && (_shortest is null || every < _shortest))
            _shortest = every;
        _summary = time;
    }
}
