using Edge.Agent.Publishing;

namespace Edge.Agent.Hub;

/// <summary>Which part of a message failed.</summary>
public enum MessagePart
{
    /// <summary>The topic is not that of a box of this agency.</summary>
    Topic,
    /// <summary>The box is not registered here.</summary>
    Box,
    /// <summary>The signed message: its size, its form, its key or its signature.</summary>
    Signature,
    /// <summary>The event inside.</summary>
    Event,
    /// <summary>The clear header of a hit.</summary>
    Header,
    /// <summary>The sealed part of a hit.</summary>
    Seal,
    /// <summary>What was sealed.</summary>
    Body,
    /// <summary>The data of another event.</summary>
    Data,
}

/// <summary>A hit that a search found.</summary>
/// <param name="Sealed">As the box has it.</param>
/// <param name="KeptUntil">Until when the box keeps it.</param>
/// <param name="Opened">A <see cref="ReceivedMessage.Hit"/>, or why it does not open.</param>
public sealed record FoundHit(SealedHit Sealed, DateTimeOffset KeptUntil, ReceivedMessage Opened);

/// <summary>What a message turned out to be.</summary>
public abstract record ReceivedMessage
{
    private ReceivedMessage() { }

    /// <summary>Not to be believed.</summary>
    /// <param name="Part">What failed.</param>
    /// <param name="Reason">How, fit for an operator; never a plate, a key or a case.</param>
    public sealed record Refused(MessagePart Part, string Reason) : ReceivedMessage
    {
        /// <summary>As "signature: …".</summary>
        [System.Diagnostics.CodeAnalysis.SuppressMessage("Globalization", "CA1308", Justification = "for people")]
        public override string ToString() => $"{Part.ToString().ToLowerInvariant()}: {Reason}";
    }

    /// <summary>Signed by the registered key of the box that it names.</summary>
    /// <param name="Event">The event.</param>
    public abstract record Accepted(CloudEvent Event) : ReceivedMessage;

    /// <summary>A hit, opened.</summary>
    public sealed record Hit(CloudEvent Event, HitHeader Header, HitBody Body) : Accepted(Event);

    /// <summary>A hit of our box for another agency, under a grant: only that agency opens it.</summary>
    public sealed record SharedHit(CloudEvent Event, HitHeader Header) : Accepted(Event);

    /// <summary>A hit of one of our boxes that came when the key it is sealed to had been destroyed: nobody can open it, and nobody
    /// has forged anything.</summary>
    /// <param name="EpochEnded">When boxes were to use another key.</param>
    public sealed record Unopenable(CloudEvent Event, HitHeader Header, DateTimeOffset EpochEnded) : Accepted(Event);

    /// <summary>The counters of an interval.</summary>
    public sealed record Summary(CloudEvent Event, IntervalSummary Counters) : Accepted(Event);

    /// <summary>Online or offline.</summary>
    public sealed record Status(CloudEvent Event, BoxStatus State) : Accepted(Event);

    /// <summary>Something that must be told to somebody.</summary>
    public sealed record Incident(CloudEvent Event, IncidentNotice Notice) : Accepted(Event);

    /// <summary>What became of an order.</summary>
    public sealed record Answer(CloudEvent Event, OrderAnswer Said, IReadOnlyList<FoundHit> Hits) : Accepted(Event);

    /// <summary>A checkpoint of the box's audit log, for a witness: signed as a message, its note not verified here.</summary>
    public sealed record Checkpoint(CloudEvent Event, CheckpointOffer Offer) : Accepted(Event);
}
