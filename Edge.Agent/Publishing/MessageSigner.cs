using System.Diagnostics.CodeAnalysis;
using Edge.Storage.Keys;
using Edge.Storage.Outbox;
using Edge.Storage.Signing;

namespace Edge.Agent.Publishing;

/// <summary>Says things in a box's name: each becomes an event, and the event a signed message.</summary>
/// <param name="box">Who speaks.</param>
/// <param name="key">The box's message key, which the hub knows; not disposed here.</param>
/// <param name="software">The agent's version, for the status.</param>
public sealed class MessageSigner(BoxName box, SigningKey key, string software)
{
    private readonly EventIds _ids = new();

    /// <summary>Who speaks.</summary>
    public BoxName Box => box;

    /// <summary>A hit; its number is the one in its header.</summary>
    /// <exception cref="ArgumentException">The header is of another box.</exception>
    public byte[] Hit(SealedHit hit, DateTimeOffset time) => hit.Header.Box == box
        ? Event(EventType.Hit, hit.Header.Sequence, time, hit.ToJson())
        : throw new ArgumentException("the header is of another box", nameof(hit));

    /// <summary>How a message that this signed and that waits to leave is published. A hit says itself whom it is for, and an
    /// answer which order; the outbox keeps no second copy of that, which could disagree.</summary>
    public Publication Address(OutboxMessage message)
    {
        var type = EventType.Of(message.Kind);
        var plain = new Publication(Topics.Of(box, type), message.Payload) { Expires = message.Expires };
        if (message.Kind is not (MessageKind.Hit or MessageKind.Answer) || !TryRead(message.Payload.Span, out var said)) return plain;
        if (message.Kind == MessageKind.Hit)
            return SealedHit.TryParse(said.Data.Span, out var hit, out _) ? plain with { Topic = Topics.OfHits(box, hit.Header.For) } : plain;
        return OrderAnswer.TryParse(said.Data.Span, out var answer, out _) ? plain with { Correlation = answer.Order } : plain;
    }

    /// <summary>The counters of an interval.</summary>
    public byte[] Summary(long sequence, IntervalSummary summary, DateTimeOffset time) =>
        Event(EventType.Summary, sequence, time, summary.ToJson());

    /// <summary>The audit log's checkpoint, for witnesses.</summary>
    public byte[] Checkpoint(long sequence, CheckpointOffer offer, DateTimeOffset time) => Event(EventType.Checkpoint, sequence, time, offer.ToJson());

    /// <summary>What became of an order.</summary>
    public byte[] Answer(long sequence, OrderAnswer answer, DateTimeOffset time) => Event(EventType.Answer, sequence, time, answer.ToJson());

    /// <summary>An incident that somebody must be told of.</summary>
    public byte[] Incident(long sequence, IncidentNotice notice, DateTimeOffset time) =>
        Event(EventType.Incident, sequence, time, notice.ToJson());

    /// <summary>The retained status. It is not queued and takes no number; it repeats the newest one given out.</summary>
    public Publication Status(Presence presence, long newest, DateTimeOffset time) => new(
        Topics.Of(box, EventType.Status),
        Sign(new CloudEvent(_ids.OfNextStatus(), box, EventType.Status, time, newest,
            new BoxStatus(presence, software).ToJson())),
        Retain: true);

    /// <summary>Any queued event.</summary>
    /// <param name="type">What it is; not a status.</param>
    /// <param name="sequence">The outbox's number for it, 1 or more.</param>
    /// <param name="time">When it happened.</param>
    /// <param name="data">One JSON object.</param>
    public byte[] Event(EventType type, long sequence, DateTimeOffset time, ReadOnlyMemory<byte> data)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(sequence, 1);
        if (type == EventType.Status) throw new ArgumentException("a status is not queued", nameof(type));
        return Sign(new CloudEvent(_ids.OfMessage(sequence), box, type, time, sequence, data));
    }

    /// <summary>Reads a message of this box's own, for one that has not left yet.</summary>
    /// <returns>False if this key did not sign it, or it is no event.</returns>
    internal bool TryRead(ReadOnlySpan<byte> message, [NotNullWhen(true)] out CloudEvent? said)
    {
        said = null;
        return Jws.TryVerify(message, key.Public, CloudEvent.ContentType, out var payload) && CloudEvent.TryParse(payload, out said, out _);
    }

    private byte[] Sign(CloudEvent said) => Jws.Sign(key, said.ToJson(), CloudEvent.ContentType);
}
