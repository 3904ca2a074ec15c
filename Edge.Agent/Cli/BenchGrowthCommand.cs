using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Edge.Agent.Commissioning;
using Edge.Agent.Evaluation;
using Edge.Agent.Fleet;
using Spectre.Console;

namespace Edge.Agent.Cli;

/// <summary><c>bench growth</c>: what costs more as there is more of it. docs/performance.md says where it bends.</summary>
internal static class BenchGrowthCommand
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    public static Command Build()
    {
        var folder = new Option<string?>("--folder") { Description = "On the disk that is to be measured; default the system's temporary folder." };
        var json = new Option<bool>("--json") { Description = "One JSON object instead of tables." };
        var command = new Command("growth",
            "Measure what grows: hotlists to 100,000 entries, logs to 1,000,000, summaries of a year (refused on an enrolled box)") { folder, json };
        command.SetAction((parse, cancel) => Failure.ShowAsync(() =>
        {
            if (Enrolled.Here()) return Task.FromResult(Failure.Say(ExitCode.Refused, "this box is enrolled: measure on another machine"));
            if (parse.GetValue(folder) is { } chosen && !Directory.Exists(chosen))
                return Task.FromResult(Failure.Say(ExitCode.Usage, $"--folder {chosen}: no such folder"));
            using var home = FleetFolder.Make(parse.GetValue(folder));
            var progress = new FleetProgressLines(parse.InvocationConfiguration.Error, TimeProvider.System, inPlace: !Console.IsErrorRedirected);
            var result = new GrowthBench(home.Path, progress, TimeProvider.System).Run(cancel);
            if (parse.GetValue(json)) WriteJson(result, parse.InvocationConfiguration.Output);
            else WriteTables(result, parse.InvocationConfiguration.Output);
            return Task.FromResult(ExitCode.Ok);
        }));
        return command;
    }

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

    private static void WriteJson(GrowthResult result, TextWriter output) => output.WriteLine(JsonSerializer.Serialize(new
    {
        Hotlists = result.Hotlists.Select(cost => new { cost.Entries, MatchMs = Round(cost.Milliseconds.Median), LeastMs = Round(cost.Milliseconds.Least),
            MostMs = Round(cost.Milliseconds.Most), cost.Bytes }),
        Logs = result.Logs.Select(Fields), Days = result.Days.Select(Fields), Processors = Environment.ProcessorCount,
    }, Json));

    private static object Fields(LogCost cost) => new
    {
        cost.Size, cost.Entries, AppendsPerSecond = Round(cost.AppendsPerSecond), OpenMs = Round(cost.Open.TotalMilliseconds),
        VerifyMs = Round(cost.Verify.TotalMilliseconds), cost.Bytes,
    };

    private static double Round(double value) => Math.Round(value, 3);

    private static string Number(double value) => value.ToString(value < 100 ? "0.0" : "0", CultureInfo.InvariantCulture);
}
