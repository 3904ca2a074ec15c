using System.Globalization;
using Edge.Vision.Detection;

namespace Edge.Agent.Commissioning;

/// <summary>A labelled plate of a photograph.</summary>
/// <param name="Box">Where it is, pixels.</param>
/// <param name="Text">What a person reads there, canonical.</param>
internal sealed record LabelledPlate(PixelBox Box, string Text);

/// <summary>A table of labelled photographs: tab-separated, first line <c>file x y width height text</c>, pixels. Rows
/// without a text are left out.</summary>
internal static class LabelledPlates
{
    private const int MaxBytes = 16 * 1024 * 1024;

    /// <summary>Labels by file name.</summary>
    /// <exception cref="LabelsException">The table is not in this format; the message names the line.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static ILookup<string, LabelledPlate> Read(string path)
    {
        if (!File.Exists(path)) throw new LabelsException($"{path}: no such file");
        if (new FileInfo(path).Length > MaxBytes) throw new LabelsException($"{path}: larger than {MaxBytes} bytes");
        var lines = File.ReadAllLines(path);
        if (lines.Length == 0 || lines[0] != "file\tx\ty\twidth\theight\ttext")
            throw new LabelsException($"{path}, line 1: must be the header file, x, y, width, height, text, separated by tabs");
        return lines.Index().Skip(1).Where(line => line.Item.Length > 0).Select(line => Parse(path, line.Index + 1, line.Item))
            .Where(row => row.Plate.Text.Length > 0).ToLookup(row => row.File, row => row.Plate);
    }

    private static (string File, LabelledPlate Plate) Parse(string path, int line, string row)
    {
        var fields = row.Split('\t');
        Span<float> numbers = stackalloc float[4];
        if (fields.Length == 1) return (fields[0], new LabelledPlate(default, ""));
        if (fields.Length != 6) throw new LabelsException($"{path}, line {line}: must have 6 fields, has {fields.Length}");
        for (var i = 0; i < 4; i++)
            if (!float.TryParse(fields[i + 1], NumberStyles.Float, CultureInfo.InvariantCulture, out numbers[i]))
                throw new LabelsException($"{path}, line {line}: field {i + 2} must be a number of pixels");
        var box = new PixelBox(numbers[0], numbers[1], numbers[0] + numbers[2], numbers[1] + numbers[3]);
        return (fields[0], new LabelledPlate(box, fields[5]));
    }
}

/// <summary>A table of labels that cannot be used; the message names the line, never what stands there.</summary>
internal sealed class LabelsException(string message) : Exception(message);
