using Edge.Storage.Sealing;

namespace Edge.Storage.Hits;

/// <summary>What stays clear of a stored hit, because sweep and hold need it.</summary>
/// <param name="Sequence">This box's number for it, shared with its message.</param>
/// <param name="Expires">To the millisecond, UTC.</param>
/// <param name="CasePseudonym">Opaque name of the case; see <see cref="NewHit.CasePseudonym"/>.</param>
public sealed record HitHeading(long Sequence, DateTimeOffset Expires, string CasePseudonym)
{
    internal const string Collection = "hits";

    internal RecordPlace Place => new(Collection, Sequence, Expires, CasePseudonym);
}
