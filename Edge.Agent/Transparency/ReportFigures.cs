namespace Edge.Agent.Transparency;

/// <summary>The numbers of a report, of one box or of all: docs/transparency.md says what each counts.</summary>
/// <param name="Counts">Sums, by name; one that is absent is 0.</param>
/// <param name="Sets">What took effect, by name: versions, agencies. Of several boxes it is the union, for they are given the same.</param>
/// <param name="NotifySeconds">From each incident until the message that tells of it was on its way, in order.</param>
/// <param name="Known">For how long the log says what the box did.</param>
/// <param name="Up">For how much of that it worked.</param>
/// <param name="RetentionHours">The shortest and the longest that a policy in force kept a hit; null if none was in force.</param>
public sealed record ReportFigures(IReadOnlyDictionary<string, long> Counts, IReadOnlyDictionary<string, IReadOnlyCollection<string>> Sets,
    IReadOnlyList<long> NotifySeconds, TimeSpan Known, TimeSpan Up, (long Shortest, long Longest)? RetentionHours)
{
    public long this[string name] => Counts.GetValueOrDefault(name);

    /// <summary>Every count whose name begins so, without that beginning, the largest first.</summary>
    public IEnumerable<(string Name, long Value)> Under(string prefix) =>
        Counts.Where(count => count.Key.StartsWith(prefix, StringComparison.Ordinal) && count.Value != 0)
        .Select(count => (count.Key[prefix.Length..], count.Value)).OrderByDescending(count => count.Value)
        .ThenBy(count => count.Item1, StringComparer.Ordinal);

    public IReadOnlyCollection<string> Set(string name) => Sets.GetValueOrDefault(name) ?? [];

    /// <summary>The middle of <see cref="NotifySeconds"/>, the lower of two; null if there are none.</summary>
    public long? MedianNotifySeconds => NotifySeconds.Count == 0 ? null : NotifySeconds[(NotifySeconds.Count - 1) / 2];

    /// <summary>Several boxes as one.</summary>
    public static ReportFigures Of(IReadOnlyList<ReportFigures> all)
    {
        var counts = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach (var (name, value) in all.SelectMany(one => one.Counts)) counts[name] = counts.GetValueOrDefault(name) + value;
        var sets = new SortedDictionary<string, IReadOnlyCollection<string>>(StringComparer.Ordinal);
        foreach (var same in all.SelectMany(one => one.Sets).GroupBy(set => set.Key))
            sets[same.Key] = new SortedSet<string>(same.SelectMany(set => set.Value), StringComparer.Ordinal);
        var retention = all.Select(one => one.RetentionHours).OfType<(long Shortest, long Longest)>().ToList();
        return new ReportFigures(counts, sets, [.. all.SelectMany(one => one.NotifySeconds).Order()],
            TimeSpan.FromTicks(all.Sum(one => one.Known.Ticks)), TimeSpan.FromTicks(all.Sum(one => one.Up.Ticks)),
            retention.Count == 0 ? null : (retention.Min(one => one.Shortest), retention.Max(one => one.Longest)));
    }
}
