using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Edge.Agent.Commissioning;
using Edge.Agent.Evaluation;
using Edge.Agent.Fleet;
using Spectre.Console;

namespace Edge.Agent.Cli;

/// <summary><c>bench box FOOTAGE</c>: what cameras cost on this machine. docs/performance.md says what follows.</summary>
internal static class BenchBoxCommand
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    public static Command Build()
    {
        var footage = new Argument<string>("FOOTAGE") { Description = "A film of traffic with readable plates, 20 s or more." };
        var seconds = new Option<int>("--seconds") { Description = "How long each number of cameras is watched, 5 to 600.", DefaultValueFactory = _ => 20 };
        var models = RecognizeCommand.ModelsOption();
        var json = new Option<bool>("--json") { Description = "One JSON object instead of a table." };
        var command = new Command("box", "Measure what cameras cost here: frames a second, processor, memory, start (refused on an enrolled box)")
            { footage, seconds, models, json };
        command.SetAction((parse, cancel) => Failure.ShowAsync(async () =>
        {
            if (Enrolled.Here()) return Failure.Say(ExitCode.Refused, "this box is enrolled: measure on another machine");
            if (!File.Exists(parse.GetValue(footage))) return Failure.Say(ExitCode.Usage, $"{parse.GetValue(footage)}: no such file");
            if (parse.GetValue(seconds) is < 5 or > 600) return Failure.Say(ExitCode.Usage, "--seconds must be 5 to 600");
            using var home = FleetFolder.Make(null);
            var progress = new FleetProgressLines(parse.InvocationConfiguration.Error, TimeProvider.System, inPlace: !Console.IsErrorRedirected);
            var bench = new BoxBench(home.Path, parse.GetValue(models)!, TimeSpan.FromSeconds(parse.GetValue(seconds)), progress, TimeProvider.System);
            var result = await bench.RunAsync(Path.GetFullPath(parse.GetValue(footage)!), cancel);
            if (parse.GetValue(json)) WriteJson(result, parse.InvocationConfiguration.Output);
            else WriteTable(result, parse.InvocationConfiguration.Output);
            return ExitCode.Ok;
        }));
        return command;
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

    private static void WriteJson(BoxBenchResult result, TextWriter output) => output.WriteLine(JsonSerializer.Serialize(new
    {
        OpenSeconds = Round(result.Open.TotalSeconds), FirstFrameSeconds = Round(result.First.TotalSeconds), ExaminedPerSecond = result.Examined.Select(Round),
        DecodedPerSecond = result.Decoded.Select(Round), ExaminedRatio = Round(Rounds.Of(result.Examined).Median / Rounds.Of(result.Decoded).Median),
        AllocatedBytesPerFrame = Round(result.Allocated),
        Cameras = result.Loads.Select(Load), Idle = result.Idle.Select(Load), IdleDecoding = result.Undisturbed.Select(Load), result.Processors,
    }, Json));

    private static object Load(CameraLoad load) =>
        new { load.Cameras, Share = Round(load.Share), BehindSeconds = Round(load.Behind.TotalSeconds), MemoryBytes = load.Memory };

    private static string Share(CameraLoad load) =>
        $"{load.Share.ToString("P0", CultureInfo.InvariantCulture)} of the processors, {load.Memory / 1_000_000} MB";

    private static string Late(CameraLoad load) => $"at most {load.Behind.TotalMilliseconds:0} ms late";

    private static string Seconds(TimeSpan span) => string.Create(CultureInfo.InvariantCulture, $"{span.TotalSeconds:0.00} s");

    private static double Round(double value) => Math.Round(value, 3);

    private static string Ratio(double one, double other) => (one / other).ToString("0.00", CultureInfo.InvariantCulture);

    private static string Number(double value) => value.ToString(value < 100 ? "0.0" : "0", CultureInfo.InvariantCulture);
}
