namespace Edge.Storage.Hits;

/// <summary>Asks for the hits of one case. There is no query without a case, and none by anything else.</summary>
/// <param name="CasePseudonym">The case.</param>
/// <param name="From">Found then or later.</param>
/// <param name="To">Found before then.</param>
/// <param name="After">Only hits with a higher number: 0 to begin, then <see cref="CaseHits.Last"/>.</param>
/// <param name="MaxHits">Most hits in a page, 1 or more.</param>
/// <param name="MaxBytes">Most bytes of all records in a page together, 1 or more.</param>
public sealed record CaseQuery(string CasePseudonym, DateTimeOffset From, DateTimeOffset To, long After, int MaxHits, int MaxBytes);
