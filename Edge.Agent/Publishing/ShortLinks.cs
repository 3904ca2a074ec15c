namespace Edge.Agent.Publishing;

/// <summary>Notices links that end as soon as they are made, again and again. That is what a second client of the same name looks like: a broker
/// keeps one of a name (MQTT 5 §3.1.4-3), so the two end each other's links for ever, and not every broker says why.</summary>
internal sealed class ShortLinks(TimeProvider time, string clientId)
{
    /// <summary>A link that lasted less is short.</summary>
    public static readonly TimeSpan Short = TimeSpan.FromSeconds(10);

    /// <summary>So many in a row are no accident.</summary>
    public const int Suspicious = 3;

    private long _opened = time.GetTimestamp();
    private int _inARow;

    /// <summary>There is a link again.</summary>
    public void Opened() => _opened = time.GetTimestamp();

    /// <summary>The link ended.</summary>
    /// <returns>Why, and what to look for if it is one of many.</returns>
    public BrokerException Ended(BrokerException lost)
    {
        _inARow = time.GetElapsedTime(_opened) < Short ? _inARow + 1 : 0;
        return _inARow < Suspicious ? lost : new BrokerException(lost.Failure,
            $"{lost.Message}; {_inARow} links in a row ended within {Short.TotalSeconds:0} s: does a second client connect as {clientId}? A broker keeps one of a name: stop the other one", lost);
    }
}
