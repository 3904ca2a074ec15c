using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Edge.Storage.Json;

namespace Edge.Agent.Hub;

/// <summary>What the agency adds to the records of an extract, which name a case and an agency, but no purpose and no end.</summary>
public sealed record NcicTerms
{
    /// <summary>The files that are taken, for example <c>stolen-vehicle</c>; all others are left out.</summary>
    public required IReadOnlySet<string> Files { get; init; }

    /// <summary>One of the policy's purposes; the file's own name unless given.</summary>
    public string? Purpose { get; init; }

    /// <summary>The legal basis; the record's NCIC number unless given.</summary>
    public string? Basis { get; init; }

    /// <summary>End of the entries.</summary>
    public required DateTimeOffset Expires { get; init; }
}

/// <summary>Reads an extract of NCIC records that a state system has written as delimited text: the first line names NCIC's
/// public field codes, each further line is a record. No layout of the FBI's own extract is public, so this is not it; the
/// form is described in docs/hotlists.md. Names, VINs and remarks are not looked at.</summary>
public static class NcicExtract
{
    /// <summary>The files whose records can carry a plate, as the FBI lists them for its licence plate reader extract, and the two
    /// kinds of the vehicle file apart.</summary>
    public static readonly IReadOnlySet<string> Files = new HashSet<string>(StringComparer.Ordinal)
    {
        "stolen-vehicle", "felony-vehicle", "stolen-license-plate", "wanted-person", "protection-order", "extreme-risk-protection-order",
        "missing-person", "gang", "threat-screening-center", "supervised-release", "national-sex-offender-registry",
        "immigration-violator", "protective-interest", "violent-person",
    };

    /// <summary>What records of an unknown message key are counted as.</summary>
    public const string Unknown = "unknown";

    /// <summary>What records without a plate are counted as: there is nothing to look for.</summary>
    public const string WithoutPlate = "without-plate";

    private static readonly string[] Needed = ["MKE", "LIC", "OCA", "ORI"];

    /// <summary>The source of the entries of a file: what a later extract replaces, and what a policy may forbid.</summary>
    public static string SourceOf(string file) => $"ncic-{file}";

    /// <summary>Reads the records of the files that are asked for.</summary>
    /// <param name="now">The start of every entry.</param>
    public static WantedList Read(ReadOnlyMemory<byte> bytes, NcicTerms terms, DateTimeOffset now)
    {
        if (bytes.Length > HotlistSource.MaxBytes)
            return HotlistSource.Unreadable($"{bytes.Length} bytes; at most {HotlistSource.MaxBytes} are read");
        if (!Csv.TryParse(bytes.Span, DelimiterOf(bytes.Span), out var lines, out var problem)) return HotlistSource.Unreadable(problem);
        if (lines.Count == 0 || Needed.FirstOrDefault(code => !lines[0].Fields.Contains(code)) is { } missing && missing.Length > 0)
            return HotlistSource.Unreadable($"the first line must name the field codes, {string.Join(", ", Needed)} among them, with one of ',', '|' or a tab between");
        var columns = lines[0].Fields.Index().DistinctBy(column => column.Item).ToDictionary(column => column.Item, column => column.Index);
        var (rows, problems, leftOut) = (new List<WantedRow>(), new List<JsonProblem>(), new Dictionary<string, int>());
        foreach (var line in lines.Skip(1))
        {
            var at = string.Create(CultureInfo.InvariantCulture, $"line {line.Line}");
            if (line.Fields.Count != lines[0].Fields.Count)
            {
                problems.Add(new JsonProblem(at, $"has {line.Fields.Count} fields; the first line names {lines[0].Fields.Count}"));
                continue;
            }
            var file = FileOf(Field("MKE"));
            var without = !terms.Files.Contains(file) ? file : Field("LIC").Length == 0 ? WithoutPlate : null;
            if (without is not null) leftOut[without] = leftOut.GetValueOrDefault(without) + 1;
            else if (Field("OCA").Length == 0) problems.Add(new JsonProblem(at, "case: missing; a record without OCA has no case"));
            else HotlistSource.Take(JsonSerializer.SerializeToElement(Entry(file, Field, terms, now)), at, now, rows, problems);

            string Field(string code) => columns.TryGetValue(code, out var column) ? line.Fields[column] : "";
        }
        return new WantedList(rows, problems, leftOut);
    }

    /// <summary>The file that a message key belongs to: by the keys with which vehicles, plates, wanted and missing persons are entered
    /// (EV, EF, EL, EW…, EM…; a caution code may follow after '-'), or by the words with which NCIC translates it.</summary>
    internal static string FileOf(string messageKey)
    {
        var words = string.Join('-', messageKey.ToLowerInvariant().Split([' ', '-', '_'], StringSplitOptions.RemoveEmptyEntries));
        if (Files.Contains(words)) return words;
        var key = words.Split('-')[0];
        return key switch
        {
            "ev" => "stolen-vehicle",
            "ef" => "felony-vehicle",
            "el" => "stolen-license-plate",
            ['e', 'w', ..] and { Length: <= 3 } => "wanted-person",
            ['e', 'm', _] => "missing-person",
            _ => Unknown,
        };
    }

    private static JsonObject Entry(string file, Func<string, string> field, NcicTerms terms, DateTimeOffset now)
    {
        var number = field("NIC");
        var entry = new JsonObject
        {
            ["plate"] = field("LIC"),
            ["case"] = field("OCA"),
            ["purpose"] = terms.Purpose ?? file,
            ["basis"] = terms.Basis ?? (number.Length > 0 ? $"NCIC record {number}" : "NCIC record"),
            ["source"] = SourceOf(file),
            ["notBefore"] = JsonTime.Write(now),
            ["expires"] = JsonTime.Write(terms.Expires),
        };
        if (field("ORI") is { Length: > 0 } agency) entry["issuer"] = agency;
        return entry;
    }

    private static char DelimiterOf(ReadOnlySpan<byte> text)
    {
        var end = text.IndexOfAny((byte)'\r', (byte)'\n');
        var first = end < 0 ? text : text[..end];
        return first.Contains((byte)'|') ? '|' : first.Contains((byte)'\t') ? '\t' : ',';
    }
}
