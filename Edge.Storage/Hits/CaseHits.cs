namespace Edge.Storage.Hits;

/// <summary>A page of the hits of one case, by number.</summary>
/// <param name="Hits">The sealed hits.</param>
/// <param name="Missing">Numbers of hits passed over: damaged, or larger than a whole page.</param>
/// <param name="Last">The last number looked at: where the next page begins after.</param>
/// <param name="More">True if there are hits beyond it.</param>
public sealed record CaseHits(IReadOnlyList<StoredHit> Hits, IReadOnlyList<long> Missing, long Last, bool More);
