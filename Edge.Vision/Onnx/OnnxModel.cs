using System.Security.Cryptography;
using Microsoft.ML.OnnxRuntime;

namespace Edge.Vision.Onnx;

/// <summary>One ONNX session for life. It opens only if the file is the one the manifest names and its shapes are the
/// ones the manifest states. Thread-safe.</summary>
internal sealed class OnnxModel : IDisposable
{
    /// <summary>Largest model file that is opened. A box holds both models in memory beside its frames.</summary>
    public const long MostBytes = 64L << 20;

    private readonly InferenceSession _session;
    private readonly RunOptions _run = new();
    private readonly string[] _inputs;
    private readonly string[] _outputs;

    private OnnxModel(InferenceSession session, string input, string[] outputs)
    {
        _session = session;
        _inputs = [input];
        _outputs = outputs;
    }

    /// <summary>Opens the model <paramref name="entry"/> names in <paramref name="folder"/>.</summary>
    /// <param name="batches">How many pictures it will be given at a time.</param>
    /// <exception cref="ModelException">The file is missing, too large, has another hash, is not ONNX, or has other shapes.</exception>
    public static OnnxModel Open(string folder, ModelEntry entry, TensorInput input, IReadOnlyList<TensorOutput> outputs,
        IReadOnlyList<int> batches, int threads)
    {
        var path = Path.Combine(folder, entry.File);
        var session = OpenSession(path, ReadVerified(path, entry), threads);
        if (ShapeProblems(session, input, outputs).Concat(BatchProblems(session, batches)).FirstOrDefault() is { } problem)
        {
            session.Dispose();
            throw new ModelException($"{path}: {problem}; correct the manifest or install the model it describes");
        }
        return new OnnxModel(session, input.Name, [.. outputs.Select(output => output.Name)]);
    }

    /// <summary>Opens a graph whatever its shapes. The caller disposes the session.</summary>
    /// <exception cref="ModelException">The bytes are no graph this runtime can open.</exception>
    public static InferenceSession OpenSession(string path, byte[] bytes, int threads)
    {
        Telemetry.Forbid();
        try
        {
            using var options = new SessionOptions
            {
                IntraOpNumThreads = threads,
                InterOpNumThreads = 1,
                ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
                LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR,
            };
            // Spinning threads cost half the speed on a two-core box.
            options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
            if (ByteProducts.MayOverflow) options.AddSessionConfigEntry("session.x64quantprecision", "1");
            return new InferenceSession(bytes, options);
        }
        catch (OnnxRuntimeException exception)
        {
            throw new ModelException($"{path}: not a model this runtime can open ({exception.Message})", exception);
        }
    }

    /// <summary>Runs the graph. The caller disposes the returned outputs, in the order they were named.</summary>
    public IDisposableReadOnlyCollection<OrtValue> Run(OrtValue input) => _session.Run(_run, _inputs, [input], _outputs);

    /// <summary>An input and the first output, to be run with over and over. The caller disposes it, and before that neither value.</summary>
    public OrtIoBinding Bind(OrtValue input, OrtValue output)
    {
        var binding = _session.CreateIoBinding();
        binding.BindInput(_inputs[0], input);
        binding.BindOutput(_outputs[0], output);
        return binding;
    }

    /// <summary>Runs the graph with what was bound by <see cref="Bind"/>.</summary>
    public void Run(OrtIoBinding binding) => _session.RunWithBinding(_run, binding);

    public void Dispose()
    {
        _run.Dispose();
        _session.Dispose();
    }

    // The bytes that were hashed are the bytes that are opened: a file swapped in between changes nothing.
    private static byte[] ReadVerified(string path, ModelEntry entry)
    {
        byte[] bytes;
        try
        {
            bytes = ReadBytes(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ModelException($"{path}: the model \"{entry.Name}\" cannot be read; install it beside its manifest", exception);
        }
        var actual = Convert.ToHexStringLower(SHA256.HashData(bytes));
        return actual == entry.Sha256
            ? bytes
            : throw new ModelException($"{path}: SHA-256 is {actual}, the manifest says {entry.Sha256}; reinstall the model");
    }

    /// <summary>A model's file, which is no larger than a model may be.</summary>
    /// <exception cref="ModelException">It is.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static byte[] ReadBytes(string path) =>
        new FileInfo(path) is { Exists: true, Length: > MostBytes } file
            ? throw new ModelException($"{path}: it has {file.Length >> 20} MiB; a model has at most {MostBytes >> 20} MiB")
            : File.ReadAllBytes(path);

    /// <summary>Everything in which a graph differs from what is stated of it.</summary>
    public static IEnumerable<string> ShapeProblems(InferenceSession session, TensorInput input, IReadOnlyList<TensorOutput> outputs)
    {
        if (session.InputMetadata.Count != 1 || !session.InputMetadata.TryGetValue(input.Name, out var actual))
        {
            yield return $"its input is \"{string.Join("\", \"", session.InputMetadata.Keys)}\", the manifest says \"{input.Name}\"";
        }
        else
        {
            var type = input.Type == TensorType.Uint8 ? typeof(byte) : typeof(float);
            if (actual.ElementType != type) yield return $"its input holds {actual.ElementType.Name}, the manifest says {input.Type}";
            var channels = input.Channels == ChannelOrder.Grey ? 1 : 3;
            int[] stated = input.Layout == TensorLayout.Nchw
                ? [-1, channels, Open(input.Height), Open(input.Width)]
                : [-1, Open(input.Height), Open(input.Width), channels];
            if (!Agrees(actual.Dimensions, stated))
                yield return $"its input is {Show(actual.Dimensions)}, the manifest says {Show(stated)}";
        }
        foreach (var output in outputs)
        {
            if (!session.OutputMetadata.TryGetValue(output.Name, out var found))
                yield return $"it has no output \"{output.Name}\", only \"{string.Join("\", \"", session.OutputMetadata.Keys)}\"";
            else if (!Agrees(found.Dimensions, output.Shape, anyIsRight: true))
                yield return $"its output \"{output.Name}\" is {Show(found.Dimensions)}, the manifest says {Show(output.Shape)}";
        }
    }

    /// <summary>The batches that a graph made for a fixed number does not take.</summary>
    public static IEnumerable<string> BatchProblems(InferenceSession session, IReadOnlyList<int> batches) =>
        from input in session.InputMetadata.Values
        where input.Dimensions is [> 0, ..]
        from batch in batches
        where input.Dimensions[0] != batch
        select $"its input takes {input.Dimensions[0]} at a time, it would be given {batch}";

    private static int Open(int side) => side == 0 ? -1 : side;

    // The batch, which comes first, is asked for apart. Where an input may be of any size the graph must take any; an output may be of the size it is.
    private static bool Agrees(int[] actual, int[] stated, bool anyIsRight = false) =>
        actual.Length == stated.Length && actual.Zip(stated).Skip(1).All(pair => pair.First == pair.Second || (anyIsRight && pair.Second < 0));

    public static string Show(IEnumerable<int> shape) => $"[{string.Join(",", shape.Select(side => side < 0 ? "?" : $"{side}"))}]";
}

/// <summary>An output the manifest promises: name and shape, -1 where any size is right.</summary>
internal sealed record TensorOutput(string Name, int[] Shape);
