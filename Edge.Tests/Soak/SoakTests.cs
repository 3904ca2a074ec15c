using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Edge.Agent.Hub;
using Edge.Tests.Support;
using Edge.Vision.Evaluation;

namespace Edge.Tests.Soak;

/// <summary>
/// A box of two real processes with a camera, a real Mosquitto and the real hub, through the troubles of three days. An hour here is what fails in an hour, not
/// its length: the rendered clip passes once, the broker is killed, the camera fails in one of four ways; every sixth hour one of the rooms is killed: vision
/// in the first half, so that the agent's memory is seen over many lives of vision, the agent in the second. <c>EDGE_SOAK=FOLDER</c> goes on where a run was
/// cut off.
/// </summary>
public sealed class SoakTests : IAsyncLifetime
{
    private const int EveryFrame = 3; // of 25 a second
    private const int KillEvery = 6;
    private const int MostMoreDescriptors = 3;
    private const double MostKibAnHour = 1024;
    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(0.1), Trouble = TimeSpan.FromSeconds(4), Rest = TimeSpan.FromSeconds(3);

    private readonly TemporaryFolder _own = new();
    private readonly FaultyCamera _camera = new();
    private readonly List<byte[]> _clip = [];
    private Agency _agency = null!;
    private MosquittoBroker _broker = null!;
    private SoakTable _table = null!;
    private Room _agent = null!, _vision = null!;
    private RunningHub _hub = null!;
    private readonly List<byte[]> _roads = [.. Enumerable.Range(0, 120).Select(tick => Footage.EmptyRoad(1280, 720, tick))];
    private int _frames, _life, _agentLife, _visionLife;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static int Hours => int.Parse(Environment.GetEnvironmentVariable("EDGE_SOAK_HOURS") ?? "72", CultureInfo.InvariantCulture);

    private string Folder => Environment.GetEnvironmentVariable("EDGE_SOAK") ?? _own.Path;

    private string Box => Path.Combine(Folder, "box");

    private string Door => _own.File("vision.sock");

    public async ValueTask InitializeAsync()
    {
        var (city, now) = (Path.Combine(Directory.CreateDirectory(Folder).FullName, "city"), TimeProvider.System.GetUtcNow());
        if (!Directory.Exists(Box))
        {
            using var made = Agency.Create(city, new AgencyPlan { Agency = "city", Wanted = [.. StreetClip.Wanted(now).Take(4)] }, now,
                null, out _)!;
            var prepared = made.PrepareBox("box-1", now);
            FirstInstall.WriteBox(made, prepared);
            FirstInstall.WriteBroker(made, city);
            Directory.Move(prepared, Box);
        }
        _agency = Agency.Open(city);
        var toBroker = Path.Combine(city, "to-broker");
        _broker = await MosquittoBroker.StartAsync(toBroker, port => FirstInstall.Listener(toBroker, port));
        await File.WriteAllTextAsync(Path.Combine(Folder, "edge.json"), JsonSerializer.Serialize(new
        {
            stateFolder = Path.Combine(Box, "state"), enrolmentFolder = Path.Combine(Box, "enrolment"), trustFolder = Path.Combine(Box, "trust"),
            broker = new { host = "localhost", port = _broker.Address.Port }, cameras = new[] { new { name = "lane-1", source = _camera.Address } },
        }));
        _table = new SoakTable(Path.Combine(Folder, "soak.tsv"));
        await foreach (var jpeg in Footage.ShowAsync(StreetClip.Film, Pace, TimeProvider.System, Cancel)) _clip.Add(jpeg);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var room in new[] { _agent, _vision })
            if (room is not null) await room.KillAsync();
        _hub?.Dispose();
        if (_broker is not null) await _broker.DisposeAsync();
        await _camera.DisposeAsync();
        _agency?.Dispose();
        _own.Dispose();
    }

    [Fact(Explicit = true)] // about half a minute an hour
    public async Task Through_the_troubles_of_three_days_no_process_keeps_memory_files_or_children()
    {
        _life = 1000 * (_table.Hours + 1); // no two runs count the same life
        StartHub();
        StartAgent();
        StartVision();
        for (var hour = _table.Hours + 1; hour <= Hours; hour++) await LiveAsync(hour);
        await Eventually.True(() => _hub.Hits.Count > 0, "hits arrive at the hub", seconds: 60);
        Assert.DoesNotContain("vision-refused", _agent.Said, StringComparison.Ordinal);
        foreach (var line in _table.Report()) TestContext.Current.SendDiagnosticMessage(line);
        Assert.All(_table.Lives(), life =>
        {
            var (first, last) = (life.Rows[0].Footprint, life.Rows[^1].Footprint);
            Assert.True(SoakTable.Slope(life.Rows, row => row.Footprint.Anonymous) < MostKibAnHour, $"{life.Process} keeps memory");
            Assert.InRange(last.Descriptors, 0, first.Descriptors + MostMoreDescriptors);
            Assert.Equal(first.Children, last.Children);
        });
        Assert.Contains(_table.Lives(), life => life.Process == "agent");
        Assert.Contains(_table.Lives(), life => life.Process == "vision");
    }

    private async Task LiveAsync(int hour)
    {
        var (frames, hits, connections) = (_frames, _agent.Stored.Count, _camera.Connections);
        await _broker.KillAsync();
        await ShowAsync(_clip.Where((_, place) => place % EveryFrame == 0));
        await _broker.StartAgainAsync();
        _camera.Trouble = (CameraTrouble)(1 + hour % 4);
        await ShowAsync(Road(Trouble));
        _camera.Trouble = CameraTrouble.None;
        if (hour % KillEvery == 0)
        {
            if (2 * hour <= Hours) await _vision.KillAsync();
            else await _agent.KillAsync();
        }
        hits = _agent.Stored.Count - hits;
        if (_vision.Ended) StartVision();
        if (_agent.Ended) StartAgent();
        if (_hub.Ended) StartHub(); // as systemd would
        await ShowUntilAsync(() => _agent.Said.Contains("is at the door", StringComparison.Ordinal)
            && _vision.Said.Contains("camera lane-1 running", StringComparison.Ordinal));
        await ShowAsync(Road(Rest));
        foreach (var (room, life) in new[] { (_agent, _agentLife), (_vision, _visionLife) })
            _table.Add([new SoakTable.Row(hour, room.Name, life, Footprint.Of(room.Id), _frames - frames, hits, _camera.Connections - connections)]);
    }

    private IEnumerable<byte[]> Road(TimeSpan longest) => Enumerable.Range(0, (int)(longest / Pace)).Select(place => _roads[(_frames + place) % _roads.Count]);

    private async Task ShowAsync(IEnumerable<byte[]> pictures)
    {
        using var pace = new PeriodicTimer(Pace, TimeProvider.System);
        foreach (var picture in pictures)
        {
            _camera.Show(picture);
            _frames++;
            await pace.WaitForNextTickAsync(Cancel);
        }
    }

    private async Task ShowUntilAsync(Func<bool> done)
    {
        for (var since = Stopwatch.GetTimestamp(); !done(); await ShowAsync(Road(Pace)))
            Assert.True(Stopwatch.GetElapsedTime(since) < TimeSpan.FromMinutes(3), "the box does not come back: " + _agent.LastLine + " / " + _vision.LastLine);
    }

    private void StartHub() => _hub =
        new RunningHub(EdgeAgent.Start("hub", "watch", Path.Combine(Folder, "city"), "--json", "--all", "--broker", _broker.Address.ToString()));

    private void StartAgent() => (_agentLife, _agent) =
        (++_life, new Room("agent", "run", "--config", Path.Combine(Folder, "edge.json"), "--door", Door, "--door-user", Environment.UserName));

    private void StartVision() => (_visionLife, _vision) = (++_life, new Room("vision", "vision", "--door", Door));
}
