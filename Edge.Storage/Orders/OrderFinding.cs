using Edge.Storage.Hits;

namespace Edge.Storage.Orders;

/// <summary>What the effect of an order found, for its answer to tell.</summary>
/// <param name="Hits">Stored hits that a hold now keeps past their retention, that a release gave back to it, or that a search
/// found; 0 otherwise.</param>
/// <param name="HoldUntil">When the hold of the case now ends; null if the order made none.</param>
/// <param name="Page">What a search found; null otherwise.</param>
public sealed record OrderFinding(int Hits, DateTimeOffset? HoldUntil = null, CaseHits? Page = null);
