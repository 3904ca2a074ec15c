using System.Text;
using System.Text.Unicode;

namespace Edge.Agent.Hub;

/// <summary>One record of a CSV file and the line it starts on, from 1.</summary>
internal sealed record CsvRow(int Line, IReadOnlyList<string> Fields);

/// <summary>Comma-separated values as RFC 4180 has them, or with another delimiter: fields may be quoted, a quotation mark inside is doubled. Lines
/// may end in LF alone; empty lines are skipped.</summary>
internal static class Csv
{
    public static bool TryParse(ReadOnlySpan<byte> utf8, char delimiter, out IReadOnlyList<CsvRow> rows, out string problem)
    {
        rows = [];
        problem = "not UTF-8 text";
        if (!Utf8.IsValid(utf8)) return false;
        var text = Encoding.UTF8.GetString(utf8).TrimStart('\uFEFF'); // spreadsheets write a byte order mark
        var parsed = new List<CsvRow>();
        var line = 1;
        for (var at = 0; at < text.Length;)
        {
            var row = new CsvRow(line, ReadRow(text, delimiter, ref at, ref line, out var fault));
            if (fault)
            {
                problem = $"line {row.Line}: a quoted field does not end, or goes on after its end";
                return false;
            }
            if (row.Fields is not [""]) parsed.Add(row);
        }
        rows = parsed;
        problem = "";
        return true;
    }

    private static List<string> ReadRow(string text, char delimiter, ref int at, ref int line, out bool fault)
    {
        var fields = new List<string>();
        while (true)
        {
            fields.Add(at < text.Length && text[at] == '"' ? ReadQuoted(text, ref at, ref line, out fault) : ReadPlain(text, delimiter, ref at, out fault));
            if (fault) return fields;
            if (at < text.Length && text[at] == delimiter)
            {
                at++;
                continue;
            }
            if (at < text.Length && text[at] == '\r') at++;
            if (at < text.Length && text[at] == '\n') at++;
            else if (at < text.Length) fault = true;
            line++;
            return fields;
        }
    }

    private static string ReadPlain(string text, char delimiter, ref int at, out bool fault)
    {
        var start = at;
        while (at < text.Length && text[at] != delimiter && text[at] is not ('\r' or '\n' or '"')) at++;
        fault = at < text.Length && text[at] == '"';
        return text[start..at].Trim();
    }

    private static string ReadQuoted(string text, ref int at, ref int line, out bool fault)
    {
        var field = new StringBuilder();
        for (at++; at < text.Length; at++)
        {
            if (text[at] == '\n') line++;
            if (text[at] != '"') field.Append(text[at]);
            else if (at + 1 < text.Length && text[at + 1] == '"') field.Append(text[at++]);
            else break;
        }
        fault = at >= text.Length;
        at++;
        return field.ToString();
    }
}
