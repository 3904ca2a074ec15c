using System.Globalization;
using Edge.Vision.Detection;

namespace Edge.Agent.Commissioning;

/// <summary>A labelled plate of a picture.</summary>
/// <param name="Box">Where it is, pixels; null where the picture is the plate.</param>
/// <param name="Text">What a person reads there: A–Z and 0–9.</param>
internal sealed record LabelledPlate(PixelBox? Box, string Text)
{
    /// <summary>Where it is from, ISO 3166-1 (<c>RO</c>) or 3166-2 (<c>US-CA</c>); null where the label does not say.</summary>
    public string? Region { get; init; }

    public override string ToString() => "LabelledPlate(redacted)";
}

/// <summary>
/// A table of labels: tab-separated, one plate a line, the first line names the columns. Photographs have
/// <c>file x y width height text</c> (pixels), crops <c>file text</c> or <c>file state text</c> (of the United States). A line with only a file
/// name says that the picture shows no plate; a plate without a text is one that nobody could read.
/// </summary>
internal sealed class LabelledPlates
{
    private const int MaxBytes = 16 * 1024 * 1024;

    private static readonly string[] Headers =
    [
        "file\tx\ty\twidth\theight\ttext", "file\tx\ty\twidth\theight\tmachine_read\tmin_confidence", "file\tstate\ttext", "file\ttext",
    ];

    private readonly ILookup<string, LabelledPlate> _plates;

    private LabelledPlates(bool hasBoxes, IReadOnlyList<(string File, LabelledPlate? Plate)> rows)
    {
        HasBoxes = hasBoxes;
        Files = [.. rows.Select(row => row.File).Distinct(StringComparer.Ordinal)];
        PlateFree = [.. rows.GroupBy(row => row.File, StringComparer.Ordinal).Where(file => file.All(row => row.Plate is null)).Select(file => file.Key)];
        var texts = rows.Where(row => row.Plate is { Text.Length: > 0 }).ToList();
        _plates = texts.Where(row => IsCanonical(row.Plate!.Text)).ToLookup(row => row.File, row => row.Plate!, StringComparer.Ordinal);
        Skipped = texts.Count - _plates.Sum(file => file.Count());
        NamesOneTwice = Files.Count < rows.Count;
    }

    /// <summary>Whether each label says where its plate is; else the picture is the plate.</summary>
    public bool HasBoxes { get; }

    /// <summary>Every file the table names, in its order.</summary>
    public IReadOnlyList<string> Files { get; }

    /// <summary>Files that show no plate.</summary>
    public IReadOnlyList<string> PlateFree { get; }

    /// <summary>Whether a file stands on several lines.</summary>
    public bool NamesOneTwice { get; }

    /// <summary>Labels left out because their text holds other characters than A–Z and 0–9.</summary>
    public int Skipped { get; }

    /// <summary>The labelled plates of one file; none where it has none, or is not in the table.</summary>
    public IEnumerable<LabelledPlate> this[string file] => _plates[file];

    /// <summary>Reads a table.</summary>
    /// <param name="textOf">What of a label's text counts; default all of it.</param>
    /// <exception cref="LabelsException">The table is not in this format; the message names the line.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static LabelledPlates Read(string path, Func<string, string>? textOf = null)
    {
        if (!File.Exists(path)) throw new LabelsException($"{path}: no such file");
        var lines = Lines(path);
        if (lines.Count == 0 || !Headers.Contains(lines[0], StringComparer.Ordinal))
            throw new LabelsException($"{path}, line 1: must name the columns, separated by tabs: file, x, y, width, height, text; " +
                "or file, text; or file, state, text");
        var columns = lines[0].Split('\t');
        var text = Math.Max(Array.IndexOf(columns, "text"), Array.IndexOf(columns, "machine_read"));
        var state = Array.IndexOf(columns, "state");
        var hasBoxes = columns[1] == "x";
        var labels = new LabelledPlates(hasBoxes, [.. lines.Index().Skip(1).Where(line => line.Item.Length > 0).Select(line =>
            Parse(line.Item.Split('\t'), columns.Length, text, state, hasBoxes, textOf, $"{path}, line {line.Index + 1}"))]);
        return hasBoxes || !labels.NamesOneTwice ? labels
            : throw new LabelsException($"{path}: a file stands there on several lines: where the picture is the plate it has one label");
    }

    // What a shell pipes in has no length beforehand.
    private static List<string> Lines(string path)
    {
        using var file = File.OpenRead(path);
        var bytes = new MemoryStream();
        Span<byte> part = stackalloc byte[4096];
        while (file.Read(part) is > 0 and var read)
        {
            bytes.Write(part[..read]);
            if (bytes.Length > MaxBytes) throw new LabelsException($"{path}: larger than {MaxBytes} bytes");
        }
        bytes.Position = 0;
        using var text = new StreamReader(bytes);
        var lines = new List<string>();
        while (text.ReadLine() is { } line) lines.Add(line);
        return lines;
    }

    private static (string File, LabelledPlate? Plate) Parse(string[] fields, int columns, int text, int state, bool hasBoxes,
        Func<string, string>? textOf, string place)
    {
        if (fields[0] is "" or "." or ".." || fields[0].Any(one => one is '/' or '\\' || char.IsControl(one)))
            throw new LabelsException($"{place}: field 1 must be a bare file name, without a folder");
        if (fields.Length == 1) return (fields[0], null);
        if (fields.Length != columns) throw new LabelsException($"{place}: must have {columns} fields, has {fields.Length}");
        return (fields[0], new LabelledPlate(hasBoxes ? Box(fields, place) : null, textOf is null ? fields[text] : textOf(fields[text]))
        {
            Region = state < 0 || fields[state].Length == 0 ? null : $"US-{fields[state].ToUpperInvariant()}",
        });
    }

    private static PixelBox Box(string[] fields, string place)
    {
        Span<float> numbers = stackalloc float[4];
        for (var i = 0; i < 4; i++)
            if (!float.TryParse(fields[i + 1], NumberStyles.Float, CultureInfo.InvariantCulture, out numbers[i]) || !float.IsFinite(numbers[i]))
                throw new LabelsException($"{place}: field {i + 2} must be a number of pixels");
        for (var i = 2; i < 4; i++)
            if (numbers[i] < 0) throw new LabelsException($"{place}: field {i + 2} must not be below 0: it is the {(i == 2 ? "width" : "height")} of a plate");
        return new PixelBox(numbers[0], numbers[1], numbers[0] + numbers[2], numbers[1] + numbers[3]);
    }

    private static bool IsCanonical(string text) => text.All(character => character is >= 'A' and <= 'Z' or >= '0' and <= '9');
}

/// <summary>A table of labels that cannot be used; the message names the line, never what stands there.</summary>
internal sealed class LabelsException(string message) : Exception(message);
