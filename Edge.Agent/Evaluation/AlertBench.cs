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
    private const int Vehicles = 30; // a plate is the same passage for five seconds
    private const int BusyCameras = 4, BusyPlates = 5;

    // Eight pictures in which it is seen, and an empty road: a vehicle a second.
    private const int InView = 8, PerVehicle = 15;
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1.0 / 15);

    // Vision keeps itself to 120 hits of a camera at once and 120 a minute: longer than this, five a second would wait for that.
    private static readonly TimeSpan Busy = TimeSpan.FromSeconds(25);
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(10), Arriving = TimeSpan.FromSeconds(10), Patience = TimeSpan.FromMinutes(1);

    private readonly string _program = Path.Combine(AppContext.BaseDirectory, "edge-agent");
    private AlertTimes _times = new();

    /// <summary>Measures all of it.</summary>
    /// <exception cref="BrokerException">There is no Mosquitto, or no link to it.</exception>
    /// <exception cref="CaptureException">The box does not start.</exception>
    public async Task<AlertBenchResult> RunAsync(CancellationToken stop)
    {
        Mosquitto.Find();
        progress.Report(new FleetProgress("streets drawn", 0, 2, 0));
        var single = await DrawnStreet.ReadAsync(1, models, stop).Take(Vehicles).ToListAsync(stop);
        progress.Report(new FleetProgress("streets drawn", 1, 2, 0));
        var crowded = await DrawnStreet.ReadAsync(BusyPlates, models, stop).Take(Vehicles / BusyPlates).ToListAsync(stop);
        progress.Report(new FleetProgress("streets drawn", 2, 2, 0));

        var path = Path.Combine(folder, "agency");
        using var agency = MakeAgency(path, single.Concat(crowded).SelectMany(street => street.Texts));
        var box = agency.PrepareBox(Box, time.GetUtcNow());
        await using var broker = await Mosquitto.StartAsync(agency, Path.Combine(folder, "broker"), time, stop);
        await using var hub = await WatchingHub.StartAsync(path, agency.Broker, Take, static _ => { }, time, stop);
        await using var lane = new FootageCamera();
        var (one, memory, start) = await WithBoxAsync(agency, box, [lane], (rooms, begun) => SteadyAsync(rooms, lane, single, begun, stop), stop);
        var cameras = Enumerable.Range(0, BusyCameras).Select(_ => new FootageCamera()).ToList();
        try
        {
            _times = new AlertTimes();
            var many = await WithBoxAsync(agency, box, cameras, (rooms, _) => BusyAsync(rooms, cameras, crowded, stop), stop);
            return new AlertBenchResult(start, one, many, memory, steady);
        }
        finally
        {
            foreach (var camera in cameras) await camera.DisposeAsync();
        }
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
        if (line.Seen is var (camera, text, read)) Volatile.Read(ref _times).Arrive(camera, text, read, time.GetUtcNow());
    }

    private async Task<T> WithBoxAsync<T>(Agency agency, string box, IReadOnlyList<FootageCamera> cameras, Func<RoomProcess[], long, Task<T>> measure,
        CancellationToken stop)
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
        await using var agent = new RoomProcess("the agent", _program, box, time, "run", "--config", Path.Combine(box, "edge.json"), "--door", door,
            "--door-user", Environment.UserName);
        await using var vision = new RoomProcess("vision", _program, box, time, "vision", "--door", door);
        RoomProcess[] rooms = [agent, vision];
        var measured = await measure(rooms, begun);
        foreach (var room in rooms) await room.StopAsync();
        return measured;
    }

    private static string Name(int camera) => $"lane-{camera + 1}";

    private async Task<(AlertSpeed Speed, MemoryCurve Memory, TimeSpan Start)> SteadyAsync(RoomProcess[] rooms, FootageCamera camera,
        List<(byte[] Jpeg, IReadOnlyList<string> Texts)> streets, long begun, CancellationToken stop)
    {
        var started = await RunningAsync(rooms, [camera], begun, stop);
        await ShowAsync(0, camera, streets, WarmUp, stop);
        _times = new AlertTimes();
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var watching = WatchMemoryAsync(rooms, enough.Token);
        await ShowAsync(0, camera, streets, steady, stop);
        await enough.CancelAsync();
        var memory = await watching;
        return (await SpeedAsync(rooms, stop), memory, started);
    }

    private async Task<AlertSpeed> BusyAsync(RoomProcess[] rooms, List<FootageCamera> cameras, List<(byte[] Jpeg, IReadOnlyList<string> Texts)> streets,
        CancellationToken stop)
    {
        await RunningAsync(rooms, cameras, time.GetTimestamp(), stop);
        // Not all at the same moment: vehicles do not wait for each other.
        await Task.WhenAll(cameras.Select(async (camera, i) =>
        {
            await Task.Delay(PerVehicle * Every / cameras.Count * i, time, stop);
            await ShowAsync(i, camera, streets, Busy, stop);
        }));
        return await SpeedAsync(rooms, stop);
    }

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

    /// <summary>One street after the other, each followed by an empty road.</summary>
    private async Task ShowAsync(int place, FootageCamera camera, List<(byte[] Jpeg, IReadOnlyList<string> Texts)> streets, TimeSpan length,
        CancellationToken stop)
    {
        var roads = Enumerable.Range(0, PerVehicle).Select(tick => Footage.EmptyRoad(1280, 720, tick)).ToList();
        var begun = time.GetTimestamp();
        List<AlertTimes.Passing> passing = [];
        for (var tick = 0; tick * Every < length; tick++)
        {
            if (tick * Every - time.GetElapsedTime(begun) is var early && early > TimeSpan.Zero) await Task.Delay(early, time, stop);
            var (vehicle, picture) = (tick / PerVehicle % streets.Count, tick % PerVehicle);
            if (picture == 0) passing = [.. streets[vehicle].Texts.Select(text => _times.Show(Name(place), text))];
            if (picture < InView)
                foreach (var one in passing) _times.Add(one, time.GetUtcNow());
            await camera.ShowAsync(picture < InView ? streets[vehicle].Jpeg : roads[picture], stop);
            if (place == 0 && picture == 0) progress.Report(new FleetProgress("seconds of vehicles", (long)time.GetElapsedTime(begun).TotalSeconds,
                (long)length.TotalSeconds, _times.Arrived));
        }
    }

    private async Task<AlertSpeed> SpeedAsync(RoomProcess[] rooms, CancellationToken stop)
    {
        for (var since = time.GetTimestamp(); _times.Arrived < _times.Shown && time.GetElapsedTime(since) < Arriving;) await Task.Delay(Every, time, stop);
        if (_times.Latencies() is not ({ } deciding, { } first)) throw new CaptureException($"no alert came: {rooms[0].Said} {rooms[1].Said}");
        return new AlertSpeed(_times.Shown, _times.Arrived, deciding, first, _times.Halves());
    }

    private async Task<MemoryCurve> WatchMemoryAsync(RoomProcess[] rooms, CancellationToken enough)
    {
        var (begun, samples) = (time.GetTimestamp(), new List<(double, double)>());
        using var pace = new PeriodicTimer(TimeSpan.FromSeconds(1), time);
        try
        {
            while (await pace.WaitForNextTickAsync(enough))
                samples.Add((time.GetElapsedTime(begun).TotalSeconds, rooms.Sum(room => room.Ids().Sum(MemoryCurve.Resident))));
        }
        catch (OperationCanceledException)
        {
            // It has run long enough.
        }
        return new MemoryCurve(samples);
    }
}

/// <summary>How long alerts took, milliseconds.</summary>
/// <param name="Shown">Vehicles that were shown.</param>
/// <param name="Arrived">Those whose alert came.</param>
/// <param name="Deciding">From the picture after which the box was sure, as it left the camera, to the hub's line.</param>
/// <param name="First">From the first picture that shows the vehicle: the frames in between, by which the box becomes sure, are in it.</param>
/// <param name="Halves"><paramref name="Deciding"/> of the first and of the second half.</param>
internal sealed record AlertSpeed(int Shown, int Arrived, Latency Deciding, Latency First, IReadOnlyList<Latency> Halves);

/// <summary>What the bench of the whole way measured.</summary>
/// <param name="Start">From the start of both processes to the first frame of the camera.</param>
/// <param name="One">One hit a second, one camera.</param>
/// <param name="Many">Twenty hits a second, four cameras.</param>
/// <param name="Memory">Of both processes and what they start, with one camera and one hit a second.</param>
/// <param name="Watched">For how long.</param>
internal sealed record AlertBenchResult(TimeSpan Start, AlertSpeed One, AlertSpeed Many, MemoryCurve Memory, TimeSpan Watched);
