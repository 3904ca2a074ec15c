using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Edge.Agent.Evaluation;
using Edge.Agent.Fleet;
using Spectre.Console;

namespace Edge.Agent.Cli;

/// <summary><c>bench</c>: every measure that has a goal, in one table. docs/performance.md holds one run of it.</summary>
internal static class BenchCommand
{
    public static Command Build()
    {
        var data = new Option<string>("--data")
            { Description = "Folder with scenes/, footage/ and peer-models/; what is absent is named.", DefaultValueFactory = _ => "data" };
        var (minutes, seconds, models) = (BenchShape.Minutes(), BenchShape.Seconds(usual: 6), RecognizeCommand.ModelsOption());
        return BenchShape.Of(new Command("bench",
            "Measure what runs here: alone, every measure that has a goal, in one table, some ten minutes (refused on an enrolled box)")
        {
            data, minutes, seconds, models,
            BenchRecognitionCommand.Build(), BenchBoxCommand.Build(), BenchAlertCommand.Build(), BenchHubCommand.Build(), BenchLogCommand.Build(),
            BenchGrowthCommand.Build(),
        }, parse => BenchShape.Fault(parse, minutes, seconds), async (parse, run) =>
        {
            var bench = new GoalBench(Path.GetFullPath(parse.GetValue(data)!), parse.GetValue(models)!, run.Folder,
                TimeSpan.FromMinutes(parse.GetValue(minutes)), TimeSpan.FromSeconds(parse.GetValue(seconds)), run.Progress, TimeProvider.System);
            // A row of JSON is written when it is there: minutes pass between two.
            var rows = await bench.RunAsync(row =>
            {
                if (run.AsJson) run.Output.WriteLine(Line(row));
            }, run.Cancel);
            if (!run.AsJson) WriteTable(rows, run.Output);
            return ExitCode.Ok;
        }, json: "A JSON object for each row instead of a table.");
    }

    private static void WriteTable(IReadOnlyList<GoalRow> rows, TextWriter output)
    {
        var table = new Table().AddColumns("ratio", "measure", "measured", "spread", "beside it", "goal", "met");
        foreach (var row in rows)
            table.AddRow([.. ((string[])[Number(row.Ratio, "0.00"), row.Measure, row.Value is null ? "not measured" : Number(row.Value), Spread(row.Spread),
                Beside(row), row.Goal,
                row.Met switch { true => "yes", false => "NO", null => "" }]).Select(Markup.Escape)]);
        Tables.On(output).Write(table);
        output.WriteLine($"{Environment.ProcessorCount} processors, {Processor()}. A ratio is of what was measured to what was measured beside it, in the same run; the spread is of all rounds.");
    }

    private static string Line(GoalRow row) => JsonSerializer.Serialize(new
    {
        row.Measure, Ratio = BenchShape.Round(row.Ratio), Value = BenchShape.Round(row.Value), Least = BenchShape.Round(row.Spread?.Least),
        Most = BenchShape.Round(row.Spread?.Most),
        Beside = BenchShape.Round(row.Beside), row.BesideWhat, row.Goal, row.Met,
        row.Missing,
    }, BenchShape.Json);

    private static string Beside(GoalRow row) =>
        string.Join(": ", ((string?[])[row.BesideWhat, row.Beside is null ? null : Number(row.Beside), row.Missing]).OfType<string>());

    private static string Spread((double Least, double Most)? spread) => spread is var (least, most) ? $"{Number(least)} to {Number(most)}" : "";

    private static string Number(double? value, string? form = null) =>
        value?.ToString(form ?? (Math.Abs(value.Value) < 1 ? "0.00" : Math.Abs(value.Value) < 100 ? "0.0" : "#,0"), CultureInfo.InvariantCulture) ?? "";

    private static string Processor()
    {
        try
        {
            return File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':', 2)[1].Trim()
                ?? "of an unnamed kind";
        }
        catch (IOException)
        {
            return "of an unnamed kind";
        }
    }
}
