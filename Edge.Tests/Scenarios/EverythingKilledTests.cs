using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Edge.Agent.Cli;
using Edge.Agent.Hub;
using Edge.Storage.Database;
using Edge.Storage.Keys;
using Edge.Tests.Support;

namespace Edge.Tests.Scenarios;

/// <summary>The real box with a camera, a real Mosquitto that keeps nothing on its disk, and the real hub, each killed as by
/// <c>kill -9</c> while vehicles go by.</summary>
public sealed class EverythingKilledTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private readonly List<RunningHub.Line> _lines = [];
    private Agency _agency = null!;
    private string _box = "";
    private MosquittoBroker _broker = null!;
    private RunningHub? _hub;

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
        _hub?.Dispose();
        if (_broker is not null) await _broker.DisposeAsync();
        _agency.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public Task Every_hit_arrives_though_box_broker_and_hub_are_killed_twice_each_while_vehicles_go_by() => KillAsync(kills: 2);

    [Fact(Explicit = true)]
    public Task Every_hit_arrives_though_box_broker_and_hub_are_killed_hundreds_of_times_while_vehicles_go_by() =>
        KillAsync(kills: int.Parse(Environment.GetEnvironmentVariable("EDGE_KILLS") ?? "200", CultureInfo.InvariantCulture));

    /// <summary>In each life of the box, broker and hub are killed once, at moments drawn from a seed, and then the box.</summary>
    private async Task KillAsync(int kills)
    {
        var random = new Random(20261126);
        _hub = StartHub();
        await Eventually.True(() => _hub.Linked, "the hub is linked", seconds: 60);
        var life = await LiveAsync(); // whole, so that the hub has seen where this box's numbers begin
        for (var round = 0; round < kills; round++)
        {
            ReviveHub();
            using var box = EdgeAgent.Start("run", "--config", _folder.File("edge.json"));
            var said = Task.WhenAll(box.StandardOutput.ReadToEndAsync(CancellationToken.None), box.StandardError.ReadToEndAsync(CancellationToken.None));
            var (first, second, last) = (random.NextDouble(), random.NextDouble(), random.NextDouble());
            await Task.Delay(life * (last * Math.Min(first, second)), TimeProvider.System, TestContext.Current.CancellationToken);
            await (first < second ? KillBrokerAsync() : KillHubAsync());
            await Task.Delay(life * (last * Math.Abs(first - second)), TimeProvider.System, TestContext.Current.CancellationToken);
            await (first < second ? KillHubAsync() : KillBrokerAsync());
            await Task.Delay(life * (last * (1 - Math.Max(first, second))), TimeProvider.System, TestContext.Current.CancellationToken);
            if (!box.HasExited) box.Kill();
            await box.WaitForExitAsync(CancellationToken.None);
            Assert.DoesNotContain(await said, text => StreetClip.Vehicles().Any(plate => text.Contains(plate.ToString(), StringComparison.OrdinalIgnoreCase)));
        }
        ReviveHub();
        // Nothing is killed any more: two summaries bring to light what the broker lost, the receipt has it sent again.
        var (numbers, hits) = Stored();
        for (var rest = 0; rest < 8 && !Accounted().IsSupersetOf(Enumerable.Range(1, (int)numbers).Select(number => (long)number)); rest++)
        {
            await LiveAsync();
            (numbers, hits) = Stored();
        }
        await KillHubAsync(again: false);
        Assert.Equal([], Enumerable.Range(1, (int)numbers).Select(number => (long)number).Except(Accounted()));
        Assert.Equal(hits, _lines.Where(line => line.Type == "edge.hit.v1").Select(line => line.Sequence).Distinct().Order());
        Assert.All(_lines.GroupBy(line => line.Id),
            same => Assert.All(same.Skip(1), line => Assert.True(line.Again, $"number {line.Sequence} was shown twice unmarked")));
        Assert.Equal(_lines.Select(line => line.Sequence).Distinct().Count(), _lines.Select(line => line.Id).Distinct().Count());
        var log = Path.Combine(_box, "state", "audit");
        using (var keys = KeyFolder.Open(Path.Combine(_box, "state"), credentialsDirectory: null))
            await File.WriteAllTextAsync(_folder.File("log.vkey"), new Edge.Storage.Audit.NoteKey("edge/v1/city/box-1", keys.Log.Public).ToString());
        var verified = await EdgeAgent.RunAsync("audit", "verify", log, "--key", _folder.File("log.vkey"));
        Assert.True(verified.Code == ExitCode.Ok, verified.Output + verified.Error);
        TestContext.Current.SendDiagnosticMessage("{0} numbers, {1} hits, {2} lines, {3} shown again and marked", numbers, hits.Count, _lines.Count,
            _lines.Count - _lines.Select(line => line.Id).Distinct().Count());
    }

    private async Task KillBrokerAsync()
    {
        await _broker.KillAsync();
        await _broker.StartAgainAsync();
    }

    private async Task KillHubAsync(bool again = true)
    {
        await _hub!.KillAsync();
        _lines.AddRange(_hub.Numbered);
        Assert.DoesNotContain("REFUSED", _hub.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("twice", _hub.Errors, StringComparison.Ordinal);
        _hub.Dispose();
        _hub = again ? StartHub() : null;
    }

    /// <summary>As systemd would: a hub that finds no broker when it starts says so and ends.</summary>
    private void ReviveHub()
    {
        if (!_hub!.Ended) return;
        _lines.AddRange(_hub.Numbered);
        _hub.Dispose();
        _hub = StartHub();
    }

    /// <summary>A life of the box to the end of its recording.</summary>
    private async Task<TimeSpan> LiveAsync()
    {
        var since = Stopwatch.GetTimestamp();
        var ended = await EdgeAgent.RunAsync("run", "--config", _folder.File("edge.json"));
        Assert.True(ended.Code == ExitCode.Ok, ended.Error);
        return Stopwatch.GetElapsedTime(since);
    }

    private HashSet<long> Accounted() => RunningHub.Accounted([.. _lines, .. _hub?.Numbered ?? []]);

    /// <summary>How many numbers the box has given out, and which of them to hits.</summary>
    private (long Numbers, IReadOnlyList<long> Hits) Stored()
    {
        using var keys = KeyFolder.Open(Path.Combine(_box, "state"), credentialsDirectory: null);
        using var state = StateDatabase.Open(Path.Combine(_box, "state"), keys.Hours, TimeProvider.System);
        return (state.LastSequence, [.. state.Hits.List().Select(hit => hit.Sequence)]);
    }

    private RunningHub StartHub() => new(EdgeAgent.Start("hub", "watch", _folder.File("city"), "--json", "--all", "--broker", _broker.Address.ToString()));
}
