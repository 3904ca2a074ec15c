using System.CommandLine;
using Edge.Agent.Commissioning;
using Edge.Agent.Configuration;
using Edge.Agent.Evaluation;
using Edge.Vision.Onnx;
using Spectre.Console;

namespace Edge.Agent.Cli;

/// <summary><c>bench recognition DATA</c>: how well and how fast the models read, beside others and the public peer, on the same
/// pictures in the same run.</summary>
internal sealed class BenchRecognitionCommand
{
    private readonly Argument<string> _data = new("DATA")
    {
        Description = "Folder with scenes/, crops/, training/, footage/, passages/ and peer-models/; what is absent is left out.",
    };
    private readonly Option<string> _sets = new("--sets")
    {
        Description = $"Which sets, separated by commas: {string.Join(", ", SetNames)}; default all.", DefaultValueFactory = _ => "all",
    };
    private readonly Option<string[]> _models = new("--models")
    {
        Description = "Folder with manifest.json and the models it names; repeat to compare. Failures are those of the first.",
        DefaultValueFactory = _ => [Path.Combine(AppContext.BaseDirectory, "models")],
    };
    private readonly Option<bool> _noPeer = new("--no-peer") { Description = "Leave the public reader out." };
    private readonly Option<double> _rate = new("--maximum-wrong-read-rate")
    {
        Description = $"The gate of calibrated models, {GateBounds.Rates}.", DefaultValueFactory = _ => Entry.UsualRate,
    };
    private readonly Option<double> _evidence = new("--evidence")
    {
        Description = $"The gate of models without a calibration, {GateBounds.Evidences}.", DefaultValueFactory = _ => Entry.UsualEvidence,
    };
    private readonly Option<string?> _failures = new("--failures")
    {
        Description = "Write a page of what the first models did not read there; it holds plates. Must be empty.",
    };
    private readonly Option<string?> _passages = new("--passages")
    {
        Description = "Folder with passages.tsv and the films it names; default DATA/passages.",
    };
    private readonly Option<bool> _json = RecognizeCommand.JsonOption();

    private static IEnumerable<string> SetNames =>
        Enum.GetValues<BenchSets>().Where(set => set is not (BenchSets.None or BenchSets.All)).Select(Spelling);

    public static Command Build()
    {
        var bench = new BenchRecognitionCommand();
        var command = new Command("recognition", "Measure accuracy and speed, beside the public reader (refused on an enrolled box)")
        {
            bench._data, bench._sets, bench._models, bench._noPeer, bench._rate, bench._evidence, bench._failures, bench._passages, bench._json,
        };
        command.SetAction((parse, cancel) => Failure.ShowAsync(() => bench.RunAsync(parse, cancel)));
        return command;
    }

    private async Task<ExitCode> RunAsync(ParseResult parse, CancellationToken cancel)
    {
        if (Enrolled.Here()) return Failure.Say(ExitCode.Refused, "this box is enrolled: measure on another machine");
        var data = parse.GetValue(_data)!;
        if (!Directory.Exists(data)) return Failure.Say(ExitCode.Usage, $"{data}: no such folder");
        if (SetsOf(parse.GetValue(_sets)!) is not { } sets)
            return Failure.Say(ExitCode.Usage, $"--sets: one of them is unknown; known are {string.Join(", ", SetNames)} and all");
        var (rate, evidence) = (parse.GetValue(_rate), parse.GetValue(_evidence));
        if (!GateBounds.Hold(rate, evidence))
            return Failure.Say(ExitCode.Usage, $"--maximum-wrong-read-rate must be {GateBounds.Rates}, --evidence {GateBounds.Evidences}");
        if (parse.GetValue(_failures) is { } pages && Directory.Exists(pages) && Directory.EnumerateFileSystemEntries(pages).Any())
            return Failure.Say(ExitCode.Usage, $"--failures {pages} is not empty: name another folder, or empty it");
        if (parse.GetValue(_passages) is { } films && !File.Exists(Path.Combine(films, PassageFilms.Table)))
            return Failure.Say(ExitCode.Usage, $"--passages {films}: no {PassageFilms.Table} in it; see docs/accuracy.md");

        using var peer = new PeerModels(parse.GetValue(_noPeer) ? "" : Path.Combine(data, "peer-models"));
        var entries = Named(parse.GetValue(_models)!).Select(ours => Entry.Of(ours.Name, ours.Folder, isPeer: false, rate, evidence))
            .Concat(peer.Variants.Select(its => Entry.Of(its.Name, its.Folder, isPeer: true, rate, evidence))).ToList();
        var contestants = new List<Contestant>();
        try
        {
            foreach (var entry in entries) contestants.Add(await Contestant.OpenAsync(entry, TimeProvider.System, cancel));
            var page = parse.GetValue(_failures) is null ? null : new FailurePage([.. contestants.Select(one => one.Name)]);
            var result = await MeasureAsync(FolderOf(data, parse.GetValue(_passages)), contestants, page, sets, cancel);
            if (result.Pictures.Count + result.Footage.Count + result.Films.Count + result.Broken.Count == 0)
                return Failure.Say(ExitCode.Usage, $"{data}: holds none of these sets; see docs/accuracy.md");
            if (parse.GetValue(_json)) BenchReport.WriteJson(result, contestants, Console.Out);
            else BenchReport.WriteTables(result, contestants, Console.Out);
            if (page is not null) await WriteAsync(page, parse.GetValue(_failures)!, cancel);
            foreach (var broken in result.Broken) Console.Error.WriteLine(broken);
            return result.Broken.Count == 0 ? ExitCode.Ok : ExitCode.Capture;
        }
        finally
        {
            foreach (var contestant in contestants) contestant.Dispose();
        }
    }

    internal static BenchSets? SetsOf(string names)
    {
        var sets = BenchSets.None;
        foreach (var name in names.Split(',', StringSplitOptions.TrimEntries))
        {
            var set = Enum.GetValues<BenchSets>().FirstOrDefault(known => known != BenchSets.None && Spelling(known) == name);
            if (set == BenchSets.None) return null;
            sets |= set;
        }
        return sets;
    }

    private static BenchFolder FolderOf(string data, string? passages) =>
        passages is null ? new BenchFolder(data) : new BenchFolder(data) { Passages = passages };

    private static string Spelling(BenchSets set) => System.Text.Json.JsonNamingPolicy.KebabCaseLower.ConvertName($"{set}");

    // By recogniser, as people call it; by folder where two have the same.
    private static IEnumerable<(string Name, string Folder)> Named(string[] folders)
    {
        var named = folders.Select(folder => (Name: ModelManifest.Load(folder).Recogniser.Name, Folder: folder)).ToList();
        return named.DistinctBy(one => one.Name).Count() == named.Count ? named : named.Select(one => (one.Folder, one.Folder));
    }

    private static async Task<BenchResult> MeasureAsync(BenchFolder folder, IReadOnlyList<Contestant> contestants, FailurePage? page,
        BenchSets sets, CancellationToken cancel)
    {
        if (Console.IsErrorRedirected)
            return await new RecognitionBench(folder, contestants, page, new Lines()).RunAsync(sets, cancel);
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        return await console.Progress().AutoClear(true)
            .Columns(new SpinnerColumn(), new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .StartAsync(context => new RecognitionBench(folder, contestants, page, new Bar(context.AddTask("reading"))).RunAsync(sets, cancel));
    }

    private static async Task WriteAsync(FailurePage page, string folder, CancellationToken cancel)
    {
        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var path = Path.Combine(folder, "index.html");
        // The folder may have been there before, open to others.
        var owner = new FileStreamOptions
        {
            Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        };
        await using (var file = new StreamWriter(path, owner)) await file.WriteAsync(page.Write().AsMemory(), cancel);
        Console.Error.WriteLine($"{page.Count} failures: {path}. It holds plates: do not publish it, delete it when done.");
    }

    /// <summary>One line whenever another set begins, for a log.</summary>
    private sealed class Lines : IProgress<BenchProgress>
    {
        private string _what = "";

        public void Report(BenchProgress value)
        {
            if (value.What == _what) return;
            _what = value.What;
            Console.Error.WriteLine($"{value.Done} of {value.Of}: {value.What}");
        }
    }

    private sealed class Bar(ProgressTask task) : IProgress<BenchProgress>
    {
        public void Report(BenchProgress value)
        {
            task.MaxValue = value.Of;
            task.Value = value.Done;
            task.Description = Markup.Escape(value.What);
        }
    }
}
