using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using Edge.Vision.Onnx;

namespace Edge.Agent.Cli;

/// <summary><c>models check DIR</c>: everything that is wrong with a manifest and its files at once, then a trial run. Where there is
/// no manifest it prints one to start from, if it knows the family.</summary>
internal static class ModelsCheckCommand
{
    private static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Command Build()
    {
        var folder = new Argument<string>("DIR") { Description = "Folder with manifest.json and the models it names." };
        var json = RecognizeCommand.JsonOption();
        var command = new Command("check", "Say everything that is wrong with a folder of models; print a manifest where there is none")
        {
            folder, json,
        };
        command.SetAction((parse, _) => Failure.ShowAsync(() => Task.FromResult(Check(parse.GetValue(folder)!, parse.GetValue(json),
            parse.InvocationConfiguration.Output, parse.InvocationConfiguration.Error))));
        return command;
    }

    private static ExitCode Check(string folder, bool json, TextWriter output, TextWriter error)
    {
        var check = ModelCheck.Of(folder, TimeProvider.System);
        if (json)
            output.WriteLine(JsonSerializer.Serialize(new
            {
                folder, good = check.Problems.Count == 0, problems = check.Problems,
                found = check.Found.ToDictionary(file => file.Key, file => new
                {
                    inputs = file.Value.Inputs.Select(Tensor), outputs = file.Value.Outputs.Select(Tensor),
                }),
                detectMilliseconds = Milliseconds(check.Trial?.Detect), readMilliseconds = Milliseconds(check.Trial?.Read),
                manifest = check.Sketch is null ? (JsonElement?)null : JsonElement.Parse(check.Sketch),
            }, Readable));
        else
            Tell(folder, check, output, error);
        return check.Problems.Count == 0 ? ExitCode.Ok : ExitCode.Model;
    }

    private static void Tell(string folder, ModelCheck check, TextWriter output, TextWriter error)
    {
        foreach (var problem in check.Problems) error.WriteLine(Printable.Line(problem));
        if (check.Sketch is { } sketch)
        {
            error.WriteLine($"the models look like those of fast-alpr: save this as {Path.Combine(folder, "manifest.json")}, correct its " +
                "licence and source, and check again");
            output.Write(sketch);
        }
        else if (check.NoManifest)
        {
            error.WriteLine("its models are of no family known here: write a manifest, see models/README.md");
        }
        if (check.Problems.Count > 0)
            foreach (var (file, tensors) in check.Found) error.WriteLine(Printable.Line($"{file} really has {tensors}"));
        if (check.Trial is { } trial)
            output.WriteLine($"{folder}: good; a blank picture took {trial.Detect.TotalMilliseconds:F1} ms to search, one plate " +
                $"{trial.Read.TotalMilliseconds:F1} ms to read, one thread");
    }

    private static object Tensor(ModelTensor tensor) => new { name = tensor.Name, type = tensor.Type, shape = tensor.Shape };

    private static double? Milliseconds(TimeSpan? span) => span is { } time ? Math.Round(time.TotalMilliseconds, 2) : null;
}
