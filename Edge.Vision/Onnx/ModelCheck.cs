using System.Numerics.Tensors;
using System.Security.Cryptography;
using System.Text.Json;
using Edge.Vision.Detection;
using Edge.Vision.Recognition;
using Microsoft.ML.OnnxRuntime;
using OpenCvSharp;

namespace Edge.Vision.Onnx;

/// <summary>What is wrong with a folder of models: everything at once, each with its field or its file.</summary>
public sealed record ModelCheck
{
    /// <summary>Everything that is wrong; none where the models will run.</summary>
    public required IReadOnlyList<string> Problems { get; init; }

    /// <summary>What the named files really have, by file name; files that are no models are left out.</summary>
    public IReadOnlyDictionary<string, ModelTensors> Found { get; init; } = new Dictionary<string, ModelTensors>();

    /// <summary>A manifest to start from, where there is none and the models' family is known.</summary>
    public string? Sketch { get; init; }

    /// <summary>True where there is no manifest at all.</summary>
    public bool NoManifest { get; init; }

    /// <summary>How long detection and reading of a blank picture took; null where something is wrong before.</summary>
    public (TimeSpan Detect, TimeSpan Read)? Trial { get; init; }

    /// <summary>Checks <paramref name="folder"/>.</summary>
    /// <param name="time">Measures the trial run.</param>
    /// <exception cref="ModelException">The folder or its manifest cannot be read.</exception>
    /// <exception cref="Capture.CaptureException">OpenCV does not load.</exception>
    public static ModelCheck Of(string folder, TimeProvider time)
    {
        Capture.OpenCv.Prepare();
        if (!Directory.Exists(folder)) throw new ModelException($"{folder}: no such folder");
        var path = Path.Combine(folder, ModelManifest.FileName);
        try
        {
            var file = new FileInfo(path);
            if (!file.Exists)
                return new ModelCheck { Problems = [$"{path}: no model manifest"], NoManifest = true, Sketch = FastAlprManifest.For(folder) };
            if (file.Length > ModelManifest.MaxBytes)
                return new ModelCheck { Problems = [$"{path}: larger than {ModelManifest.MaxBytes} bytes"] };
            using var json = JsonDocument.Parse(File.ReadAllBytes(path));
            return new Checking(folder, time).All(json.RootElement);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException) // the latter of a text that is half a character
        {
            return new ModelCheck { Problems = [$"{path}: {(exception is JsonException ? "no JSON: " : "")}{exception.Message}"] };
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ModelException($"{path}: cannot be read ({exception.Message})", exception);
        }
    }

    private sealed class Checking(string folder, TimeProvider time)
    {
        private const int TrialWidth = 640;
        private const int TrialHeight = 360;

        private readonly List<string> _problems = [];
        private readonly Dictionary<string, ModelTensors> _found = [];

        public ModelCheck All(JsonElement manifest)
        {
            _problems.AddRange(ManifestReading.Problems(manifest, typeof(ModelManifest), ""));
            var (detector, recogniser) = (Entry<DetectorManifest>(manifest, "detector"), Entry<RecogniserManifest>(manifest, "recogniser"));
            if (manifest.ValueKind == JsonValueKind.Object && manifest.TryGetProperty("version", out var version) &&
                version.ValueKind == JsonValueKind.Number && version.TryGetInt32(out var number))
                _problems.AddRange(ModelManifest.VersionProblems(number));
            if (detector is not null) _problems.AddRange(detector.Problems());
            if (recogniser is not null) _problems.AddRange(recogniser.Problems());
            if (detector is not null && recogniser is not null) _problems.AddRange(recogniser.ProblemsWith(detector));
            if (detector is not null) Examine(detector, "detector", detector.Input, detector.Outputs(), [1]);
            if (recogniser is not null) Examine(recogniser, "recogniser", recogniser.Input, recogniser.Outputs(), recogniser.Batches());
            if (detector is null) LookInto(manifest, "detector");
            if (recogniser is null) LookInto(manifest, "recogniser");
            (TimeSpan, TimeSpan)? trial = _problems.Count == 0 ? Try(detector!, recogniser!) : null;
            return new ModelCheck { Problems = _problems, Found = _found, Trial = trial };
        }

        private static T? Entry<T>(JsonElement manifest, string name) where T : class =>
            manifest.ValueKind == JsonValueKind.Object && manifest.TryGetProperty(name, out var entry) ? ManifestReading.As<T>(entry) : null;

        private void Examine(ModelEntry entry, string name, TensorInput input, IReadOnlyList<TensorOutput> outputs, int[] batches)
        {
            using var session = Open(name, entry.File, entry.Sha256);
            if (session is null) return;
            _problems.AddRange(OnnxModel.ShapeProblems(session, input, outputs).Select(problem => $"{name}: {problem}"));
            _problems.AddRange(OnnxModel.BatchProblems(session, batches).Select(problem => $"{name}: {problem}" +
                (name == "recogniser" ? "; name as many crops in recogniser.grow, less one where recogniser.hidden.grow names another, or export it for any number" : "")));
        }

        // An entry that lacks a key still names a file: say what that has, so that the key can be written.
        private void LookInto(JsonElement manifest, string name)
        {
            if (manifest.ValueKind == JsonValueKind.Object && manifest.TryGetProperty(name, out var entry) && entry.ValueKind == JsonValueKind.Object &&
                entry.TryGetProperty("file", out var file) && file.ValueKind == JsonValueKind.String)
                Open(name, file.GetString()!, entry.TryGetProperty("sha256", out var hash)
                    && hash.ValueKind == JsonValueKind.String ? hash.GetString() : null)?.Dispose();
        }

        private InferenceSession? Open(string name, string fileName, string? sha256)
        {
            // Names a path, not a file: told already, and not followed.
            if (fileName != Path.GetFileName(fileName) || fileName.Length == 0 || fileName.Contains('\0')) return null;
            var path = Path.Combine(folder, fileName);
            if (!File.Exists(path))
            {
                _problems.Add($"{name}.file: there is no {path}");
                return null;
            }
            try
            {
                var bytes = OnnxModel.ReadBytes(path);
                var hash = Convert.ToHexStringLower(SHA256.HashData(bytes));
                if (sha256 is not null && hash != sha256) _problems.Add($"{name}.sha256: the manifest says {sha256}, {path} has {hash}");
                var session = OnnxModel.OpenSession(path, bytes, threads: 1);
                _found[fileName] = ModelTensors.Of(session);
                return session;
            }
            catch (Exception exception) when (exception is ModelException or IOException or UnauthorizedAccessException)
            {
                _problems.Add($"{name}.file: {exception.Message}");
                return null;
            }
        }

        private (TimeSpan, TimeSpan)? Try(DetectorManifest detector, RecogniserManifest recogniser)
        {
            try
            {
                using var blank = new Mat(TrialHeight, TrialWidth, MatType.CV_8UC3, Scalar.All(127));
                using var finder = PlateDetector.Open(folder, detector, threads: 1);
                using var reader = PlateReader.Open(folder, recogniser, threads: 1);
                using var reading = new Reading();
                // The first run of a graph allocates: the second one is timed.
                finder.Detect(blank);
                var started = time.GetTimestamp();
                finder.Detect(blank);
                var detected = time.GetElapsedTime(started);
                var plate = new PixelBox(200, 150, 360, 190);
                reader.Read(blank, plate, reading);
                started = time.GetTimestamp();
                reader.Read(blank, plate, reading);
                var read = time.GetElapsedTime(started);
                using var model = OnnxModel.Open(folder, recogniser, recogniser.Input, recogniser.Outputs(), recogniser.Batches(), threads: 1);
                foreach (var batch in recogniser.Batches().Distinct()) CheckProbabilities(recogniser, model, batch);
                return _problems.Count == 0 ? (detected, read) : null;
            }
            catch (Exception exception) when (exception is OnnxRuntimeException or ModelException)
            {
                _problems.Add($"a trial run on a blank picture fails: {exception.Message}");
                return null;
            }
        }

        // A head that ends in scores is never listened to: say so before a box wonders why it reads nothing.
        private void CheckProbabilities(RecogniserManifest recogniser, OnnxModel model, int batch)
        {
            using var input = new InputTensor(recogniser.Input, batch, recogniser.Input.Width, recogniser.Input.Height);
            input.Fill(127);
            using var outputs = model.Run(input.Value);
            foreach (var (head, output) in recogniser.Outputs().Zip(outputs))
            {
                var classes = head.Shape[^1];
                var values = output.GetTensorDataAsSpan<float>();
                for (; values.Length >= classes; values = values[classes..])
                {
                    if (HeadDecoder.AreProbabilities(values[..classes], classes)) continue;
                    _problems.Add($"recogniser: its output \"{head.Name}\" holds no probabilities (a row sums to " +
                        $"{TensorPrimitives.Sum(values[..classes]):0.###}): export the model with its softmax");
                    break;
                }
            }
        }
    }
}
