using System.Security.Cryptography;
using Edge.Agent.Publishing;
using Edge.Storage.Keys;
using Edge.Storage.Sealing;
using Edge.Storage.Signing;
using static Edge.Agent.Hub.ReceivedMessage;

namespace Edge.Agent.Hub;

/// <summary>Decides whether a message is to be believed: from the topic inwards to the sealed body, each layer must be
/// well-formed and must say the same as the one around it. The same bytes and keys give the same answer. Not thread-safe.</summary>
/// <param name="agency">Only its own boxes are believed, and those of another agency in a hit that is for this one.</param>
/// <param name="boxes">The message key of a box that is registered now, those that other agencies told of too; null of any other.</param>
/// <param name="keys">Where the keys are that hits may be sealed to.</param>
public sealed class MessageVerifier(string agency, Func<BoxName, VerifyingKey?> boxes, IEpochKeys keys)
{
    private readonly KeptKey _key = new(keys);
    private bool _together;

    /// <summary>The same for boxes that never change.</summary>
    public MessageVerifier(string agency, IReadOnlyDictionary<BoxName, VerifyingKey> boxes, IEpochKeys keys)
        : this(agency, box => boxes.GetValueOrDefault(box), keys)
    {
    }

    /// <param name="recipients">The keys that hits may be sealed to; borrowed, not disposed here.</param>
    public MessageVerifier(string agency, IReadOnlyDictionary<BoxName, VerifyingKey> boxes, IReadOnlyCollection<RecipientKey> recipients)
        : this(agency, boxes, new InMemory(recipients))
    {
    }

    /// <summary>The agency that is spoken to.</summary>
    public string Agency => agency;

    /// <summary>What the message turns out to be.</summary>
    /// <param name="topic">Where it came from: a claim.</param>
    /// <param name="message">A signed message.</param>
    /// <param name="now">A hit past its retention is refused: nobody may see it any more.</param>
    public ReceivedMessage Verify(string topic, ReadOnlySpan<byte> message, DateTimeOffset now)
    {
        try
        {
            return Judge(topic, message, now);
        }
        finally
        {
            if (!_together) _key.Forget();
        }
    }

    /// <summary>Messages that came together, verified far faster than alone: until this is disposed, the key that opened a hit stays in memory for the
    /// next.</summary>
    public IDisposable Together()
    {
        _together = true;
        return new End(this);
    }

    private ReceivedMessage Judge(string topic, ReadOnlySpan<byte> message, DateTimeOffset now)
    {
        if (!Topics.TryParse(topic, out var box, out var type, out var audience) || (box.Agency != agency && audience != agency))
            return new Refused(MessagePart.Topic, $"not edge/v1/{agency}/{{box}}/{{event}}");
        if (boxes(box) is not { } key)
            return new Refused(MessagePart.Box, box.Agency == agency ? $"box {box} is not enrolled here"
                : $"box {box} is not known here: take over an offer of {box.Agency} that names it");
        if (SignatureFault(box, key, message, out var payload) is { } fault) return new Refused(MessagePart.Signature, fault);
        if (!CloudEvent.TryParse(payload, out var said, out var malformed)) return new Refused(MessagePart.Event, malformed);
        if (said.Box != box) return new Refused(MessagePart.Event, $"source is {said.Box}, but the topic is of {box}");
        if (said.Type != type) return new Refused(MessagePart.Event, $"type is {said.Type}, but the topic is for {type}");
        if (type == EventType.Hit) return Open(said, audience, now);
        if (type == EventType.Summary)
            return IntervalSummary.TryParse(said.Data.Span, out var summary, out malformed)
                ? new Summary(said, summary) : new Refused(MessagePart.Data, malformed);
        if (type == EventType.Status)
            return BoxStatus.TryParse(said.Data.Span, out var status, out malformed)
                ? new Status(said, status) : new Refused(MessagePart.Data, malformed);
        if (type == EventType.Answer)
            return OrderAnswer.TryParse(said.Data.Span, out var answer, out malformed)
                ? Opened(said, answer, now) : new Refused(MessagePart.Data, malformed);
        if (type == EventType.Incident)
            return IncidentNotice.TryParse(said.Data.Span, out var notice, out malformed)
                ? new Incident(said, notice) : new Refused(MessagePart.Data, malformed);
        return CheckpointOffer.TryParse(said.Data.Span, out var offer, out malformed) ? new Checkpoint(said, offer) : new Refused(MessagePart.Data, malformed);
    }

    private static string? SignatureFault(BoxName box, VerifyingKey key, ReadOnlySpan<byte> message, out byte[] payload)
    {
        if (Jws.TryVerify(message, key, CloudEvent.ContentType, out payload)) return null;
        if (message.Length > Jws.MaxBytes) return $"longer than {Jws.MaxBytes} bytes";
        if (!Jws.TryReadKeyId(message, out var keyId)) return "not a signed message (JWS compact, EdDSA, with a kid)";
        return keyId != key.KeyId ? $"made with another key than the one registered for box {box}"
            : $"does not verify: the message was changed, or not made by box {box}";
    }

    private ReceivedMessage Open(CloudEvent said, string audience, DateTimeOffset now)
    {
        if (!SealedHit.TryParse(said.Data.Span, out var hit, out var malformed))
            return new Refused(malformed.StartsWith("header", StringComparison.Ordinal) ? MessagePart.Header : MessagePart.Seal, malformed);
        var header = hit.Header;
        if (header.Box != said.Box) return new Refused(MessagePart.Header, $"of {header.Box}, but the event is from {said.Box}");
        if (header.Sequence != said.Sequence)
            return new Refused(MessagePart.Header, $"sequence is {header.Sequence}, but the event's is {said.Sequence}");
        if (header.For != audience) return new Refused(MessagePart.Header, $"for {header.For}, but the topic is for {audience}");
        if (header.For != agency) return new SharedHit(said, header);
        return Open(said, hit, header.Expires, now);
    }

    /// <summary>A search's hits: each is opened, or refused by itself.</summary>
    private ReceivedMessage Opened(CloudEvent said, OrderAnswer answer, DateTimeOffset now)
    {
        var hits = new List<FoundHit>();
        foreach (var found in answer.Hits)
        {
            if (!SealedHit.TryParse(found.Record.Span, out var hit, out var malformed)) return new Refused(MessagePart.Seal, malformed);
            if (hit.Header.Box != said.Box) return new Refused(MessagePart.Header, $"a hit of {hit.Header.Box}, but the answer is from {said.Box}");
            if (hit.Header.For != agency) return new Refused(MessagePart.Header, $"a hit for {hit.Header.For} in an answer to {agency}");
            hits.Add(new FoundHit(hit, found.KeptUntil, Open(said, hit, found.KeptUntil, now)));
        }
        return new Answer(said, answer, hits);
    }

    private ReceivedMessage Open(CloudEvent said, SealedHit hit, DateTimeOffset until, DateTimeOffset now)
    {
        var header = hit.Header;
        if (until <= now)
            return new Refused(MessagePart.Header, $"retention ended at {until.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC; the hit is not opened");
        if (_key.Borrow(hit.RecipientKeyId) is not { } recipient)
            return keys.EndOfDestroyed(hit.RecipientKeyId) is { } ended ? new Unopenable(said, header, ended)
                : new Refused(MessagePart.Seal, "sealed to a key that this hub does not hold");
        if (!hit.TryOpen(recipient, out var json))
            return new Refused(MessagePart.Seal, "does not open: it or its header was changed");
        try
        {
            if (!HitBody.TryParse(json, out var body, out var malformed)) return new Refused(MessagePart.Body, malformed);
            return body.Facts.EntryId == header.EntryId ? new Hit(said, header, body)
                : new Refused(MessagePart.Body, "entry is not the one in the header");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(json);
        }
    }

    private sealed class InMemory(IReadOnlyCollection<RecipientKey> keys) : IEpochKeys
    {
        public RecipientKey? Load(string keyId) => keys.FirstOrDefault(key => key.Public.KeyId == keyId)?.Copy();

        public bool IsHeld(string keyId) => keys.Any(key => key.Public.KeyId == keyId);

        public DateTimeOffset? EndOfDestroyed(string keyId) => null;
    }

    private sealed class End(MessageVerifier verifier) : IDisposable
    {
        public void Dispose()
        {
            verifier._together = false;
            verifier._key.Forget();
        }
    }
}
