using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Edge.Agent.Cli;
using Edge.Agent.Hub;
using Edge.Storage.Database;
using Edge.Storage.Keys;
using Edge.Tests.Support;
using Edge.Vision.Recognition;

namespace Edge.Tests.Scenarios;

/// <summary>The two rooms as two real processes, each killed as by <c>kill -9</c> while vehicles go by, before a real Mosquitto and the real hub.</summary>
public sealed partial class RoomsKilledTests : IAsyncLifetime
{
    private static readonly string Clip = Path.Combine(AppContext.BaseDirectory, "clip");

    private readonly TemporaryFolder _folder = new();
    private readonly Random _random = new(20261126);
    private readonly List<string> _said = [];
    private Agency _agency = null!;
    private string _box = "";
    private MosquittoBroker _broker = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var now = TimeProvider.System.GetUtcNow();
        _agency = Agency.Create(_folder.File("city"), new AgencyPlan { Agency = "city", Wanted = [.. Vehicles().Select(plate => Wanted(plate, now))] }, now,
            null, out _)!;
        _box = _agency.PrepareBox("box-1", now);
        FirstInstall.WriteBox(_agency, _box);
        var toBroker = FirstInstall.WriteBroker(_agency, _folder.File("city"));
        _broker = await MosquittoBroker.StartAsync(toBroker, port => FirstInstall.Listener(toBroker, port));
        await File.WriteAllTextAsync(_folder.File("edge.json"), JsonSerializer.Serialize(new
        {
            stateFolder = Path.Combine(_box, "state"), enrolmentFolder = Path.Combine(_box, "enrolment"),
            trustFolder = Path.Combine(_box, "trust"), broker = new { host = "localhost", port = _broker.Address.Port },
            cameras = new[] { new { name = "lane-1", source = Path.Combine(Clip, "street.mp4") } },
        }));
    }

    public async ValueTask DisposeAsync()
    {
        if (_broker is not null) await _broker.DisposeAsync();
        _agency.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Every_vehicle_arrives_though_the_agent_is_killed_again_and_again_while_one_vision_goes_on()
    {
        using var hub = new RunningHub(EdgeAgent.Start("hub", "watch", _folder.File("city"), "--json", "--all", "--broker", _broker.Address.ToString()));
        await Eventually.True(() => hub.Linked, "the hub is linked", seconds: 60);
        using var vision = new Room(this, "vision", "--door", Door);
        for (var kill = 0; kill < Kills; kill++)
        {
            using var agent = Agent();
            await agent.UntilAsync("is at the door");
            await Task.Delay(TimeSpan.FromSeconds(_random.NextDouble() * 2), TimeProvider.System, Cancel);
            await agent.KillAsync();
        }
        using (var last = Agent()) Assert.Equal(ExitCode.Ok, await last.EndAsync());
        await Eventually.True(() => Vehicles().All(plate => hub.Hits.Any(hit => plate.Equals(Plate(hit.Text!)))), "every vehicle is opened at the hub",
            seconds: 60);
        await vision.KillAsync();
        AssertNothingLost();
    }

    [Fact]
    public async Task Nothing_acknowledged_is_lost_though_vision_is_killed_again_and_again()
    {
        using var agent = Agent();
        for (var kill = 0; kill < Kills; kill++)
        {
            using var vision = new Room(this, "vision", "--door", Door);
            await agent.UntilAsync("is at the door", times: kill + 1);
            await Task.Delay(TimeSpan.FromSeconds(_random.NextDouble() * 4), TimeProvider.System, Cancel);
            await vision.KillAsync();
        }
        using var whole = new Room(this, "vision", "--door", Door);
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

    private Room Agent() => new(this, "run", "--config", _folder.File("edge.json"), "--door", Door, "--door-user", Environment.UserName);

    /// <summary>Every hit that an agent said it had stored is there, nobody was taken for an enemy, and nobody said a plate.</summary>
    private void AssertNothingLost()
    {
        var said = string.Join('\n', _said);
        Assert.DoesNotContain("vision-refused", said, StringComparison.Ordinal);
        Assert.DoesNotContain(Vehicles(), plate => said.Contains(Encoding(plate), StringComparison.OrdinalIgnoreCase));
        using var keys = KeyFolder.Open(Path.Combine(_box, "state"), credentialsDirectory: null);
        using var state = StateDatabase.Open(Path.Combine(_box, "state"), keys.Hours, TimeProvider.System);
        var stored = state.Hits.List().Select(hit => hit.Sequence).ToHashSet();
        var acknowledged = Acknowledged().Matches(said).Select(match => long.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture)).ToList();
        Assert.NotEmpty(acknowledged);
        Assert.Equal([], acknowledged.Except(stored));
        TestContext.Current.SendDiagnosticMessage("{0} hits stored, {1} acknowledged", stored.Count, acknowledged.Count);
    }

    private static WantedPlate Wanted(PlateText plate, DateTimeOffset now) => new()
    {
        Plate = plate, Case = "2026-17", Purpose = "stolen-vehicle", Basis = "theft report", Source = "test", Issuer = "desk",
        NotBefore = now.AddMinutes(-1), Expires = now.AddDays(1),
    };

    private static List<PlateText> Vehicles()
    {
        using var truth = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Clip, "street.json")));
        return [.. truth.RootElement.GetProperty("vehicles").EnumerateArray().Select(vehicle => Plate(vehicle.GetProperty("plate").GetString()!))];
    }

    private static PlateText Plate(string text) => PlateText.TryParse(text, out var plate) ? plate : throw new InvalidOperationException("not a plate");

    private static string Encoding(PlateText plate) => System.Text.Encoding.ASCII.GetString(plate.Ascii);

    [GeneratedRegex("hit ([0-9]+) stored")]
    private static partial Regex Acknowledged();

    /// <summary>One of the two processes, and what it says.</summary>
    private sealed class Room : IDisposable
    {
        private readonly List<string> _lines = [];
        private readonly Process _process;
        private readonly RoomsKilledTests _test;
        private readonly Task _reading;

        public Room(RoomsKilledTests test, params string[] arguments)
        {
            (_test, _process) = (test, EdgeAgent.Start(arguments));
            _reading = Task.WhenAll(ReadAsync(_process.StandardError), ReadAsync(_process.StandardOutput));
        }

        public Task UntilAsync(string words, int times = 1) =>
            Eventually.True(() => Count(words) >= times || _process.HasExited, $"'{words}' is said {times} times", seconds: 120);

        public async Task KillAsync()
        {
            if (!_process.HasExited) _process.Kill();
            await EndAsync();
        }

        public async Task<ExitCode> EndAsync()
        {
            await _process.WaitForExitAsync(Cancel);
            await _reading;
            return (ExitCode)_process.ExitCode;
        }

        public void Dispose()
        {
            if (!_process.HasExited) _process.Kill();
            _process.Dispose();
        }

        private int Count(string words)
        {
            lock (_lines) return _lines.Count(line => line.Contains(words, StringComparison.Ordinal));
        }

        private async Task ReadAsync(StreamReader from)
        {
            while (await from.ReadLineAsync(CancellationToken.None) is { } line)
            {
                lock (_lines) _lines.Add(line);
                lock (_test._said) _test._said.Add(line);
            }
        }
    }
}
