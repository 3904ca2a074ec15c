using Edge.Agent.Clock;
using Edge.Agent.Enrolment;
using Edge.Agent.Governance;
using Edge.Agent.Hub;
using Edge.Agent.Incidents;
using Edge.Agent.Publishing;
using Edge.Storage.Audit;
using Edge.Storage.Database;
using Edge.Storage.Keys;
using Edge.Storage.Outbox;
using Edge.Storage.Retention;
using Edge.Storage.Trust;
using Edge.Tests.Matching;
using Edge.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Edge.Tests.Scenarios;

/// <summary>A box of an agency with its real clock, log, database, outbox and trust client, driven turn by turn as its
/// housekeeping does, on a machine whose clock a test can set and whose power it can cut.</summary>
internal sealed class BoxInTime : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly KeyFolder _keys;
    private readonly EnrolmentFolder _enrolment;
    private readonly MessageSigner _signer;
    private AuditLog? _audit;
    private StateDatabase? _state;

    public BoxInTime()
    {
        Agency = Agency.Create(_folder.File("agency"), new AgencyPlan
        {
            Agency = "riverton", Cost = Lists.Cheap, Wanted = [Lists.Wanted("AB123")],
        }, Lists.Now, null, out _)!;
        _keys = KeyFolder.Open(StateFolder, null);
        _enrolment = new EnrolmentFolder(_folder.File("enrolment"));
        _enrolment.Accept(Agency.Enrol(_enrolment.Prepare(new BoxName("riverton", "box-1"), _keys), Lists.Now), Lists.Now);
        _signer = new MessageSigner(new BoxName("riverton", "box-1"), _keys.Messages, "0.1.0");
        Inbox = Agency.TrustFolder;
        Start();
    }

    public Agency Agency { get; }

    public MachineClock Machine { get; } = new(Lists.Now);

    /// <summary>Where signed files arrive; the agency's own folder unless a test says otherwise.</summary>
    public string Inbox { get; set; }

    public EffectiveTime Time { get; private set; } = null!;

    public IncidentReporter Incidents { get; private set; } = null!;

    public TrustWatch Trust { get; private set; } = null!;

    public StateDatabase State => _state!;

    public AuditLog Audit => _audit!;

    public string StateFolder => _folder.File("state");

    public string File(string name) => _folder.File(name);

    /// <summary>What waits for the hub.</summary>
    public IReadOnlyList<IncidentNotice> Notices =>
    [
        .. State.Outbox.Ready(64).Where(message => message.Kind == MessageKind.Incident).Select(message =>
        {
            Assert.True(_signer.TryRead(message.Payload.Span, out var said));
            Assert.True(IncidentNotice.TryParse(said.Data.Span, out var notice, out var reason), reason);
            return notice;
        }),
    ];

    /// <summary>One turn of the housekeeping.</summary>
    public void Turn()
    {
        new ClockWatch(Time, Incidents, NullLogger.Instance).Look();
        Trust.Refresh(TrustSource.Folder(Inbox), Time.GetUtcNow());
        Sweep.Run(State);
        Incidents.CatchUp();
    }

    /// <summary>Time passes, with a turn an hour.</summary>
    public void Run(TimeSpan time)
    {
        for (var passed = TimeSpan.Zero; passed < time; passed += TimeSpan.FromHours(1))
        {
            Machine.Advance(TimeSpan.FromHours(1));
            Turn();
        }
    }

    /// <summary>The power goes without a goodbye, and comes back; the machine's clock goes on unless it is set.</summary>
    public void CutPower(TimeSpan off, DateTimeOffset? clock = null)
    {
        Stop();
        Machine.Reboot(off);
        if (clock is { } set) Machine.Set(set);
        Start();
        Turn();
    }

    /// <summary>The agent stops and starts; the machine runs on.</summary>
    public void Restart()
    {
        Time.Save();
        Stop();
        Start();
        Turn();
    }

    public void Dispose()
    {
        Stop();
        _keys.Dispose();
        Agency.Dispose();
        _folder.Dispose();
    }

    private void Start()
    {
        Time = EffectiveTime.Open(StateFolder, Machine, Machine);
        _state = StateDatabase.Open(StateFolder, _keys.Hours, Time);
        _audit = AuditLog.Open(_folder.File("audit"), "edge/v1/riverton/box-1", _keys.Log, Time);
        Incidents = IncidentReporter.Open(_state, _audit, _signer, () => Trust?.Current?.Policy, Time, NullLogger.Instance);
        Trust = new TrustWatch(TrustClient.Open(_folder.File("trust"), _enrolment.Root(), "riverton", "box-1"), _audit, NullLogger.Instance)
        {
            Incidents = Incidents, TimestampSigned = Time.Confirm,
        };
        Trust.Restore(Time.GetUtcNow());
    }

    private void Stop()
    {
        _audit?.Dispose();
        _state?.Dispose();
    }
}
