using System.Globalization;
using Edge.Agent.Governance;
using Edge.Agent.Publishing;

namespace Edge.Agent.Hub;

/// <summary>What the agency owes because of an incident, and how much time is left for it.</summary>
/// <param name="Office">Whom to tell: the policy's office, or the agency itself where it names none.</param>
/// <param name="By">By when.</param>
/// <param name="Left">From now; negative once it is too late.</param>
public sealed record NotifyDeadline(string Office, DateTimeOffset By, TimeSpan Left)
{
    /// <param name="policy">The agency's own: it names the office. The deadline is the one that the box went by.</param>
    public static NotifyDeadline Of(IncidentNotice notice, Policy policy, DateTimeOffset now) =>
        new(policy.Notify?.Name ?? policy.Agency, notice.NotifyBy, notice.NotifyBy - now);

    /// <summary>One sentence for whoever is on duty.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"tell {Office} by {By.UtcDateTime:yyyy-MM-dd HH:mm} UTC, ") +
        (Left > TimeSpan.Zero ? $"{Words(Left)} left" : $"OVERDUE since {Words(-Left)}");

    // Whole units, cut: nobody is told of more time than there is.
    private static string Words(TimeSpan time) => time.TotalMinutes < 1 ? "less than a minute"
        : time.TotalHours < 1 ? Count((int)time.TotalMinutes, "minute")
        : time.TotalDays < 2 ? Count((int)time.TotalHours, "hour") : Count((int)time.TotalDays, "day");

    private static string Count(int count, string unit) => count == 1 ? $"1 {unit}" : $"{count} {unit}s";
}
