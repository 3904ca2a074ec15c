using System.Text.Json;
using System.Text.Json.Nodes;
using Edge.Storage.Json;

namespace Edge.Agent.Hub;

/// <summary>A wanted plate and where it stands in its file, for example <c>line 7</c>.</summary>
public sealed record WantedRow(string At, WantedPlate Wanted);

/// <summary>What a list of wanted plates holds: the good rows, and what is wrong with the others. The caller disposes the
/// plates.</summary>
/// <param name="LeftOut">How many records were not asked for, by the file of the extract they belong to.</param>
public sealed record WantedList(IReadOnlyList<WantedRow> Rows, IReadOnlyList<JsonProblem> Problems, IReadOnlyDictionary<string, int> LeftOut);

/// <summary>Reads the list of wanted plates that an agency keeps in clear, in one of two forms: JSON
/// <c>{"wanted":[{"plate","case","purpose","basis","source","issuer","notBefore"?,"expires","form"?,"region"?,"agency"?}]}</c>, or
/// CSV (RFC 4180) whose first line names those same columns. Nothing of a plate or a case is repeated in a problem.</summary>
public static class HotlistSource
{
    /// <summary>Largest file accepted, in bytes.</summary>
    public const int MaxBytes = 16 * 1024 * 1024;

    private static readonly IReadOnlyDictionary<string, int> Nothing = new Dictionary<string, int>();

    /// <summary>Reads a list. It is taken whole or not at all: somebody at a desk can correct it.</summary>
    /// <param name="isCsv">By the file's name.</param>
    /// <param name="now">The start of entries that name none.</param>
    /// <returns>False, and every problem, with the entry from 0 or the CSV line from 1. The caller disposes the plates.</returns>
    public static bool TryRead(ReadOnlyMemory<byte> bytes, bool isCsv, DateTimeOffset now,
        out IReadOnlyList<WantedPlate> wanted, out IReadOnlyList<JsonProblem> problems)
    {
        var list = Read(bytes, isCsv, now);
        problems = list.Problems;
        wanted = [.. list.Rows.Select(row => row.Wanted)];
        if (problems.Count == 0) return true;
        foreach (var plate in wanted) plate.Dispose();
        wanted = [];
        return false;
    }

    /// <summary>Reads the rows that can be read; the others are problems, each with its place.</summary>
    public static WantedList Read(ReadOnlyMemory<byte> bytes, bool isCsv, DateTimeOffset now)
    {
        if (bytes.Length > MaxBytes) return Unreadable($"{bytes.Length} bytes; at most {MaxBytes} are read");
        return isCsv ? ReadCsv(bytes, now) : ReadJson(bytes, now);
    }

    internal static WantedList Unreadable(string reason) => new([], [new JsonProblem("", reason)], Nothing);

    /// <summary>Reads one row as the entry it stands for, whatever the form of the file.</summary>
    internal static void Take(JsonElement entry, string at, DateTimeOffset now, List<WantedRow> rows, List<JsonProblem> problems)
    {
        if (StrictJson.TryRead(entry, at, fields => WantedPlate.Read(fields, now), out var wanted, out var wrong))
            rows.Add(new WantedRow(at, wanted));
        else
            problems.AddRange(wrong);
    }

    private static WantedList ReadJson(ReadOnlyMemory<byte> bytes, DateTimeOffset now)
    {
        var (rows, found) = (new List<WantedRow>(), new List<JsonProblem>());
        StrictJson.TryRead(bytes, MaxBytes, file =>
        {
            foreach (var (i, entry) in file.Elements("wanted", 1, 100_000).Index()) Take(entry, $"wanted[{i}]", now, rows, found);
            return rows;
        }, out _, out var problems);
        return new WantedList(rows, [.. problems, .. found], Nothing);
    }

    private static WantedList ReadCsv(ReadOnlyMemory<byte> bytes, DateTimeOffset now)
    {
        if (!Csv.TryParse(bytes.Span, ',', out var rows, out var problem)) return Unreadable(problem);
        if (rows.Count < 2) return Unreadable("needs a line that names the columns, and a line for each plate");
        // One sentence instead of a problem for each column of each line.
        if (!rows[0].Fields.Contains("plate"))
            return Unreadable("the first line must name the columns, plate,case,purpose,basis,source,issuer,expires, with commas between"
                + (rows[0].Fields.Any(field => field.Contains(';', StringComparison.Ordinal)) ? "; here are semicolons" : ""));
        var (wanted, found) = (new List<WantedRow>(), new List<JsonProblem>());
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
            Take(JsonSerializer.SerializeToElement(entry), at, now, wanted, found);
        }
        return new WantedList(wanted, found, Nothing);
    }
}
