using System.CommandLine;
using Edge.Agent.Fleet;
using Spectre.Console;
using static Edge.Agent.Cli.BenchShape;

namespace Edge.Agent.Cli;

/// <summary><c>bench log</c>: how fast the audit log takes entries and how fast it is verified. docs/audit-log.md says what follows.</summary>
internal static class BenchLogCommand
{
    private const int Most = 10_000_000;

    public static Command Build()
    {
        var entries = new Option<int>("--entries") { Description = $"How many to verify, 1 to {Most}.", DefaultValueFactory = _ => 1_000_000 };
        return BenchShape.Of(
            new Command("log", "Measure the audit log: durable appends, and verifying a million entries (refused on an enrolled box)") { entries },
            parse => parse.GetValue(entries) is < 1 or > Most ? $"--entries must be 1 to {Most}" : null,
            async (parse, run) =>
            {
                var result = await new LogBench(run.Folder, run.Progress, TimeProvider.System).RunAsync(parse.GetValue(entries), run.Cancel);
                run.Write(result, WriteTable, Fields);
                return result.Holds ? ExitCode.Ok : ExitCode.Verification;
            });
    }

    private static void WriteTable(LogBenchResult result, TextWriter output)
    {
        var console = Tables.On(output);
        var table = new Table().AddColumns("what", "measured");
        table.AddRow("append, one after the other", $"{Number(result.Alone)} entries/s");
        table.AddRow("append, 64 threads", $"{Number(result.Together)} entries/s");
        table.AddRow("append, 100 in a step", $"{Number(result.Batched)} entries/s");
        table.AddRow($"verify {Number(result.Entries)} entries",
            $"{Number(result.Verified.TotalSeconds)} s, {Number(result.Entries / result.Verified.TotalSeconds)} entries/s");
        table.AddRow("the same as a public bundle: export", $"{Number(result.Exported.TotalSeconds)} s");
        table.AddRow("the bundle: verify", $"{Number(result.BundleVerified.TotalSeconds)} s");
        table.AddRow("the bundle: search by action and outcome", $"{Number(result.Searched.TotalSeconds)} s");
        table.AddRow("memory of this process at most", $"{Number(result.PeakBytes / 1e6)} MB");
        table.AddRow("the log on the disk", $"{Number(result.LogBytes / (double)result.Entries)} bytes an entry");
        console.Write(table);
        output.WriteLine("Each append returns when its entries are durable and signed for. "
            + $"The files are on {result.FileSystem}; {result.Processors} processors.");
    }

    private static object Fields(LogBenchResult result) => new
    {
        AppendPerSecond = Round(result.Alone), AppendBy64ThreadsPerSecond = Round(result.Together), AppendBy100PerSecond = Round(result.Batched),
        result.Entries, Verified = result.Holds, VerifySeconds = Round(result.Verified.TotalSeconds),
        ExportSeconds = Round(result.Exported.TotalSeconds), VerifyBundleSeconds = Round(result.BundleVerified.TotalSeconds),
        SearchSeconds = Round(result.Searched.TotalSeconds),
        result.PeakBytes, result.LogBytes, result.FileSystem,
        result.Processors,
    };
}
