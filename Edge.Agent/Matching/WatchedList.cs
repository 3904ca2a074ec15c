namespace Edge.Agent.Matching;

/// <summary>A hotlist as the room that sees has it: tags and when each is in force, by the machine's monotonic clock. It names no case, no
/// agency and no entry.</summary>
/// <param name="Terms">One for each tag.</param>
internal sealed record WatchedList(BlindedTags Tags, IReadOnlyList<WatchedList.Term> Terms)
{
    /// <summary>In force from <paramref name="From"/> until just before <paramref name="Until"/>.</summary>
    internal readonly record struct Term(TimeSpan From, TimeSpan Until);

    /// <summary>Of these places the ones whose entries are in force now.</summary>
    public IEnumerable<int> InForce(IEnumerable<int> places, TimeSpan now) => places.Where(place => Terms[place].From <= now && now < Terms[place].Until);
}
