using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Edge.Agent.Cli;
using Edge.Agent.Forgetting;
using Edge.Agent.Governance;
using Edge.Agent.Hub;
using Edge.Storage.Audit;
using Edge.Storage.Audit.Bundles;
using Edge.Storage.Database;
using Edge.Storage.Keys;
using Edge.Storage.Trust;
using Edge.Tests.Soak;
using Edge.Tests.Support;
using Edge.Vision.Evaluation;

namespace Edge.Tests.Scenarios;

/// <summary>
/// A box of two real processes, all of whose files lie on an ext4 of its own, before a camera, a real Mosquitto, the real hub and a real witness. Its power
/// goes while vehicles pass, in the middle of what they have written, and while it starts; each time it starts by itself, as the units would start it.
/// </summary>
public sealed class BoxPowerCutTests : IAsyncLifetime
{
    // In the film vehicles pass some seconds apart; the camera leaves out most of the road between.
    private const double Before = 0.4, After = 1.2;
    private const int FilmRate = 25, EveryFrame = 3;
    private const int OfAStart = 130, OfHits = 150; // operations of the disk: of a start, and of two hits with what is sent of them
    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(0.1), Look = TimeSpan.FromMilliseconds(20), LongestStart = TimeSpan.FromMinutes(5),
        LongestWait = TimeSpan.FromSeconds(20);
    private static readonly double[] Chances = [0, 0.5, 0.9, 1];

    private readonly TemporaryFolder _folder = new();
    private readonly FaultyCamera _camera = new();
    private readonly CancellationTokenSource _over = new();
    private readonly HttpClient _client = new() { Timeout = TimeSpan.FromSeconds(5) };
    private readonly List<byte[]> _seen = []; // checkpoints of the log that the disk has confirmed
    private readonly HashSet<long> _stored = []; // hits that the agent said it had stored
    private readonly List<double> _starts = [];
    private readonly Traces _plates = new(StreetClip.Vehicles().SelectMany(plate => PlateSpellings.Of(plate.Ascii)), "lane-1"u8.ToArray());
    private readonly Traces.Look _written = new();
    private Task _showing = Task.CompletedTask;
    private Agency _agency = null!;
    private MountedDisk _disk = null!;
    private MosquittoBroker _broker = null!;
    private RunningHub _hub = null!;
    private Process? _witness;
    private Room? _agent, _vision;
    private int _port;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string State => Path.Combine(_disk.Root, "state");

    private string Log => Path.Combine(State, "audit");

    public async ValueTask InitializeAsync()
    {
        MountedDisk.Need();
        var now = TimeProvider.System.GetUtcNow();
        _agency = Agency.Create(_folder.File("city"), new AgencyPlan { Agency = "city", Wanted = StreetClip.Wanted(now) }, now, null, out _)!;
        _agency.Ceremony.Propose(new Dictionary<string, byte[]>
        {
            [TrustPath.Policy] = (_agency.Policy with
                { Version = _agency.Policy.Version + 1, Witnesses = new Witnesses([_agency.Witness.PublicKey()], 1) }).Write(),
        }, now);
        var toBroker = FirstInstall.WriteBroker(_agency, _folder.File("city"));
        _broker = await MosquittoBroker.StartAsync(toBroker, port => FirstInstall.Listener(toBroker, port));
        _port = FreePort();
        _disk = new MountedDisk(Directory.CreateDirectory(_folder.File("machine")).FullName, mebibytes: 128)
            { Written = (_, bytes) => _written.And(_plates.In(bytes)) };
        _disk.PowerOn();
        await InstallAsync(now);
        var clip = new List<byte[]>();
        await foreach (var jpeg in Footage.ShowAsync(StreetClip.Film, Pace, TimeProvider.System, Cancel)) clip.Add(jpeg);
        var passages = StreetClip.Passages();
        var shown = clip.Where((_, place) => place % EveryFrame == 0
            && passages.Any(one => (double)place / FilmRate > one.From - Before && (double)place / FilmRate < one.To + After)).ToList();
        _showing = ShowAsync(shown, _over.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        foreach (var room in Rooms()) room.Kill();
        _disk?.Cut();
        _disk?.Fail();
        foreach (var room in Rooms())
        {
            await room.EndAsync();
            room.Dispose();
        }
        _hub?.Dispose();
        if (_witness is { HasExited: false }) _witness.Kill();
        _witness?.Dispose();
        if (_broker is not null) await _broker.DisposeAsync();
        await _showing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _camera.DisposeAsync();
        _disk?.Dispose();
        _agency?.Dispose();
        _client.Dispose();
        _over.Dispose();
        _folder.Dispose();
    }

    [Fact(Explicit = true)] // some 10 s a cut; EDGE_CUTS_AFTER=50: those from the 51st on, each cut having its own moments in whichever run
    public Task Every_hit_arrives_though_the_power_of_the_box_is_cut_hundreds_of_times() => CutAsync(Setting("EDGE_CUTS", 200), Setting("EDGE_CUTS_AFTER", 0));

    private async Task CutAsync(int cuts, int after)
    {
        _hub = new RunningHub(EdgeAgent.Start("hub", "watch", _folder.File("city"), "--json", "--all", "--broker", _broker.Address.ToString()));
        _witness = EdgeAgent.Start("hub", "witness", _folder.File("city"), "--json", "--broker", _broker.Address.ToString());
        var witnessed = Task.WhenAll(_witness.StandardOutput.ReadToEndAsync(CancellationToken.None),
            _witness.StandardError.ReadToEndAsync(CancellationToken.None));
        await Eventually.True(() => _hub.Linked, "the hub is linked", LongestStart.TotalSeconds);
        Start();
        await UntilFrameAsync(Stopwatch.GetTimestamp()); // the witness has seen where this log begins
        for (var cut = after + 1; cut <= after + cuts; cut++) await CutAsync(cut, new Random(cut));
        await AssertGoesOnAsync();

        // The power stays now, and no vehicle passes any more. What is written at a stop leaves with the next start.
        await _over.CancelAsync();
        var (numbers, hits) = await RestAsync();
        Start();
        var since = Stopwatch.GetTimestamp();
        while (!RunningHub.Accounted(_hub.Numbered).IsSupersetOf(numbers) && Stopwatch.GetElapsedTime(since) < LongestStart)
            await Task.Delay(Look, TimeProvider.System, Cancel);
        Assert.Equal([], numbers.Except(RunningHub.Accounted(_hub.Numbered)));
        Assert.Equal(hits, (await RestAsync()).Hits);
        Assert.NotEmpty(hits);
        Assert.Equal(hits, _hub.Hits.Select(hit => hit.Sequence).Distinct().Order());
        Assert.Equal([], _stored.Except(hits));
        Assert.Empty(_hub.Numbered.SelectMany(line => line.Dropped));
        Assert.Equal(hits, await VerifyAsync());
        await _hub.KillAsync();
        Assert.All(_hub.Numbered.GroupBy(line => line.Id),
            same => Assert.All(same.Skip(1), line => Assert.True(line.Again, $"number {line.Sequence} was shown twice unmarked")));
        Assert.Equal(_hub.Numbered.Select(line => line.Sequence).Distinct().Count(), _hub.Numbered.Select(line => line.Id).Distinct().Count());
        Assert.DoesNotContain("REFUSED", _hub.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("twice", _hub.Errors, StringComparison.Ordinal);
        _witness.Kill();
        Assert.DoesNotContain(await witnessed, said => said.Contains("REFUSED", StringComparison.Ordinal));

        _disk.PowerOff();
        Assert.Equal("", _disk.Check());
        _written.And(_plates.In(_disk.Everything));
        Assert.True(_written.SawControl, "the search finds what is there");
        Assert.Empty(_plates.Report("disk", _written).Found);
        Assert.Empty(_written.Pictures);
        _starts.Sort();
        Say(string.Create(CultureInfo.InvariantCulture, $"{cuts} cuts, {numbers.Count} numbers, {hits.Count} hits, {_hub.Numbered.Count} lines, " +
            $"first frame after {_starts[_starts.Count / 2]:0.0} s in the middle, {_starts[0]:0.0} to {_starts[^1]:0.0} s"));
    }

    /// <summary>The power goes, and comes back: in turn at any moment while vehicles pass, in the middle of what is written then, and in the middle of what a
    /// start writes. From the next start on the log must go on from what was seen of it.</summary>
    private async Task CutAsync(int cut, Random random)
    {
        var (kind, chance) = (cut % 3, Chances[random.Next(Chances.Length)]);
        await AssertGoesOnAsync();
        if (kind == 0)
        {
            await PowerGoesAsync(chance, random);
            _disk.PowerOn();
            Start();
        }
        var written = _disk.Operations;
        var off = kind switch
        {
            0 => AfterAsync(random.Next(1, OfAStart)),
            1 => Task.Delay(TimeSpan.FromSeconds(random.NextDouble() * 4), TimeProvider.System, Cancel),
            _ => AfterAsync(random.Next(1, OfHits)),
        };
        var looking = Task.Run(LookAtLogAsync, CancellationToken.None);
        await off;
        AssertRunning();
        var inTheMiddle = _disk.Off.IsCompleted;
        await PowerGoesAsync(chance, random, looking);
        written = _disk.Operations - written;
        _disk.PowerOn();
        var since = Stopwatch.GetTimestamp();
        Start();
        await UntilFrameAsync(since);
        _starts.Add(Stopwatch.GetElapsedTime(since).TotalSeconds);
        Say(string.Create(CultureInfo.InvariantCulture, $"cut {cut}{(kind == 0 ? ", and again while it started" : "")}" +
            $"{(inTheMiddle ? ", in the middle of writing" : "")}, unflushed kept {chance:0.0}, after {written} operations of the disk; first frame after " +
            $"{_starts[^1]:0.0} s; {_seen.Count} checkpoints seen, {_hub.Hits.Count} hits at the hub"));
    }

    /// <summary>The power goes with so many operations of the disk more, or not yet if they do not come.</summary>
    private async Task AfterAsync(int operations)
    {
        _disk.CutAfter(operations);
        await Task.WhenAny(_disk.Off, Task.Delay(LongestWait, TimeProvider.System, Cancel));
    }

    /// <summary>The power goes now, if it has not gone yet.</summary>
    private async Task PowerGoesAsync(double chance, Random random, Task? looking = null)
    {
        _disk.Cut();
        foreach (var room in Rooms()) room.Kill();
        _disk.Fail();
        foreach (var room in Rooms()) await room.EndAsync();
        await (looking ?? Task.CompletedTask);
        EndRooms();
        _disk.Lose(chance, random);
    }

    private void Start()
    {
        // What lay in memory is gone, the door and the run folder with it.
        if (Directory.Exists(_folder.File("run"))) Directory.Delete(_folder.File("run"), recursive: true);
        var door = Path.Combine(Directory.CreateDirectory(_folder.File("run")).FullName, "vision.sock");
        _agent = new Room("agent", "run", "--config", Path.Combine(_disk.Root, "edge.json"), "--door", door, "--door-user", Environment.UserName);
        _vision = new Room("vision", "vision", "--door", door);
    }

    /// <summary>Keeps each checkpoint of the log that has been followed by another: only that one may not be on the disk yet.</summary>
    private async Task LookAtLogAsync()
    {
        byte[]? last = null;
        while (!_disk.Off.IsCompleted)
        {
            if (LiveLog.CheckpointOf(Log) is { Length: > 0 } now && !(last?.AsSpan().SequenceEqual(now) ?? false))
            {
                if (last is not null) _seen.Add(last);
                last = now;
            }
            await Task.WhenAny(_disk.Off, Task.Delay(Look, TimeProvider.System, CancellationToken.None));
        }
    }

    private async Task UntilFrameAsync(long since)
    {
        while (await ExaminedAsync() == 0)
        {
            AssertRunning();
            Assert.True(Stopwatch.GetElapsedTime(since) < LongestStart, $"the box does not start: {_agent!.Said} / {_vision!.Said}");
            await Task.Delay(Look, TimeProvider.System, Cancel);
        }
    }

    private async Task<long> ExaminedAsync()
    {
        try
        {
            var line = (await _client.GetStringAsync(new Uri($"http://127.0.0.1:{_port}/metrics"), Cancel)).Split('\n')
                .Single(line => line.StartsWith("edge_frames_examined_total ", StringComparison.Ordinal));
            return long.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture);
        }
        catch (HttpRequestException)
        {
            return 0;
        }
    }

    /// <summary>The log verifies as the continuation of all that was seen of it, and has every hit that anybody was told of.</summary>
    private async Task AssertGoesOnAsync()
    {
        var known = _hub.Hits.Select(hit => hit.Sequence).Concat(_stored).ToList();
        Assert.Equal([], known.Except(await VerifyAsync()));
    }

    /// <summary>The hits that the log says were stored.</summary>
    private async Task<IReadOnlyList<long>> VerifyAsync()
    {
        var box = _agency.Boxes.Single();
        var hits = new SortedSet<long>();
        foreach (var older in _seen.TakeLast(1).Append(Witnessed()).OfType<byte[]>().DefaultIfEmpty(null!))
        {
            var report = await LiveLog.ReadAsync(() => LiveLog.CheckpointOf(Log), () =>
            {
                hits.Clear();
                using var log = Bundle.Open(Log);
                return log.Verify(box.Log, older, [], out _, box.LogEpoch, (_, entry) =>
                {
                    if (entry.Action == AuditAction.HitStored) Assert.True(hits.Add(entry.Sequence!.Value), "a hit is logged twice");
                });
            }, of => of.Holds, of => of.IsUnfinished, TimeProvider.System, Cancel);
            Assert.True(report.Holds, string.Join('\n', report.Checks));
        }
        return [.. hits];
    }

    /// <summary>The last checkpoint that the witness has cosigned; null if none has reached it.</summary>
    private byte[]? Witnessed() =>
        _folder.File("city/witness/cosigned") is var kept && Directory.Exists(kept)
            ? Directory.GetFiles(kept).Select(File.ReadAllBytes).SingleOrDefault() : null;

    /// <summary>Stops the box as systemd would, and looks at what it has: the numbers that it gave out, and which of them to hits.</summary>
    private async Task<(IReadOnlyList<long> Numbers, IReadOnlyList<long> Hits)> RestAsync()
    {
        Assert.Equal(ExitCode.Ok, await _agent!.StopAsync());
        await _vision!.StopAsync();
        EndRooms();
        using var keys = KeyFolder.Open(State, credentialsDirectory: null);
        using var state = StateDatabase.Open(State, keys.Hours, TimeProvider.System);
        return ([.. Enumerable.Range(1, (int)state.LastSequence).Select(number => (long)number)], [.. state.Hits.List().Select(hit => hit.Sequence)]);
    }

    private IEnumerable<Room> Rooms() => new[] { _agent, _vision }.OfType<Room>();

    /// <summary>What they said: which hits they stored, and never a plate.</summary>
    private void EndRooms()
    {
        foreach (var room in Rooms())
        {
            _stored.UnionWith(room.Stored);
            var said = room.Said;
            Assert.DoesNotContain(StreetClip.Vehicles(), plate => said.Contains(Encoding.ASCII.GetString(plate.Ascii), StringComparison.OrdinalIgnoreCase));
            Assert.DoesNotContain("vision-refused", said, StringComparison.Ordinal);
            room.Dispose();
        }
        (_agent, _vision) = (null, null);
    }

    private void AssertRunning() => Assert.All(Rooms(), room => Assert.False(room.Ended, $"{room.Name} ended by itself: {room.Said}"));

    private async Task InstallAsync(DateTimeOffset now)
    {
        var made = _agency.PrepareBox("box-1", now);
        FirstInstall.WriteBox(_agency, made);
        using (var copy = Process.Start("cp", ["-a", made + "/.", _disk.Root])) await copy.WaitForExitAsync(Cancel);
        Directory.Delete(made, recursive: true);
        await File.WriteAllTextAsync(Path.Combine(_disk.Root, "edge.json"), JsonSerializer.Serialize(new
        {
            stateFolder = State, enrolmentFolder = Path.Combine(_disk.Root, "enrolment"), trustFolder = Path.Combine(_disk.Root, "trust"),
            runFolder = _folder.File("run"), metricsPort = _port, broker = new { host = "localhost", port = _broker.Address.Port },
            cameras = new[] { new { name = "lane-1", source = _camera.Address } },
        }), Cancel);
        using var sync = Process.Start("sync", ["-f", _disk.Root]);
        await sync.WaitForExitAsync(Cancel);
    }

    private async Task ShowAsync(List<byte[]> pictures, CancellationToken stop)
    {
        using var pace = new PeriodicTimer(Pace, TimeProvider.System);
        for (var place = 0; ; place = (place + 1) % pictures.Count)
        {
            _camera.Show(pictures[place]);
            await pace.WaitForNextTickAsync(stop);
        }
    }

    /// <summary>A line a cut, in a file too where <c>EDGE_CUTS_RECORD</c> names one.</summary>
    private static void Say(string line)
    {
        TestContext.Current.SendDiagnosticMessage("{0}", line);
        if (Environment.GetEnvironmentVariable("EDGE_CUTS_RECORD") is { Length: > 0 } record) File.AppendAllText(record, line + "\n");
    }

    private static int Setting(string name, int otherwise) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } set ? int.Parse(set, CultureInfo.InvariantCulture) : otherwise;

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
