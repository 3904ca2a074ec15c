using System.Globalization;
using Edge.Agent.Commissioning;
using Edge.Vision.Recognition;

namespace Edge.Agent.Evaluation;

/// <summary>A recording in which one vehicle goes by, and what is known of it.</summary>
/// <param name="Path">Its file.</param>
/// <param name="Text">What its plate reads: A–Z and 0–9.</param>
/// <param name="Light">Light and weather in one word: day, night, rain, or another.</param>
/// <param name="Speed">Of the vehicle, km/h, 1 to 300.</param>
/// <param name="Rate">Frames a second, 1 to 240.</param>
internal sealed record PassageFilm(string Path, string Text, string Light, int Speed, int Rate)
{
    public override string ToString() => "PassageFilm(redacted)";
}

/// <summary>
/// The table of a folder of such films, <c>passages.tsv</c>: tab-separated, one film a line, the first line names the columns:
/// <c>file text light km/h frames a second</c>. <c>./build.sh train --only passages</c> renders such a folder.
/// </summary>
internal static class PassageFilms
{
    public const string Table = "passages.tsv";

    private const int MaxBytes = 1024 * 1024;
    private const int Fields = 5;

    /// <summary>The films in the table's order; none where the folder has no table.</summary>
    /// <exception cref="LabelsException">The table is not in this format; the message names the line and the field, never the text.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static IReadOnlyList<PassageFilm> Read(string folder)
    {
        var path = Path.Combine(folder, Table);
        if (!File.Exists(path)) return [];
        if (new FileInfo(path).Length > MaxBytes) throw new LabelsException($"{path}: larger than {MaxBytes} bytes");
        var lines = File.ReadAllLines(path);
        if (lines.Length == 0 || lines[0] != "file\ttext\tlight\tkm/h\tframes a second")
            throw new LabelsException($"{path}, line 1: must name the columns, separated by tabs: file, text, light, km/h, frames a second");
        return [.. lines.Index().Skip(1).Where(line => line.Item.Length > 0)
            .Select(line => Parse(folder, line.Item.Split('\t'), $"{path}, line {line.Index + 1}"))];
    }

    private static PassageFilm Parse(string folder, string[] fields, string place)
    {
        if (fields.Length != Fields) throw new LabelsException($"{place}: must have {Fields} fields, has {fields.Length}");
        var (file, text, light) = (fields[0], fields[1], fields[2]);
        if (file.Length == 0 || Path.GetFileName(file) != file || !File.Exists(Path.Combine(folder, file)))
            throw new LabelsException($"{place}: field file must be the name of a recording in the same folder");
        if (text.Length is 0 or > PlateText.MaxLength || !text.All(character => character is >= 'A' and <= 'Z' or >= '0' and <= '9'))
            throw new LabelsException($"{place}: field text must be 1 to {PlateText.MaxLength} of A–Z and 0–9");
        if (light.Length == 0 || !light.All(char.IsAsciiLetterLower))
            throw new LabelsException($"{place}: field light must be a word such as day, night or rain");
        return new PassageFilm(Path.Combine(folder, file), text, light, Number(fields[3], "km/h", 300, place),
            Number(fields[4], "frames a second", 240, place));
    }

    private static int Number(string field, string name, int most, string place) =>
        int.TryParse(field, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= 1 && number <= most
            ? number : throw new LabelsException($"{place}: field {name} must be a whole number, 1 to {most}");
}
