using System.CommandLine;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Edge.Agent.Commissioning;
using Edge.Agent.Fleet;

namespace Edge.Agent.Cli;

/// <summary>What every bench begins and ends with: refused on an enrolled box, a folder that is deleted afterwards, progress on standard error, then a table or
/// JSON on standard output.</summary>
internal static class BenchShape
{
    public static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>How long memory is watched, in minutes.</summary>
    public static Option<double> Minutes() => new("--minutes")
        { Description = "How long one hit a second comes and memory is watched, 0.5 to 1440.", DefaultValueFactory = _ => 3 };

    /// <summary>How long cameras are watched, in seconds.</summary>
    public static Option<int> Seconds(int usual) => new("--seconds")
        { Description = "How long each number of cameras is watched, 5 to 600.", DefaultValueFactory = _ => usual };

    /// <summary>What is wrong with them; null where nothing is, or the command has them not.</summary>
    public static string? Fault(ParseResult parse, Option<double>? minutes = null, Option<int>? seconds = null) =>
        minutes is not null && parse.GetValue(minutes) is not (>= 0.5 and <= 1440) ? "--minutes must be 0.5 to 1440"
        : seconds is not null && parse.GetValue(seconds) is < 5 or > 600 ? "--seconds must be 5 to 600" : null;

    /// <summary>Gives <paramref name="command"/> <c>--folder</c>, <c>--json</c> and what it does.</summary>
    /// <param name="fault">What is wrong with its own options; null where nothing is.</param>
    /// <param name="measure">Measures, and writes what it measured.</param>
    /// <param name="json">What <c>--json</c> gives.</param>
    public static Command Of(Command command, Func<ParseResult, string?> fault, Func<ParseResult, BenchRun, Task<ExitCode>> measure,
        string json = "One JSON object instead of a table.")
    {
        var folder = new Option<string?>("--folder") { Description = "On the disk that is to be measured; default the system's temporary folder." };
        var asJson = new Option<bool>("--json") { Description = json };
        command.Add(folder);
        command.Add(asJson);
        command.SetAction((parse, cancel) => Failure.ShowAsync(async () =>
        {
            if (Enrolled.Here()) return Failure.Say(ExitCode.Refused, "this box is enrolled: measure on another machine");
            if (parse.GetValue(folder) is { } chosen && !Directory.Exists(chosen)) return Failure.Say(ExitCode.Usage, $"--folder {chosen}: no such folder");
            if (fault(parse) is { } wrong) return Failure.Say(ExitCode.Usage, wrong);
            using var home = FleetFolder.Make(parse.GetValue(folder));
            var progress = new FleetProgressLines(parse.InvocationConfiguration.Error, TimeProvider.System, inPlace: !Console.IsErrorRedirected);
            return await measure(parse, new BenchRun(home.Path, progress, parse.InvocationConfiguration.Output, parse.GetValue(asJson), cancel));
        }));
        return command;
    }

    public static double Round(double value) => Math.Round(value, 3);

    public static double? Round(double? value) => value is { } there ? Round(there) : null;

    public static string Number(double value) => value.ToString(value < 100 ? "0.0" : "0", CultureInfo.InvariantCulture);

    public static string Ratio(double one, double other) => (one / other).ToString("0.00", CultureInfo.InvariantCulture);

    public static string Seconds(TimeSpan span) => string.Create(CultureInfo.InvariantCulture, $"{span.TotalSeconds:0.00} s");

    public static string Megabytes(double bytes) => (bytes / 1e6).ToString("0.0", CultureInfo.InvariantCulture);
}

/// <summary>One run of a bench.</summary>
/// <param name="Folder">Empty, and its own.</param>
internal sealed record BenchRun(string Folder, IProgress<FleetProgress> Progress, TextWriter Output, bool AsJson, CancellationToken Cancel)
{
    /// <summary>Writes what was measured, as it was asked for.</summary>
    public void Write<T>(T result, Action<T, TextWriter> table, Func<T, object> fields)
    {
        if (AsJson) Output.WriteLine(JsonSerializer.Serialize(fields(result), BenchShape.Json));
        else table(result, Output);
    }
}
