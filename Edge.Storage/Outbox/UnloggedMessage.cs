namespace Edge.Storage.Outbox;

/// <summary>A message that is on disk without its audit entry: a crash came between the two.</summary>
/// <param name="Sequence">This box's number for it.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Digest">SHA-256 of the hit's sealed record; of the payload for any other message.</param>
/// <param name="Payload">The bytes that were signed, for who must know what its entry has to say.</param>
public sealed record UnloggedMessage(long Sequence, MessageKind Kind, ReadOnlyMemory<byte> Digest, ReadOnlyMemory<byte> Payload);
