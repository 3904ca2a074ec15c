using System.Text.Json;
using System.Text.Json.Nodes;
using Edge.Storage.Json;

namespace Edge.Agent.Hub;

/// <summary>Reads the list of wanted plates that an agency keeps in clear, in one of two forms: JSON
/// <c>{"wanted":[{"plate","case","purpose","basis","source","issuer","notBefore"?,"expires","form"?,"region"?}]}</c>, or
/// CSV (RFC 4180) whose first line names those same columns. Nothing of a plate or a case is repeated in a problem.</summary>
public static class HotlistSource
{
    /// <summary>Largest file accepted, in bytes.</summary>
    public const int MaxBytes = 16 * 1024 * 1024;

    /// <summary>Reads a list. It is taken whole or not at all: somebody at a desk can correct it.</summary>
    /// <param name="isCsv">By the file's name.</param>
    /// <param name="now">The start of entries that name none.</param>
    /// <returns>False, and every problem, with the entry from 0 or the CSV line from 1. The caller disposes the plates.</returns>
    public static bool TryRead(ReadOnlyMemory<byte> bytes, bool isCsv, DateTimeOffset now,
        out IReadOnlyList<WantedPlate> wanted, out IReadOnlyList<JsonProblem> problems)
    {
        wanted = [];
        if (bytes.Length > MaxBytes)
        {
            problems = [new JsonProblem("", $"{bytes.Length} bytes; at most {MaxBytes} are read")];
            return false;
        }
        var read = isCsv ? ReadCsv(bytes, now, out problems) : ReadJson(bytes, now, out problems);
        if (problems.Count == 0)
        {
            wanted = read;
            return true;
        }
        foreach (var plate in read) plate.Dispose();
        return false;
    }

    private static List<WantedPlate> ReadJson(ReadOnlyMemory<byte> bytes, DateTimeOffset now, out IReadOnlyList<JsonProblem> problems)
    {
        var wanted = new List<WantedPlate>();
        StrictJson.TryRead(bytes, MaxBytes, file =>
        {
            wanted.AddRange(file.Objects("wanted", 1, 100_000, entry => WantedPlate.Read(entry, now)).OfType<WantedPlate>());
            return wanted;
        }, out _, out problems);
        return wanted;
    }

    private static List<WantedPlate> ReadCsv(ReadOnlyMemory<byte> bytes, DateTimeOffset now, out IReadOnlyList<JsonProblem> problems)
    {
        var wanted = new List<WantedPlate>();
        var found = new List<JsonProblem>();
        problems = found;
        if (!Csv.TryParse(bytes.Span, out var rows, out var problem))
        {
            found.Add(new JsonProblem("", problem));
            return wanted;
        }
        if (rows.Count < 2) found.Add(new JsonProblem("", "needs a line that names the columns, and a line for each plate"));
        foreach (var row in rows.Skip(1))
        {
            var at = $"line {row.Line}";
            if (row.Fields.Count != rows[0].Fields.Count)
            {
                found.Add(new JsonProblem(at, $"has {row.Fields.Count} columns; the first line names {rows[0].Fields.Count}"));
                continue;
            }
            // From here on CSV and JSON are the same entry with the same rules.
            var entry = new JsonObject();
            foreach (var (column, field) in rows[0].Fields.Zip(row.Fields))
                if (field.Length > 0) entry[column] = field;
            if (StrictJson.TryRead(JsonSerializer.SerializeToElement(entry), at, fields => WantedPlate.Read(fields, now), out var plate, out var wrong))
                wanted.Add(plate);
            else
                found.AddRange(wrong);
        }
        return wanted;
    }
}
