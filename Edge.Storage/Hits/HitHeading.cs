namespace Edge.Storage.Hits;

/// <summary>What stays clear of a stored hit, because sweep, hold and search by case need it. Times are UTC, to the
/// millisecond.</summary>
/// <param name="Sequence">This box's number for it, shared with its message.</param>
/// <param name="CasePseudonym">Opaque name of the case; see <see cref="NewHit.CasePseudonym"/>.</param>
/// <param name="Found">When it was found.</param>
/// <param name="Expires">The end of its own retention.</param>
/// <param name="KeptUntil">When it is destroyed: the same, or later while a hold keeps it.</param>
public sealed record HitHeading(long Sequence, string CasePseudonym, DateTimeOffset Found, DateTimeOffset Expires,
    DateTimeOffset KeptUntil);
