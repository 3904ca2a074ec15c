using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Edge.Agent.Commissioning;
using Edge.Agent.Evaluation;
using Edge.Agent.Fleet;
using Spectre.Console;

namespace Edge.Agent.Cli;

/// <summary><c>bench alert</c>: from a camera's picture to the alert at the hub, and the memory of the box meanwhile. docs/performance.md says what
/// follows.</summary>
internal static class BenchAlertCommand
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    public static Command Build()
    {
        var minutes = new Option<double>("--minutes")
            { Description = "How long one hit a second comes and memory is watched, 0.5 to 1440.", DefaultValueFactory = _ => 3 };
        var folder = new Option<string?>("--folder") { Description = "On the disk that is to be measured; default the system's temporary folder." };
        var models = RecognizeCommand.ModelsOption();
        var json = new Option<bool>("--json") { Description = "One JSON object instead of a table." };
        var command = new Command("alert", "Measure the whole way: camera, box, broker, hub; and the box's memory (refused on an enrolled box)")
            { minutes, folder, models, json };
        command.SetAction((parse, cancel) => Failure.ShowAsync(async () =>
        {
            if (Enrolled.Here()) return Failure.Say(ExitCode.Refused, "this box is enrolled: measure on another machine");
            if (parse.GetValue(folder) is { } chosen && !Directory.Exists(chosen)) return Failure.Say(ExitCode.Usage, $"--folder {chosen}: no such folder");
            if (parse.GetValue(minutes) is not (>= 0.5 and <= 1440)) return Failure.Say(ExitCode.Usage, "--minutes must be 0.5 to 1440");
            using var home = FleetFolder.Make(parse.GetValue(folder));
            var progress = new FleetProgressLines(parse.InvocationConfiguration.Error, TimeProvider.System, inPlace: !Console.IsErrorRedirected);
            var result = await new AlertBench(home.Path, parse.GetValue(models)!, TimeSpan.FromMinutes(parse.GetValue(minutes)), progress, TimeProvider.System)
                .RunAsync(cancel);
            if (parse.GetValue(json)) WriteJson(result, parse.InvocationConfiguration.Output);
            else WriteTable(result, parse.InvocationConfiguration.Output);
            return ExitCode.Ok;
        }));
        return command;
    }

    private static void WriteTable(AlertBenchResult result, TextWriter output)
    {
        var console = Tables.On(output);
        var table = new Table().AddColumns("what", "measured", "beside it");
        foreach (var (what, speed) in new[] { ("1 hit a second, one camera", result.One), ("20 hits a second, four cameras", result.Many) })
        {
            table.AddRow($"{what}: deciding picture to alert", Times(speed.Deciding),
                $"{speed.Arrived} of {speed.Shown} vehicles; halves: {string.Join(", ", speed.Halves.Select(Times))}");
            table.AddRow($"{what}: first picture to alert", Times(speed.First), "with the frames by which the box becomes sure");
        }
        table.AddRow("start of both processes to the first frame", string.Create(CultureInfo.InvariantCulture, $"{result.Start.TotalSeconds:0.00} s"), "");
        table.AddRow($"memory of both, {Number(result.Watched.TotalMinutes)} minutes", $"{Megabytes(result.Memory.Peak)} MB at most",
            $"steady {Megabytes(result.Memory.Steady.Least)} to {Megabytes(result.Memory.Steady.Most)} MB, slope {Megabytes(result.Memory.Slope)} MB a minute");
        console.Write(table);
        output.WriteLine($"Everything runs on the same {Environment.ProcessorCount} processors. Cameras send 1280 × 720 as MJPEG, 15 frames/s; memory is resident, shared files counted for each process.");
    }

    private static void WriteJson(AlertBenchResult result, TextWriter output) => output.WriteLine(JsonSerializer.Serialize(new
    {
        StartSeconds = Round(result.Start.TotalSeconds), OnePerSecond = Fields(result.One), TwentyPerSecond = Fields(result.Many),
        Memory = new
        {
            Minutes = Round(result.Watched.TotalMinutes), PeakBytes = result.Memory.Peak, SteadyLeastBytes = result.Memory.Steady.Least,
            SteadyMostBytes = result.Memory.Steady.Most,
            SlopeBytesPerMinute = Round(result.Memory.Slope),
        },
        Processors = Environment.ProcessorCount,
    }, Json));

    private static object Fields(AlertSpeed speed) => new
    {
        speed.Shown, speed.Arrived, DecidingMs = Fields(speed.Deciding), FirstMs = Fields(speed.First), HalvesMs = speed.Halves.Select(Fields),
    };

    private static object Fields(Latency latency) =>
        new { P50 = Round(latency.P50), P95 = Round(latency.P95), P99 = Round(latency.P99), Longest = Round(latency.Longest) };

    private static string Times(Latency latency) => $"p50 {Number(latency.P50)}, p99 {Number(latency.P99)} ms";

    private static string Megabytes(double bytes) => (bytes / 1e6).ToString("0.0", CultureInfo.InvariantCulture);

    private static double Round(double value) => Math.Round(value, 3);

    private static string Number(double value) => value.ToString(value < 100 ? "0.0" : "0", CultureInfo.InvariantCulture);
}
