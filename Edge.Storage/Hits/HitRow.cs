using System.Globalization;
using Edge.Storage.Retention;
using Edge.Storage.Sealing;

namespace Edge.Storage.Hits;

/// <summary>A stored hit without its record, and under which key that is sealed. How long the hit is kept does not follow
/// from the key but from its case's hold, or none: the key follows, at the next sweep.</summary>
/// <param name="Sequence">This box's number for it.</param>
/// <param name="CasePseudonym">Its case.</param>
/// <param name="Found">When it was found.</param>
/// <param name="Expires">The end of its own retention.</param>
/// <param name="SealedUntil">The hour of this decides the key.</param>
/// <param name="SealedFor">Number of the hold whose key it is; 0 for the key that all share.</param>
internal sealed record HitRow(long Sequence, string CasePseudonym, DateTimeOffset Found, DateTimeOffset Expires,
    DateTimeOffset SealedUntil, long SealedFor)
{
    public const string Collection = "hits";

    /// <summary>See <see cref="NewHit.Origin"/>.</summary>
    public string? Origin { get; init; }

    /// <summary>Where its record stands now.</summary>
    public RecordPlace Place => new(Collection, Sequence, SealedUntil, string.Create(CultureInfo.InvariantCulture,
        $"{CasePseudonym} {Found.ToUnixTimeMilliseconds()} {Expires.ToUnixTimeMilliseconds()}"), SealedFor);

    /// <summary>When it is destroyed if <paramref name="hold"/> is its case's; null is none.</summary>
    public DateTimeOffset KeptUntil(Hold? hold) => hold?.Bound(Found) is { } bound && bound > Expires ? bound : Expires;

    /// <summary>The same hit, sealed as <paramref name="hold"/> asks: under a key of the hold if that keeps it longer, else
    /// under the one it shares with all that expire in its hour.</summary>
    public HitRow Under(Hold? hold) => KeptUntil(hold) is var kept && kept > Expires
        ? this with { SealedUntil = kept, SealedFor = hold!.Number }
        : this with { SealedUntil = Expires, SealedFor = 0 };

    public HitHeading Heading(Hold? hold) => new(Sequence, CasePseudonym, Found, Expires, KeptUntil(hold));
}
