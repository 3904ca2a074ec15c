using Edge.Agent.Publishing;

namespace Edge.Agent.Hub;

/// <summary>A sealed hit that a hold keeps at the agency.</summary>
/// <param name="Hit">As the box sealed it, to an epoch key.</param>
/// <param name="Until">The end that the box gave it: of the hold, or of the longest time a hit may be held. The agency rounds it down
/// to the hour.</param>
public sealed record HeldHit(SealedHit Hit, DateTimeOffset Until);
