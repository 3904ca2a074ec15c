using System.Security.Cryptography;
using Edge.Agent.Publishing;
using Edge.Storage.Sealing;
using Edge.Vision.Recognition;

namespace Edge.Agent.Matching;

/// <summary>A plate that somebody has a case for.</summary>
/// <param name="Form">Which spelling matched; the hit says so.</param>
public sealed record HotlistMatch(HotlistEntry Entry, MatchForm Form);

/// <summary>Asks one hotlist about plates. Immutable; safe to use from several threads.</summary>
/// <remarks>A plate costs one Argon2id derivation for each form that entries of the list have, about 15 ms each, none
/// for an empty or expired list. Neither the time nor the memory it takes depends on whether it matches.</remarks>
public sealed class HotlistMatcher
{
    private readonly Hotlist _hotlist;
    private readonly HotlistEntry[] _exact;
    private readonly HotlistEntry[] _folded;

    public HotlistMatcher(Hotlist hotlist)
    {
        ArgumentNullException.ThrowIfNull(hotlist);
        _hotlist = hotlist;
        _exact = [.. hotlist.Entries.Where(entry => entry.Form == MatchForm.Exact)];
        _folded = [.. hotlist.Entries.Where(entry => entry.Form == MatchForm.Folded)];
    }

    /// <summary>The list it asks.</summary>
    public Hotlist Hotlist => _hotlist;

    /// <summary>Every case that looks for this plate at <paramref name="now"/>, each once: by its exact entry, or else by its
    /// folded one. In the order of the list, exact entries first; empty if nobody looks for it.</summary>
    /// <remarks>Borrows <paramref name="plate"/>; the caller still wipes it.</remarks>
    public IReadOnlyList<HotlistMatch> Match(PlateText plate, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(plate);
        if (now >= _hotlist.Expires) return [];
        Span<byte> folded = stackalloc byte[PlateText.MaxLength];
        var matches = new List<HotlistMatch>();
        try
        {
            var length = PlateFolding.Fold(plate.Ascii, folded);
            Find(_exact, MatchForm.Exact, plate.Ascii, now, matches);
            Find(_folded, MatchForm.Folded, folded[..length], now, matches);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(folded);
        }
        return [.. matches.DistinctBy(match => match.Entry.Case)];
    }

    // Walks all entries whether or not one has matched.
    private void Find(HotlistEntry[] entries, MatchForm form, ReadOnlySpan<byte> plate, DateTimeOffset now, List<HotlistMatch> matches)
    {
        if (entries.Length == 0) return;
        Span<byte> tag = stackalloc byte[BlindTag.Size];
        try
        {
            BlindTag.Derive(plate, _hotlist.Salt.Span, _hotlist.Cost, tag);
            foreach (var entry in entries)
                if (CryptographicOperations.FixedTimeEquals(tag, entry.Tag.Span) & entry.IsInForce(now)) matches.Add(new HotlistMatch(entry, form));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(tag);
        }
    }
}
