using System.CommandLine;
using System.Globalization;
using Edge.Agent.Evaluation;
using Edge.Agent.Fleet;
using Spectre.Console;
using static Edge.Agent.Cli.BenchShape;

namespace Edge.Agent.Cli;

/// <summary><c>bench box FOOTAGE</c>: what cameras cost on this machine. docs/performance.md says what follows.</summary>
internal static class BenchBoxCommand
{
    public static Command Build()
    {
        var footage = new Argument<string>("FOOTAGE") { Description = "A film of traffic with readable plates, 20 s or more." };
        var (seconds, models) = (BenchShape.Seconds(usual: 20), RecognizeCommand.ModelsOption());
        return BenchShape.Of(
            new Command("box", "Measure what cameras cost here: frames a second, processor, memory, start (refused on an enrolled box)")
                { footage, seconds, models },
            parse => File.Exists(parse.GetValue(footage)) ? BenchShape.Fault(parse, seconds: seconds) : $"{parse.GetValue(footage)}: no such file",
            async (parse, run) =>
            {
                var bench = new BoxBench(run.Folder, parse.GetValue(models)!, TimeSpan.FromSeconds(parse.GetValue(seconds)), run.Progress, TimeProvider.System);
                run.Write(await bench.RunAsync(Path.GetFullPath(parse.GetValue(footage)!), run.Cancel), WriteTable, Fields);
                return ExitCode.Ok;
            });
    }

    private static void WriteTable(BoxBenchResult result, TextWriter output)
    {
        var console = Tables.On(output);
        var table = new Table().AddColumns("what", "measured", "beside it");
        table.AddRow("start: models open", Seconds(result.Open), "");
        table.AddRow("start: first frame examined", Seconds(result.First), "");
        var (examined, decoded) = (Rounds.Of(result.Examined), Rounds.Of(result.Decoded));
        table.AddRow("1080p H.264 film, every frame examined", $"{Number(examined.Median)} frames/s ({Number(examined.Least)} to {Number(examined.Most)})",
            $"decoding alone: {Number(decoded.Median)} frames/s, ratio {Ratio(examined.Median, decoded.Median)}");
        table.AddRow("managed memory allocated a frame without a plate", $"{Number(result.Allocated)} bytes", "");
        foreach (var load in result.Loads)
            table.AddRow($"{load.Cameras} camera{(load.Cameras == 1 ? "" : "s")} 720p at 15/s, traffic before one", Share(load), Late(load));
        foreach (var (idle, undisturbed) in result.Idle.Zip(result.Undisturbed))
            table.AddRow("4 cameras on a still street", Share(idle), $"decoding alone: {Share(undisturbed)}");
        console.Write(table);
        output.WriteLine($"{result.Processors} processors; a share is of all of them. Films are decoded by ffmpeg, which is counted, at their own pace for cameras.");
    }

    private static object Fields(BoxBenchResult result) => new
    {
        OpenSeconds = Round(result.Open.TotalSeconds), FirstFrameSeconds = Round(result.First.TotalSeconds), ExaminedPerSecond = result.Examined.Select(Round),
        DecodedPerSecond = result.Decoded.Select(Round), ExaminedRatio = Round(Rounds.Of(result.Examined).Median / Rounds.Of(result.Decoded).Median),
        AllocatedBytesPerFrame = Round(result.Allocated),
        Cameras = result.Loads.Select(Load), Idle = result.Idle.Select(Load), IdleDecoding = result.Undisturbed.Select(Load), result.Processors,
    };

    private static object Load(CameraLoad load) =>
        new { load.Cameras, Share = Round(load.Share), BehindSeconds = Round(load.Behind.TotalSeconds), MemoryBytes = load.Memory };

    private static string Share(CameraLoad load) =>
        $"{load.Share.ToString("P0", CultureInfo.InvariantCulture)} of the processors, {load.Memory / 1_000_000} MB";

    private static string Late(CameraLoad load) => $"at most {load.Behind.TotalMilliseconds:0} ms late";
}
