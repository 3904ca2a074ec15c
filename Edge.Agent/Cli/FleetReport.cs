using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Edge.Agent.Fleet;
using Spectre.Console;

namespace Edge.Agent.Cli;

/// <summary>What a simulation measured, as a table for people or as one JSON object.</summary>
internal static class FleetReport
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    public static void WriteTable(FleetResult result, TextWriter output)
    {
        var console = Tables.On(output);
        var counts = result.Counts;
        var hits = new Table().AddColumns("boxes", "sent", "verified and opened", "missing", "came again", "refused", "hits/s", "p50 ms", "p95 ms", "p99 ms",
            "longest ms");
        hits.AddRow($"{result.Plan.Boxes}", $"{counts.Sent}", $"{counts.Opened}", $"{Lost(result)}", $"{counts.Repeats + counts.ShownAgain}",
            $"{counts.Refused}",
            Number(result.Rate), Number(counts.Latency?.P50), Number(counts.Latency?.P95), Number(counts.Latency?.P99), Number(counts.Latency?.Longest));
        console.Write(hits);
        var use = new Table().AddColumns("process", "CPU s", "CPU ms a hit", "hits a core and second", "most memory MiB");
        foreach (var (name, one) in new[] { ("hub", result.Hub), ("broker", result.Broker), ("boxes, all in one", (ProcessUse?)result.Boxes) })
            if (one is { } used)
                use.AddRow(name, Number(used.Processor.TotalSeconds), Number(result.PerHit(used), "0.000"), Number(1000 / result.PerHit(used)),
                    Number(used.Memory / 1048576.0));
        console.Write(use);
        output.WriteLine($"A hit is a message of {result.MessageBytes} bytes. Latency: from {(result.Plan.OnDisk ? $"durable in the box's database ({result.StateOn})" : "sealed and signed, in memory")} " +
            "to the line of the hub. CPU and rate from the first hit that counts to the last.");
        if (counts.OnTheWay > 0) output.WriteLine($"{counts.OnTheWay} hit(s) had not arrived when it ended.");
    }

    public static void WriteJson(FleetResult result, TextWriter output)
    {
        var (plan, counts) = (result.Plan, result.Counts);
        object? Of(ProcessUse? use) => use is { } used
            ? new { CpuSeconds = Round(used.Processor.TotalSeconds), CpuMsPerHit = Round(result.PerHit(used)),
                MostMemoryMiB = Round(used.Memory / 1048576.0) } : null;
        output.WriteLine(JsonSerializer.Serialize(new
        {
            plan.Boxes, plan.HitsPerMinute, plan.OnDisk, result.StateOn, result.MessageBytes, counts.Sent, counts.Opened, Missing = Lost(result),
                counts.Repeats, counts.ShownAgain, counts.Refused,
            counts.Summaries, counts.OnTheWay, Seconds = Round(counts.Span.TotalSeconds), HitsPerSecond = Round(result.Rate),
            LatencyMs = counts.Latency is { } latency ? new { P50 = Round(latency.P50), P95 = Round(latency.P95), P99 = Round(latency.P99),
                Longest = Round(latency.Longest) } : null,
            Hub = Of(result.Hub), Broker = Of(result.Broker), AllBoxes = Of(result.Boxes), result.Stopped,
        }, Json));
    }

    // Named by the hub, or not there at the end of a run that was not cut short.
    private static long Lost(FleetResult result) => result.Stopped ? result.Counts.Missing : Math.Max(result.Counts.Missing, result.Counts.OnTheWay);

    private static string Number(double? value, string format = "0.0") => value is { } number ? number.ToString(format, CultureInfo.InvariantCulture) : "-";

    private static double? Round(double? value) => value is { } number ? Math.Round(number, 3) : null;
}
