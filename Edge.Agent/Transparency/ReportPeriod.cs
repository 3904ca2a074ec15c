using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Edge.Agent.Transparency;

/// <summary>The quarter that a report is about, in UTC.</summary>
/// <param name="Name"><c>2026Q4</c>.</param>
/// <param name="From">Its first instant.</param>
/// <param name="To">The first instant after it.</param>
public sealed record ReportPeriod(string Name, DateTimeOffset From, DateTimeOffset To)
{
    /// <summary>Reads <c>2026Q4</c> and no other spelling.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out ReportPeriod? period)
    {
        period = null;
        if (text is not [_, _, _, _, 'Q', >= '1' and <= '4'] || !int.TryParse(text.AsSpan(0, 4), NumberStyles.None, CultureInfo.InvariantCulture, out var year)
            || year is < 2000 or > 9998) return false;
        var from = new DateTimeOffset(year, (text[5] - '1') * 3 + 1, 1, 0, 0, 0, TimeSpan.Zero);
        period = new ReportPeriod(text, from, from.AddMonths(3));
        return true;
    }

    /// <summary>"October to December 2026".</summary>
    public string Words => string.Create(CultureInfo.InvariantCulture, $"{From:MMMM} to {To.AddDays(-1):MMMM yyyy}");

    /// <summary>The first day of each of its weeks, counted from its first day; the last is the rest.</summary>
    public IReadOnlyList<DateTimeOffset> Weeks => [.. Enumerable.Range(0, (int)Math.Ceiling((To - From).TotalDays / 7)).Select(week => From.AddDays(7 * week))];

    /// <summary>The week, by its first day, that a time of this period is in.</summary>
    public string WeekOf(DateTimeOffset time) => From.AddDays(7 * (int)((time - From).TotalDays / 7)).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
