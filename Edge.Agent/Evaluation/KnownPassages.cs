using System.Text.RegularExpressions;

namespace Edge.Agent.Evaluation;

/// <summary>
/// Which plates go by in the bench's recordings. They are real, so this program does not hold them: the page beside the
/// recordings (<c>README.md</c> of the data folder) names them, in its line about <c>footage/NAME</c>, as code in back quotes.
/// </summary>
internal static partial class KnownPassages
{
    /// <summary>The plates of each recording that the page names, by file name; none where nothing is readable.</summary>
    /// <exception cref="IOException">The page cannot be read.</exception>
    public static IReadOnlyDictionary<string, IReadOnlyList<string>> Read(string page)
    {
        var known = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        if (!File.Exists(page)) return known;
        foreach (var line in File.ReadLines(page))
            if (Recording().Match(line) is { Success: true } recording)
                known[recording.Groups[1].Value] = [.. Plate().Matches(line).Select(plate => plate.Groups[1].Value)];
        return known;
    }

    [GeneratedRegex(@"`footage/([^`/]+)`")]
    private static partial Regex Recording();

    [GeneratedRegex("`([A-Z0-9]{4,10})`")]
    private static partial Regex Plate();
}
