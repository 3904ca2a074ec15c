using Edge.Agent.Governance;
using Edge.Agent.Hub;
using Edge.Storage.Audit;
using Edge.Storage.Keys;
using Edge.Storage.Trust;
using Edge.Tests.Matching;

namespace Edge.Tests.Scenarios;

/// <summary>Breach notification with deadlines: each trigger produces one signed incident, also after days offline.</summary>
public sealed class BreachNotificationTests : IDisposable
{
    private static readonly TimeSpan Offline = TimeSpan.FromDays(5);
    private readonly BoxInTime _box = new();

    public BreachNotificationTests() => _box.Turn();

    public void Dispose() => _box.Dispose();

    [Fact]
    public void A_refused_signature_produces_one_incident_also_after_days_offline()
    {
        _box.Inbox = CopyOfTrust();
        using var stranger = SigningKey.Create();
        var timestamp = Path.Combine(_box.Inbox, TrustPath.Timestamp);
        var file = SignedFile<TimestampMetadata>.Parse(TrustPath.Timestamp, File.ReadAllBytes(timestamp), TimestampMetadata.Read);
        File.WriteAllBytes(timestamp, SignedFile.Sign((file.Metadata with { Version = 99, Expires = Lists.Now.AddYears(9) }).Write(), [stranger]));
        _box.Run(Offline);
        AssertOne(IncidentKind.RefusedSignature, "timestamp-json");
        Assert.Equal(Lists.Now + Offline, _box.Time.GetUtcNow()); // and it told no time
    }

    [Fact]
    public void A_rollback_attempt_produces_one_incident_also_after_days_offline()
    {
        var old = CopyOfTrust();
        _box.Agency.RefreshTrust(Lists.Now.AddMinutes(1));
        _box.Turn();
        _box.Inbox = old;
        _box.Run(Offline);
        AssertOne(IncidentKind.RollbackAttempt, "timestamp-json");
    }

    [Theory, InlineData(-1, "behind"), InlineData(1, "ahead")]
    public void A_clock_jump_produces_one_incident_also_after_days_offline(int years, string detail)
    {
        _box.Machine.Set(Lists.Now.AddYears(years));
        _box.Run(Offline);
        AssertOne(IncidentKind.ClockJump, detail);
    }

    [Fact]
    public void A_log_that_lost_a_part_produces_one_incident_also_after_days_offline()
    {
        foreach (var tile in Directory.EnumerateFiles(Path.Combine(_box.File("audit"), "tile", "0"), "*", SearchOption.AllDirectories)) File.Delete(tile);
        _box.Restart();
        Assert.False(_box.Audit.Recovery.IsClean);
        _box.Run(Offline);
        AssertOne(IncidentKind.LogCheckFailed, "recovered");
    }

    [Fact]
    public void A_tamper_input_an_order_out_of_policy_and_failed_logins_produce_one_incident_each_also_after_days_offline()
    {
        _box.Incidents.Report(IncidentKind.Tamper, "opened");
        _box.Incidents.Report(IncidentKind.OutOfPolicyOrder, "no-case");
        _box.Incidents.Report(IncidentKind.FailedLogins, "repeated", 5);
        for (var day = 0; day < 5; day++)
        {
            _box.Run(TimeSpan.FromDays(1));
            _box.Restart();
        }
        Assert.Equal([IncidentKind.Tamper, IncidentKind.OutOfPolicyOrder, IncidentKind.FailedLogins], _box.Notices.Select(notice => notice.Kind));
    }

    [Fact]
    public void A_hub_that_is_away_until_everything_expires_is_no_incident()
    {
        _box.Run(TimeSpan.FromDays(8));
        Assert.Empty(_box.Notices);
        Assert.Contains(_box.Audit.Read(), record => record.Entry!.Action == AuditAction.TrustRefused);
    }

    [Fact]
    public void A_set_in_use_that_was_changed_on_the_disk_is_an_incident()
    {
        var active = _box.File("trust/active.json");
        File.WriteAllText(active, File.ReadAllText(active).Replace("bytes", "bites", StringComparison.Ordinal));
        _box.Restart();
        AssertOne(IncidentKind.RefusedSignature, "active-json");
    }

    [Fact]
    public void An_incident_waits_for_its_hub_for_a_season()
    {
        _box.Incidents.Report(IncidentKind.Tamper, "opened");
        for (var day = 0; day < 89; day++)
        {
            _box.Machine.Advance(TimeSpan.FromDays(1));
            _box.Turn();
        }
        Assert.Single(_box.Notices);
    }

    private void AssertOne(IncidentKind kind, string detail)
    {
        var notice = Assert.Single(_box.Notices);
        Assert.Equal((kind, detail, 1L), (notice.Kind, notice.Detail, notice.Count));
        Assert.Equal(TimeSpan.FromHours(_box.Trust.Current!.Policy.NotifyWithinHours[kind]), notice.NotifyBy - notice.When);
    }

    private string CopyOfTrust()
    {
        var copy = _box.File("copy");
        foreach (var file in Directory.EnumerateFiles(_box.Agency.TrustFolder, "*", SearchOption.AllDirectories))
        {
            var to = Path.Combine(copy, Path.GetRelativePath(_box.Agency.TrustFolder, file));
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            File.Copy(file, to);
        }
        return copy;
    }
}
