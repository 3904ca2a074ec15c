using System.Globalization;

namespace Edge.Storage.Json;

/// <summary>Instants in documents: RFC 3339, UTC, whole seconds, always <c>2026-01-31T23:59:59Z</c>.</summary>
public static class JsonTime
{
    private const string Format = "yyyy-MM-dd'T'HH:mm:ss'Z'";

    /// <summary>The instant in its one spelling; fractions of a second are cut.</summary>
    public static string Write(DateTimeOffset time) => time.UtcDateTime.ToString(Format, CultureInfo.InvariantCulture);

    /// <summary>Reads that spelling and no other.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out DateTimeOffset time) =>
        DateTimeOffset.TryParseExact(text, Format, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out time);
}
