using System.CommandLine;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Edge.Agent.Commissioning;
using Edge.Agent.Evaluation;
using Edge.Agent.Fleet;
using Spectre.Console;

namespace Edge.Agent.Cli;

/// <summary><c>bench</c>: every measure that has a goal, in one table. docs/performance.md holds one run of it.</summary>
internal static class BenchCommand
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static Command Build()
    {
        var data = new Option<string>("--data")
            { Description = "Folder with scenes/, footage/ and peer-models/; what is absent is named.", DefaultValueFactory = _ => "data" };
        var minutes = new Option<double>("--minutes")
            { Description = "How long one hit a second comes and memory is watched, 0.5 to 1440.", DefaultValueFactory = _ => 3 };
        var seconds = new Option<int>("--seconds") { Description = "How long each number of cameras is watched, 5 to 600.", DefaultValueFactory = _ => 6 };
        var folder = new Option<string?>("--folder") { Description = "On the disk that is to be measured; default the system's temporary folder." };
        var models = RecognizeCommand.ModelsOption();
        var json = new Option<bool>("--json") { Description = "A JSON object for each row instead of a table." };
        var command = new Command("bench",
            "Measure what runs here: alone, every measure that has a goal, in one table, some ten minutes (refused on an enrolled box)")
        {
            data, minutes, seconds, folder, models, json,
            BenchRecognitionCommand.Build(), BenchBoxCommand.Build(), BenchAlertCommand.Build(), BenchHubCommand.Build(), BenchLogCommand.Build(),
            BenchGrowthCommand.Build(),
        };
        command.SetAction((parse, cancel) => Failure.ShowAsync(async () =>
        {
            if (Enrolled.Here()) return Failure.Say(ExitCode.Refused, "this box is enrolled: measure on another machine");
            if (parse.GetValue(folder) is { } chosen && !Directory.Exists(chosen)) return Failure.Say(ExitCode.Usage, $"--folder {chosen}: no such folder");
            if (parse.GetValue(minutes) is not (>= 0.5 and <= 1440)) return Failure.Say(ExitCode.Usage, "--minutes must be 0.5 to 1440");
            if (parse.GetValue(seconds) is < 5 or > 600) return Failure.Say(ExitCode.Usage, "--seconds must be 5 to 600");
            using var home = FleetFolder.Make(parse.GetValue(folder));
            var (output, error) = (parse.InvocationConfiguration.Output, parse.InvocationConfiguration.Error);
            var progress = new FleetProgressLines(error, TimeProvider.System, inPlace: !Console.IsErrorRedirected);
            var bench = new GoalBench(Path.GetFullPath(parse.GetValue(data)!), parse.GetValue(models)!, home.Path,
                TimeSpan.FromMinutes(parse.GetValue(minutes)),
                TimeSpan.FromSeconds(parse.GetValue(seconds)), progress, TimeProvider.System);
            var asJson = parse.GetValue(json);
            var rows = await bench.RunAsync(row =>
            {
                if (asJson) output.WriteLine(Line(row));
            }, cancel);
            if (!asJson) WriteTable(rows, output);
            return ExitCode.Ok;
        }));
        return command;
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
        row.Measure, Ratio = Round(row.Ratio), Value = Round(row.Value), Least = Round(row.Spread?.Least), Most = Round(row.Spread?.Most),
        Beside = Round(row.Beside), row.BesideWhat, row.Goal, row.Met,
        row.Missing,
    }, Json);

    private static string Beside(GoalRow row) =>
        string.Join(": ", ((string?[])[row.BesideWhat, row.Beside is null ? null : Number(row.Beside), row.Missing]).OfType<string>());

    private static string Spread((double Least, double Most)? spread) => spread is var (least, most) ? $"{Number(least)} to {Number(most)}" : "";

    private static string Number(double? value, string? form = null) =>
        value?.ToString(form ?? (Math.Abs(value.Value) < 1 ? "0.00" : Math.Abs(value.Value) < 100 ? "0.0" : "#,0"), CultureInfo.InvariantCulture) ?? "";

    private static double? Round(double? value) => value is { } there ? Math.Round(there, 3) : null;

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
