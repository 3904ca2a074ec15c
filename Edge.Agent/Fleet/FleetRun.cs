using System.Security.Cryptography;
using System.Threading.Channels;
using Edge.Agent.Hub;
using Edge.Agent.Publishing;

namespace Edge.Agent.Fleet;

/// <summary>A fleet of simulated boxes, a broker and the hub, until the plan is done and everything has arrived, or until it is told to stop.
/// Everything that is made lies in one folder, and nothing of it is left at the broker or with the agency.</summary>
/// <param name="folder">An empty folder, for keys of boxes that nobody needs afterwards.</param>
/// <param name="progress">Told now and then.</param>
/// <param name="said">Told what the hub refuses.</param>
internal sealed class FleetRun(FleetPlan plan, string folder, IProgress<FleetProgress> progress, Action<string> said, TimeProvider time)
{
    /// <summary>Boxes of a simulation are named so; what makes them known is the mark in their registration.</summary>
    public const string BoxPrefix = "sim-";

    private const string AgencyName = "simulated-city";

    // More handshakes at once than this, and the last would run into their deadline on a small machine.
    private const int LinkingAtOnce = 32;

    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ClearWithin = TimeSpan.FromMinutes(2);

    private readonly FleetTally _tally = new(time);
    private readonly List<SimulatedBox> _boxes = [];
    private readonly List<Task> _running = [];
    private IReadOnlyList<ProcessMeter> _meters = [];
    private long _looked;
    private int _messageBytes;

    /// <summary>A broker that belongs to somebody else, and the agency whose clients it admits.</summary>
    public (BrokerAddress Broker, string AgencyFolder)? Given { get; init; }

    /// <summary>Makes everything and measures.</summary>
    /// <param name="stop">Ends it early with what was measured so far; before there is anything to measure it is an
    /// <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="AgencyException">The agency cannot serve for a simulation.</exception>
    /// <exception cref="BrokerException">There is no broker, or no link to it.</exception>
    public async Task<FleetResult> RunAsync(CancellationToken stop)
    {
        if (Given is { } given)
        {
            using var theirs = OpenForSimulation(given.AgencyFolder);
            try
            {
                return await RunAsync(theirs, given.AgencyFolder, given.Broker, null, stop);
            }
            finally
            {
                Forget(theirs);
            }
        }
        Mosquitto.Find();
        var path = Path.Combine(folder, "agency");
        // The plan for an agency without keepers and without a hotlist: it looks for nobody, and the boxes make their hits up.
        using var agency = Agency.Create(path, new AgencyPlan { Agency = AgencyName, Broker = new BrokerAddress("localhost", Mosquitto.FreePort()) },
            time.GetUtcNow(), null, out _)!;
        await using var broker = await Mosquitto.StartAsync(agency, Path.Combine(folder, "broker"), time, stop);
        return await RunAsync(agency, path, agency.Broker, broker.ProcessId, stop);
    }

    /// <summary>Opens an agency, unless boxes in service are enrolled with it: its hubs would take made-up hits for theirs.</summary>
    internal static Agency OpenForSimulation(string agencyFolder)
    {
        var agency = Agency.Open(agencyFolder);
        try
        {
            if (agency.Boxes.FirstOrDefault(box => !box.Simulated) is { } real)
                throw new AgencyException($"{agencyFolder} is the agency of box {real.Name.Box}, and its hubs would show made-up hits as genuine: " +
                    "make an agency for simulations with hub init DIR --no-box, and let the broker admit its CA");
            Forget(agency); // of a simulation that was killed
            return agency;
        }
        catch
        {
            agency.Dispose();
            throw;
        }
    }

    private static void Forget(Agency agency)
    {
        foreach (var box in agency.Boxes.Where(box => box.Simulated)) agency.Forget(box.Name);
    }

    private async Task<FleetResult> RunAsync(Agency agency, string agencyFolder, BrokerAddress address, int? broker, CancellationToken stop)
    {
        using var ending = new CancellationTokenSource();
        try
        {
            await TryAsync(agency, address, stop);
            await EnrolAsync(agency, address, stop);
            await using var hub = await WatchingHub.StartAsync(agencyFolder, address, _tally.Take, said, time, stop);
            await LinkAsync(hub, ending.Token, stop);
            await WarmUpAsync(hub, stop);
            return await MeasureAsync(hub, broker, ending, stop);
        }
        finally
        {
            await ending.CancelAsync();
            await Task.WhenAll(_running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // whichever failed first is on its way up
            if (Given is not null) await ClearAsync(agency, address);
            foreach (var box in _boxes) await box.DisposeAsync();
        }
    }

    /// <summary>Before a thousand keys are made for a broker that is not there.</summary>
    private async Task TryAsync(Agency agency, BrokerAddress broker, CancellationToken stop)
    {
        // As the desk, who keeps nothing there: the hub's session is the hub's.
        var desk = new LinkSettings(broker, agency.DeskCertificates(time.GetUtcNow()), $"{agency.Name}-desk") { SessionExpiry = TimeSpan.Zero };
        await using var link = await MqttLink.OpenAsync(desk, time, stop);
        await link.CloseAsync();
    }

    private async Task EnrolAsync(Agency agency, BrokerAddress broker, CancellationToken stop)
    {
        // Of this run alone: a broker and a ledger may remember an earlier one.
        var run = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(3));
        // Side by side: most of it is waiting for the disk.
        await Parallel.ForEachAsync(Enumerable.Range(1, plan.Boxes), new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = stop }, (i, _) =>
        {
            var name = $"{BoxPrefix}{run}-{i}";
            var origin = SimulatedBox.Enrol(agency, broker, name, Directory.CreateDirectory(Path.Combine(folder, name)).FullName, plan.CropBytes, i,
                time.GetUtcNow());
            SimulatedBox box = plan.OnDisk ? new BoxOnDisk(origin, time) { Committed = _tally.Commit } : new BoxInMemory(origin, time)
                { Committed = _tally.Commit };
            lock (_boxes)
            {
                _boxes.Add(box);
                progress.Report(new FleetProgress("boxes enrolled", _boxes.Count, plan.Boxes, 0));
            }
            return ValueTask.CompletedTask;
        });
        _messageBytes = _boxes[0].SampleBytes();
    }

    private async Task LinkAsync(WatchingHub hub, CancellationToken ending, CancellationToken stop)
    {
        var before = (Online: -1, Since: time.GetTimestamp());
        for (var started = 0; _tally.Online < plan.Boxes;)
        {
            var online = _tally.Online;
            for (; started < plan.Boxes && started - online < LinkingAtOnce; started++)
            {
                var box = _boxes[started];
                _running.Add(Task.Run(() => box.RunAsync(ending), CancellationToken.None));
            }
            progress.Report(new FleetProgress("boxes linked", online, plan.Boxes, 0));
            if (online != before.Online) before = (online, time.GetTimestamp());
            await LookAsync(hub, stop);
            if (time.GetElapsedTime(before.Since) > Patience)
                throw new BrokerException(BrokerFailure.Unreachable,
                    $"only {online} of {plan.Boxes} boxes reach the hub over the broker: see that it admits them, and allows so many connections");
            await Task.Delay(Tick, time, stop);
        }
        progress.Report(new FleetProgress("boxes linked", plan.Boxes, plan.Boxes, 0));
    }

    private async Task WarmUpAsync(WatchingHub hub, CancellationToken stop)
    {
        for (var i = 0; i < plan.WarmUp; i++)
        {
            stop.ThrowIfCancellationRequested();
            _boxes[i % plan.Boxes].Hit();
            progress.Report(new FleetProgress("hits to warm up", i + 1, plan.WarmUp, 0));
        }
        await AsLongAsSomeComeAsync(hub, () => _tally.Opened, () => _tally.Opened < plan.WarmUp, stop);
        _tally.StartOver();
    }

    private async Task<FleetResult> MeasureAsync(WatchingHub hub, int? broker, CancellationTokenSource ending, CancellationToken stop)
    {
        var started = time.GetTimestamp();
        _meters = [new ProcessMeter(hub.ProcessId), new ProcessMeter(Environment.ProcessId), .. broker is { } there ? [new ProcessMeter(there)]
            : Array.Empty<ProcessMeter>()];
        var stopped = false;
        try
        {
            await MakeHitsAsync(hub, started, stop);
            await ArriveAsync(hub, stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            stopped = true;
        }
        foreach (var meter in _meters) meter.Look();
        var uses = _meters.Select(meter => meter.Used).ToList();
        try
        {
            // Without them nothing that is missing is named: what fails here must not look like a run in which nothing is.
            if (!stopped) await SummariseAsync(hub, stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            stopped = true;
        }
        await ending.CancelAsync();
        await Task.WhenAll(_running);
        await hub.StopAsync();
        return new FleetResult(plan, _tally.Count(started), uses[0], uses.Count > 2 ? uses[2] : null, uses[1], _messageBytes, FileSystem(),
            stopped || stop.IsCancellationRequested);
    }

    /// <summary>Hits come as a Poisson process, each to a box by chance.</summary>
    private async Task MakeHitsAsync(WatchingHub hub, long started, CancellationToken stop)
    {
        var random = new Random(1);
        var asked = Channel.CreateUnbounded<(SimulatedBox Box, bool Summary)>();
        // As many at once as there are processors: boxes would make theirs side by side.
        var making = Enumerable.Range(0, Math.Max(2, Environment.ProcessorCount)).Select(_ => Task.Run(async () =>
        {
            await foreach (var (box, summary) in asked.Reader.ReadAllAsync(stop))
                if (summary) box.Summarise();
                else box.Hit();
        }, stop)).ToList();
        var (due, summaryDue, made, nextBox) = (TimeSpan.Zero, plan.SummaryEvery / plan.Boxes, 0L, 0);
        try
        {
            while ((plan.Hits is not { } most || made < most) && (plan.Lasting is not { } end || time.GetElapsedTime(started) < end))
            {
                stop.ThrowIfCancellationRequested();
                var elapsed = time.GetElapsedTime(started);
                for (; summaryDue <= elapsed; summaryDue += plan.SummaryEvery / plan.Boxes) await asked.Writer.WriteAsync((_boxes[nextBox++ % plan.Boxes],
                    true), stop);
                for (; due <= elapsed && !(made >= plan.Hits); made++)
                {
                    await asked.Writer.WriteAsync((_boxes[random.Next(plan.Boxes)], false), stop);
                    due += TimeSpan.FromSeconds(-Math.Log(1 - random.NextDouble()) / plan.HitsPerSecond);
                }
                await LookAsync(hub, stop);
                Report(elapsed, made);
                var wait = due < summaryDue ? due : summaryDue;
                if (plan.Lasting is { } last && last < wait) wait = last;
                wait -= time.GetElapsedTime(started);
                if (wait > TimeSpan.Zero) await Task.Delay(wait < Tick ? Tick : wait > TimeSpan.FromSeconds(1) ? TimeSpan.FromSeconds(1) : wait, time, stop);
            }
        }
        finally
        {
            asked.Writer.Complete();
            await Task.WhenAll(making).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        stop.ThrowIfCancellationRequested();
        await Task.WhenAll(making);
    }

    private void Report(TimeSpan elapsed, long made)
    {
        if (plan.Hits is { } hits) progress.Report(new FleetProgress("hits", made, hits, _tally.Opened));
        else progress.Report(new FleetProgress("seconds", (long)elapsed.TotalSeconds, (long)plan.Lasting!.Value.TotalSeconds, _tally.Opened));
    }

    /// <summary>Waits until the hub has all of them, as long as some still come.</summary>
    private async Task ArriveAsync(WatchingHub hub, CancellationToken stop)
    {
        await AsLongAsSomeComeAsync(hub, () => _tally.Opened, () => _tally.Opened < _tally.Committed || _boxes.Any(box => box.Waiting > 0), stop);
        progress.Report(new FleetProgress("hits arrived", _tally.Opened, _tally.Committed, _tally.Opened));
    }

    /// <summary>Two of each box: what both have overtaken the hub names as missing.</summary>
    private async Task SummariseAsync(WatchingHub hub, CancellationToken stop)
    {
        for (var round = 0; round < 2; round++)
        {
            var all = _tally.Summaries + plan.Boxes;
            await Parallel.ForEachAsync(_boxes, stop, (box, _) =>
            {
                box.Summarise();
                return ValueTask.CompletedTask;
            });
            await AsLongAsSomeComeAsync(hub, () => _tally.Summaries, () => _tally.Summaries < all, stop);
        }
    }

    private async Task AsLongAsSomeComeAsync(WatchingHub hub, Func<long> come, Func<bool> more, CancellationToken stop)
    {
        var before = (Come: -1L, Since: time.GetTimestamp());
        while (more() && time.GetElapsedTime(before.Since) < Patience)
        {
            if (come() is var now && now != before.Come) before = (now, time.GetTimestamp());
            await LookAsync(hub, stop);
            await Task.Delay(Tick, time, stop);
        }
    }

    /// <summary>Somebody else's broker keeps nothing of boxes that do not exist: neither what they said last nor what the hub told them.</summary>
    private async Task ClearAsync(Agency agency, BrokerAddress broker)
    {
        if (_boxes.Count == 0) return;
        using var deadline = new CancellationTokenSource(ClearWithin, time);
        var cleared = 0;
        try
        {
            await Parallel.ForEachAsync(_boxes, new ParallelOptions { MaxDegreeOfParallelism = LinkingAtOnce, CancellationToken = deadline.Token },
                async (box, cancel) =>
            {
                await box.ClearAsync(broker, cancel);
                lock (_boxes) progress.Report(new FleetProgress("boxes cleared", ++cleared, _boxes.Count, 0));
            });
            await using var hub = await MqttLink.OpenAsync(agency.LinkOfHub(null, broker, time.GetUtcNow()) with { SessionExpiry = TimeSpan.Zero }, time,
                deadline.Token);
            foreach (var box in _boxes)
                await hub.PublishAsync(new Publication(Topics.Receipt(box.Name), ReadOnlyMemory<byte>.Empty, Retain: true), deadline.Token);
            await hub.CloseAsync();
        }
        catch (Exception gone) when (gone is BrokerException or OperationCanceledException)
        {
            said($"{broker} was not cleared to the end ({cleared} of {_boxes.Count} boxes): what they said last stays retained there under {Topics.Of(_boxes[0].Name, EventType.Status)} and the like");
        }
    }

    /// <summary>Ctrl-C in a terminal ends hub and broker too: what they had used until then is what was seen last.</summary>
    private async Task LookAsync(WatchingHub hub, CancellationToken stop)
    {
        if (hub.HasEnded)
        {
            await Task.Delay(TimeSpan.FromSeconds(1), time, stop); // the same signal may be on its way to us
            throw new BrokerException(BrokerFailure.Lost, $"the hub ended: {hub.LastSaid}");
        }
        // A box that has failed ends the run at once, and says why: what it would have sent is not to be waited for.
        if (_running.FirstOrDefault(box => box.IsFaulted) is { } failed) await failed;
        if (time.GetElapsedTime(_looked) < LookEvery) return;
        _looked = time.GetTimestamp();
        foreach (var meter in _meters) meter.Look();
    }

    private string FileSystem()
    {
        try
        {
            return new DriveInfo(folder).DriveFormat;
        }
        catch (Exception unknown) when (unknown is IOException or ArgumentException or UnauthorizedAccessException)
        {
            return "unknown";
        }
    }
}
