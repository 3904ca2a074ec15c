using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Unicode;

namespace Edge.Storage.Json;

/// <summary>Reads a JSON document (RFC 8259) that must be exactly what was asked for: every key is known, none is
/// repeated, none is missing, every value has its type and range. All problems are reported at once.</summary>
/// <example><code>
/// StrictJson.TryRead(bytes, 4096, fields => new Retention(fields.Whole("hours", 1, 504, otherwise: 24)),
///     out var retention, out var problems)
/// </code></example>
public static class StrictJson
{
    /// <summary>Reads one object. The size is checked before a byte is parsed.</summary>
    /// <param name="read">Asks for every key it knows; what it does not ask for is reported as unknown. It may run to
    /// its end with stand-in values after a problem, so it must only build, never act. It may
    /// return null once a problem is reported.</param>
    /// <returns>False, and at least one problem, if the document is not what was asked for.</returns>
    public static bool TryRead<T>(ReadOnlyMemory<byte> utf8, int maxBytes, Func<JsonFields, T?> read,
        [NotNullWhen(true)] out T? document, out IReadOnlyList<JsonProblem> problems) where T : class
    {
        document = null;
        if (!TryParse(utf8, maxBytes, out var json, out var problem))
        {
            problems = [problem];
            return false;
        }
        using (json) return TryRead(json.RootElement, "", read, out document, out problems);
    }

    /// <summary>Reads one element of a document apart from the rest, with problems of its own: how a list keeps its
    /// good entries when one is bad.</summary>
    /// <param name="path">Where the element stands; every problem's path starts with it.</param>
    public static bool TryRead<T>(JsonElement element, string path, Func<JsonFields, T?> read,
        [NotNullWhen(true)] out T? value, out IReadOnlyList<JsonProblem> problems) where T : class
    {
        var found = new List<JsonProblem>();
        var result = JsonFields.ReadObject(element, path, found, read);
        problems = found;
        if (found.Count == 0 && result is null) throw new InvalidOperationException("read returned null without a problem");
        value = found.Count == 0 ? result : null;
        return value is not null;
    }

    private static bool TryParse(ReadOnlyMemory<byte> utf8, int maxBytes, [NotNullWhen(true)] out JsonDocument? json,
        [NotNullWhen(false)] out JsonProblem? problem)
    {
        json = null;
        problem = null;
        if (utf8.Length > maxBytes) problem = new JsonProblem("", $"{utf8.Length} bytes; at most {maxBytes} are read");
        else if (!Utf8.IsValid(utf8.Span)) problem = new JsonProblem("", "not UTF-8 text");
        if (problem is not null) return false;
        try
        {
            json = JsonDocument.Parse(utf8, new JsonDocumentOptions { MaxDepth = 32 });
            return true;
        }
        catch (JsonException e)
        {
            // The exception's own text can quote the document.
            problem = new JsonProblem("", $"not JSON, see line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}");
            return false;
        }
    }
}
