namespace Edge.Storage.Outbox;

/// <summary>A number whose message expired before it could be sent. It stays listed until a message that names it is
/// in the outbox, so that every number is accounted for.</summary>
public sealed record DroppedMessage(long Sequence, MessageKind Kind);
