using System.CommandLine;
using Edge.Agent.Evaluation;
using Edge.Agent.Fleet;
using Spectre.Console;

namespace Edge.Agent.Cli;

/// <summary><c>bench hub</c>: what one core of a hub and one box can do, beside the cryptography and the disk alone. docs/fleet.md says what follows.</summary>
internal static class BenchHubCommand
{
    public static Command Build() => BenchShape.Of(
        new Command("hub", "Measure the hub link: verify and open per core, a box's durable publish rate, latency (refused on an enrolled box)"),
        static _ => null,
        async (_, run) =>
        {
            var result = await new HubBench(run.Folder, run.Progress, TimeProvider.System).RunAsync(run.Cancel);
            run.Write(result, WriteTable, Fields);
            return result.Counts is { OnTheWay: 0, Refused: 0 } ? ExitCode.Ok : ExitCode.Verification;
        });

    private static void WriteTable(HubBenchResult result, TextWriter output)
    {
        var console = Tables.On(output);
        var (verify, raw, bursts) = (Rounds.Of(result.Verify).Median, Rounds.Of(result.Raw).Median, Rounds.Of(result.Bursts).Median);
        var table = new Table().AddColumns("what", "measured", "beside it", "ratio");
        table.AddRow("hub: verify and open, one core", $"{BenchShape.Number(verify)} hits/s", $"Ed25519 and HPKE alone: {BenchShape.Number(raw)}/s",
            BenchShape.Ratio(verify, raw));
        table.AddRow("box: store (database, log, mark)", $"{BenchShape.Number(result.Commits)} hits/s", $"write and fsync alone: {BenchShape.Number(result.Fsyncs)}/s",
            BenchShape.Ratio(result.Commits, result.Fsyncs));
        table.AddRow("box: the same, 32 that wait together", $"{BenchShape.Number(bursts)} hits/s", $"write and fsync alone: {BenchShape.Number(result.Fsyncs)}/s",
            BenchShape.Ratio(bursts, result.Fsyncs));
        table.AddRow("box: publish, acknowledge durably", $"{BenchShape.Number(result.Publishes)} hits/s", $"write and fsync alone: {BenchShape.Number(result.Fsyncs)}/s",
            BenchShape.Ratio(result.Publishes, result.Fsyncs));
        table.AddRow("from hit committed to hub decrypted", $"p50 {BenchShape.Number(result.Latency.P50)} ms", $"p95 {BenchShape.Number(result.Latency.P95)} ms", "");
        table.AddRow("", $"p99 {BenchShape.Number(result.Latency.P99)} ms", $"longest {BenchShape.Number(result.Latency.Longest)} ms", "");
        console.Write(table);
        output.WriteLine($"A hit is a message of {result.MessageBytes} bytes; the box's files are on {result.FileSystem}; {Environment.ProcessorCount} processors. Both columns were measured in turn: compare ratios between machines.");
    }

    private static object Fields(HubBenchResult result)
    {
        var (verify, raw, bursts) = (Rounds.Of(result.Verify).Median, Rounds.Of(result.Raw).Median, Rounds.Of(result.Bursts).Median);
        return new
        {
            VerifyAndOpenPerSecond = BenchShape.Round(verify), CryptographyAlonePerSecond = BenchShape.Round(raw), VerifyRatio = BenchShape.Round(verify / raw),
            StorePerSecond = BenchShape.Round(result.Commits), StoreTogetherPerSecond = BenchShape.Round(bursts), PublishPerSecond = BenchShape.Round(result.Publishes),
            FsyncPerSecond = BenchShape.Round(result.Fsyncs),
            StoreRatio = BenchShape.Round(result.Commits / result.Fsyncs), StoreTogetherRatio = BenchShape.Round(bursts / result.Fsyncs),
            PublishRatio = BenchShape.Round(result.Publishes / result.Fsyncs),
            LatencyMs = new { P50 = BenchShape.Round(result.Latency.P50), P95 = BenchShape.Round(result.Latency.P95), P99 = BenchShape.Round(result.Latency.P99),
                Longest = BenchShape.Round(result.Latency.Longest) },
            result.MessageBytes, result.FileSystem, Processors = Environment.ProcessorCount,
        };
    }
}
