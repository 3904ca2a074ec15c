namespace Edge.Storage.Outbox;

/// <summary>How full the outbox is.</summary>
/// <param name="Ready">May leave now.</param>
/// <param name="Unlogged">Wait for their audit entry.</param>
/// <param name="Unreadable">Could not be opened when they were tried: the disk or a key was damaged. They stay until
/// they expire, and are worth an incident.</param>
/// <param name="Bytes">What these take, sealed; see <see cref="Outbox.Limit"/>.</param>
/// <param name="Sent">The broker has them, and the hub has not said that it has; they are kept, and give way to everything else.</param>
public sealed record OutboxCounts(int Ready, int Unlogged, int Unreadable, long Bytes, int Sent);
