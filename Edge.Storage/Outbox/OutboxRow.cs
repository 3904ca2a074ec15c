using Edge.Storage.Sealing;

namespace Edge.Storage.Outbox;

/// <summary>What is known of a message without opening it.</summary>
/// <param name="Sequence">This box's number for it.</param>
/// <param name="Kind">Decides the order of sending.</param>
/// <param name="Expires">To the millisecond, UTC.</param>
/// <param name="Logged">True once its audit entry is on disk: it may leave.</param>
/// <param name="Bytes">What its payload takes on the disk, sealed.</param>
/// <param name="Sent">True once the broker has acknowledged it, until the hub's receipt.</param>
internal sealed record OutboxRow(long Sequence, MessageKind Kind, DateTimeOffset Expires, bool Logged, int Bytes, bool Sent = false)
{
    public const string Collection = "outbox";

    /// <summary>True for a hit that another agency is to have: the hub's receipt does not say that it does.</summary>
    public bool Shared { get; init; }

    /// <summary>Where the payload stands.</summary>
    public RecordPlace PayloadPlace => new(Collection, Sequence, Expires, $"payload {(int)Kind}");

    /// <summary>Where the proof stands that the message was logged: the sealed index of its leaf.</summary>
    public RecordPlace LeafPlace => new(Collection, Sequence, Expires, $"leaf {(int)Kind}");
}
