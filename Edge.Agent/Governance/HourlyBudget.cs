namespace Edge.Agent.Governance;

/// <summary>What strangers can write into the log in an hour: so many refusals stand alone, the rest is counted. Anybody at the broker
/// can send what is to be refused, again and again, and the log is kept for years. Not thread-safe.</summary>
internal sealed class HourlyBudget
{
    /// <summary>Refusals of a kind that are logged one by one in an hour.</summary>
    public const int Most = 60;

    private DateTimeOffset _since;
    private int _spent;

    /// <summary>Asks for one more.</summary>
    /// <param name="further">If an hour has ended with this call: how many were refused in it beyond <see cref="Most"/>, else 0.</param>
    /// <returns>True if it may stand alone.</returns>
    public bool TrySpend(DateTimeOffset now, out int further)
    {
        further = 0;
        if (now - _since >= TimeSpan.FromHours(1)) (_since, _spent, further) = (now, 0, Math.Max(0, _spent - Most));
        return ++_spent <= Most;
    }
}
