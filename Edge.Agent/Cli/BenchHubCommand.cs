using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Edge.Agent.Commissioning;
using Edge.Agent.Evaluation;
using Edge.Agent.Fleet;
using Spectre.Console;

namespace Edge.Agent.Cli;

/// <summary><c>bench hub</c>: what one core of a hub and one box can do, beside the cryptography and the disk alone. docs/fleet.md says what follows.</summary>
internal static class BenchHubCommand
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    public static Command Build()
    {
        var folder = new Option<string?>("--folder") { Description = "On the disk that is to be measured; default the system's temporary folder." };
        var json = new Option<bool>("--json") { Description = "One JSON object instead of a table." };
        var command = new Command("hub", "Measure the hub link: verify and open per core, a box's durable publish rate, latency (refused on an enrolled box)")
            { folder, json };
        command.SetAction((parse, cancel) => Failure.ShowAsync(async () =>
        {
            if (Enrolled.Here()) return Failure.Say(ExitCode.Refused, "this box is enrolled: measure on another machine");
            if (parse.GetValue(folder) is { } chosen && !Directory.Exists(chosen)) return Failure.Say(ExitCode.Usage, $"--folder {chosen}: no such folder");
            using var home = FleetFolder.Make(parse.GetValue(folder));
            var progress = new FleetProgressLines(parse.InvocationConfiguration.Error, TimeProvider.System, inPlace: !Console.IsErrorRedirected);
            var result = await new HubBench(home.Path, progress, TimeProvider.System).RunAsync(cancel);
            if (parse.GetValue(json)) WriteJson(result, parse.InvocationConfiguration.Output);
            else WriteTable(result, parse.InvocationConfiguration.Output);
            return result.Counts is { OnTheWay: 0, Refused: 0 } ? ExitCode.Ok : ExitCode.Verification;
        }));
        return command;
    }

    private static void WriteTable(HubBenchResult result, TextWriter output)
    {
        var console = Tables.On(output);
        var (verify, raw, bursts) = (Rounds.Of(result.Verify).Median, Rounds.Of(result.Raw).Median, Rounds.Of(result.Bursts).Median);
        var table = new Table().AddColumns("what", "measured", "beside it", "ratio");
        table.AddRow("hub: verify and open, one core", $"{Number(verify)} hits/s", $"Ed25519 and HPKE alone: {Number(raw)}/s",
            Ratio(verify, raw));
        table.AddRow("box: store (database, log, mark)", $"{Number(result.Commits)} hits/s", $"write and fsync alone: {Number(result.Fsyncs)}/s",
            Ratio(result.Commits, result.Fsyncs));
        table.AddRow("box: the same, 32 that wait together", $"{Number(bursts)} hits/s", $"write and fsync alone: {Number(result.Fsyncs)}/s",
            Ratio(bursts, result.Fsyncs));
        table.AddRow("box: publish, acknowledge durably", $"{Number(result.Publishes)} hits/s", $"write and fsync alone: {Number(result.Fsyncs)}/s",
            Ratio(result.Publishes, result.Fsyncs));
        table.AddRow("from hit committed to hub decrypted", $"p50 {Number(result.Latency.P50)} ms", $"p95 {Number(result.Latency.P95)} ms", "");
        table.AddRow("", $"p99 {Number(result.Latency.P99)} ms", $"longest {Number(result.Latency.Longest)} ms", "");
        console.Write(table);
        output.WriteLine($"A hit is a message of {result.MessageBytes} bytes; the box's files are on {result.FileSystem}; {Environment.ProcessorCount} processors. Both columns were measured in turn: compare ratios between machines.");
    }

    private static void WriteJson(HubBenchResult result, TextWriter output)
    {
        var (verify, raw, bursts) = (Rounds.Of(result.Verify).Median, Rounds.Of(result.Raw).Median, Rounds.Of(result.Bursts).Median);
        output.WriteLine(JsonSerializer.Serialize(new
        {
            VerifyAndOpenPerSecond = Round(verify), CryptographyAlonePerSecond = Round(raw), VerifyRatio = Round(verify / raw),
            StorePerSecond = Round(result.Commits), StoreTogetherPerSecond = Round(bursts), PublishPerSecond = Round(result.Publishes),
            FsyncPerSecond = Round(result.Fsyncs),
            StoreRatio = Round(result.Commits / result.Fsyncs), StoreTogetherRatio = Round(bursts / result.Fsyncs),
            PublishRatio = Round(result.Publishes / result.Fsyncs),
            LatencyMs = new { P50 = Round(result.Latency.P50), P95 = Round(result.Latency.P95), P99 = Round(result.Latency.P99),
                Longest = Round(result.Latency.Longest) },
            result.MessageBytes, result.FileSystem, Processors = Environment.ProcessorCount,
        }, Json));
    }

    private static double Round(double value) => Math.Round(value, 3);

    private static string Ratio(double one, double other) => (one / other).ToString("0.00", CultureInfo.InvariantCulture);

    private static string Number(double value) => value.ToString(value < 100 ? "0.0" : "0", CultureInfo.InvariantCulture);
}
