namespace Edge.Storage.Outbox;

/// <summary>One signed message waiting for its PUBACK.</summary>
/// <param name="Sequence">This box's number for it: 1, 2, 3 … without a gap.</param>
/// <param name="Kind">Decides order and topic.</param>
/// <param name="Payload">The exact bytes that were signed; a resend repeats them.</param>
/// <param name="Expires">After this the message and the key that could open it are destroyed.</param>
public sealed record OutboxMessage(long Sequence, MessageKind Kind, ReadOnlyMemory<byte> Payload, DateTimeOffset Expires)
{
    /// <summary>True for a hit that another agency is to have: the hub's receipts say nothing of whether it does.</summary>
    public bool Shared { get; init; }
}
