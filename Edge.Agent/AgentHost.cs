using System.Reflection;
using Edge.Agent.Clock;
using Edge.Agent.Configuration;
using Edge.Agent.Device;
using Edge.Agent.Device.Gpio;
using Edge.Agent.Door;
using Edge.Agent.Enrolment;
using Edge.Agent.Governance;
using Edge.Agent.Hits;
using Edge.Agent.Incidents;
using Edge.Agent.LanConsole;
using Edge.Agent.Orders;
using Edge.Agent.Publishing;
using Edge.Agent.Seeing;
using Edge.Agent.Sticks;
using Edge.Agent.Witnessing;
using Edge.Storage.Audit;
using Edge.Storage.Database;
using Edge.Storage.Files;
using Edge.Storage.Keys;
using Edge.Storage.Trust;
using Edge.Vision.Capture;
using Microsoft.Extensions.Logging;

namespace Edge.Agent;

/// <summary>The box: the only place that wires. Opens everything, runs until it is told to stop or every recording is over,
/// and closes in the order in which nothing is lost.</summary>
internal sealed partial class AgentHost : IAsyncDisposable
{
    private static readonly TimeSpan HousekeepingEvery = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan DrainWithin = TimeSpan.FromSeconds(30);

    // Far beyond the slowest board and the largest list: what takes longer will not end.
    private static readonly TimeSpan StartedWithin = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan HouseKeptWithin = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan FirstListWithin = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan LookForListEvery = TimeSpan.FromMilliseconds(200);

    private readonly EffectiveTime _time;
    private readonly ILogger _log;
    private readonly Reload _reload;
    private readonly ReplaceableService _console, _metrics;
    private volatile AgentConfiguration _configuration; // another one once it was reloaded
    private readonly KeyFolder _keys;
    private readonly StateDatabase _state;
    private readonly AuditLog _audit;
    private readonly IncidentReporter _incidents;
    private readonly ClockWatch _clock;
    private readonly TrustWatch _trust;
    private readonly TrustInbox _inbox;
    private readonly HitRecorder _recorder;
    private readonly ReadCounter _counter = new();
    private readonly SummaryWriter _summary;
    private readonly LogWitnessing _witnessing;
    private readonly OutboxWorker _outbox;
    private readonly OrderDesk _desk;
    private readonly OrderInbox _orders;
    private readonly DecommissionByHand _byHand;
    private readonly StickDesk _sticks;
    private readonly StickDoor _stickDoor;
    private readonly GpioPanel? _panel;
    private readonly TrustMailbox _mailbox;
    private readonly ExportNotices _exports;
    private readonly EnrolmentFolder _enrolment;
    private readonly CancellationTokenSource _decommissioned = new();
    private readonly Doorkeeper _door;
    private readonly DateTimeOffset _since;
    private DateTimeOffset _disclosuresNext;

    /// <summary>Opens everything; nothing runs yet.</summary>
    /// <param name="vision">Where the room that sees comes in, disposed with this; null for one in this process.</param>
    /// <exception cref="Exception">Every documented failure of the parts; see <see cref="Cli.Failure"/>.</exception>
    /// <param name="keys">Opens the keys, where systemd has not passed what they are wrapped under.</param>
    /// <param name="board">The pins; null for this machine's.</param>
    public AgentHost(AgentConfiguration configuration, TimeProvider machine, ILoggerFactory logs, IReadWitness? witness = null, IVisionEntrance? vision = null,
        Func<KeyFolder>? keys = null, IGpioBoard? board = null)
    {
        (_configuration, _log, Progress) = (configuration, logs.CreateLogger("edge-agent"), new PipelineProgress(machine));
        var enrolment = _enrolment = new EnrolmentFolder(configuration.EnrolmentFolder);
        try
        {
            Box = enrolment.Name();
            RefuseDecommissioned();
            _keys = keys?.Invoke() ?? KeyFolder.Open(configuration.StateFolder);
            var time = _time = EffectiveTime.Open(configuration.StateFolder, machine, new KernelBootCounter());
            _since = time.GetUtcNow();
            _state = StateDatabase.Open(configuration.StateFolder, _keys.Hours, time);
            _state.Outbox.Limit = (long)configuration.OutboxMegabytes << 20;
            _audit = AuditLog.Open(AuditFolder, Box.LogOrigin, _keys.Log, time, _keys.Epochs);
            var signer = new MessageSigner(Box, _keys.Messages, Software);
            RefuseAnotherLog();
            DamagedLogAlarm.Over(configuration.StateFolder);
            _incidents = IncidentReporter.Open(_state, _audit, signer, () => _trust?.Current?.Policy, time, logs.CreateLogger("incidents"));
            _clock = new ClockWatch(time, _incidents, logs.CreateLogger("clock"));
            var revoked = RevokedKeys.Open(configuration.StateFolder);
            _trust = new TrustWatch(
                TrustClient.Open(Path.Combine(configuration.StateFolder, "trust"), enrolment.Root(), Box.Agency, Box.Box),
                _audit, logs.CreateLogger("trust"))
            {
                Incidents = _incidents, TimestampSigned = Confirm, IsRevoked = revoked.Contains,
            };
            _recorder = new HitRecorder(_state, _audit, signer, _keys, _counter, time, logs.CreateLogger("hits"));
            _door = new Doorkeeper(vision ?? new InnerDoor(new SeeingRoom(time, Progress, logs, witness)),
                Seeing(configuration), () => _trust.Current, _recorder, _counter,
                (kind, detail) => _incidents.Report(kind, detail), time, logs.CreateLogger("door"));
            _summary = new SummaryWriter(_state, _audit, signer, _trust, time, () => Total, _door.Reports)
            {
                TakeShared = _counter.TakeShared, Orders = () => _desk?.Counts ?? default,
            };
            _witnessing = new LogWitnessing(_state, _audit, signer, () => _trust.Current?.Policy, (kind, detail) => _incidents.Report(kind, detail), time,
                logs.CreateLogger("witness"));
            _desk = new OrderDesk(configuration.StateFolder, _state, _audit, signer, _keys, revoked, () => _trust.Current,
                (kind, detail) => _incidents.Report(kind, detail), time, logs.CreateLogger("orders")) { Decommissioned = _decommissioned.Cancel };
            _orders = new OrderInbox(OrderInbox.In(configuration.StateFolder), _desk, time, logs.CreateLogger("orders"));
            _byHand = new DecommissionByHand(configuration.StateFolder, Box, _desk, time, logs.CreateLogger("orders"));
            _sticks = new StickDesk(Box, AuditFolder, Path.Combine(configuration.StateFolder, OrderDesk.ExportsName),
                order => _desk.Take(order, only: Verb.Export), _audit,
                LogKey, time, logs.CreateLogger("sticks")) { Show = sign => _panel?.Show(sign) };
            _stickDoor = new StickDoor(Path.Combine(configuration.RunFolder, StickTalk.SocketName), Box.Box, _sticks, time,
                logs.CreateLogger("sticks"));
            _exports = new ExportNotices(OrderInbox.In(configuration.StateFolder), _audit, time, logs.CreateLogger("orders"));
            _mailbox = new TrustMailbox(_trust, time, logs.CreateLogger("trust"));
            _inbox = new TrustInbox(configuration.TrustFolder, configuration.StateFolder, _trust, logs.CreateLogger("trust"));
            var link = new LinkSettings(configuration.Broker, enrolment.Certificates, $"{Box.Agency}-{Box.Box}")
            {
                LargestPayload = BoxLetterbox.LargestPayload, MostUnacknowledged = 4, StandIns = configuration.StandIns,
            };
            var receipts = new ReceiptTray(Box, _keys.Messages.Public.KeyId, _state, () => _trust.Current,
                (kind, detail) => _incidents.Report(kind, detail), time, logs.CreateLogger("receipts"));
            _outbox = new OutboxWorker(_state, link, signer, time, logs.CreateLogger<OutboxWorker>(),
                new BoxLetterbox(Box, _desk, receipts, _mailbox, _witnessing.Take, logs.CreateLogger("letterbox")))
            {
                Incident = (kind, detail) => _incidents.Report(kind, detail),
            };
            _console = new ReplaceableService(Console(configuration, logs.CreateLogger("console")));
            _metrics = new ReplaceableService(Metrics(configuration));
            _reload = new Reload(configuration, (next, cancel) => ApplyAsync(next, logs.CreateLogger("console"), cancel), _audit, time, _log);
        }
        catch
        {
            Close();
            throw;
        }
        if (configuration.Gpio is not { } gpio) return;
        _panel = new GpioPanel(gpio, board ?? new KernelGpio(),
            new GpioPanelTasks(() => BoxSignals.Of([.. _door.Cameras.Select(camera => camera.Health.State)], _outbox.Look), () => _door.Brightness, Opened),
            _time,
            logs.CreateLogger("gpio"));
    }

    /// <summary>The agent's version.</summary>
    public static string Software { get; } =
        typeof(AgentHost).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0";

    /// <summary>Who this box is.</summary>
    public BoxName Box { get; }

    /// <summary>Whether what was begun gets done, for the watchdog.</summary>
    public PipelineProgress Progress { get; }

    /// <summary>Where the audit log's files are.</summary>
    public string AuditFolder => Path.Combine(_configuration.StateFolder, "audit");

    /// <summary>The key that an auditor needs.</summary>
    public NoteKey LogKey => new(Box.LogOrigin, _keys.Log.Public);

    /// <summary>The key of the log's first epoch, which an auditor needs too.</summary>
    public NoteKey LogEpochKey => new(Box.LogOrigin, _keys.Epochs.First);

    /// <summary>What became of every read since start.</summary>
    public ReadCounts Total => _counter.Total with { Frames = _door.Frames };

    /// <summary>Messages that still wait for the broker.</summary>
    public int Waiting => _state.Outbox.Count() is var counts ? counts.Ready + counts.Unlogged : 0;

    /// <summary>How the box is.</summary>
    public BoxHealth Look()
    {
        var trust = _trust.Current;
        return new BoxHealth
        {
            Box = Box.ToString(), Software = Software, Clock = _time.State, WrappedBy = _keys.WrappedBy, At = _time.GetUtcNow(), Since = _since, Counts = Total,
            Outbox = _state.Outbox.Count(), Link = _outbox.Look, Stuck = Progress.Stuck(), Configuration = _configuration.File is null ? null : _reload.Look,
            Cameras = _door.Cameras, Door = _door.Look,
            Log = new LogLook(_audit.Latest.Size, _witnessing.Standing),
            Trust = trust is null ? null : new TrustLook(trust.Policy.Version, trust.PolicyExpires, trust.HotlistExpires,
                trust.Matcher.Hotlist.Entries.Count, trust.Refused.Count) { Waiting = [.. trust.Waiting.Keys] },
        };
    }

    /// <summary>Runs until every recording is over or <paramref name="stop"/> fires.</summary>
    /// <exception cref="CaptureException">A recording could not be read to its end; what came before is stored and sent.</exception>
    public async Task RunAsync(CancellationToken stop)
    {
        var starting = Progress.Begin("starting", StartedWithin);
        _audit.Append(new AuditEntry { Action = AuditAction.AgentStart });
        if (_configuration.File is not null) _audit.Append(Reload.Entry(_configuration.Keys));
        ReportLostState();
        _trust.Restore(_time.GetUtcNow());
        Attempt(_clock.Look);
        RefreshTrust(_time.GetUtcNow());
        _incidents.CatchUp();
        _recorder.Reconcile(_trust.Current?.Sharing ?? Sharing.Nobody);
        Sweep();
        Attempt(_desk.SweepExports);
        _byHand.Look();
        Attempt(_witnessing.Offer); // at once: a box that was set back while it was off is to learn it now

        _log.LogInformation("box {Box} started, version {Version}, {Cameras} cameras, state in {Folder}", Box, Software, _configuration.Cameras.Count,
            _configuration.StateFolder);
        starting.Dispose();
        using var background = new CancellationTokenSource();
        using var reading = CancellationTokenSource.CreateLinkedTokenSource(stop, _decommissioned.Token);
        var recorder = _recorder.RunAsync(background.Token);
        Task[] services =
        [
            recorder, _outbox.RunAsync(background.Token), KeepHouseAsync(background.Token), _orders.RunAsync(background.Token),
            _mailbox.RunAsync(background.Token), _byHand.RunAsync(background.Token), _exports.RunAsync(background.Token),
            new HealthFile(_configuration.RunFolder, new KernelBootCounter()).RunAsync(Look, _time, _log, background.Token),
            _stickDoor.RunAsync(background.Token), _console.RunAsync(background.Token), _metrics.RunAsync(background.Token),
        ];
        if (_panel is not null) services = [.. services, _panel.RunAsync(background.Token)];
        var cameras = SeeAsync(reading.Token);
        try
        {
            // A service ends before the cameras only by failing: then the box must not go on reading plates.
            if (await Task.WhenAny([cameras, _damaged.Task, .. services]) is var first && first != cameras) await first;
            await cameras;
            if (!reading.IsCancellationRequested) _log.LogInformation("recordings are over: {Reads} reads, {Hits} hits{Without}", Total.Reads, Total.Hits,
                _trust.Current is null ? "; there was no hotlist" : "");
        }
        finally
        {
            await reading.CancelAsync();
            await cameras.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _recorder.Complete();
            await recorder.WaitAsync(DrainWithin, _time, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!recorder.IsCompletedSuccessfully) _log.LogCritical("the disk refused to the end: hits in memory are lost; free or repair it");
            try
            {
                Attempt(_summary.Write);
                Attempt(_witnessing.Offer);
                await DrainAsync(stop);
            }
            finally
            {
                await background.CancelAsync();
                await Task.WhenAll(services).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                Attempt(() => CountFurther(_time.GetUtcNow(), atOnce: true));
                Attempt(() => _sticks.Look(atOnce: true));
                Attempt(_time.Save);
                Attempt(() => _audit.Append(new AuditEntry { Action = AuditAction.AgentStop }));
            }
        }
    }

    // A recording does not wait as a street does: on a first run it would be over before the broker has brought what to look for.
    private async Task SeeAsync(CancellationToken stop)
    {
        if (_trust.Current is null && _configuration.Cameras.Count > 0 && _configuration.Cameras.All(camera => !CameraSources.IsLive(camera.Source)))
        {
            _log.LogInformation("the recordings wait up to {Seconds} s for a first hotlist", FirstListWithin.TotalSeconds);
            var since = _time.GetTimestamp();
            while (_trust.Current is null && !stop.IsCancellationRequested && _time.GetElapsedTime(since) < FirstListWithin)
                await Task.Delay(LookForListEvery, _time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        await _door.RunAsync(stop);
    }

    public async ValueTask DisposeAsync()
    {
        await _door.DisposeAsync();
        Close();
        if (_decommissioned.IsCancellationRequested) DestroyKeys();
        _decommissioned.Dispose();
    }

    /// <summary>A log that is new while messages were already numbered is not this box's: somebody took the old one away.</summary>
    private void RefuseAnotherLog()
    {
        if (_audit.Latest.Size == 0 && _state.LastSequence > 0)
            throw new AuditDamagedException(AuditFolder, $"it is empty, but this box has numbered {_state.LastSequence} messages");
    }

    /// <summary>A database that is older than the log has lost messages, holds, and which orders were used.</summary>
    private void ReportLostState()
    {
        if (_audit.ReadTail(1000).Any(record => record.Entry is { Action: AuditAction.HitStored or AuditAction.IncidentReported } entry
            && entry.Sequence > _state.LastSequence))
            _incidents.Report(IncidentKind.LogCheckFailed, "state-lost");
    }

    private async Task KeepHouseAsync(CancellationToken stop)
    {
        using var timer = new PeriodicTimer(HousekeepingEvery, _time);
        using var turn = Progress.Begin("housekeeping", HouseKeptWithin);
        var lastSummary = _time.GetUtcNow();
        while (await timer.WaitForNextTickAsync(stop))
        {
            turn.Turn();
            var now = _time.GetUtcNow();
            Attempt(_clock.Look);
            Attempt(() => RefreshTrust(now));
            Attempt(Sweep);
            Attempt(_desk.SweepExports);
            Attempt(() => _state.Outbox.SendSharedAgain());
            Attempt(() => CountFurther(now));
            Attempt(() => _sticks.Look());
            Attempt(() => _audit.BeginEpochAfter(AuditLog.EpochLength));
            Attempt(_witnessing.Look);
            Attempt(() => SweepDisclosures(now));
            _incidents.CatchUp();
            if (now - lastSummary < (_trust.Current?.Policy.SummaryInterval ?? TimeSpan.FromMinutes(Policy.DefaultSummaryMinutes))) continue;
            if (Attempt(_summary.Write)) lastSummary = now;
            Attempt(_witnessing.Offer);
            WarnOfFullOutbox();
        }
    }

    // Kept at once: this timestamp confirms no second time, and what was forgotten because of it must not come back with an earlier time.
    private void Confirm(DateTimeOffset signed)
    {
        _time.Confirm(signed);
        Attempt(_time.Save);
    }

    private void CountFurther(DateTimeOffset now, bool atOnce = false)
    {
        _desk.CountFurther(atOnce);
        _trust.CountFurther(now, atOnce);
    }

    private void WarnOfFullOutbox()
    {
        if (_state.Outbox.Count().Bytes is var bytes && bytes > _state.Outbox.Limit / 5 * 4)
            _log.LogWarning("messages for the broker take {Megabytes} MiB of {Limit}: restore the link; when full, summaries go first, hits stay until their retention ends",
                bytes >> 20, _configuration.OutboxMegabytes);
    }

    /// <summary>False where the disk refused: what could not be done now is done at the next turn.</summary>
    private bool Attempt(Action step)
    {
        try
        {
            step();
            return true;
        }
        catch (IOException refused) when (refused.MayPass())
        {
            _log.LogError("{Reason}", refused.Message);
            return false;
        }
    }

    private void RefreshTrust(DateTimeOffset now)
    {
        if (Directory.Exists(_configuration.TrustFolder)) _inbox.Look(now);
        if (_trust.Current is null)
            _log.LogWarning("no hotlist is in force, every read is discarded: put the signed files into {Folder}", _configuration.TrustFolder);
    }

    private void Sweep()
    {
        var swept = Edge.Storage.Retention.Sweep.Run(_state);
        if (swept.IsEmpty) return;
        _audit.Append(new AuditEntry { Action = AuditAction.SweepDone, Count = swept.Hits + swept.Messages });
    }

    private void SweepDisclosures(DateTimeOffset now)
    {
        if (now < _disclosuresNext || _trust.Current is not { } trust) return;
        // A few hundred a minute until none is left, then daily.
        if (_audit.SweepDisclosures(now - TimeSpan.FromDays(trust.Policy.DisclosureDays)) == 0) _disclosuresNext = now + TimeSpan.FromDays(1);
    }

    private async Task DrainAsync(CancellationToken stop)
    {
        var since = _time.GetTimestamp();
        while (Waiting > 0 && !stop.IsCancellationRequested && _time.GetElapsedTime(since) < DrainWithin)
            await Task.Delay(TimeSpan.FromMilliseconds(50), _time, CancellationToken.None);
        if (Waiting > 0) _log.LogWarning("{Waiting} messages wait on the disk for the broker; they leave at the next start", Waiting);
    }

    private void Close()
    {
        _panel?.Dispose();
        _recorder?.Dispose();
        _reload?.Dispose();
        _audit?.Dispose();
        _state?.Dispose();
        _keys?.Dispose();
    }
}
