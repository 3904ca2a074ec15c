using Edge.Agent.Governance;
using Edge.Agent.Hub;
using Edge.Storage.Audit;
using Edge.Storage.Keys;
using Edge.Storage.Trust;
using Edge.Tests.Matching;
using Edge.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Edge.Tests.Governance;

/// <summary>The folder of signed files that a technician filled once, while the broker brings newer ones.</summary>
public sealed class TrustInboxTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly FakeTimeProvider _time = new(Lists.Now);
    private readonly SigningKey _key = SigningKey.Create();
    private readonly Agency _agency;
    private readonly AuditLog _audit;
    private readonly TrustWatch _trust;

    public TrustInboxTests()
    {
        _agency = Agency.Create(_folder.File("agency"), new AgencyPlan { Agency = "riverton", Cost = Lists.Cheap }, Lists.Now, null, out _)!;
        _audit = AuditLog.Open(_folder.File("audit"), "edge/v1/riverton/box-1", _key, _time);
        _trust = new TrustWatch(TrustClient.Open(_folder.File("trust"), File.ReadAllBytes(Path.Combine(_agency.TrustFolder, "1.root.json")), "riverton",
            "box-1"), _audit,
            NullLogger.Instance);
        Directory.CreateDirectory(_folder.File("state"));
        Fill();
    }

    public void Dispose()
    {
        _audit.Dispose();
        _agency.Dispose();
        _key.Dispose();
        _folder.Dispose();
    }

    private string Inbox => _folder.File("inbox");

    private IEnumerable<AuditEntry> Refused => _audit.Read().Select(record => record.Entry!).Where(entry => entry.Action == AuditAction.TrustRefused);

    private TrustInbox Open(TrustWatch? trust = null) => new(Inbox, _folder.File("state"), trust ?? _trust, NullLogger.Instance);

    private void Fill()
    {
        foreach (var file in TrustRepositoryWriter.SendingOrder(_agency.TrustFolder, "riverton"))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(Inbox, file))!);
            File.Copy(Path.Combine(_agency.TrustFolder, file), Path.Combine(Inbox, file), overwrite: true);
        }
    }

    private void BrokerBringsTheNewest() => _trust.Refresh(TrustSource.Folder(_agency.TrustFolder), _time.GetUtcNow());

    [Fact]
    public void What_was_taken_from_it_once_is_no_rollback_when_the_broker_has_brought_newer_files_also_after_a_restart()
    {
        Open().Look(_time.GetUtcNow());
        Assert.NotNull(_trust.Current);
        _time.Advance(TimeSpan.FromDays(1));
        _agency.RefreshTrust(_time.GetUtcNow());
        BrokerBringsTheNewest();
        var inbox = Open();
        inbox.Look(_time.GetUtcNow());
        inbox.Look(_time.GetUtcNow());
        Assert.Empty(Refused);
        Assert.Equal(2, _trust.Current!.Targets.Versions[TrustPath.Timestamp]);
    }

    [Fact]
    public void Older_files_than_it_gave_before_are_a_rollback_and_newer_ones_are_taken()
    {
        var older = File.ReadAllBytes(Path.Combine(_agency.TrustFolder, TrustPath.Timestamp));
        _agency.RefreshTrust(_time.GetUtcNow());
        Fill();
        var inbox = Open();
        inbox.Look(_time.GetUtcNow());
        File.WriteAllBytes(Path.Combine(Inbox, TrustPath.Timestamp), older);
        inbox.Look(_time.GetUtcNow());
        Assert.Equal(["timestamp-json"], Refused.Select(entry => entry.Outcome.Reason));

        _agency.RefreshTrust(_time.GetUtcNow());
        Fill();
        inbox.Look(_time.GetUtcNow());
        Assert.Equal(3, _trust.Current!.Targets.Versions[TrustPath.Timestamp]);
    }

    [Fact]
    public void What_nobody_foresaw_in_it_does_not_end_the_box()
    {
        var fails = true;
        var trust = new TrustWatch(TrustClient.Open(_folder.File("other"), File.ReadAllBytes(Path.Combine(_agency.TrustFolder, "1.root.json")), "riverton",
            "box-1"), _audit, NullLogger.Instance)
        {
            TimestampSigned = _ => { if (fails) throw new InvalidOperationException("nobody foresaw this"); },
        };
        var inbox = Open(trust);
        inbox.Look(_time.GetUtcNow());
        Assert.Null(trust.Current);
        fails = false;
        inbox.Look(_time.GetUtcNow());
        Assert.NotNull(trust.Current);
    }
}
