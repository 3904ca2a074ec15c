namespace Edge.Agent.Door;

/// <summary>How many messages of a kind may come: a bucket as large as a minute's worth, filled again in a minute. Not thread-safe.</summary>
/// <param name="perMinute">What the agent allows.</param>
/// <param name="share">Of it; vision keeps itself to half, so that it never meets the bound.</param>
internal sealed class MessageRate(TimeProvider time, int perMinute, double share = 1)
{
    private readonly double _most = perMinute * share;
    private double _spent;
    private long _at = time.GetTimestamp();

    /// <summary>Asks for one more.</summary>
    public bool TrySpend()
    {
        var now = time.GetTimestamp();
        _spent = Math.Max(0, _spent - time.GetElapsedTime(_at, now).TotalMinutes * _most);
        _at = now;
        if (_spent + 1 > _most) return false;
        _spent++;
        return true;
    }
}
