using System.Globalization;
using Edge.Storage.Sealing;

namespace Edge.Storage.Retention;

/// <summary>A hold: the hits of one case, those it has and those to come, are kept past their retention. Times are UTC, to the
/// millisecond.</summary>
/// <param name="Number">The number of the answer to the order that made it; names its keys.</param>
/// <param name="CasePseudonym">The case. A case has one hold at most.</param>
/// <param name="Until">When it ends by itself.</param>
/// <param name="Longest">It keeps no hit longer than this after that was found.</param>
public sealed record Hold(long Number, string CasePseudonym, DateTimeOffset Until, TimeSpan Longest)
{
    internal const string Collection = "holds";

    /// <summary>Where the proof stands that the box made it: eight sealed bytes. Without it an edit of the file could keep a hit
    /// for as long as a thief needs.</summary>
    internal RecordPlace Place => new(Collection, Number, Until, string.Create(CultureInfo.InvariantCulture,
        $"{CasePseudonym} {(long)Longest.TotalMilliseconds}"), Number);

    /// <summary>The latest that it keeps a hit found at <paramref name="found"/>.</summary>
    internal DateTimeOffset Bound(DateTimeOffset found) => found + Longest is var bound && bound < Until ? bound : Until;
}
