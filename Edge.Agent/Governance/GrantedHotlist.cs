using System.Diagnostics.CodeAnalysis;
using Edge.Agent.Matching;

namespace Edge.Agent.Governance;

/// <summary>The entries of another agency that this one's boxes look for under a grant.</summary>
/// <param name="Agency">Whose they are.</param>
/// <param name="Expires">When the list, or the signature on it, ends.</param>
/// <param name="Refused">Its entries that are not in use, and why.</param>
public sealed record GrantedHotlist(string Agency, HotlistMatcher Matcher, DateTimeOffset Expires, IReadOnlyList<RefusedEntry> Refused)
{
    /// <summary>Reads a list that <paramref name="agency"/> signed. Without a grant not a byte of it is parsed; under one, entries
    /// of other cases and entries outside the policy of the boxes' own agency are refused one by one.</summary>
    /// <param name="signedUntil">Expiry of the signature on it.</param>
    public static bool TryRead(ReadOnlyMemory<byte> utf8, string agency, DateTimeOffset signedUntil, Policy policy, Sharing sharing,
        DateTimeOffset now, [NotNullWhen(true)] out GrantedHotlist? list, [NotNullWhen(false)] out string? reason)
    {
        (list, reason) = (null, "no-grant: no grant in use names this agency");
        if (sharing.ClassOf(agency) is null) return false;
        if (!Hotlist.TryParse(utf8, agency, policy, now, out var read, out var refused))
        {
            reason = string.Join("; ", refused.Select(entry => entry.Reason));
            return false;
        }
        var entries = read.Entries.ToLookup(entry => sharing.Names(agency, entry.Case));
        read = read with { Entries = [.. entries[true]] };
        list = new GrantedHotlist(agency, new HotlistMatcher(read), read.Expires < signedUntil ? read.Expires : signedUntil,
            [.. refused, .. entries[false].Select(entry => new RefusedEntry(null, entry.Id, "grant: names no such case"))]);
        return true;
    }
}
