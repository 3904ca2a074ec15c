using System.CommandLine;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;
using Edge.Vision.Onnx;
using Spectre.Console;

namespace Edge.Agent.Cli;

/// <summary><c>models list [DIR]</c>: what runs: each model's name, file, hash, licence and measured accuracy. Exit code
/// <see cref="ExitCode.Model"/> where a file is not the one its manifest names.</summary>
internal static class ModelsListCommand
{
    private static readonly JsonSerializerOptions Readable = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static Command Build()
    {
        var folder = new Argument<string>("DIR")
        {
            Description = "Folder with manifest.json and the models it names; default the models that came with this program.",
            DefaultValueFactory = _ => Path.Combine(AppContext.BaseDirectory, "models"),
        };
        var json = RecognizeCommand.JsonOption();
        var command = new Command("list", "Show the models that run: file, hash, licence, measured accuracy") { folder, json };
        command.SetAction((parse, _) => Failure.ShowAsync(() => Task.FromResult(List(parse.GetValue(folder)!, parse.GetValue(json),
            parse.InvocationConfiguration.Output))));
        return command;
    }

    private static ExitCode List(string folder, bool json, TextWriter output)
    {
        var manifest = ModelManifest.Load(folder);
        var calibration = manifest.Recogniser.Calibration;
        Listed[] models =
        [
            Listed.Of("detector", folder, manifest.Detector, manifest.Detector.Input, null),
            Listed.Of("recogniser", folder, manifest.Recogniser, manifest.Recogniser.Input,
                calibration is null ? null : $"{calibration.Plates} plates: {calibration.Set}"),
        ];
        if (json)
            foreach (var model in models) output.WriteLine(JsonSerializer.Serialize(model, Readable));
        else Write(models, output);
        return models.All(model => model.FileHas == model.Sha256) ? ExitCode.Ok : ExitCode.Model;
    }

    private static void Write(Listed[] models, TextWriter output)
    {
        var console = Tables.On(output);
        var table = new Table().AddColumns(["", .. models.Select(model => model.Role)]);
        Row("name", model => model.Name);
        Row("file", model => model.File);
        Row("size", model => model.Bytes is { } bytes ? $"{bytes / 1e6:F2} MB" : "–");
        Row("SHA-256", model => model.Sha256);
        Row("the file has it", model => model.FileHas is null ? "there is no such file" : model.FileHas == model.Sha256 ? "yes" : $"no: {model.FileHas}");
        Row("licence", model => model.Licence);
        Row("source", model => model.Source);
        Row("input", model => model.Input);
        Row("accuracy, %", model => model.Accuracy.Count == 0 ? "not measured"
            : string.Join('\n', model.Accuracy.Select(set => string.Create(CultureInfo.InvariantCulture, $"{set.Key}: {set.Value:0.##}"))));
        Row("calibration", model => model.Calibration ?? (model.Role == "recogniser" ? "not measured" : ""));
        console.Write(table);

        void Row(string name, Func<Listed, string> of) => table.AddRow([name, .. models.Select(model => Markup.Escape(Printable.Lines(of(model))))]);
    }

    /// <summary>A model as the list shows it.</summary>
    private sealed record Listed(string Role, string Name, string File, long? Bytes, string Sha256, string? FileHas, string Licence,
        string Source, string Input, IReadOnlyDictionary<string, double> Accuracy, string? Calibration)
    {
        public static Listed Of(string role, string folder, ModelEntry model, TensorInput input, string? calibration)
        {
            var file = new FileInfo(Path.Combine(folder, model.File));
            return new Listed(role, model.Name, model.File, file.Exists ? file.Length : null, model.Sha256, file.Exists ? Hash(file) : null,
                model.Licence, model.Source, Describe(input), model.Accuracy, calibration);
        }

        private static string Hash(FileInfo file)
        {
            using var stream = file.OpenRead();
            return Convert.ToHexStringLower(SHA256.HashData(stream));
        }

        private static string Describe(TensorInput input)
        {
            var size = input.Width == 0 ? "any size" : $"{input.Width} × {input.Height}";
            return $"{size}, {input.Channels.ToString().ToLowerInvariant()}, {input.Type.ToString().ToLowerInvariant()}, {input.Layout.ToString().ToLowerInvariant()}";
        }
    }
}
