namespace Edge.Agent.Hub;

/// <summary>A message as the hub sees it, shown once.</summary>
/// <param name="Topic">Where it came from.</param>
/// <param name="Message">What it turned out to be.</param>
/// <param name="NumberReused">True if the box has used this number for another event: it was set back to an older state.</param>
/// <param name="Missing">With a summary: the numbers below it that have not come, each named once.</param>
public sealed record Delivery(string Topic, ReceivedMessage Message, bool NumberReused, IReadOnlyList<long> Missing);

/// <summary>Turns messages into deliveries: verified, each event once, gaps noticed. Not thread-safe.</summary>
public sealed class Inbox(MessageVerifier verifier)
{
    private readonly ArrivalLedger _ledger = new();

    /// <summary>Messages that had come before.</summary>
    public long Repeats { get; private set; }

    /// <summary>The delivery, or null if this event has been delivered already.</summary>
    public Delivery? Take(string topic, ReadOnlySpan<byte> message, DateTimeOffset now)
    {
        var received = verifier.Verify(topic, message, now);
        if (received is not ReceivedMessage.Accepted accepted) return new Delivery(topic, received, false, []);
        var arrival = _ledger.Note(accepted.Event);
        if (arrival == Arrival.Repeat)
        {
            Repeats++;
            return null;
        }
        var missing = accepted is ReceivedMessage.Summary summary ? _ledger.MissingBefore(summary) : [];
        return new Delivery(topic, received, arrival == Arrival.NumberReused, missing);
    }
}
