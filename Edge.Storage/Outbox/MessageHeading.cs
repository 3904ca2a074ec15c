namespace Edge.Storage.Outbox;

/// <summary>What is known of a waiting message without opening it.</summary>
/// <param name="Sequence">This box's number for it.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Shared">True for a hit that another agency is to have; which one, the message alone says.</param>
public readonly record struct MessageHeading(long Sequence, MessageKind Kind, bool Shared);
