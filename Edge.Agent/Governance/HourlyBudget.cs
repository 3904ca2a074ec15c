namespace Edge.Agent.Governance;

/// <summary>What strangers can write into the log in an hour: so many refusals stand alone, the rest is counted. Anybody at the broker
/// can send what is to be refused, again and again, and the log is kept for years. Not thread-safe.</summary>
internal sealed class HourlyBudget
{
    /// <summary>Of one kind, so many are logged one by one in an hour.</summary>
    public const int Most = 60;

    private DateTimeOffset _since;
    private int _spent;

    /// <summary>Asks for one more.</summary>
    /// <returns>True if it may stand alone.</returns>
    public bool TrySpend(DateTimeOffset now)
    {
        if (_spent == 0) _since = now;
        return ++_spent <= Most;
    }

    /// <summary>Ends the hour, if it is over: to be asked before <see cref="TrySpend"/>, and now and then.</summary>
    /// <param name="anyway">Ends it early: the box stops.</param>
    /// <returns>How many were refused in it beyond <see cref="Most"/>.</returns>
    public int TakeFurther(DateTimeOffset now, bool anyway = false)
    {
        if (_spent == 0 || (!anyway && now - _since < TimeSpan.FromHours(1))) return 0;
        var further = Math.Max(0, _spent - Most);
        _spent = 0;
        return further;
    }
}
