using System.Security.Cryptography;
using Edge.Agent.Fleet;
using Edge.Agent.Matching;
using Edge.Agent.Transparency;
using Edge.Storage.Audit;
using Edge.Storage.Audit.Bundles;
using Edge.Storage.Keys;
using Edge.Storage.Sealing;
using Edge.Vision.Recognition;

namespace Edge.Agent.Evaluation;

/// <summary>What costs more as there is more of it: entries of a hotlist, entries of a log, summaries of a year. Cameras are in
/// <see cref="BoxBench"/>.</summary>
/// <param name="folder">An empty folder on the disk that is to be measured.</param>
internal sealed class GrowthBench(string folder, IProgress<FleetProgress> progress, TimeProvider time)
{
    private const int Asked = 20;
    private const int Bulk = 5000;
    private const int SummariesOfDay = 96; // one each quarter of an hour
    private static readonly int[] Hotlists = [0, 1_000, 10_000, 100_000];
    private static readonly int[] Logs = [1_000, 10_000, 100_000, 1_000_000];
    private static readonly int[] Days = [1, 7, 30, 91, 365];

    /// <summary>Measures all of it.</summary>
    /// <exception cref="AuditException">The disk refused.</exception>
    public GrowthResult Run(CancellationToken stop)
    {
        var matches = Hotlists.Select(count => Step("hotlists", count, Matching, stop)).ToList();
        return new GrowthResult(matches, Grown("entries", Logs, _ => new AuditEntry { Action = AuditAction.SweepDone, Count = 1 }, 1, stop),
            Grown("days", Days, i => new AuditEntry { Action = AuditAction.IntervalSummary, Frames = 13_500, Reads = i % 500, Discarded = i % 500, Hits = 0 },
                SummariesOfDay, stop));
    }

    private MatchCost Step(string what, int count, Func<int, MatchCost> measure, CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        progress.Report(new FleetProgress(what, Array.IndexOf(Hotlists, count), Hotlists.Length, 0));
        return measure(count);
    }

    /// <summary>A plate that nobody looks for, which is what nearly all are.</summary>
    private MatchCost Matching(int count)
    {
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var tags = new BlindedTags(RandomNumberGenerator.GetBytes(BlindTag.SaltSize), BlindCost.Default,
            [.. Enumerable.Range(0, Math.Max(1, count)).Select(_ => ((ReadOnlyMemory<byte>)RandomNumberGenerator.GetBytes(BlindTag.Size), MatchForm.Exact))]);
        var bytes = GC.GetTotalMemory(forceFullCollection: true) - before;
        if (!PlateText.TryParse("AB123CD", out var plate)) throw new InvalidOperationException("no plate");
        using (plate)
        {
            tags.Find(plate);
            var took = new List<double>();
            for (var i = 0; i < Asked; i++)
            {
                var since = time.GetTimestamp();
                tags.Find(plate);
                took.Add(time.GetElapsedTime(since).TotalMilliseconds);
            }
            return new MatchCost(count, Rounds.Of(took), bytes);
        }
    }

    /// <summary>One log that grows, looked at on the way.</summary>
    private List<LogCost> Grown(string what, int[] sizes, Func<int, AuditEntry> entry, int each, CancellationToken stop)
    {
        using var key = SigningKey.Create();
        var (path, origin) = (Path.Combine(folder, what), "bench/growth");
        var costs = new List<LogCost>();
        var written = 0;
        foreach (var (place, size) in sizes.Index())
        {
            stop.ThrowIfCancellationRequested();
            progress.Report(new FleetProgress(what, place, sizes.Length, 0));
            var (from, opened) = (written, time.GetTimestamp());
            using (var log = AuditLog.Open(path, origin, key, time))
            {
                var open = time.GetElapsedTime(opened);
                var since = time.GetTimestamp();
                for (; written < size * each; written += Math.Min(Bulk, size * each - written))
                    log.AppendMany([.. Enumerable.Range(written, Math.Min(Bulk, size * each - written)).Select(entry)]);
                // What was opened is what the step before left.
                if (place > 0) costs[^1] = costs[^1] with { Open = open };
                costs.Add(new LogCost(size, written, (written - from) / time.GetElapsedTime(since).TotalSeconds, default, default, 0));
            }
            costs[^1] = Verified(costs[^1], path, new NoteKey(origin, key.Public));
        }
        var last = time.GetTimestamp();
        using (AuditLog.Open(path, origin, key, time)) costs[^1] = costs[^1] with { Open = time.GetElapsedTime(last) };
        return costs;
    }

    /// <summary>As <c>audit report</c> does it: everything verified, everything counted.</summary>
    private LogCost Verified(LogCost cost, string path, NoteKey key)
    {
        var now = time.GetUtcNow();
        if (!ReportPeriod.TryParse($"{now.Year}Q{(now.Month + 2) / 3}", out var period)) throw new InvalidOperationException("no quarter");
        var since = time.GetTimestamp();
        using var bundle = Bundle.Open(path);
        var tally = new BoxTally(period);
        if (!bundle.Verify(key, null, [], out LogGaps _, null, (_, entry) => tally.Look(entry)).Holds)
            throw new InvalidDataException("the log of the bench does not verify");
        return cost with
        {
            Verify = time.GetElapsedTime(since),
            Bytes = Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories).Sum(file => new FileInfo(file).Length),
        };
    }
}

/// <summary>What one plate costs.</summary>
/// <param name="Entries">Of the hotlist; 0 is one, so that the derivation is made.</param>
/// <param name="Milliseconds">Of one match, twenty times.</param>
/// <param name="Bytes">Held for its tags.</param>
internal sealed record MatchCost(int Entries, Rounds Milliseconds, long Bytes);

/// <summary>What a log costs.</summary>
/// <param name="Size">As it was asked for: entries, or days.</param>
/// <param name="AppendsPerSecond">Of the entries that were added to the size before, 5,000 in a step.</param>
/// <param name="Open">By the agent when it starts.</param>
/// <param name="Verify">And counted for a report.</param>
internal sealed record LogCost(int Size, int Entries, double AppendsPerSecond, TimeSpan Open, TimeSpan Verify, long Bytes);

/// <summary>What was measured.</summary>
/// <param name="Days">Summaries of so many days, 96 a day.</param>
internal sealed record GrowthResult(IReadOnlyList<MatchCost> Hotlists, IReadOnlyList<LogCost> Logs, IReadOnlyList<LogCost> Days);
