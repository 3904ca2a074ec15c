using System.Globalization;

namespace Edge.Storage.Json;

/// <summary>Instants in JSON: RFC 3339, UTC, one spelling a place. What the agency signs has whole seconds
/// (<c>2026-01-31T23:59:59Z</c>); messages and the audit log have milliseconds (<c>2026-01-31T23:59:59.999Z</c>).</summary>
public static class JsonTime
{
    private const string Format = "yyyy-MM-dd'T'HH:mm:ss'Z'";
    private const string MillisecondFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

    /// <summary>The instant in its one spelling; fractions of a second are cut.</summary>
    public static string Write(DateTimeOffset time) => time.UtcDateTime.ToString(Format, CultureInfo.InvariantCulture);

    /// <summary>Reads that spelling and no other.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out DateTimeOffset time) =>
        DateTimeOffset.TryParseExact(text, Format, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out time);

    /// <summary>The instant with exactly three decimals; anything finer is cut.</summary>
    public static string WriteMilliseconds(DateTimeOffset time) =>
        time.UtcDateTime.ToString(MillisecondFormat, CultureInfo.InvariantCulture);

    /// <summary>Reads that spelling and no other.</summary>
    public static bool TryParseMilliseconds(ReadOnlySpan<char> text, out DateTimeOffset time) =>
        DateTimeOffset.TryParseExact(text, MillisecondFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out time);
}
