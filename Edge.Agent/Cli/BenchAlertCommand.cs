using System.CommandLine;
using System.Globalization;
using Edge.Agent.Evaluation;
using Edge.Agent.Fleet;
using Spectre.Console;
using static Edge.Agent.Cli.BenchShape;

namespace Edge.Agent.Cli;

/// <summary><c>bench alert</c>: from a camera's picture to the alert at the hub, and the memory of the box meanwhile. docs/performance.md says what
/// follows.</summary>
internal static class BenchAlertCommand
{
    public static Command Build()
    {
        var (minutes, models) = (BenchShape.Minutes(), RecognizeCommand.ModelsOption());
        return BenchShape.Of(
            new Command("alert", "Measure the whole way: camera, box, broker, hub; and the box's memory (refused on an enrolled box)")
                { minutes, models },
            parse => BenchShape.Fault(parse, minutes),
            async (parse, run) =>
            {
                var bench = new AlertBench(run.Folder, parse.GetValue(models)!, TimeSpan.FromMinutes(parse.GetValue(minutes)), run.Progress,
                    TimeProvider.System);
                run.Write(await bench.RunAsync(run.Cancel), WriteTable, Fields);
                return ExitCode.Ok;
            });
    }

    private static void WriteTable(AlertBenchResult result, TextWriter output)
    {
        var console = Tables.On(output);
        var table = new Table().AddColumns("what", "measured", "beside it");
        foreach (var (what, speed) in new[]
                 {
                     ("1 hit a second, one camera", result.One), ("20 hits a second, four cameras, one vehicle after the other", result.OneByOne),
                     ("20 hits a second, four cameras, five vehicles in a picture", result.Together),
                 })
        {
            table.AddRow($"{what}: deciding picture to alert", Times(speed.Deciding),
                $"{speed.Arrived} of {speed.Shown} vehicles, {speed.Afterwards} only once they had passed; halves: {string.Join(", ", speed.Halves.Select(Times))}");
            table.AddRow("  captured", Times(speed.Steps.Captured), "left the camera, until it is decoded");
            table.AddRow("  sealed", Times(speed.Steps.Sealed),
                $"until its hit is signed; processors kept busy: vision {Cores(speed.Vision)}, the agent {Cores(speed.Agent)}");
            table.AddRow("  shown", Times(speed.Steps.Shown), "until the hub's line: disk, broker, hub");
            table.AddRow("  first picture to alert", Times(speed.First), "with the frames by which the box becomes sure");
        }
        table.AddRow("start of both processes to the first frame", Seconds(result.Start), "");
        foreach (var (what, memory) in new[] { ("resident", result.Memory.Resident), ("shared pages divided", result.Memory.Proportional) })
            table.AddRow($"memory of both, {Number(result.Watched.TotalMinutes)} minutes, {what}", $"{Megabytes(memory.Peak)} MB at most",
                $"steady {Megabytes(memory.Steady.Least)} to {Megabytes(memory.Steady.Most)} MB, slope {Megabytes(memory.Slope)} MB a minute");
        console.Write(table);
        output.WriteLine($"Everything runs on the same {Environment.ProcessorCount} processors. Cameras send 1280 × 720 as MJPEG, 15 frames/s. Resident counts shared files for each process; divided, for all that have them, the bench and the hub among these.");
    }

    private static object Fields(AlertBenchResult result) => new
    {
        StartSeconds = Round(result.Start.TotalSeconds), OnePerSecond = Fields(result.One), TwentyPerSecondOneByOne = Fields(result.OneByOne),
        TwentyPerSecondTogether = Fields(result.Together), Minutes = Round(result.Watched.TotalMinutes),
        ResidentMemory = Fields(result.Memory.Resident), ProportionalMemory = Fields(result.Memory.Proportional), Processors = Environment.ProcessorCount,
    };

    private static object Fields(MemoryCurve memory) => new
    {
        PeakBytes = memory.Peak, SteadyLeastBytes = memory.Steady.Least, SteadyMostBytes = memory.Steady.Most,
        SlopeBytesPerMinute = Round(memory.Slope),
    };

    private static object Fields(AlertSpeed speed) => new
    {
        speed.Shown, speed.Arrived, speed.Afterwards, DecidingMs = Fields(speed.Deciding), FirstMs = Fields(speed.First),
        HalvesMs = speed.Halves.Select(Fields),
        CapturedMs = Fields(speed.Steps.Captured), SealedMs = Fields(speed.Steps.Sealed), ShownMs = Fields(speed.Steps.Shown),
        VisionProcessors = Round(speed.Vision), AgentProcessors = Round(speed.Agent),
    };

    private static object Fields(Latency latency) => new
    {
        P50 = Round(latency.P50), P95 = Round(latency.P95), P99 = Round(latency.P99), Longest = Round(latency.Longest),
    };

    private static string Times(Latency latency) => $"p50 {Number(latency.P50)}, p99 {Number(latency.P99)} ms";

    private static string Cores(double processors) => processors.ToString("0.00", CultureInfo.InvariantCulture);
}
