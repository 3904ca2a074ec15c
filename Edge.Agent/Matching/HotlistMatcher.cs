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

    /// <summary>The first entry in force at <paramref name="now"/> that looks for this plate, an exact one before a
    /// folded one; null if nobody looks for it.</summary>
    /// <remarks>Borrows <paramref name="plate"/>; the caller still wipes it.</remarks>
    public HotlistMatch? Match(PlateText plate, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(plate);
        if (now >= _hotlist.Expires) return null;
        Span<byte> folded = stackalloc byte[PlateText.MaxLength];
        try
        {
            var length = PlateFolding.Fold(plate.Ascii, folded);
            var exactEntry = Find(_exact, plate.Ascii, now);
            var foldedEntry = Find(_folded, folded[..length], now);
            if (exactEntry is not null) return new HotlistMatch(exactEntry, MatchForm.Exact);
            return foldedEntry is null ? null : new HotlistMatch(foldedEntry, MatchForm.Folded);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(folded);
        }
    }

    // Walks all entries whether or not one has matched.
    private HotlistEntry? Find(HotlistEntry[] entries, ReadOnlySpan<byte> plate, DateTimeOffset now)
    {
        if (entries.Length == 0) return null;
        Span<byte> tag = stackalloc byte[BlindTag.Size];
        try
        {
            BlindTag.Derive(plate, _hotlist.Salt.Span, _hotlist.Cost, tag);
            HotlistEntry? found = null;
            foreach (var entry in entries)
                if (CryptographicOperations.FixedTimeEquals(tag, entry.Tag.Span) & entry.IsInForce(now)) found ??= entry;
            return found;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(tag);
        }
    }
}
