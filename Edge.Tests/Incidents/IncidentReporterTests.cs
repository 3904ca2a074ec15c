using Edge.Agent.Governance;
using Edge.Agent.Hits;
using Edge.Agent.Incidents;
using Edge.Agent.Publishing;
using Edge.Storage.Audit;
using Edge.Storage.Database;
using Edge.Storage.Outbox;
using Edge.Storage.Retention;
using Edge.Tests.Database;
using Edge.Tests.Matching;
using Edge.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Edge.Tests.Incidents;

/// <summary>Whatever goes wrong is told once, with its deadline, also after a crash, on a full disk and after days offline.</summary>
public sealed class IncidentReporterTests : IDisposable
{
    private readonly StateFixture _state = new();
    private readonly TemporaryFolder _folder = new();
    private readonly MessageSigner _signer;
    private readonly AuditLog _audit;
    private Policy? _policy = Lists.Policy with
    {
        NotifyWithinHours = IncidentKinds.Spellings.Values.ToDictionary(kind => kind, kind => kind == IncidentKind.Tamper ? 2 : 48),
    };

    public IncidentReporterTests()
    {
        _audit = AuditLog.Open(_folder.File("audit"), "edge/v1/riverton/box-1", _state.Keys.Log, _state.Time);
        _signer = new MessageSigner(new BoxName("riverton", "box-1"), _state.Keys.Messages, "0.1.0");
    }

    public static TheoryData<IncidentKind> Kinds => [.. Enum.GetValues<IncidentKind>()];

    public void Dispose()
    {
        _audit.Dispose();
        _state.Dispose();
        _folder.Dispose();
    }

    [Theory, MemberData(nameof(Kinds))]
    public void Each_kind_is_logged_then_waits_as_one_signed_message_with_its_deadline(IncidentKind kind)
    {
        Open().Report(kind, "no-case");

        var notice = Assert.Single(Notices());
        Assert.Equal((kind, "no-case", 1L), (notice.Kind, notice.Detail, notice.Count));
        Assert.Equal(TimeSpan.FromHours(kind == IncidentKind.Tamper ? 2 : 48), notice.NotifyBy - notice.When);
        Assert.Equal([(AuditAction.Incident, IncidentKinds.Write(kind)), (AuditAction.IncidentReported, IncidentKinds.Write(kind))], Entries());
    }

    [Fact]
    public void Without_a_policy_the_deadline_is_the_default()
    {
        _policy = null;
        Open().Report(IncidentKind.Tamper, "opened");
        Assert.Equal(StateFixture.Start.AddHours(Policy.DefaultNotifyHours), Assert.Single(Notices()).NotifyBy);
    }

    [Theory, MemberData(nameof(Kinds))]
    public void Each_kind_of_incident_is_one_message_also_after_days_offline_and_restarts(IncidentKind kind)
    {
        Open().Report(kind, "no-case");
        for (var day = 0; day < 30; day++)
        {
            var restarted = Open();
            _state.Time.Advance(TimeSpan.FromDays(1));
            Sweep.Run(_state.Database);
            restarted.CatchUp();
        }
        Assert.Equal(StateFixture.Start, Assert.Single(Notices()).When);
    }

    [Fact]
    public void Repeats_are_counted_into_one_following_message_and_none_is_lost()
    {
        var incidents = Open();
        for (var i = 0; i < 200; i++)
        {
            incidents.Report(IncidentKind.OutOfPolicyOrder, i % 2 == 0 ? "no-case" : "no-purpose");
            _state.Time.Advance(TimeSpan.FromSeconds(1));
        }
        Assert.Equal([1L], Notices().Select(notice => notice.Count));

        _state.Time.Advance(IncidentReporter.QuietFor);
        incidents.CatchUp();
        incidents.CatchUp();
        Assert.Equal([(1L, "no-case"), (199L, "various")], Notices().Select(notice => (notice.Count, notice.Detail)));
        // The deadline runs from the first of them, and there is time left to keep it.
        var following = Notices()[1];
        Assert.Equal(StateFixture.Start.AddSeconds(1), following.When);
        Assert.True(following.NotifyBy > _state.Time.GetUtcNow());
    }

    [Fact]
    public void Other_kinds_do_not_wait_for_a_flood_of_one()
    {
        var incidents = Open();
        for (var i = 0; i < 20; i++) incidents.Report(IncidentKind.FailedLogins, "repeated", 5);
        incidents.Report(IncidentKind.Tamper, "opened");
        Assert.Equal([IncidentKind.FailedLogins, IncidentKind.Tamper], Notices().Select(notice => notice.Kind));
    }

    [Fact]
    public void Repeats_counted_before_a_restart_are_told_after_it()
    {
        var incidents = Open();
        for (var i = 0; i < 5; i++) incidents.Report(IncidentKind.RefusedSignature, "targets-json");
        var restarted = Open();
        restarted.Report(IncidentKind.RefusedSignature, "targets-json");
        Assert.Single(Notices());
        _state.Time.Advance(IncidentReporter.QuietFor);
        restarted.CatchUp();
        Assert.Equal([1L, 5L], Notices().Select(notice => notice.Count));
    }

    [Fact]
    public void A_crash_after_the_entry_and_before_the_message_loses_no_incident()
    {
        _audit.Append(new AuditEntry { Action = AuditAction.Incident, Kind = "tamper", Detail = "opened" });
        Open().CatchUp();
        Open().CatchUp();
        Assert.Equal((IncidentKind.Tamper, "opened", 1L), Assert.Single(Notices()) is var notice ? (notice.Kind, notice.Detail, notice.Count) : default);
    }

    [Theory]
    [InlineData(false)] // the power went before the message's entry
    [InlineData(true)]  // it went after the entry, before the message was marked
    public void A_crash_between_message_and_log_is_mended_and_told_once(bool entryWasWritten)
    {
        _audit.Append(new AuditEntry { Action = AuditAction.Incident, Kind = "tamper", Detail = "opened" });
        var notice = new IncidentNotice(IncidentKind.Tamper, StateFixture.Start, StateFixture.Start.AddHours(2), "opened", 1);
        var sequence = _state.Outbox.Enqueue(MessageKind.Incident, StateFixture.Start.AddDays(90),
            number => _signer.Incident(number, notice, StateFixture.Start));
        if (entryWasWritten)
            _audit.Append(new AuditEntry
            {
                Action = AuditAction.IncidentReported, Kind = "tamper", Sequence = sequence, Count = 1,
                Digest = new Sha256Hash(_state.Outbox.Unlogged()[0].Digest.Span),
            });
        Assert.Empty(Notices());

        Open().CatchUp();
        Open().CatchUp();
        Assert.Equal(notice, Assert.Single(Notices()));
        Assert.Equal([AuditAction.Incident, AuditAction.IncidentReported], Entries().Select(entry => entry.Action));
    }

    [Fact]
    public void A_disk_that_fails_at_any_moment_of_a_report_leaves_it_told_exactly_once()
    {
        for (var failing = 1; failing < 16; failing++)
        {
            var disk = new SimulatedDisk();
            using var folder = new TemporaryFolder();
            using var database = StateDatabase.Open(folder.Path, disk.Files(folder.Path), _state.Keys.Hours, _state.Time);
            using var audit = AuditLog.Open(folder.File("audit"), "edge/v1/riverton/box-1", _state.Keys.Log, _state.Time);
            var incidents = IncidentReporter.Open(database, audit, _signer, () => _policy, _state.Time, NullLogger.Instance);
            disk.DiesAt = disk.Operations + failing;
            incidents.Report(IncidentKind.ClockJump, "ahead");
            incidents.Report(IncidentKind.ClockJump, "ahead");
            disk.DiesAt = null;
            incidents.CatchUp();
            _state.Time.Advance(IncidentReporter.QuietFor);
            incidents.CatchUp();

            Assert.Equal((0, 2L), (database.Outbox.Count().Unlogged, Notices(database).Sum(notice => notice.Count)));
            Assert.Equal(2, audit.Read().Count(record => record.Entry!.Action == AuditAction.Incident));
        }
    }

    [Fact]
    public void A_hit_that_a_crash_left_unlogged_is_not_taken_for_an_incident_nor_the_other_way_round()
    {
        _state.Commit();
        Open().CatchUp();
        Assert.Equal(1, _state.Outbox.Count().Unlogged);
        var notice = SampleBox.Notice;
        _state.Outbox.Enqueue(MessageKind.Incident, StateFixture.Start.AddDays(90), number => _signer.Incident(number, notice, StateFixture.Start));
        using var recorder = new HitRecorder(_state.Database, _audit, _signer, _state.Keys, new ReadCounter(), _state.Time, NullLogger.Instance);
        recorder.Reconcile(Sharing.Nobody);
        Assert.Equal(MessageKind.Incident, Assert.Single(_state.Outbox.Unlogged()).Kind);
    }

    [Theory, InlineData("AB123CD"), InlineData("case 17"), InlineData("")]
    public void A_detail_has_no_room_for_a_plate_or_a_case(string detail) =>
        Assert.DoesNotContain("AB123", Assert.Throws<ArgumentException>(() => Open().Report(IncidentKind.Tamper, detail)).Message, StringComparison.Ordinal);

    [Fact]
    public void Failed_logins_become_an_incident_when_they_repeat_and_not_before()
    {
        var logins = new FailedLogins(Open(), _state.Time);
        for (var i = 0; i < FailedLogins.Most; i++)
        {
            Assert.Empty(Notices());
            logins.Add();
        }
        Assert.Equal((IncidentKind.FailedLogins, (long)FailedLogins.Most), Assert.Single(Notices()) is var notice ? (notice.Kind, notice.Count) : default);
    }

    [Fact]
    public void Mistyped_codes_over_a_day_are_no_incident()
    {
        var logins = new FailedLogins(Open(), _state.Time);
        for (var i = 0; i < 20; i++)
        {
            logins.Add();
            _state.Time.Advance(FailedLogins.Within);
        }
        Assert.Empty(Notices());
    }

    private IncidentReporter Open() => IncidentReporter.Open(_state.Database, _audit, _signer, () => _policy, _state.Time, NullLogger.Instance);

    private List<IncidentNotice> Notices(StateDatabase? database = null) =>
    [
        .. (database ?? _state.Database).Outbox.Ready(64).Where(message => message.Kind == MessageKind.Incident).Select(message =>
        {
            Assert.True(_signer.TryRead(message.Payload.Span, out var said) && said.Type == EventType.Incident);
            Assert.True(IncidentNotice.TryParse(said.Data.Span, out var notice, out var reason), reason);
            return notice;
        }),
    ];

    private List<(AuditAction Action, string? Kind)> Entries() => [.. _audit.Read().Select(record => (record.Entry!.Action, record.Entry.Kind))];
}
