using System.Globalization;
using System.Net;

namespace Edge.Agent.LanConsole;

/// <summary>Text as HTML, and values as people read them. Whatever is not a literal of this program goes through <see cref="Text"/>.</summary>
internal static class Html
{
    public static string Text(string text) => WebUtility.HtmlEncode(text);

    public static string Number(double value, int digits = 0) => value.ToString($"N{digits}", CultureInfo.InvariantCulture);

    public static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) + " UTC";

    /// <summary>How long ago, or how long yet.</summary>
    public static string Span(TimeSpan span) => span.Duration() switch
    {
        { TotalSeconds: < 90 } and var short_ => $"{short_.TotalSeconds:0} s",
        { TotalMinutes: < 90 } and var some => $"{some.TotalMinutes:0} min",
        { TotalHours: < 48 } and var many => $"{many.TotalHours:0} h",
        var days => $"{days.TotalDays:0} days",
    };
}
