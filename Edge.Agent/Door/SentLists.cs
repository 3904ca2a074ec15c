using Edge.Agent.Governance;
using Edge.Agent.Matching;
using Edge.Vision.Recognition;

namespace Edge.Agent.Door;

/// <summary>What vision was told to look for, with what it was not told: whose entries they are.</summary>
internal sealed class SentLists
{
    private readonly IReadOnlyList<(string Agency, HotlistMatcher Matcher)> _lists;

    private SentLists(ActiveTrust? trust, TimeSpan offset, IReadOnlyList<(string, HotlistMatcher)> lists, IReadOnlyList<WatchedList> watched) =>
        (Trust, Offset, _lists, Watched) = (trust, offset, lists, watched);

    /// <summary>What was in force; null for nothing.</summary>
    public ActiveTrust? Trust { get; }

    /// <summary>Effective time less monotonic time when they were made: if that has changed, the terms are wrong.</summary>
    public TimeSpan Offset { get; }

    /// <summary>As vision gets them.</summary>
    public IReadOnlyList<WatchedList> Watched { get; }

    /// <summary>Every list that something may be found by, with the term of each entry.</summary>
    /// <param name="monotonic">The monotonic clock at <paramref name="now"/>.</param>
    public static SentLists Of(ActiveTrust? trust, DateTimeOffset now, TimeSpan monotonic)
    {
        var lists = new List<(string Agency, HotlistMatcher Matcher)>();
        var watched = new List<WatchedList>();
        if (trust is not null)
        {
            Add(trust.Policy.Agency, trust.Matcher, trust.HotlistExpires, _ => (DateTimeOffset.MinValue, DateTimeOffset.MaxValue));
            foreach (var list in trust.Granted.Take(DoorLimits.MostLists - 1))
                Add(list.Agency, list.Matcher, list.Expires, entry => Granted(trust, list.Agency, entry.Case));
        }
        return new SentLists(trust, now - DateTimeOffset.UnixEpoch - monotonic, lists, watched);

        void Add(string agency, HotlistMatcher matcher, DateTimeOffset until, Func<HotlistEntry, (DateTimeOffset From, DateTimeOffset Until)> within)
        {
            lists.Add((agency, matcher));
            watched.Add(new WatchedList(matcher.Tags, [.. matcher.Hotlist.Entries.Select(entry =>
            {
                var bounds = within(entry);
                return new WatchedList.Term(Monotonic(Later(entry.NotBefore, bounds.From)), Monotonic(Earlier(Earlier(entry.Expires, until), bounds.Until)));
            })]));
        }

        TimeSpan Monotonic(DateTimeOffset at) => at - now + monotonic;
    }

    /// <summary>The entries at these places; null if one of them is none.</summary>
    public IReadOnlyList<(string Agency, HotlistEntry Entry)>? At(IReadOnlyList<int> places)
    {
        var found = new List<(string, HotlistEntry)>();
        foreach (var place in places)
        {
            if (Locate(place) is not var (list, within)) return null;
            found.Add((_lists[list].Agency, _lists[list].Matcher.Hotlist.Entries[within]));
        }
        return found;
    }

    /// <summary>True if the plate has the tags of all entries at these places, whether they are in force or not.</summary>
    public bool Name(IReadOnlyList<int> places, PlateText plate)
    {
        foreach (var list in places.GroupBy(place => Locate(place)!.Value.List))
        {
            var named = _lists[list.Key].Matcher.Tags.Find(plate);
            if (list.Any(place => !named.Contains(Locate(place)!.Value.Within))) return false;
        }
        return true;
    }

    private (int List, int Within)? Locate(int place)
    {
        foreach (var (i, list) in _lists.Index())
        {
            if (place < list.Matcher.Tags.Count) return (i, place);
            place -= list.Matcher.Tags.Count;
        }
        return null;
    }

    // While any grant names the case; what a grant allows in detail the agent decides when a hit comes.
    private static (DateTimeOffset, DateTimeOffset) Granted(ActiveTrust trust, string agency, string caseId)
    {
        var grants = trust.Sharing.Grants.Where(grant => grant.Agency == agency && grant.Cases.Contains(caseId, StringComparer.Ordinal)).ToList();
        return grants.Count == 0 ? default : (grants.Min(grant => grant.NotBefore), grants.Max(grant => grant.Expires));
    }

    private static DateTimeOffset Later(DateTimeOffset a, DateTimeOffset b) => a > b ? a : b;

    private static DateTimeOffset Earlier(DateTimeOffset a, DateTimeOffset b) => a < b ? a : b;
}
