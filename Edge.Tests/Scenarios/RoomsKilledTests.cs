using System.Globalization;
using System.Text;
using System.Text.Json;
using Edge.Agent.Cli;
using Edge.Agent.Hub;
using Edge.Storage.Database;
using Edge.Storage.Keys;
using Edge.Tests.Support;

namespace Edge.Tests.Scenarios;

/// <summary>The two rooms as two real processes, each killed as by <c>kill -9</c> while vehicles go by, before a real Mosquitto and the real hub.</summary>
public sealed class RoomsKilledTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private readonly Random _random = new(20261126);
    private readonly List<Room> _rooms = [];
    private Agency _agency = null!;
    private string _box = "";
    private MosquittoBroker _broker = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var now = TimeProvider.System.GetUtcNow();
        _agency = Agency.Create(_folder.File("city"), new AgencyPlan { Agency = "city", Wanted = StreetClip.Wanted(now) }, now,
            null, out _)!;
        _box = _agency.PrepareBox("box-1", now);
        FirstInstall.WriteBox(_agency, _box);
        var toBroker = FirstInstall.WriteBroker(_agency, _folder.File("city"));
        _broker = await MosquittoBroker.StartAsync(toBroker, port => FirstInstall.Listener(toBroker, port));
        await File.WriteAllTextAsync(_folder.File("edge.json"), JsonSerializer.Serialize(new
        {
            stateFolder = Path.Combine(_box, "state"), enrolmentFolder = Path.Combine(_box, "enrolment"),
            trustFolder = Path.Combine(_box, "trust"), broker = new { host = "localhost", port = _broker.Address.Port },
            cameras = new[] { new { name = "lane-1", source = StreetClip.Film } },
        }));
    }

    public async ValueTask DisposeAsync()
    {
        if (_broker is not null) await _broker.DisposeAsync();
        _rooms.ForEach(room => room.Dispose());
        _agency.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Every_vehicle_arrives_though_the_agent_is_killed_again_and_again_while_one_vision_goes_on()
    {
        using var hub = new RunningHub(EdgeAgent.Start("hub", "watch", _folder.File("city"), "--json", "--all", "--broker", _broker.Address.ToString()));
        await Eventually.True(() => hub.Linked, "the hub is linked", seconds: 60);
        var vision = Start("vision");
        for (var kill = 0; kill < Kills; kill++)
        {
            var agent = Start("agent");
            await UntilAsync(agent, "is at the door");
            await Task.Delay(TimeSpan.FromSeconds(_random.NextDouble() * 2), TimeProvider.System, Cancel);
            await agent.KillAsync();
        }
        Assert.Equal(ExitCode.Ok, await Start("agent").EndAsync());
        await Eventually.True(() => StreetClip.Vehicles().All(plate => hub.Hits.Any(hit => plate.Equals(StreetClip.Plate(hit.Text!)))),
            "every vehicle is opened at the hub",
            seconds: 60);
        await vision.KillAsync();
        AssertNothingLost();
    }

    [Fact]
    public async Task Nothing_acknowledged_is_lost_though_vision_is_killed_again_and_again()
    {
        var agent = Start("agent");
        for (var kill = 0; kill < Kills; kill++)
        {
            var vision = Start("vision");
            await UntilAsync(agent, "is at the door", times: kill + 1);
            await Task.Delay(TimeSpan.FromSeconds(_random.NextDouble() * 4), TimeProvider.System, Cancel);
            await vision.KillAsync();
        }
        var whole = Start("vision");
        Assert.Equal(ExitCode.Ok, await agent.EndAsync());
        await whole.KillAsync();
        AssertNothingLost();
        using var keys = KeyFolder.Open(Path.Combine(_box, "state"), credentialsDirectory: null);
        await File.WriteAllTextAsync(_folder.File("log.vkey"), new Edge.Storage.Audit.NoteKey("edge/v1/city/box-1", keys.Log.Public).ToString(), Cancel);
        var verified = await EdgeAgent.RunAsync("audit", "verify", Path.Combine(_box, "state", "audit"), "--key", _folder.File("log.vkey"));
        Assert.True(verified.Code == ExitCode.Ok, verified.Output + verified.Error);
    }

    private static int Kills => int.Parse(Environment.GetEnvironmentVariable("EDGE_KILLS") ?? "3", CultureInfo.InvariantCulture);

    private string Door => _folder.File("vision.sock");

    private Room Start(string name)
    {
        _rooms.Add(new Room(name, name == "vision" ? ["vision", "--door", Door]
            : ["run", "--config", _folder.File("edge.json"), "--door", Door, "--door-user", Environment.UserName]));
        return _rooms[^1];
    }

    private static Task UntilAsync(Room room, string words, int times = 1) => Eventually.True(() => room.Ended
        || room.Said.Split('\n').Count(line => line.Contains(words, StringComparison.Ordinal)) >= times, $"'{words}' is said {times} times", seconds: 120);

    /// <summary>Every hit that an agent said it had stored is there, nobody was taken for an enemy, and nobody said a plate.</summary>
    private void AssertNothingLost()
    {
        var said = string.Join('\n', _rooms.Select(room => room.Said));
        Assert.DoesNotContain("vision-refused", said, StringComparison.Ordinal);
        Assert.DoesNotContain(StreetClip.Vehicles(), plate => said.Contains(Encoding.ASCII.GetString(plate.Ascii), StringComparison.OrdinalIgnoreCase));
        using var keys = KeyFolder.Open(Path.Combine(_box, "state"), credentialsDirectory: null);
        using var state = StateDatabase.Open(Path.Combine(_box, "state"), keys.Hours, TimeProvider.System);
        var stored = state.Hits.List().Select(hit => hit.Sequence).ToHashSet();
        var acknowledged = _rooms.SelectMany(room => room.Stored).ToList();
        Assert.NotEmpty(acknowledged);
        Assert.Equal([], acknowledged.Except(stored));
        TestContext.Current.SendDiagnosticMessage("{0} hits stored, {1} acknowledged", stored.Count, acknowledged.Count);
    }
}
