using Edge.Storage.Outbox;

namespace Edge.Storage.Hits;

/// <summary>The two things that one commit makes durable together.</summary>
/// <param name="Hit">The sealed hit.</param>
/// <param name="Message">Its signed message, of kind <see cref="MessageKind.Hit"/>, with the sequence it was given.</param>
public sealed record HitEntry(NewHit Hit, OutboxMessage Message);
