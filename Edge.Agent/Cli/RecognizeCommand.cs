using System.CommandLine;
using System.Text.Json;
using Edge.Agent.Commissioning;
using Edge.Agent.Configuration;
using Edge.Vision;
using Edge.Vision.Capture;
using Edge.Vision.Onnx;
using Edge.Vision.Recognition.Regions;
using Edge.Vision.Tracking;
using Microsoft.Extensions.Logging.Abstractions;
using Spectre.Console;

namespace Edge.Agent.Cli;

/// <summary><c>recognize PATH…</c>: what the models read in pictures and recordings, for aiming and measuring before a
/// box is enrolled.</summary>
internal static class RecognizeCommand
{
    public static Command Build()
    {
        var paths = new Argument<string[]>("PATH")
        {
            Description = "Pictures, folders of pictures, recordings.", Arity = ArgumentArity.OneOrMore,
        };
        var models = ModelsOption();
        var json = JsonOption();
        var truth = new Option<string?>("--truth")
        {
            Description = "Score against a table of labels: tab-separated file, x, y, width, height, text; for crops file, text.",
        };
        var crops = new Option<bool>("--crops") { Description = "The pictures are crops of plates already: the recogniser alone." };
        var rate = new Option<double?>("--maximum-wrong-read-rate")
        {
            Description = $"The gate, {GateBounds.Rates}, as in the configuration; default 0.01.",
        };
        var evidence = new Option<double?>("--evidence") { Description = $"The gate of a model without a calibration, {GateBounds.Evidences}." };
        var regions = new Option<string[]>("--region")
        {
            Description = "Hold reads against this region's patterns, for example RO; repeat for more.", DefaultValueFactory = _ => [],
        };
        var scoreOnly = new Option<bool>("--score-only") { Description = "Print the score, not the reads." };
        var command = new Command("recognize", "Show what is read in pictures and recordings (refused on an enrolled box)")
            { paths, models, json, crops, truth, rate, evidence, regions, scoreOnly };
        command.SetAction((parse, cancel) => Failure.ShowAsync(async () =>
        {
            if (Enrolled.Here())
                return Failure.Say(ExitCode.Refused, "this box is enrolled: plates are shown to nobody here; " +
                    "run recognize on another machine");
            if (parse.GetValue(scoreOnly) && parse.GetValue(truth) is null)
                return Failure.Say(ExitCode.Usage, "--score-only needs --truth FILE");
            if (parse.GetValue(paths)!.Any(path => path.StartsWith('-') && !Path.Exists(path)))
                return Failure.Say(ExitCode.Usage, "an option is unknown; see edge-agent recognize --help");
            if (!GateBounds.Hold(parse.GetValue(rate), parse.GetValue(evidence)))
                return Failure.Say(ExitCode.Usage, $"--maximum-wrong-read-rate must be {GateBounds.Rates}, --evidence {GateBounds.Evidences}");
            if (!TryGate(parse.GetValue(models)!, parse.GetValue(rate), parse.GetValue(evidence), out var gate, out var problem))
                return Failure.Say(ExitCode.Usage, problem);
            if (parse.GetValue(regions)!.FirstOrDefault(region => RegionPatterns.Of(region) is null) is not null)
                return Failure.Say(ExitCode.Usage, $"--region must be one of {string.Join(", ", RegionPatterns.Regions)}");
            var labels = parse.GetValue(truth) is { } table ? LabelledPlates.Read(table) : null;
            if (labels is { HasBoxes: false } && !parse.GetValue(crops))
                return Failure.Say(ExitCode.Usage, "--truth: this table does not say where the plates are, so its pictures are crops: add --crops");
            if (labels is { NamesOneTwice: true } && parse.GetValue(crops))
                return Failure.Say(ExitCode.Usage, "--truth: this table names several plates of one picture, and a crop is one: leave --crops out, or correct the table");
            var pictures = PicturePaths.Of(parse.GetValue(paths)!);
            if (labels is not null) PicturePaths.RefuseSameNames(pictures, [labels]);
            using var output = new ReadsOutput(parse.GetValue(json), parse.GetValue(scoreOnly));
            if (labels is { Skipped: > 0 })
                Console.Error.WriteLine($"{labels.Skipped} labels hold other characters than A-Z and 0-9: left out");
            var options = new PipelineOptions
            {
                Gate = gate,
                Rules = parse.GetValue(regions) is { Length: > 0 } named ? new RegionRules(named, []) : null,
            };
            var run = new Run(parse.GetValue(models)!, options, output, labels);
            return await run.AllAsync(pictures, parse.GetValue(crops), cancel);
        }));
        return command;
    }

    /// <exception cref="ModelException">The manifest cannot be read.</exception>
    private static bool TryGate(string models, double? rate, double? evidence, out ReadGate gate, out string problem)
    {
        gate = ReadGate.Closed;
        problem = (rate, evidence, ModelManifest.Load(models).Recogniser.Calibration) switch
        {
            (not null, not null, _) => "--maximum-wrong-read-rate and --evidence: give one, the rate for models with a calibration, else the evidence",
            (_, not null, not null) => "--evidence: these models have a calibration; give --maximum-wrong-read-rate instead",
            (not null, _, null) => "--maximum-wrong-read-rate: these models have no calibration; give --evidence, or run models calibrate",
            _ => "",
        };
        if (problem.Length > 0) return false;
        if (evidence is not null) gate = new ReadGate { Evidence = evidence };
        else if (rate is { } most) gate = new ReadGate { MaximumWrongReadRate = most };
        else
        {
            gate = LookingGate.Of(models, out var note);
            if (note is not null) Console.Error.WriteLine($"edge-agent: {note}");
        }
        return true;
    }

    public static Option<string> ModelsOption() => new("--models")
    {
        Description = "Folder with manifest.json and the models it names.",
        DefaultValueFactory = _ => Path.Combine(AppContext.BaseDirectory, "models"),
    };

    public static Option<bool> JsonOption() => new("--json") { Description = "One JSON object a line instead of tables." };

    private sealed class Run(string models, PipelineOptions options, ReadsOutput output, LabelledPlates? labels)
    {
        private readonly ReadingScore _score = new();

        public async Task<ExitCode> AllAsync(IReadOnlyList<string> paths, bool areCrops, CancellationToken cancel)
        {
            var result = ExitCode.Ok;
            using var crops = areCrops ? CropReader.Open(models, options) : null;
            using var scenes = areCrops ? null : PlatePipeline.Open(models, options);
            foreach (var path in paths)
            {
                try
                {
                    if (crops is not null) await CropAsync(crops, path, cancel);
                    else if (File.Exists(path) && CameraSources.IsPicture(path)) await PictureAsync(scenes!, path, cancel);
                    else await RecordingAsync(path, cancel);
                }
                catch (CaptureException exception)
                {
                    output.Broken(path, exception.Message);
                    if (labels is not null) _score.Add(LabelsOf(path), []);
                    result = ExitCode.Capture;
                }
            }
            if (labels is not null) output.Score(_score);
            return result;
        }

        private async Task PictureAsync(PlatePipeline pipeline, string path, CancellationToken cancel)
        {
            await using var source = Open(path);
            var reads = new List<StillRead>();
            await foreach (var passage in pipeline.ReadAsync(source, cancel))
                using (passage)
                    reads.Add(StillRead.Of(passage));
            output.Picture(path, reads);
            if (IsLabelled(path)) _score.Add(LabelsOf(path), reads);
        }

        private bool IsLabelled(string path) => labels is not null && labels.Files.Contains(Path.GetFileName(path), StringComparer.Ordinal);

        private IEnumerable<LabelledPlate> LabelsOf(string path) => labels![Path.GetFileName(path)];

        private async Task CropAsync(CropReader reader, string path, CancellationToken cancel)
        {
            if (File.Exists(path) && !CameraSources.IsPicture(path))
                throw new CaptureException($"{path}: no picture; a crop of a plate is one");
            await using var source = Open(path);
            var reads = new List<StillRead>();
            await foreach (var passage in reader.ReadAsync(source, cancel))
                using (passage)
                    reads.Add(StillRead.Of(passage));
            output.Picture(path, reads);
            // One picture, one plate: a box in the table says nothing more.
            if (IsLabelled(path)) _score.Add(LabelsOf(path).Select(label => label with { Box = null }), reads);
        }

        private async Task RecordingAsync(string path, CancellationToken cancel)
        {
            await using var source = Open(path);
            using var pipeline = PlatePipeline.Open(models, options);
            await foreach (var passage in pipeline.ReadAsync(source, cancel))
                using (passage)
                    output.Passage(path, passage.From, passage.To, StillRead.Of(passage));
        }

        private static ICameraSource Open(string path) =>
            CameraSources.Open(new CameraOptions(Path.GetFileName(path), path), TimeProvider.System, NullLogger.Instance);
    }

    /// <summary>Reads as a table or as JSON lines; errors go to standard error in both.</summary>
    private sealed class ReadsOutput(bool json, bool scoreOnly) : IDisposable
    {
        private readonly Table _table = new Table().AddColumns("file", "when", "plate", "confidence", "weakest", "region", "accepted");

        private bool _broken;

        public void Picture(string file, IReadOnlyList<StillRead> reads)
        {
            if (scoreOnly) return;
            if (json) Console.WriteLine(JsonSerializer.Serialize(new { file, reads = reads.Select(Fields) }));
            else foreach (var read in reads) Row(file, "", read);
        }

        public void Passage(string file, TimeSpan from, TimeSpan to, StillRead read)
        {
            if (scoreOnly) return;
            if (!json) Row(file, $"{from.TotalSeconds:F1}–{to.TotalSeconds:F1} s", read);
            else Console.WriteLine(JsonSerializer.Serialize(new
            {
                file, from = Round(from.TotalSeconds), to = Round(to.TotalSeconds),
                text = read.Text, confidence = Round(read.Confidence), evidence = Round(read.Evidence), weakest = Round(read.Weakest),
                region = read.Region.Code, regionSure = Round(read.Region.Sure), ruleChanged = read.RuleChanged,
                accepted = read.Accepted, refusal = Reason(read), box = Box(read),
            }));
        }

        public void Broken(string file, string error)
        {
            _broken = true;
            if (json) Console.WriteLine(JsonSerializer.Serialize(new { file, error }));
            Console.Error.WriteLine(error);
        }

        public void Score(ReadingScore score)
        {
            if (json)
                Console.WriteLine(JsonSerializer.Serialize(new
                {
                    plates = score.Plates, found = score.Found, exact = score.Exact, exactShare = Round(score.ExactShare),
                    accepted = score.Accepted, wrong = score.AcceptedWrong, wrongShare = Round(score.WrongShare), elsewhere = score.Elsewhere,
                }));
            else
                Console.WriteLine($"{score.Plates} labelled plates: {score.Exact} read exactly ({score.ExactShare:P1}), " +
                    $"{score.Accepted} accepted ({score.Coverage:P1}), {score.AcceptedWrong} of those wrong ({score.WrongShare:P1}); " +
                    $"{score.Elsewhere} accepted where the table has no text");
        }

        public void Dispose()
        {
            if (!json && !scoreOnly && (_table.Rows.Count > 0 || !_broken)) Tables.On(Console.Out).Write(_table);
        }

        private void Row(string file, string when, StillRead read) => _table.AddRow(
            Markup.Escape(Path.GetFileName(file)), when, Plate(read), $"{read.Confidence:F3}", $"{read.Weakest:F2}",
            read.Region.Code is { } code ? $"{code} {read.Region.Sure:F2}" : "[grey]unknown[/]",
            read.Accepted ? "yes" : $"[grey]no: {Reason(read)}[/]");

        private static object Fields(StillRead read) => new
        {
            text = read.Text, confidence = Round(read.Confidence), evidence = Round(read.Evidence), weakest = Round(read.Weakest),
            region = read.Region.Code, regionSure = Round(read.Region.Sure), ruleChanged = read.RuleChanged,
            accepted = read.Accepted, refusal = Reason(read), box = Box(read),
        };

        private static string? Reason(StillRead read) => read.Refusal switch
        {
            Refusal.None => null,
            Refusal.Detector => "detector",
            Refusal.Length => "length",
            Refusal.Cut => "cut",
            Refusal.Hidden => "hidden",
            Refusal.Pattern => "pattern",
            Refusal.Evidence => "evidence",
            _ => "frames",
        };

        // What a rule has changed is underlined.
        private static string Plate(StillRead read) => string.Concat(read.Text.Select((character, at) =>
            read.RuleChanged.Contains(at) ? $"[underline]{character}[/]" : $"{character}"));

        private static int[] Box(StillRead read) =>
        [
            (int)MathF.Round(read.Box.Left), (int)MathF.Round(read.Box.Top),
            (int)MathF.Round(read.Box.Width), (int)MathF.Round(read.Box.Height),
        ];

        private static double Round(double value) => Math.Round(value, 4);
    }
}
