using System.Globalization;
using Edge.Agent.Device;
using Edge.Agent.Governance;
using Edge.Storage.Json;
using Edge.Storage.Trust;

namespace Edge.Agent.Doctor;

/// <summary>What the agency has signed: whether it is here and how long it still holds.</summary>
internal static class TrustRows
{
    private const string Push = "at the hub: edge-agent hub tend DIR, then edge-agent hub push DIR; or carry DIR/trust into the box's trustFolder";
    private static readonly TimeSpan Soon = TimeSpan.FromDays(2);

    public static IEnumerable<Finding> Look(Patient patient)
    {
        var now = patient.Health?.At ?? patient.Time.GetUtcNow();
        if (patient.Health is { } health) return [.. Rows(health.Trust, now), .. Unfinished(patient, now)];
        if (patient.Configuration is not { } configuration || patient.Enrolment is not { IsEnrolled: true } enrolment)
            return [Finding.Skipped("policy", "this box is not enrolled")];
        var folder = Path.Combine(configuration.StateFolder, "trust");
        if (!Directory.Exists(folder)) return [Finding.Skipped("policy", "the agent takes it from the broker when it first runs")];
        var box = enrolment.Name();
        var client = TrustClient.Open(folder, enrolment.Root(), box.Agency, box.Box);
        if (client.Damage is { } damage) return [Finding.Bad("policy", damage.Message, Push)];
        if (client.Current is not { } targets) return Rows(null, now);
        try
        {
            var trust = ActiveTrust.From(targets, now);
            return [.. Rows(new TrustLook(trust.Policy.Version, trust.PolicyExpires, trust.HotlistExpires, trust.Matcher.Hotlist.Entries.Count,
                trust.Refused.Count), now), .. Unfinished(trust.Policy)];
        }
        catch (TrustException refused)
        {
            return [Finding.Bad("policy", refused.Message, Push)];
        }
    }

    // What a running agent says of its trust has no words of the policy.
    private static IEnumerable<Finding> Unfinished(Patient patient, DateTimeOffset now)
    {
        try
        {
            if (patient is not { Configuration: { } configuration, Enrolment: { IsEnrolled: true } enrolment }
                || Path.Combine(configuration.StateFolder, "trust") is var folder && !Directory.Exists(folder)) return [];
            var box = enrolment.Name();
            return TrustClient.Open(folder, enrolment.Root(), box.Agency, box.Box).Current is
                { } targets ? Unfinished(ActiveTrust.From(targets, now).Policy) : [];
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or TrustException)
        {
            return [];
        }
    }

    private static IEnumerable<Finding> Unfinished(Policy policy) => policy.Unfinished.Select(one =>
        Finding.Warning("residents' page", one, "at the hub: edge-agent hub policy show DIR --source, change it, hub policy set, hub push"));

    private static IEnumerable<Finding> Rows(TrustLook? trust, DateTimeOffset now)
    {
        if (trust is null)
        {
            yield return Finding.Bad("policy", "nothing that the agency signed is here yet: every read is discarded", Push);
            yield break;
        }
        yield return Until("policy", string.Create(CultureInfo.InvariantCulture, $"version {trust.PolicyVersion}, orders"), trust.OrdersUntil, now);
        yield return Until("hotlist", string.Create(CultureInfo.InvariantCulture, $"{trust.Entries} entr{(trust.Entries == 1 ? "y" : "ies")}, matching"),
            trust.HotlistUntil, now);
        if (trust.Refused > 0)
            yield return Finding.Warning("refused entries", string.Create(CultureInfo.InvariantCulture, $"{trust.Refused} of the hotlist are not in use"),
                "at the hub: edge-agent hub hotlist show DIR");
    }

    private static Finding Until(string row, string what, DateTimeOffset end, DateTimeOffset now) =>
        end <= now ? Finding.Bad(row, $"{what} ended {JsonTime.Write(end)}", Push)
        : end - now < Soon ? Finding.Warning(row, $"{what} until {JsonTime.Write(end)}", Push)
        : Finding.Good(row, $"{what} until {JsonTime.Write(end)}");
}
