using System.Text.Json;
using Edge.Agent.Hits;
using Edge.Agent.Hub;
using Edge.Storage.Audit;

namespace Edge.Agent.Demo;

/// <summary>What the demo found, every number measured after the run.</summary>
/// <param name="Counts">What the box says became of every read.</param>
/// <param name="Alerts">Hits that the hub verified and opened.</param>
/// <param name="SummaryAgrees">The signed summaries at the hub add up to <paramref name="Counts"/>.</param>
/// <param name="Log">The audit log, verified from its files and the public key alone.</param>
/// <param name="Refusals">What the hub refused; nothing, if all is well.</param>
/// <param name="TrafficCaptured">The second subscriber saw at least what the hub saw: the search of the traffic means something.</param>
/// <param name="Leaks">Bytes of forgotten plates found on the disk, on the broker or in the diagnostics.</param>
/// <param name="Broken">Why the footage could not be read to its end, if so.</param>
internal sealed record DemoResult(ReadCounts Counts, IReadOnlyList<ReceivedMessage.Hit> Alerts, bool SummaryAgrees,
    AuditReport Log, IReadOnlyList<string> Refusals, bool TrafficCaptured, long Leaks, string? Broken)
{
    /// <summary>Everything that was read was accounted for, verified and forgotten as promised.</summary>
    public bool Holds => Alerts.Count == Counts.Hits && SummaryAgrees && Log.Holds && Refusals.Count == 0 && TrafficCaptured && Leaks == 0;

    public string ToJson() => JsonSerializer.Serialize(new
    {
        frames = Counts.Frames, reads = Counts.Reads, discarded = Counts.Discarded, hits = Counts.Hits,
        alertsVerified = Alerts.Count, logVerified = Log.Holds, leaks = Leaks,
    });

    /// <summary>The table: what, how many, and whether it is as it must be (null where there is nothing to judge).</summary>
    public IEnumerable<(string What, string Found, bool? Good)> Rows =>
    [
        ("frames examined", $"{Counts.Frames}", null),
        ("plates read (one a passage)", $"{Counts.Reads}", null),
        ("discarded: no case looks for them", $"{Counts.Discarded}", null),
        ("hits: a documented case does", $"{Counts.Hits}", null),
        ("alerts verified and decrypted at the hub", $"{Alerts.Count}", Alerts.Count == Counts.Hits && Refusals.Count == 0),
        ("signed summary: reads = discarded + hits", $"{Counts.Reads} = {Counts.Discarded} + {Counts.Hits}", SummaryAgrees),
        ("audit log verified with its public key alone", Log.Holds ? $"{Log.Checkpoint?.Size} entries" : "no", Log.Holds),
        ("bytes of a discarded plate on disk, broker or in a log line",
            TrafficCaptured ? $"{Leaks}" : "traffic not captured", TrafficCaptured && Leaks == 0),
    ];
}
