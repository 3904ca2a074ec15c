using System.CommandLine;
using System.Text.Json;
using Edge.Agent.Commissioning;
using Edge.Agent.Forgetting;
using Edge.Vision.Recognition;
using Spectre.Console;

namespace Edge.Agent.Cli;

/// <summary><c>prove-forgetting</c>: an auditor's search for plates that should have been forgotten.</summary>
internal sealed class ProveForgettingCommand
{
    private readonly Option<string[]> _footage = new("--footage")
    {
        Description = "A recording, a picture or a folder of pictures; repeat for more.", Required = true, AllowMultipleArgumentsPerToken = true,
    };
    private readonly Option<string?> _plates = new("--plates")
    {
        Description = "A file of plates that pass there, one a line; a case looks for the first. Else the plate that most frames agree on is looked for.",
    };
    private readonly Option<string[]> _truth = new("--truth")
    {
        Description = "Further plates, from a table of labels as recognize reads it; repeat for more.", DefaultValueFactory = _ => [],
    };
    private readonly Option<double> _after = new("--after")
        { Description = "Seconds of empty road before the search, 0 to 3600.", DefaultValueFactory = _ => 60 };
    private readonly Option<double> _rate = new("--rate")
        { Description = "Frames a second that the camera shows, 1 to 30; fewer on a slow machine.", DefaultValueFactory = _ => 5 };
    private readonly Option<string> _models = RecognizeCommand.ModelsOption();
    private readonly Option<bool> _json = RecognizeCommand.JsonOption();

    public static Command Build()
    {
        var prove = new ProveForgettingCommand();
        var command = new Command("prove-forgetting",
            "Show a box footage, then search all that it is and says for plates nobody looks for (refused on an enrolled box)")
        {
            prove._footage, prove._plates, prove._truth, prove._after, prove._rate, prove._models, prove._json,
        };
        command.SetAction((parse, cancel) => Failure.ShowAsync(() => prove.RunAsync(parse, cancel)));
        return command;
    }

    private async Task<ExitCode> RunAsync(ParseResult parse, CancellationToken cancel)
    {
        if (Enrolled.Here()) return Failure.Say(ExitCode.Refused, "this box is enrolled: prove-forgetting makes a box of its own, on another machine");
        if (Environment.UserName != "root")
            return Failure.Say(ExitCode.Usage, "run it as root: the memory of the process that sees is closed to every other user");
        var (after, rate) = (parse.GetValue(_after), parse.GetValue(_rate));
        if (after is not (>= 0 and <= 3600) || rate is not (>= 1 and <= 30)) return Failure.Say(ExitCode.Usage, "--after must be 0 to 3600, --rate 1 to 30");
        if (parse.GetValue(_footage)!.FirstOrDefault(path => !Path.Exists(path)) is { } missing)
            return Failure.Say(ExitCode.Capture, $"{missing}: no such file or folder");
        var plates = new List<PlateText>();
        var folder = Directory.CreateTempSubdirectory("edge-forgetting-").FullName;
        try
        {
            if (parse.GetValue(_plates) is { } list && !TryReadPlates(list, plates, out var line))
                return Failure.Say(ExitCode.Usage, $"--plates {list}, line {line}: not a plate: 1 to 16 letters A-Z and digits");
            if (parse.GetValue(_plates) is not null && plates.Count == 0) return Failure.Say(ExitCode.Usage, "--plates: the file holds none");
            var plan = new ForgettingPlan(parse.GetValue(_footage)!, plates, parse.GetValue(_models)!, folder)
            {
                After = TimeSpan.FromSeconds(after), Every = TimeSpan.FromSeconds(1 / rate), Labelled = [.. Labelled(parse.GetValue(_truth)!)],
            };
            var result = await new ForgettingRun(plan, step => Console.Error.WriteLine($"edge-agent: {step}"), TimeProvider.System).RunAsync(cancel);
            Show(result, parse.GetValue(_json));
            if (result.Found > 0) return Failure.Say(ExitCode.Found, $"{result.Found} traces of plates that nobody looks for were found");
            return result.Meaningless is { } why ? Failure.Say(ExitCode.Verification, $"this run proves nothing: {why}") : ExitCode.Ok;
        }
        finally
        {
            plates.ForEach(plate => plate.Dispose());
            Directory.Delete(folder, recursive: true);
        }
    }

    private static bool TryReadPlates(string file, List<PlateText> plates, out int line)
    {
        line = 0;
        foreach (var text in File.ReadLines(file))
        {
            line++;
            if (text.Trim().Length == 0) continue;
            if (!PlateText.TryParse(text.Trim(), out var plate)) return false;
            plates.Add(plate);
        }
        return true;
    }

    private static IEnumerable<PlateText> Labelled(IEnumerable<string> tables)
    {
        foreach (var labels in tables.Select(table => LabelledPlates.Read(table)))
            foreach (var label in labels.Files.SelectMany(file => labels[file]))
                if (PlateText.TryParse(label.Text, out var plate)) yield return plate;
    }

    private static void Show(ForgettingResult result, bool json)
    {
        if (json)
        {
            foreach (var place in result.Places)
                Console.WriteLine(JsonSerializer.Serialize(new
                {
                    where = place.Where, bytes = place.Bytes, pictures = place.Pictures, found = place.Found, untellable = place.Untellable,
                    clean = place.Clean, notSearched = place.NotSearched,
                }));
            Console.WriteLine(JsonSerializer.Serialize(new
            {
                plates = result.Plates, leftOut = result.LeftOut, strings = result.Strings, frames = result.Frames, discarded = result.Discarded,
                hits = result.Hits, found = result.Found, provesNothing = result.Meaningless,
            }));
            return;
        }
        var table = new Table().AddColumns("", "searched", "bytes", "pictures read", "found");
        foreach (var place in result.Places)
            table.AddRow(place.Clean ? "[green]√[/]" : "[red]×[/]", Markup.Escape(place.Where), $"{place.Bytes:N0}", $"{place.Pictures}",
                Markup.Escape(Words(place)));
        Tables.On(Console.Out).Write(table);
        Console.WriteLine($"{result.Plates} plates that nobody looks for ({result.LeftOut} texts too short or plain to look for), as {result.Strings} byte strings; " +
            $"the box examined {result.Frames} frames, discarded {result.Discarded} reads, and the hub opened {result.Hits} hits.");
    }

    private static string Words(PlaceSearched place) => place.NotSearched ?? string.Join("; ",
        place.Found.Select(form => $"{form.Value} × {form.Key}")
            .Append(place.Untellable > 0 ? $"{place.Untellable} spellings stood there before" : "").Where(words => words.Length > 0).DefaultIfEmpty("nothing"));
}
