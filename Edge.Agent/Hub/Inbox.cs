using Edge.Agent.Publishing;
using Edge.Storage.Signing;

namespace Edge.Agent.Hub;

/// <summary>A message as the hub sees it, shown once.</summary>
/// <param name="Topic">Where it came from.</param>
/// <param name="Message">What it turned out to be.</param>
/// <param name="NumberReused">True if the box has used this number for another event: it was set back to an older state.</param>
/// <param name="Missing">With a summary: the numbers below it that have not come, each named once.</param>
public sealed record Delivery(string Topic, ReceivedMessage Message, bool NumberReused, IReadOnlyList<long> Missing)
{
    /// <summary>True if it may have been shown before: just before a crash, or so long ago that it is forgotten.</summary>
    public bool Again { get; init; }

    /// <summary>True if its number had been named as missing.</summary>
    public bool Late { get; init; }

    /// <summary>With a summary: numbers named as missing before, which the box now says it gave up.</summary>
    public IReadOnlyList<long> GivenUp { get; init; } = [];

    /// <summary>True for the first message of a box that has taken the place, and the name, of another.</summary>
    public bool NewKey { get; init; }
}

/// <summary>Turns messages into deliveries: verified, each event once, gaps noticed. Not thread-safe.</summary>
/// <param name="verifier">Whom to believe.</param>
/// <param name="ledger">What has come; borrowed.</param>
/// <param name="seesAll">False if others get a part of what boxes send: then what does not come here is not missing.</param>
public sealed class Inbox(MessageVerifier verifier, ArrivalLedger ledger, bool seesAll = true)
{
    private readonly HashSet<BoxName> _summarised = [];

    /// <summary>Messages that had come before.</summary>
    public long Repeats { get; private set; }

    /// <summary>Lets <paramref name="show"/> see the delivery, unless this event has been delivered already, and notes it once that has returned.</summary>
    /// <param name="again">True if the broker says that it may have brought it before.</param>
    /// <returns>What <paramref name="show"/> answered: whether to go on.</returns>
    public bool Take(string topic, ReadOnlySpan<byte> message, bool again, DateTimeOffset now, Func<Delivery, bool> show)
    {
        var received = verifier.Verify(topic, message, now);
        // What is accepted was made with the key that it names, which was the box's when it was looked at.
        if (received is not ReceivedMessage.Accepted accepted || !Jws.TryReadKeyId(message, out var key)) return show(new Delivery(topic, received, false, []));
        var arrival = ledger.Compare(accepted.Event, key);
        if (arrival == Arrival.Repeat)
        {
            Repeats++;
            return true;
        }
        var gaps = !seesAll || accepted is not ReceivedMessage.Summary summary ? null
            : arrival is Arrival.NewKey or Arrival.NumberReused ? new Gaps([], [], summary.Event.Sequence) : ledger.GapsBefore(summary);
        var more = show(new Delivery(topic, received, arrival == Arrival.NumberReused, gaps?.Missing ?? [])
        {
            // What is late was lost by a broker, perhaps after this hub had shown it and before it remembered that.
            Again = again || arrival is Arrival.PerhapsForgotten or Arrival.Late, Late = arrival == Arrival.Late, GivenUp = gaps?.GivenUp ?? [],
            NewKey = arrival == Arrival.NewKey,
        });
        ledger.Note(accepted, key, arrival, gaps);
        if (gaps is not null) _summarised.Add(accepted.Event.Box);
        return more;
    }

    /// <summary>Around calls of <see cref="Take"/> for what came together; see <see cref="MessageVerifier.Together"/>.</summary>
    public IDisposable Together() => verifier.Together();

    /// <summary>When this returns, what was taken is remembered for good.</summary>
    /// <exception cref="IOException">The disk refuses.</exception>
    public void Keep() => ledger.Keep();

    /// <summary>What to tell each box that a summary came from since the last call. Call it after <see cref="Keep"/>: what is told is
    /// forgotten at the box.</summary>
    public IReadOnlyList<Receipt> TakeReceipts(DateTimeOffset now)
    {
        var receipts = _summarised.Select(box => ledger.ReceiptFor(box, now)).OfType<Receipt>().ToList();
        _summarised.Clear();
        return receipts;
    }
}
