using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Edge.Vision.Recognition;

namespace Edge.Vision.Onnx;

/// <summary>
/// <c>manifest.json</c>: which detector and recogniser a folder offers and how each is fed and read. A user's own model
/// works by writing one; no code names a model. Format in <c>models/README.md</c>.
/// </summary>
public sealed record ModelManifest
{
    /// <summary>Format version; 1.</summary>
    public required int Version { get; init; }
    public required DetectorManifest Detector { get; init; }
    public required RecogniserManifest Recogniser { get; init; }

    /// <summary>Its file name beside the models.</summary>
    internal const string FileName = "manifest.json";

    internal const int MaxBytes = 64 * 1024;

    // Required members and unknown keys are the serializer's work; Problems() checks what types cannot say.
    internal static readonly JsonSerializerOptions Strict = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        AllowDuplicateProperties = false,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        TypeInfoResolver = new DefaultJsonTypeInfoResolver(),
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower, allowIntegerValues: false) },
    };

    /// <summary>Reads <c>manifest.json</c> in <paramref name="folder"/>.</summary>
    /// <exception cref="ModelException">It is missing, malformed or states something impossible.</exception>
    public static ModelManifest Load(string folder) => Load(folder, remeasured: false);

    /// <param name="remeasured">Whether the recogniser is about to be measured anew: its old calibration is left out, also
    /// one that was measured with another file.</param>
    internal static ModelManifest Load(string folder, bool remeasured)
    {
        var path = Path.Combine(folder, FileName);
        try
        {
            var file = new FileInfo(path);
            if (!file.Exists)
                throw new ModelException($"{path}: no model manifest; install the models, or name their folder " +
                    "(--models, or modelFolder in the configuration)");
            if (file.Length > MaxBytes) throw new ModelException($"{path}: larger than {MaxBytes} bytes");
            var bytes = File.ReadAllBytes(path);
            var manifest = JsonSerializer.Deserialize<ModelManifest>(bytes, Strict)
                ?? throw new ModelException($"{path}: empty");
            using var json = JsonDocument.Parse(bytes);
            if (remeasured) manifest = manifest with { Recogniser = manifest.Recogniser with { Calibration = null } };
            var problem = ManifestReading.NullItems(json.RootElement).FirstOrDefault() ?? manifest.Problems().FirstOrDefault();
            return problem is null ? manifest : throw new ModelException($"{path}: {problem}");
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException) // the latter of a text that is half a character
        {
            throw new ModelException($"{path}: {exception.Message}", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ModelException($"{path}: cannot be read ({exception.Message})", exception);
        }
    }

    /// <summary>Everything that is impossible in it, each with its field.</summary>
    internal IEnumerable<string> Problems() =>
        [.. VersionProblems(Version), .. Detector.Problems(), .. Recogniser.Problems(), .. Recogniser.ProblemsWith(Detector)];

    internal static IEnumerable<string> VersionProblems(int version)
    {
        if (version != 1) yield return $"version: {version} is not supported; this agent reads version 1";
    }
}

/// <summary>What every model states of itself.</summary>
public abstract record ModelEntry
{
    /// <summary>What people call it.</summary>
    public required string Name { get; init; }
    /// <summary>Bare file name beside the manifest.</summary>
    public required string File { get; init; }
    /// <summary>SHA-256 of the file, 64 lower-case hex digits.</summary>
    public required string Sha256 { get; init; }
    /// <summary>SPDX id, or words where none fits.</summary>
    public required string Licence { get; init; }
    /// <summary>Where the model comes from and where it is described.</summary>
    public required string Source { get; init; }
    /// <summary>Measured accuracy, set name to percent, as its card reports it.</summary>
    public Dictionary<string, double> Accuracy { get; init; } = [];

    private protected IEnumerable<string> FileProblems(string name)
    {
        if (File != Path.GetFileName(File) || File.Length == 0 || File.Contains('\0')) yield return $"{name}.file: must be a bare file name";
        if (Sha256.Length != 64 || !Sha256.All(char.IsAsciiHexDigitLower))
            yield return $"{name}.sha256: must be 64 lower-case hex digits";
    }
}

/// <summary>A model that finds plates in a picture.</summary>
public sealed record DetectorManifest : ModelEntry
{
    public required TensorInput Input { get; init; }
    public required DetectorResize Resize { get; init; }
    public required DetectorDecode Decode { get; init; }
    /// <summary>Name of the output tensor.</summary>
    public required string Output { get; init; }
    /// <summary>Lowest score that counts as a plate, 0 to 1.</summary>
    public required float Threshold { get; init; }
    /// <summary>Boxes that overlap by more than this (intersection over union) are one plate.</summary>
    public required float Overlap { get; init; }

    /// <summary>What the graph must give.</summary>
    internal TensorOutput[] Outputs() => [new TensorOutput(Output, Decode == DetectorDecode.CentreMap ? [-1, 13, -1, -1] : [-1, 7])];

    internal IEnumerable<string> Problems()
    {
        foreach (var problem in FileProblems("detector")) yield return problem;
        if (Input.ScaleProblem() is { } scale) yield return $"detector.{scale}";
        if (Resize.Width is < 32 or > 4096 || Resize.Height is < 32 or > 4096)
            yield return "detector.resize: width and height must be 32 to 4096";
        if (Resize.Multiple is < 1 or > 128) yield return "detector.resize.multiple: must be 1 to 128";
        if ((Input.Width, Input.Height) is not (0, 0) && (Resize.Rule != ResizeRule.Letterbox || (Input.Width, Input.Height) != (Resize.Width, Resize.Height)))
            yield return "detector.resize: a graph of one size needs letterbox to that size; 0 × 0 says that it takes any";
        if (Threshold is not (> 0 and < 1)) yield return "detector.threshold: must be between 0 and 1";
        if (Overlap is not (> 0 and < 1)) yield return "detector.overlap: must be between 0 and 1";
    }
}

/// <summary>A model that reads the characters of a cropped plate.</summary>
public sealed record RecogniserManifest : ModelEntry
{
    public required TensorInput Input { get; init; }
    /// <summary>The crops read for each plate: by what share of its size the box is grown on every side. Several vote;
    /// the first is the usual one, see <see cref="SecondLook"/>.</summary>
    public required float[] Grow { get; init; }
    /// <summary>Class 0, 1, 2 … of every head.</summary>
    public required string Alphabet { get; init; }
    public required RecogniserHead[] Heads { get; init; }
    /// <summary>Evidence (<see cref="Reading.Evidence"/>) of the first crop below which the others are read too; null
    /// where all are always read.</summary>
    public float? SecondLook { get; init; }
    /// <summary>Whether a plate that stands askew is cut along its tilt. Needs a detector that gives corners.</summary>
    public bool Straighten { get; init; }
    /// <summary>The output that says where a plate is from; null where the model has none.</summary>
    public RegionHead? Region { get; init; }
    /// <summary>The output that says whether something hides a part of the plate; null where the model has none.</summary>
    public HiddenHead? Hidden { get; init; }
    /// <summary>What a reading's evidence is worth, measured; null where nobody has measured it.</summary>
    public Calibration? Calibration { get; init; }

    /// <summary>The first look at a plate, by how much each of its crops is grown: what is read then, and last what only tells of a hidden part.</summary>
    internal float[] FirstLook() => [.. SecondLook is null ? Grow : Grow[..1], .. Hidden is { Grow: { } wider } ? (float[])[wider] : []];

    /// <summary>How many crops the graph is given at a time.</summary>
    internal int[] Batches() => SecondLook is null ? [FirstLook().Length] : [FirstLook().Length, Grow.Length - 1];

    /// <summary>What the graph must give: the heads, then what there is of region and hidden part.</summary>
    internal TensorOutput[] Outputs() =>
    [
        .. Heads.Select(head => new TensorOutput(head.Output, [-1, head.Length, Alphabet.Length + 1])),
        .. Region is null ? [] : (TensorOutput[])[new TensorOutput(Region.Output, [-1, Region.Labels.Length])],
        .. Hidden is null ? [] : (TensorOutput[])[new TensorOutput(Hidden.Output, [-1, HiddenHead.Classes])],
    ];

    internal IEnumerable<string> Problems()
    {
        foreach (var problem in FileProblems("recogniser")) yield return problem;
        if (Input.ScaleProblem() is { } scale) yield return $"recogniser.{scale}";
        if (Input.Width is < 16 or > 1024 || Input.Height is < 16 or > 512)
            yield return "recogniser.input: width must be 16 to 1024, height 16 to 512";
        if (Grow.Length is 0 or > 8 || Grow.Any(grow => grow is not (>= -0.2f and <= 0.5f)))
            yield return "recogniser.grow: one to eight numbers between -0.2 and 0.5";
        if (Heads.Length is 0 or > 8) yield return "recogniser.heads: one to eight";
        if (Heads.Any(head => head.Length is < 1 or > 512)) yield return "recogniser.heads[].length: must be 1 to 512";
        if (Outputs().DistinctBy(output => output.Name, StringComparer.Ordinal).Count() < Outputs().Length)
            yield return "recogniser.heads[].output: one stands there twice, or is region's or hidden's too";
        if (Alphabet.Length is 0 or > 64) yield return "recogniser.alphabet: 1 to 64 characters";
        if (!Alphabet.All(c => c is >= 'A' and <= 'Z' or >= '0' and <= '9'))
            yield return "recogniser.alphabet: A–Z and 0–9 only; name the empty class in heads[].empty";
        if (Alphabet.Distinct().Count() < Alphabet.Length) yield return "recogniser.alphabet: a character stands there twice";
        if (Heads.Any(head => head.Empty != Alphabet.Length))
            yield return "recogniser.heads[].empty: must be the class after the alphabet's last";
        if (Heads.Any(head => head.Temperature is not (>= 0.1f and <= 10)))
            yield return "recogniser.heads[].temperature: must be 0.1 to 10";
        if (SecondLook is not (null or > 0 and <= 1)) yield return "recogniser.secondLook: must be above 0, at most 1";
        if (SecondLook is not null && Grow.Length == 1) yield return "recogniser.secondLook: needs a second crop in recogniser.grow";
        if (Region?.Problem() is { } region) yield return $"recogniser.region.{region}";
        if (Hidden?.Threshold is not (null or > 0 and < 1)) yield return "recogniser.hidden.threshold: must be between 0 and 1";
        if (Hidden?.Grow is not (null or >= 0 and <= 1)) yield return "recogniser.hidden.grow: must be between 0 and 1";
        if (Calibration?.Problem() is { } calibration) yield return $"recogniser.calibration.{calibration}";
        if (Calibration?.Sha256 is { } measured && measured != Sha256)
            yield return "recogniser.calibration.sha256: the calibration was measured with another file: run models calibrate";
        if (Calibration?.ReadAs is { } read && read != ReadAs())
            yield return "recogniser.calibration.readAs: input, grow, secondLook, straighten, alphabet or heads are not those it was measured with: " +
                "put them back, or run models calibrate";
    }

    /// <summary>SHA-256 of everything but the file that decides what evidence a plate gets, 64 lower-case hex digits: other crops, or other temperatures,
    /// and a measurement no longer holds.</summary>
    internal string ReadAs() => Convert.ToHexStringLower(SHA256.HashData(
        JsonSerializer.SerializeToUtf8Bytes(new { Input, Grow, SecondLook, Straighten, Alphabet, Heads })));

    internal IEnumerable<string> ProblemsWith(DetectorManifest detector)
    {
        if (Straighten && detector.Decode != DetectorDecode.CentreMap)
            yield return "recogniser.straighten: this detector gives no corners; remove it, or set it to false";
    }
}

/// <summary>How a tensor is laid out and scaled.</summary>
/// <param name="Name">Input name in the graph.</param>
/// <param name="Type">Element type.</param>
/// <param name="Layout">Order of batch, channels, height and width.</param>
/// <param name="Channels">Order of colours.</param>
/// <param name="Width">Pixels; 0 where the graph takes any.</param>
/// <param name="Height">Pixels; 0 where the graph takes any.</param>
/// <param name="Scale">Each byte is multiplied by this; 1 for <see cref="TensorType.Uint8"/>.</param>
public sealed record TensorInput(
    string Name, TensorType Type, TensorLayout Layout, ChannelOrder Channels, int Width, int Height, float Scale = 1)
{
    internal string? ScaleProblem() => Type == TensorType.Uint8
        ? Scale == 1 ? null : "input.scale: a graph that takes bytes is given them as they are; remove it"
        : Scale is > 0 and <= 1 ? null : "input.scale: must be above 0, at most 1";
}

/// <summary>How a picture is brought to the detector's size.</summary>
/// <param name="Rule">See <see cref="ResizeRule"/>.</param>
/// <param name="Width">Target width in pixels, or of the target area.</param>
/// <param name="Height">Target height in pixels, or of the target area.</param>
/// <param name="Multiple">With <see cref="ResizeRule.Area"/>, sides are padded up to a multiple of this.</param>
/// <param name="Pad">Grey level of the padding, 0 to 255.</param>
public sealed record DetectorResize(ResizeRule Rule, int Width, int Height, int Multiple, byte Pad);

/// <summary>One output of the recogniser.</summary>
/// <param name="Output">Name of the output tensor.</param>
/// <param name="Kind">How its classes become text.</param>
/// <param name="Length">Time steps or slots.</param>
/// <param name="Empty">The class that means blank or empty slot: the one after the alphabet's last.</param>
/// <param name="Temperature">The log of each probability is divided by this before anything is read from it: above 1 makes
/// the head less sure, below 1 surer. Fitted by <c>models calibrate</c>.</param>
public sealed record RecogniserHead(string Output, HeadKind Kind, int Length, int Empty, float Temperature = 1);

/// <summary>The output that says where a plate is from: probabilities over <see cref="Labels"/>.</summary>
public sealed record RegionHead
{
    /// <summary>Name of the output tensor, [n, labels], probabilities (softmax already applied).</summary>
    public required string Output { get; init; }
    /// <summary>The classes in order, at most 512: ISO 3166-1 alpha-2 (<c>RO</c>) or ISO 3166-2 (<c>US-CA</c>), and one that
    /// means "not known".</summary>
    public required string[] Labels { get; init; }
    /// <summary>The label that means "not known".</summary>
    public required string Unknown { get; init; }
    /// <summary>Lowest probability at which a region is named, above 0 and below 1.</summary>
    public required float Threshold { get; init; }

    internal string? Problem()
    {
        if (Labels.Length is < 2 or > 512) return "labels: 2 to 512";
        if (Labels.Distinct(StringComparer.Ordinal).Count() < Labels.Length) return "labels: one stands there twice";
        if (!Labels.Contains(Unknown)) return "unknown: must be one of the labels";
        if (Labels.FirstOrDefault(label => label != Unknown && !PlateRegion.IsCode(label)) is { } odd)
            return $"labels: \"{odd}\" is no code of ISO 3166-1 (\"RO\") or 3166-2 (\"US-CA\")";
        return Threshold is > 0 and < 1 ? null : "threshold: must be between 0 and 1";
    }
}

/// <summary>The output that says whether something hides a part of the plate, so that what is read is not all that stands on it.</summary>
public sealed record HiddenHead
{
    /// <summary>Classes of the output: all of it is seen, a part is hidden.</summary>
    internal const int Classes = 2;

    /// <summary>Name of the output tensor, [n, 2], probabilities (softmax already applied).</summary>
    public required string Output { get; init; }
    /// <summary>Above this probability of the second class the plate is not read, or in a photograph refused; above 0 and below 1.</summary>
    public required float Threshold { get; init; }
    /// <summary>It is seen in a crop of its own, grown by this share of the box's size on every side, 0 to 1; null where it is seen in the first
    /// crop that is read.</summary>
    public float? Grow { get; init; }
}

public enum TensorType { Float32, Uint8 }

public enum TensorLayout { Nchw, Nhwc }

public enum ChannelOrder { Grey, Rgb, Bgr }

public enum ResizeRule
{
    /// <summary>Keep the aspect, fill exactly width × height, pad the rest.</summary>
    Letterbox,
    /// <summary>Keep the aspect, scale to the area of width × height, pad each side to its multiple.</summary>
    Area,
}

public enum DetectorDecode
{
    /// <summary>[1,13,h/8,w/8]: score, distances left/top/right/bottom in pixels from the cell's centre, four corner offsets.</summary>
    CentreMap,
    /// <summary>[n,7]: batch, x1, y1, x2, y2, class, score, overlaps already removed.</summary>
    EndToEnd,
}

public enum HeadKind
{
    /// <summary>Connectionist temporal classification: collapse repeats, drop blanks.</summary>
    Ctc,
    /// <summary>One class a slot, empty slots dropped.</summary>
    Slots,
}
