using System.Text.Json;
using Edge.Agent.Fleet;
using Edge.Agent.Forgetting;
using Edge.Agent.Hub;
using Edge.Agent.Publishing;
using Edge.Vision.Capture;
using Edge.Vision.Evaluation;
using Edge.Vision.Recognition;

namespace Edge.Agent.Evaluation;

/// <summary>The whole way on one machine: cameras that show drawn vehicles, a box of two real processes, Mosquitto, and <c>hub watch</c>. What it measures is
/// from a picture that leaves a camera to the hub's line with the plate, and the memory of the box meanwhile.</summary>
/// <param name="folder">An empty folder on the disk that is to be measured.</param>
/// <param name="models">Folder with manifest.json and the models it names.</param>
/// <param name="steady">How long one hit a second comes, and memory is watched.</param>
internal sealed class AlertBench(string folder, string models, TimeSpan steady, IProgress<FleetProgress> progress, TimeProvider time)
{
    private const string Box = "box-1";
    private const int BusyCameras = 4, Five = 5;
    private const int PerSecond = 15;
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1.0 / PerSecond);

    // A plate is the same passage for five seconds: it comes again after more, however many cameras there are.
    private static readonly TimeSpan Lap = TimeSpan.FromSeconds(8);

    // Vision keeps itself to 120 hits of a camera at once and 120 a minute: five a second for longer than both, and it would wait for that.
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(10), Busy = TimeSpan.FromSeconds(25);
    private static readonly TimeSpan Arriving = TimeSpan.FromSeconds(10), Patience = TimeSpan.FromMinutes(1);

    // What the units give each room (systemd/*.service).
    internal static readonly IReadOnlyList<(string Name, string Value)> Settings = [("DOTNET_GCgen0size", "200000"), ("MALLOC_ARENA_MAX", "2")];

    private readonly string _program = Path.Combine(AppContext.BaseDirectory, "edge-agent");
    private AlertTimes _times = new();

    /// <summary>Measures all of it.</summary>
    /// <exception cref="BrokerException">There is no Mosquitto, or no link to it.</exception>
    /// <exception cref="CaptureException">The box does not start.</exception>
    public async Task<AlertBenchResult> RunAsync(CancellationToken stop)
    {
        Mosquitto.Find();
        var alone = await DrawAsync(vehicles: 1, PerSecond, stop);
        var together = await DrawAsync(Five, PerSecond, stop);
        var row = (await StreetsAsync(DrawnStreet.MostVehicles, (int)Math.Ceiling(Lap.TotalSeconds * Five / DrawnStreet.MostVehicles), stop))
            .SelectMany(street => street);
        var oneByOne = new DrawnTraffic([.. row.Select(vehicle => (IReadOnlyList<DrawnVehicle>)[vehicle])], PerSecond / Five);

        var path = Path.Combine(folder, "agency");
        using var agency = MakeAgency(path, alone.Texts.Concat(together.Texts).Concat(oneByOne.Texts));
        var box = agency.PrepareBox(Box, time.GetUtcNow());
        await using var broker = await Mosquitto.StartAsync(agency, Path.Combine(folder, "broker"), time, stop);
        await using var hub = await WatchingHub.StartAsync(path, agency.Broker, Take, static _ => { }, time, stop);
        var (start, one, memory) = await WithBoxAsync(agency, box, 1, alone, steady, watched: true, stop);
        var (_, grouped, _) = await WithBoxAsync(agency, box, BusyCameras, together, Busy, watched: false, stop);
        var (_, passing, _) = await WithBoxAsync(agency, box, BusyCameras, oneByOne, Busy, watched: false, stop);
        return new AlertBenchResult(start, one, grouped, passing, memory, steady);
    }

    private async Task<DrawnTraffic> DrawAsync(int vehicles, int every, CancellationToken stop) =>
        new(await StreetsAsync(vehicles, (int)Math.Ceiling(Lap / (every * Every)), stop), every);

    private async Task<List<IReadOnlyList<DrawnVehicle>>> StreetsAsync(int vehicles, int count, CancellationToken stop)
    {
        progress.Report(new FleetProgress($"streets of {vehicles} drawn", 0, count, 0));
        var streets = await DrawnStreet.ReadAsync(vehicles, models, stop).Take(count).ToListAsync(stop);
        progress.Report(new FleetProgress($"streets of {vehicles} drawn", count, count, 0));
        return streets;
    }

    private Agency MakeAgency(string path, IEnumerable<string> texts)
    {
        var now = time.GetUtcNow();
        var wanted = texts.Distinct(StringComparer.Ordinal).Select((text, i) => new WantedPlate
        {
            Plate = PlateText.TryParse(text, out var plate) ? plate : throw new CaptureException("a drawn plate is none"), Case = $"BENCH-{i}",
            Purpose = "stolen-vehicle",
            Basis = "bench", Source = "bench", Issuer = "bench", NotBefore = now.AddMinutes(-1), Expires = now.AddDays(1),
        }).ToList();
        try
        {
            return Agency.Create(path, new AgencyPlan { Agency = "bench-city", Broker = new BrokerAddress("localhost", Mosquitto.FreePort()), Wanted = wanted },
                now, null, out var refused)
                ?? throw new AgencyException($"{refused[0]}");
        }
        finally
        {
            wanted.ForEach(one => one.Dispose());
        }
    }

    private void Take(HubLine line)
    {
        if (line.Seen is var (camera, text, read))
            Volatile.Read(ref _times).Arrive(new AlertTimes.Alert(camera, text, read, line.Signed, line.Frames), time.GetUtcNow());
    }

    /// <summary>A box from its start to its stop: an empty road until it sees it, traffic that is not counted, traffic that is.</summary>
    private async Task<(TimeSpan Start, AlertSpeed Speed, BoxMemory Memory)> WithBoxAsync(Agency agency, string box, int count, DrawnTraffic traffic,
        TimeSpan length, bool watched, CancellationToken stop)
    {
        var cameras = Enumerable.Range(0, count).Select(_ => new FootageCamera()).ToList();
        try
        {
            var (run, door) = (Path.Combine(box, "run"), Path.Combine(box, "run", "vision.sock"));
            Directory.CreateDirectory(run);
            await File.WriteAllTextAsync(Path.Combine(box, "edge.json"), JsonSerializer.Serialize(new
            {
                stateFolder = Path.Combine(box, "state"), enrolmentFolder = Path.Combine(box, "enrolment"), trustFolder = agency.TrustFolder, runFolder = run,
                modelFolder = Path.GetFullPath(models), broker = new { host = agency.Broker.Host, port = agency.Broker.Port },
                cameras = cameras.Select((camera, i) => new { name = Name(i), source = camera.Address }),
            }), stop);
            var begun = time.GetTimestamp();
            await using var agent = new RoomProcess("the agent", _program, box, Settings, time,
                "run", "--config", Path.Combine(box, "edge.json"), "--door", door, "--door-user", Environment.UserName);
            await using var vision = new RoomProcess("vision", _program, box, Settings, time, "vision", "--door", door);
            RoomProcess[] rooms = [agent, vision];
            var start = await RunningAsync(rooms, cameras, begun, stop);
            var warm = Groups(traffic, WarmUp);
            await ShowAsync(cameras, traffic, 0, warm, stop);
            _times = new AlertTimes();
            using var enough = CancellationTokenSource.CreateLinkedTokenSource(stop);
            var watching = watched ? WatchMemoryAsync(rooms, enough.Token) : Task.FromResult(new BoxMemory(new([]), new([])));
            var meters = rooms.Select(room => new ProcessMeter(room.Id)).ToList();
            var shown = time.GetTimestamp();
            await ShowAsync(cameras, traffic, warm, Groups(traffic, length), stop);
            var seconds = time.GetElapsedTime(shown).TotalSeconds;
            meters.ForEach(meter => meter.Look());
            await enough.CancelAsync();
            var memory = await watching;
            var speed = await SpeedAsync(rooms, stop) with
            {
                Agent = meters[0].Used.Processor.TotalSeconds / seconds, Vision = meters[1].Used.Processor.TotalSeconds / seconds,
            };
            foreach (var room in rooms) await room.StopAsync();
            return (start, speed, memory);
        }
        finally
        {
            foreach (var camera in cameras) await camera.DisposeAsync();
        }
    }

    private static string Name(int camera) => $"lane-{camera + 1}";

    private static int Groups(DrawnTraffic traffic, TimeSpan length) => (int)Math.Round(length / (traffic.Every * Every));

    /// <summary>An empty road until the box says that it sees every camera's pictures.</summary>
    private async Task<TimeSpan> RunningAsync(RoomProcess[] rooms, List<FootageCamera> cameras, long begun, CancellationToken stop)
    {
        using var pace = new PeriodicTimer(Every, time);
        for (var tick = 0; ; tick++)
        {
            if (Enumerable.Range(0, cameras.Count).All(i => rooms[1].Said.Contains($"camera {Name(i)} running", StringComparison.Ordinal)))
                return time.GetElapsedTime(begun);
            if (rooms.FirstOrDefault(room => room.HasEnded) is { } ended) throw new CaptureException($"{ended.Name} ended: {ended.Said}");
            if (time.GetElapsedTime(begun) > Patience) throw new CaptureException($"the box does not start: {rooms[0].Said} {rooms[1].Said}");
            var road = Footage.EmptyRoad(1280, 720, tick);
            foreach (var camera in cameras) await camera.ShowAsync(road, stop);
            await pace.WaitForNextTickAsync(stop);
        }
    }

    /// <summary>The same traffic before each camera, not all at the same moment: vehicles do not wait for each other.</summary>
    private Task ShowAsync(List<FootageCamera> cameras, DrawnTraffic traffic, int from, int count, CancellationToken stop) =>
        Task.WhenAll(cameras.Select(async (camera, i) =>
        {
            await Task.Delay(traffic.Every * Every / cameras.Count * i, time, stop);
            await ShowAsync(i, camera, traffic, from, count, stop);
        }));

    private async Task ShowAsync(int place, FootageCamera camera, DrawnTraffic traffic, int from, int count, CancellationToken stop)
    {
        var roads = Enumerable.Range(0, PerSecond).Select(tick => Footage.EmptyRoad(1280, 720, tick)).ToList();
        var passing = new List<List<AlertTimes.Passing>>();
        var begun = time.GetTimestamp();
        for (var (tick, all) = (0, traffic.PicturesOf(count)); tick < all; tick++)
        {
            if (tick * Every - time.GetElapsedTime(begun) is var early && early > TimeSpan.Zero) await Task.Delay(early, time, stop);
            var (first, seen) = traffic.Seen(tick, count);
            while (passing.Count < first + seen) passing.Add([.. traffic.TextsOf(from + passing.Count).Select(text => _times.Show(Name(place), text))]);
            foreach (var one in passing.Skip(first).Take(seen).SelectMany(group => group)) _times.Add(one, time.GetUtcNow());
            await camera.ShowAsync(seen > 0 ? traffic.Picture(from + first, seen) : roads[tick % roads.Count], stop);
            if (place == 0 && tick % PerSecond == 0) progress.Report(new FleetProgress("seconds of vehicles", (long)time.GetElapsedTime(begun).TotalSeconds,
                (long)(all * Every).TotalSeconds, _times.Arrived));
        }
    }

    private async Task<AlertSpeed> SpeedAsync(RoomProcess[] rooms, CancellationToken stop)
    {
        for (var since = time.GetTimestamp(); _times.Arrived < _times.Shown && time.GetElapsedTime(since) < Arriving;) await Task.Delay(Every, time, stop);
        return _times.Speed() ?? throw new CaptureException($"no alert came: {rooms[0].Said} {rooms[1].Said}");
    }

    private async Task<BoxMemory> WatchMemoryAsync(RoomProcess[] rooms, CancellationToken enough)
    {
        var (begun, resident, shared) = (time.GetTimestamp(), new List<(double, double)>(), new List<(double, double)>());
        using var pace = new PeriodicTimer(TimeSpan.FromSeconds(1), time);
        try
        {
            while (await pace.WaitForNextTickAsync(enough))
            {
                var (at, ids) = (time.GetElapsedTime(begun).TotalSeconds, rooms.SelectMany(room => room.Ids()).ToList());
                resident.Add((at, ids.Sum(MemoryCurve.Resident)));
                shared.Add((at, ids.Sum(MemoryCurve.Proportional)));
            }
        }
        catch (OperationCanceledException)
        {
            // It has run long enough.
        }
        return new BoxMemory(new MemoryCurve(resident), new MemoryCurve(shared));
    }
}

/// <summary>How long alerts took, milliseconds.</summary>
/// <param name="Shown">Vehicles that were shown.</param>
/// <param name="Arrived">Those whose alert came.</param>
/// <param name="Deciding">From the picture after which the box was sure, as it left the camera, to the hub's line.</param>
/// <param name="First">From the first picture that shows the vehicle: the frames in between, by which the box becomes sure, are in it.</param>
/// <param name="Halves"><paramref name="Deciding"/> of the first and of the second half.</param>
/// <param name="Steps">Parts of <paramref name="Deciding"/>, by what ends them.</param>
internal sealed record AlertSpeed(int Shown, int Arrived, Latency Deciding, Latency First, IReadOnlyList<Latency> Halves, AlertSteps Steps)
{
    /// <summary>Alerts of those that had passed before enough of their frames agreed: told a second after they were last seen.</summary>
    public int Afterwards { get; init; }

    /// <summary>Processors that the agent kept busy meanwhile.</summary>
    public double Agent { get; init; }

    /// <summary>The same of vision.</summary>
    public double Vision { get; init; }
}

/// <summary>Where an alert's time goes, milliseconds.</summary>
/// <param name="Captured">Until the picture is decoded: it has left the camera before.</param>
/// <param name="Sealed">From there until its hit is sealed and signed: what else is in the picture, the hotlist asked twice, the door.</param>
/// <param name="Shown">From there to the hub's line: the disk, the broker, the hub.</param>
internal sealed record AlertSteps(Latency Captured, Latency Sealed, Latency Shown);

/// <summary>Memory of both processes and what they start.</summary>
/// <param name="Resident">Shared pages counted for each process that has them.</param>
/// <param name="Proportional">Shared pages divided among all that have them, the bench and the hub among these.</param>
internal sealed record BoxMemory(MemoryCurve Resident, MemoryCurve Proportional);

/// <summary>What the bench of the whole way measured.</summary>
/// <param name="Start">From the start of both processes to the first frame of the camera.</param>
/// <param name="One">One hit a second, one camera.</param>
/// <param name="Together">Twenty hits a second, four cameras: five vehicles in a picture, each second.</param>
/// <param name="OneByOne">The same number: a vehicle every fifth of a second, before each.</param>
/// <param name="Memory">With one camera and one hit a second.</param>
/// <param name="Watched">For how long.</param>
internal sealed record AlertBenchResult(TimeSpan Start, AlertSpeed One, AlertSpeed Together, AlertSpeed OneByOne, BoxMemory Memory, TimeSpan Watched);
