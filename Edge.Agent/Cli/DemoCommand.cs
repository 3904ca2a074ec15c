using System.CommandLine;
using System.Text.Json;
using Edge.Agent.Commissioning;
using Edge.Agent.Demo;
using Edge.Storage.Audit;
using Edge.Vision.Capture;
using Edge.Vision.Recognition;
using Microsoft.Extensions.Logging;
using Spectre.Console;

namespace Edge.Agent.Cli;

/// <summary><c>demo</c>: the whole way once, in one command.</summary>
internal sealed class DemoCommand
{
    private readonly Option<string?> _footage = new("--footage")
    {
        Description = "Your own recording, picture or folder of pictures; else a clip rendered by this project.",
    };
    private readonly Option<string[]> _lookFor = new("--look-for")
    {
        Description = "A plate that somebody has a case for; repeat for more.", DefaultValueFactory = _ => [],
    };
    private readonly Option<string?> _out = new("--out")
    {
        Description = "Keep the box's state, the hub's keys, the audit log and a page there; must be empty.",
    };
    private readonly Option<string> _models = RecognizeCommand.ModelsOption();
    private readonly Option<bool> _json = RecognizeCommand.JsonOption();

    public static Command Build()
    {
        var demo = new DemoCommand();
        var command = new Command("demo", "A box, a broker and a hub in one: footage in, sealed alerts out (refused on an enrolled box)")
        {
            demo._footage, demo._lookFor, demo._out, demo._models, demo._json,
        };
        command.SetAction((parse, cancel) => Failure.ShowAsync(() => demo.RunAsync(parse, cancel)));
        return command;
    }

    private async Task<ExitCode> RunAsync(ParseResult parse, CancellationToken cancel)
    {
        if (Enrolled.Here())
            return Failure.Say(ExitCode.Refused, "this box is enrolled: run the demo on another machine");
        var own = parse.GetValue(_footage);
        if (own is null && parse.GetValue(_lookFor) is { Length: > 0 })
            return Failure.Say(ExitCode.Usage, "--look-for needs --footage: the rendered clip has its own plates");
        var (footage, typed) = own is null ? BundledClip() : (own, []);
        if (parse.GetValue(_lookFor) is { Length: > 0 } given) typed = given;
        if (!Path.Exists(footage)) return Failure.Say(ExitCode.Capture, $"{footage}: no such file or folder");
        var plates = new List<PlateText>();
        foreach (var (i, text) in typed.Index())
            if (PlateText.TryParse(text, out var plate)) plates.Add(plate);
            else return Failure.Say(ExitCode.Usage, $"--look-for number {i + 1} is not a plate: 1 to 16 letters A-Z and digits");
        var folder = parse.GetValue(_out) is { } kept ? Path.GetFullPath(kept) : Directory.CreateTempSubdirectory("edge-demo-").FullName;
        if (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any())
            return Failure.Say(ExitCode.Usage, $"--out {folder} is not empty: name another folder, or empty it");
        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        try
        {
            var json = parse.GetValue(_json);
            LookingGate.Of(parse.GetValue(_models)!, out var note);
            if (!json) Introduce(own, plates.Count);
            if (note is not null) Console.Error.WriteLine($"edge-agent: {note}");
            var result = await WatchAsync(new DemoRun(footage, plates, parse.GetValue(_models)!, folder), json, cancel);
            if (result is { Broken: { } broken, Counts.Frames: 0 }) return Failure.Say(ExitCode.Capture, broken);
            await File.WriteAllTextAsync(Path.Combine(folder, "index.html"), DemoPage.Write(result, footage), cancel);
            Show(result, json, parse.GetValue(_out) is null ? null : folder, expectHit: own is null);
            if (!result.Holds || (own is null && result.Counts.Hits == 0)) return ExitCode.Verification;
            return result.Broken is null ? ExitCode.Ok : ExitCode.Capture;
        }
        finally
        {
            foreach (var plate in plates) plate.Dispose();
            if (parse.GetValue(_out) is null) Directory.Delete(folder, recursive: true);
        }
    }

    private static (string Footage, string[] LookFor) BundledClip()
    {
        var folder = Path.Combine(AppContext.BaseDirectory, "clip");
        using var truth = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "street.json")));
        var wanted = truth.RootElement.GetProperty("vehicles")[0].GetProperty("plate").GetString()!;
        return (Path.Combine(folder, "street.mp4"), [wanted]);
    }

    private static void Introduce(string? own, int wanted)
    {
        Console.WriteLine(own is null
            ? "A clip that this project rendered itself: invented cars, invented plates. Your own: demo --footage FILE --look-for PLATE"
            : $"Your footage: {own}");
        Console.WriteLine(wanted == 0
            ? "Nobody has a case for any plate (--look-for): every read will be discarded.\n"
            : $"A documented case looks for {wanted} plate{(wanted == 1 ? "" : "s")}; the box holds only blinded tags. Everybody else is to be forgotten.\n");
    }

    private static async Task<DemoResult> WatchAsync(DemoRun run, bool json, CancellationToken cancel)
    {
        using var diagnostics = new KeptDiagnostics();
        using var logs = RunCommand.Logs(LogLevel.Warning, diagnostics);
        if (json || Console.IsErrorRedirected) return await run.RunAsync(new Silent(), logs, diagnostics, TimeProvider.System, cancel);
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        return await console.Progress().AutoClear(true)
            .Columns(new SpinnerColumn(), new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new ElapsedTimeColumn())
            .StartAsync(async context =>
            {
                var total = CameraSources.CountFrames(run.Footage);
                var task = context.AddTask("reading", maxValue: total ?? 1);
                task.IsIndeterminate = total is null;
                return await run.RunAsync(new Bar(task), logs, diagnostics, TimeProvider.System, cancel);
            });
    }

    private static void Show(DemoResult result, bool json, string? kept, bool expectHit)
    {
        if (json) Console.WriteLine(result.ToJson());
        else ShowTable(result, kept);
        foreach (var refusal in result.Refusals) Console.Error.WriteLine($"refused at the hub: {refusal}");
        foreach (var check in result.Log.Checks.Where(check => check.Result == CheckResult.Failed))
            Console.Error.WriteLine($"audit log: {check.Name}: {check.File} {check.Detail}");
        if (result.Broken is not null) Console.Error.WriteLine($"the footage ended early: {result.Broken}");
        if (expectHit && result.Counts.Hits == 0)
            Console.Error.WriteLine("the plate in the rendered clip was not read: the models are not the ones it was made for");
    }

    private static void ShowTable(DemoResult result, string? kept)
    {
        var table = new Table().HideHeaders().AddColumns("", "", "");
        foreach (var (what, found, good) in result.Rows)
            table.AddRow(good switch { true => "[green]√[/]", false => "[red]×[/]", null => "" }, what, Markup.Escape(found));
        Tables.On(Console.Out).Write(table);
        foreach (var alert in result.Alerts)
            Console.WriteLine($"Opened at the hub: {alert.Body.Text}, {alert.Body.Facts.Frames} frames agreed");
        Console.WriteLine(kept is null
            ? "Nothing was kept; --out DIR keeps the state, the keys, the log and a page."
            : $"Kept in {kept}; open {Path.Combine(kept, "index.html")}");
    }

    private sealed class Silent : IProgress<long>
    {
        public void Report(long value) { }
    }

    private sealed class Bar(ProgressTask task) : IProgress<long>
    {
        public void Report(long value) => task.Value = value;
    }
}
