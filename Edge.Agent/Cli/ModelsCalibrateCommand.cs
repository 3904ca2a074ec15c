using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Edge.Agent.Commissioning;
using Edge.Vision.Calibrating;
using Edge.Vision.Recognition;
using Spectre.Console;

namespace Edge.Agent.Cli;

/// <summary><c>models calibrate DIR</c>: measures what a model's evidence is worth on pictures with known plates, and writes
/// it into the folder's manifest.</summary>
internal sealed class ModelsCalibrateCommand
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    private readonly Argument<string> _folder = new("DIR") { Description = "Folder with manifest.json and the models it names." };
    private readonly Argument<string[]> _pictures = new("PATH")
    {
        Description = "Pictures and folders of pictures that the models were never trained on.", Arity = ArgumentArity.OneOrMore,
    };
    private readonly Option<string[]> _truth = new("--truth")
    {
        Description = "Table of labels, as in recognize; repeat for several: the first that names a file counts.", Required = true,
    };
    private readonly Option<bool> _crops = new("--crops") { Description = "The recogniser alone: read at the table's boxes, or the whole picture where it has none." };
    private readonly Option<string?> _set = new("--set") { Description = "What the pictures are, in words; default the tables' names." };
    private readonly Option<bool> _json = RecognizeCommand.JsonOption();

    public static Command Build()
    {
        var calibrate = new ModelsCalibrateCommand();
        var command = new Command("calibrate", "Measure what the models' evidence is worth and write it into their manifest (refused on an enrolled box)")
        {
            calibrate._folder, calibrate._pictures, calibrate._truth, calibrate._crops, calibrate._set, calibrate._json,
        };
        command.SetAction((parse, cancel) => Failure.ShowAsync(() => Task.FromResult(calibrate.Run(parse, cancel))));
        return command;
    }

    private ExitCode Run(ParseResult parse, CancellationToken cancel)
    {
        if (Enrolled.Here())
            return Failure.Say(ExitCode.Refused, "this box is enrolled: calibrate on another machine and install the models");
        var (folder, crops, set) = (parse.GetValue(_folder)!, parse.GetValue(_crops), SetOf(parse));
        if (string.IsNullOrWhiteSpace(set) || set.Length > ManifestFile.LongestSet || set.Any(char.IsControl))
            return Failure.Say(ExitCode.Usage, $"--set must say what the pictures are in 1 to {ManifestFile.LongestSet} characters, on one line");
        var tables = parse.GetValue(_truth)!.Select(path => LabelledPlates.Read(path)).ToList();
        if (!crops && tables.Any(table => !table.HasBoxes))
            return Failure.Say(ExitCode.Usage, "--truth: a table does not say where the plates are, so its pictures are crops: add --crops");
        var pictures = PicturePaths.Of(parse.GetValue(_pictures)!);
        PicturePaths.RefuseSameNames(pictures, tables);
        var found = Measure(folder, crops, pictures, tables, set, cancel);
        if (found is null)
            return Failure.Say(ExitCode.Usage,
                $"too few plates were read to measure anything; at least {CalibrationFit.LeastOutcomes} are needed, with differing evidence");
        ManifestFile.Write(folder, found);
        if (parse.GetValue(_json)) Console.WriteLine(JsonSerializer.Serialize(Fields(found), Json));
        else Show(found, folder);
        return ExitCode.Ok;
    }

    private string SetOf(ParseResult parse) => parse.GetValue(_set) ??
        string.Join(", ", parse.GetValue(_truth)!.Select(path => Path.GetFileNameWithoutExtension(path)));

    private static CalibrationFound? Measure(string folder, bool crops, IReadOnlyList<string> pictures, List<LabelledPlates> tables, string set,
        CancellationToken cancel)
    {
        using var run = CalibrationRun.Open(folder, crops);
        var progress = new Said(pictures.Count * 2);
        var known = new List<KnownPlate>();
        try
        {
            foreach (var (i, picture) in pictures.Index())
            {
                cancel.ThrowIfCancellationRequested();
                var file = Path.GetFileName(picture);
                var here = (tables.Find(table => table[file].Any())?[file] ?? []).Select(Known).OfType<KnownPlate>().ToList();
                known.AddRange(here);
                if (here.Count > 0) run.Add(picture, here);
                progress.Report(i + 1);
            }
            return Finish(run, set, new Later(progress, pictures.Count));
        }
        finally
        {
            foreach (var plate in known) plate.Text.Dispose();
        }
    }

    private static CalibrationFound? Finish(CalibrationRun run, string set, IProgress<int> looked)
    {
        try
        {
            return run.Finish(set, looked);
        }
        catch (ArgumentException) // too few
        {
            return null;
        }
    }

    private static KnownPlate? Known(LabelledPlate label) => PlateText.TryParse(label.Text, out var text) ? new KnownPlate(label.Box, text) : null;

    private static void Show(CalibrationFound found, string folder)
    {
        Console.WriteLine($"{found.Labelled} labelled plates, {found.Found} found, {found.Calibration.Plates} read as a text");
        foreach (var (temperature, loss) in found.Temperatures.Zip(found.Losses))
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"head: temperature {temperature:0.00}, loss {loss.Before:0.000} -> {loss.After:0.000} nats a crop"));
        if (found.After.Bins.Count > 0)
        {
            var table = new Table().AddColumns("confidence", "plates", "mean confidence", "share right");
            foreach (var bin in found.After.Bins)
                table.AddRow($"{bin.From:0.00}-{bin.To:0.00}", $"{bin.Count}", $"{bin.Confidence:0.000}", $"{bin.Right:0.000}");
            Tables.On(Console.Out).Write(table);
        }
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"expected calibration error: {found.Before.Error:0.000} taken as it is, ") +
            (found.After.Bins.Count == 0 ? "calibrated: too few plates to say"
                : string.Create(CultureInfo.InvariantCulture, $"{found.After.Error:0.000} calibrated, on plates it was not fitted on")));
        foreach (var rate in (double[])[0.005, 0.01, 0.02, 0.05])
            Console.WriteLine(found.Calibration.EvidenceFor(rate) is { } evidence
                ? string.Create(CultureInfo.InvariantCulture, $"at most {rate:0.0%} wrong: evidence from {evidence:0.00000}")
                : string.Create(CultureInfo.InvariantCulture, $"at most {rate:0.0%} wrong: cannot be promised"));
        Console.WriteLine($"written to {Path.Combine(folder, "manifest.json")}");
    }

    private static object Fields(CalibrationFound found) => new
    {
        found.Labelled, found.Found, Read = found.Calibration.Plates, found.Temperatures,
        Losses = found.Losses.Select(loss => new { loss.Before, loss.After }), Reliability = found.After.Bins,
        ErrorBefore = found.Before.Error, ErrorAfter = found.After.Bins.Count == 0 ? null : (double?)found.After.Error, found.Calibration.Points,
    };

    /// <summary>Says now and then how far it is, where somebody watches.</summary>
    private sealed class Said(int all) : IProgress<int>
    {
        public void Report(int value)
        {
            if (!Console.IsErrorRedirected && value % 20 == 0) Console.Error.Write($"\r{value} of {all} pictures looked at ");
            if (!Console.IsErrorRedirected && value == all) Console.Error.WriteLine();
        }
    }

    private sealed class Later(IProgress<int> progress, int from) : IProgress<int>
    {
        public void Report(int value) => progress.Report(from + value);
    }
}
