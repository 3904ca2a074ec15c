using System.CommandLine;
using Edge.Agent.Evaluation;
using Edge.Agent.Fleet;
using Spectre.Console;
using static Edge.Agent.Cli.BenchShape;

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
        table.AddRow("hub: verify and open, one core", $"{Number(verify)} hits/s", $"Ed25519 and HPKE alone: {Number(raw)}/s",
            Ratio(verify, raw));
        table.AddRow("box: store (database, log, mark)", $"{Number(result.Commits)} hits/s", $"write and fsync alone: {Number(result.Fsyncs)}/s",
            Ratio(result.Commits, result.Fsyncs));
        table.AddRow("box: the same, 32 that wait together", $"{Number(bursts)} hits/s", $"write and fsync alone: {Number(result.Fsyncs)}/s",
            Ratio(bursts, result.Fsyncs));
        table.AddRow("box: publish, acknowledge durably", $"{Number(result.Publishes)} hits/s", $"write and fsync alone: {Number(result.Fsyncs)}/s",
            Ratio(result.Publishes, result.Fsyncs));
        table.AddRow("from hit committed to hub decrypted", $"p50 {Number(result.Latency.P50)} ms", $"p95 {Number(result.Latency.P95)} ms", "");
        table.AddRow("", $"p99 {Number(result.Latency.P99)} ms", $"longest {Number(result.Latency.Longest)} ms", "");
        console.Write(table);
        output.WriteLine($"A hit is a message of {result.MessageBytes} bytes; the box's files are on {result.FileSystem}; {Environment.ProcessorCount} processors. Both columns were measured in turn: compare ratios between machines.");
    }

    private static object Fields(HubBenchResult result)
    {
        var (verify, raw, bursts) = (Rounds.Of(result.Verify).Median, Rounds.Of(result.Raw).Median, Rounds.Of(result.Bursts).Median);
        return new
        {
            VerifyAndOpenPerSecond = Round(verify), CryptographyAlonePerSecond = Round(raw), VerifyRatio = Round(verify / raw),
            StorePerSecond = Round(result.Commits), StoreTogetherPerSecond = Round(bursts), PublishPerSecond = Round(result.Publishes),
            FsyncPerSecond = Round(result.Fsyncs),
            StoreRatio = Round(result.Commits / result.Fsyncs), StoreTogetherRatio = Round(bursts / result.Fsyncs),
            PublishRatio = Round(result.Publishes / result.Fsyncs),
            LatencyMs = new { P50 = Round(result.Latency.P50), P95 = Round(result.Latency.P95), P99 = Round(result.Latency.P99),
                Longest = Round(result.Latency.Longest) },
            result.MessageBytes, result.FileSystem, Processors = Environment.ProcessorCount,
        };
    }
}
