using System.CommandLine;
using Edge.Agent.Evaluation;
using Edge.Agent.Fleet;
using Spectre.Console;
using static Edge.Agent.Cli.BenchShape;

namespace Edge.Agent.Cli;

/// <summary><c>bench growth</c>: what costs more as there is more of it. docs/performance.md says where it bends.</summary>
internal static class BenchGrowthCommand
{
    public static Command Build() => BenchShape.Of(
        new Command("growth", "Measure what grows: hotlists to 100,000 entries, logs to 1,000,000, summaries of a year (refused on an enrolled box)"),
        static _ => null,
        (_, run) =>
        {
            run.Write(new GrowthBench(run.Folder, run.Progress, TimeProvider.System).Run(run.Cancel), WriteTables, Fields);
            return Task.FromResult(ExitCode.Ok);
        }, json: "One JSON object instead of tables.");

    private static void WriteTables(GrowthResult result, TextWriter output)
    {
        var console = Tables.On(output);
        var hotlists = new Table().AddColumns("entries of the hotlist", "one plate, ms", "least to most", "KB held");
        foreach (var cost in result.Hotlists)
            hotlists.AddRow($"{cost.Entries}", Number(cost.Milliseconds.Median), $"{Number(cost.Milliseconds.Least)} to {Number(cost.Milliseconds.Most)}",
                Number(cost.Bytes / 1e3));
        console.Write(hotlists);
        foreach (var (what, costs) in new[] { ("entries of the log", result.Logs), ("days of summaries", result.Days) })
        {
            var table = new Table().AddColumns(what, "entries", "appended a second", "opened in ms", "verified and counted in ms", "µs an entry", "MB");
            foreach (var cost in costs)
                table.AddRow($"{cost.Size}", $"{cost.Entries}", Number(cost.AppendsPerSecond), Number(cost.Open.TotalMilliseconds),
                    Number(cost.Verify.TotalMilliseconds),
                    Number(cost.Verify.TotalMicroseconds / cost.Entries), Number(cost.Bytes / 1e6));
            console.Write(table);
        }
    }

    private static object Fields(GrowthResult result) => new
    {
        Hotlists = result.Hotlists.Select(cost => new { cost.Entries, MatchMs = Round(cost.Milliseconds.Median), LeastMs = Round(cost.Milliseconds.Least),
            MostMs = Round(cost.Milliseconds.Most), cost.Bytes }),
        Logs = result.Logs.Select(FieldsOf), Days = result.Days.Select(FieldsOf), Processors = Environment.ProcessorCount,
    };

    private static object FieldsOf(LogCost cost) => new
    {
        cost.Size, cost.Entries, AppendsPerSecond = Round(cost.AppendsPerSecond), OpenMs = Round(cost.Open.TotalMilliseconds),
        VerifyMs = Round(cost.Verify.TotalMilliseconds), cost.Bytes,
    };
}
