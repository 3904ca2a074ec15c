namespace Edge.Storage.Outbox;

/// <summary>A number whose message will not come: it expired or had to make room before it could be sent, or the hub never got what was sent
/// and it is here no more. It stays known until a message that names it has arrived, so that every number is accounted for.</summary>
/// <param name="NamedBy">The waiting message that names it; 0 if none does. If that one is dropped as well, another has to.</param>
public sealed record DroppedMessage(long Sequence, long NamedBy = 0);
