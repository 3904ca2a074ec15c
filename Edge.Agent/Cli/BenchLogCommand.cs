using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Edge.Agent.Commissioning;
using Edge.Agent.Fleet;
using Spectre.Console;

namespace Edge.Agent.Cli;

/// <summary><c>bench log</c>: how fast the audit log takes entries and how fast it is verified. docs/audit-log.md says what follows.</summary>
internal static class BenchLogCommand
{
    private const int Most = 10_000_000;

    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    public static Command Build()
    {
        var folder = new Option<string?>("--folder") { Description = "On the disk that is to be measured; default the system's temporary folder." };
        var entries = new Option<int>("--entries") { Description = $"How many to verify, 1 to {Most}.", DefaultValueFactory = _ => 1_000_000 };
        var json = new Option<bool>("--json") { Description = "One JSON object instead of a table." };
        var command = new Command("log", "Measure the audit log: durable appends, and verifying a million entries (refused on an enrolled box)")
        {
            folder, entries, json,
        };
        command.SetAction((parse, cancel) => Failure.ShowAsync(async () =>
        {
            if (Enrolled.Here()) return Failure.Say(ExitCode.Refused, "this box is enrolled: measure on another machine");
            if (parse.GetValue(folder) is { } chosen && !Directory.Exists(chosen)) return Failure.Say(ExitCode.Usage, $"--folder {chosen}: no such folder");
            if (parse.GetValue(entries) is < 1 or > Most) return Failure.Say(ExitCode.Usage, $"--entries must be 1 to {Most}");
            using var home = FleetFolder.Make(parse.GetValue(folder));
            var progress = new FleetProgressLines(parse.InvocationConfiguration.Error, TimeProvider.System, inPlace: !Console.IsErrorRedirected);
            var result = await new LogBench(home.Path, progress, TimeProvider.System).RunAsync(parse.GetValue(entries), cancel);
            if (parse.GetValue(json)) WriteJson(result, parse.InvocationConfiguration.Output);
            else WriteTable(result, parse.InvocationConfiguration.Output);
            return result.Holds ? ExitCode.Ok : ExitCode.Verification;
        }));
        return command;
    }

    private static void WriteTable(LogBenchResult result, TextWriter output)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output) });
        if (!ReferenceEquals(output, Console.Out) || Console.IsOutputRedirected) console.Profile.Width = 160;
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

    private static void WriteJson(LogBenchResult result, TextWriter output) => output.WriteLine(JsonSerializer.Serialize(new
    {
        AppendPerSecond = Round(result.Alone), AppendBy64ThreadsPerSecond = Round(result.Together), AppendBy100PerSecond = Round(result.Batched),
        result.Entries, Verified = result.Holds, VerifySeconds = Round(result.Verified.TotalSeconds),
        ExportSeconds = Round(result.Exported.TotalSeconds), VerifyBundleSeconds = Round(result.BundleVerified.TotalSeconds),
        SearchSeconds = Round(result.Searched.TotalSeconds),
        result.PeakBytes, result.LogBytes, result.FileSystem,
        result.Processors,
    }, Json));

    private static double Round(double value) => Math.Round(value, 3);

    private static string Number(double value) => value.ToString(value < 100 ? "0.0" : "0", CultureInfo.InvariantCulture);
}
