using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Edge.Storage.Json;

namespace Edge.Agent.Transparency;

/// <summary>A report for machines: JSON on one line, or CSV with a row for each number and a column for each box. Nothing in it says when or where
/// it was made, so that two who count the same bundles can compare files.</summary>
internal static class ReportTable
{
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Json(TransparencyReport report) => new JsonObject
    {
        ["format"] = "edge-transparency-report/1",
        ["agencies"] = report.Agencies,
        ["period"] = report.Period.Name,
        ["from"] = JsonTime.Write(report.Period.From),
        ["to"] = JsonTime.Write(report.Period.To),
        ["total"] = Figures(report.Total),
        ["boxes"] = new JsonArray([.. report.Boxes.Select(Box)]),
    }.ToJsonString(Plain) + "\n";

    public static string Csv(TransparencyReport report)
    {
        var columns = new[] { report.Total }.Concat(report.Boxes.Select(box => box.Figures)).Select(Rows).ToList();
        var csv = new StringBuilder("number,total");
        foreach (var box in report.Boxes) csv.Append(',').Append(Cell(box.Origin));
        csv.Append("\r\n");
        foreach (var name in columns.SelectMany(column => column.Keys).Distinct().Order(StringComparer.Ordinal))
            csv.Append(Cell(name)).Append(',')
                .AppendJoin(',', columns.Select(column =>
                    Cell(column.GetValueOrDefault(name) ?? (name.StartsWith("of.", StringComparison.Ordinal) ? "" : "0")))).Append("\r\n");
        return csv.ToString();
    }

    // What is no sum has a name that begins with "of.": a missing one is unknown, not 0.
    private static SortedDictionary<string, string> Rows(ReportFigures figures)
    {
        var rows = new SortedDictionary<string, string>(figures.Counts.ToDictionary(count => count.Key, count => Text(count.Value)), StringComparer.Ordinal)
        {
            ["of.seconds.known"] = Text((long)figures.Known.TotalSeconds), ["of.seconds.up"] = Text((long)figures.Up.TotalSeconds),
        };
        if (figures.RetentionHours is { } hours)
            (rows["of.retention.hours.shortest"], rows["of.retention.hours.longest"]) = (Text(hours.Shortest), Text(hours.Longest));
        if (figures.MedianNotifySeconds is { } median)
            (rows["of.notify.seconds.median"], rows["of.notify.seconds.longest"]) = (Text(median), Text(figures.NotifySeconds[^1]));
        foreach (var (name, values) in figures.Sets) rows[$"of.{name}"] = string.Join("; ", values);
        return rows;
    }

    private static JsonObject Box(ReportedBox box) => new()
    {
        ["origin"] = box.Origin, ["size"] = box.Size, ["root"] = box.Root, ["keyId"] = box.KeyId, ["epochKeyGiven"] = box.EpochKeyGiven,
        ["witnessed"] = new JsonArray([.. box.Witnessed.Select(one => (JsonNode)new JsonObject
        {
            ["witness"] = one.Witness, ["size"] = one.Size, ["time"] = JsonTime.Write(one.Time),
        })]),
        ["coveredFrom"] = box.Covered is { From: var from } ? JsonTime.Write(from) : null,
        ["coveredUntil"] = box.Covered is { Until: var until } ? JsonTime.Write(until) : null,
        ["figures"] = Figures(box.Figures),
    };

    private static JsonObject Figures(ReportFigures figures)
    {
        var counts = new JsonObject();
        foreach (var (name, value) in figures.Counts) counts[name] = value;
        var sets = new JsonObject();
        foreach (var (name, values) in figures.Sets) sets[name] = new JsonArray([.. values.Select(value => (JsonNode)value)]);
        return new JsonObject
        {
            ["counts"] = counts, ["sets"] = sets, ["secondsKnown"] = (long)figures.Known.TotalSeconds, ["secondsUp"] = (long)figures.Up.TotalSeconds,
            ["retentionHours"] = figures.RetentionHours is { } hours ? new JsonArray(hours.Shortest, hours.Longest) : null,
            ["notifySeconds"] = figures.MedianNotifySeconds is { } median
                ? new JsonObject { ["incidents"] = figures.NotifySeconds.Count, ["median"] = median, ["longest"] = figures.NotifySeconds[^1] } : null,
        };
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    // A cell that a spreadsheet would take for a formula is quoted as text by a leading apostrophe: names come from logs.
    private static string Cell(string text)
    {
        if (text.Length > 0 && text[0] is '=' or '+' or '-' or '@') text = $"'{text}";
        return text.AsSpan().ContainsAny(",\"\r\n") ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text;
    }
}
