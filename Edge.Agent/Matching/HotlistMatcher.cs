using Edge.Vision.Recognition;

namespace Edge.Agent.Matching;

/// <summary>A plate that somebody has a case for.</summary>
/// <param name="Form">Which spelling matched; the hit says so.</param>
public sealed record HotlistMatch(HotlistEntry Entry, MatchForm Form);

/// <summary>Asks one hotlist about plates. Immutable; safe to use from several threads. What a plate costs says <see cref="BlindedTags"/>.</summary>
public sealed class HotlistMatcher
{
    public HotlistMatcher(Hotlist hotlist)
    {
        ArgumentNullException.ThrowIfNull(hotlist);
        Hotlist = hotlist;
        Tags = new BlindedTags(hotlist.Salt.Span, hotlist.Cost, [.. hotlist.Entries.Select(entry => (entry.Tag, entry.Form))]);
    }

    /// <summary>The list it asks.</summary>
    public Hotlist Hotlist { get; }

    /// <summary>Its tags, in the order of its entries.</summary>
    public BlindedTags Tags { get; }

    /// <summary>Every case that looks for this plate at <paramref name="now"/>, each once: by its exact entry, or else by its
    /// folded one. In the order of the list, exact entries first; empty if nobody looks for it.</summary>
    /// <remarks>Borrows <paramref name="plate"/>; the caller still wipes it.</remarks>
    public IReadOnlyList<HotlistMatch> Match(PlateText plate, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(plate);
        if (now >= Hotlist.Expires) return [];
        return
        [
            .. Tags.Find(plate).Select(place => Hotlist.Entries[place]).Where(entry => entry.IsInForce(now))
                .Select(entry => new HotlistMatch(entry, entry.Form)).OrderBy(match => match.Form).DistinctBy(match => match.Entry.Case),
        ];
    }
}
