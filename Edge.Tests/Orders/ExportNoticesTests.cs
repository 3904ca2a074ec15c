using Edge.Agent.Cli;
using Edge.Agent.Orders;
using Edge.Storage.Audit;
using Edge.Storage.Keys;
using Edge.Tests.Matching;
using Edge.Tests.Support;
using Edge.Tests.Transparency;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Edge.Tests.Orders;

/// <summary>A copy of the log that somebody makes at the box is an entry in it.</summary>
public sealed class ExportNoticesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly FakeTimeProvider _time = new(Lists.Now);
    private readonly KeyFolder _keys;
    private readonly AuditLog _audit;
    private readonly ExportNotices _notices;

    public ExportNoticesTests()
    {
        _keys = KeyFolder.Open(_folder.File("state"), credentialsDirectory: null);
        _audit = AuditLog.Open(_folder.File("state/audit"), "edge/v1/riverton/box-1", _keys.Log, _time, _keys.Epochs);
        _audit.Append(new AuditEntry { Action = AuditAction.AgentStart });
        _notices = new ExportNotices(OrderInbox.In(_folder.File("state")), _audit, _time, NullLogger.Instance);
    }

    public void Dispose()
    {
        _audit.Dispose();
        _keys.Dispose();
        _folder.Dispose();
    }

    private List<AuditRecord> Exports => [.. _audit.Read().Where(record => record.Entry!.Action == AuditAction.LogExported)];

    [Fact]
    public async Task An_export_at_the_box_is_in_the_log_before_the_copy_is_made_and_the_copy_shows_it()
    {
        var exporting = TransparencyReportTests.Run("audit", "export", _folder.File("state/audit"), _folder.File("out.tar"), "--public");
        await Eventually.True(() =>
        {
            _notices.Look();
            return exporting.IsCompleted;
        }, "the export is noted and made");
        Assert.Equal(ExitCode.Ok, (await exporting).Code);
        var record = Assert.Single(Exports);
        Assert.Equal((AuditEntry.APerson, AuditRole.Technician, "public"), (record.Entry!.Actor, record.Entry.Role, record.Entry.Kind));
        Assert.Equal(Environment.UserName, _audit.Disclosed(record, "person")!.Value);
        Assert.Equal("1", (await TransparencyReportTests.Run("audit", "search", _folder.File("out.tar"), "--action", "log.exported", "--count")).Output.Trim());
        Assert.Empty(Directory.EnumerateFiles(OrderInbox.In(_folder.File("state")), "*" + ExportNotices.Ending));
    }

    [Fact]
    public async Task Where_no_agent_runs_the_notice_waits_for_it_and_a_log_that_was_carried_elsewhere_takes_none()
    {
        _audit.CopyTo(_folder.File("copy"));
        Assert.Equal(ExitCode.Ok, (await TransparencyReportTests.Run("audit", "export", _folder.File("copy"), _folder.File("copy.tar"), "--public")).Code);
        Assert.False(Directory.Exists(OrderInbox.In(_folder.Path)));
        _audit.Dispose();
        Assert.Equal(ExitCode.Ok, (await TransparencyReportTests.Run("audit", "export", _folder.File("state/audit"), _folder.File("out.tar"),
            "--public")).Code);
        using var again = AuditLog.Open(_folder.File("state/audit"), "edge/v1/riverton/box-1", _keys.Log, _time, _keys.Epochs);
        new ExportNotices(OrderInbox.In(_folder.File("state")), again, _time, NullLogger.Instance).Look();
        Assert.Single(again.Read(), record => record.Entry!.Action == AuditAction.LogExported);
    }

    [Fact]
    public void What_says_nothing_of_itself_is_an_entry_all_the_same_and_holds_nothing_up()
    {
        var inbox = Directory.CreateDirectory(OrderInbox.In(_folder.File("state"))).FullName;
        File.WriteAllText(Path.Combine(inbox, "a.export"), "nonsense");
        File.WriteAllBytes(Path.Combine(inbox, "b.export"), new byte[5000]);
        ExportNotices.Leave(inbox, "clerk", isFull: true);
        _notices.Look();
        Assert.Equal(["full", "unknown", "unknown"], Exports.Select(record => record.Entry!.Kind).Order(StringComparer.Ordinal));
        Assert.Empty(Directory.EnumerateFiles(inbox));
    }
}
