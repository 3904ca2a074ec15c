using System.Text;
using System.Text.Json;
using Edge.Agent.Cli;
using Edge.Agent.Forgetting;
using Edge.Agent.Hub;
using Edge.Tests.Support;
using Edge.Vision.Recognition;

namespace Edge.Tests.Scenarios;

/// <summary>From a frame to an opened alert, with the real program.</summary>
public sealed class WholeWayTests : IDisposable
{
    private static readonly string Clip = Path.Combine(AppContext.BaseDirectory, "clip");
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task The_rendered_clip_gives_one_alert_and_everybody_else_is_forgotten()
    {
        var vehicles = Vehicles();
        var ended = await EdgeAgent.RunAsync("demo", "--json", "--out", _folder.File("out"));
        Assert.Equal(ExitCode.Ok, ended.Code);
        AssertJson(ended.Output, reads: vehicles.Count, hits: 1);
        foreach (var forgotten in vehicles.Skip(1)) AssertNowhere(forgotten, ended);
    }

    [Fact]
    public async Task Real_footage_gives_one_alert_for_the_plate_looked_for()
    {
        var footage = Shared.Need("data/footage/toll-lane.mp4");
        var ended = await EdgeAgent.RunAsync("demo", "--json", "--footage", footage, "--look-for", "34A36837", "--out", _folder.File("out"));
        Assert.Equal(ExitCode.Ok, ended.Code);
        using var json = JsonDocument.Parse(ended.Output);
        Assert.Equal((1, 1, 0), (Number(json, "hits"), Number(json, "alertsVerified"), Number(json, "leaks")));
        AssertNowhere("34A23126", ended);
        AssertNowhere("89C20339", ended);
        var verified = await EdgeAgent.RunAsync("audit", "verify", _folder.File("out/audit"), "--key", _folder.File("out/audit.vkey"));
        Assert.Equal(ExitCode.Ok, verified.Code);
    }

    [Fact]
    public async Task Footage_without_readable_plates_gives_no_read()
    {
        var footage = Shared.Need("data/footage/no-readable-plates.mp4");
        var ended = await EdgeAgent.RunAsync("demo", "--json", "--footage", footage);
        Assert.Equal(ExitCode.Ok, ended.Code);
        AssertJson(ended.Output, reads: 0, hits: 0);
    }

    [Fact]
    public async Task A_truncated_recording_is_said_and_loses_no_hit_that_came_before()
    {
        var whole = File.ReadAllBytes(Path.Combine(Clip, "street.mp4"));
        File.WriteAllBytes(_folder.File("cut.mp4"), whole[..(whole.Length * 2 / 3)]);
        var ended = await EdgeAgent.RunAsync("demo", "--json", "--footage", _folder.File("cut.mp4"), "--look-for", Vehicles()[0]);
        Assert.Equal(ExitCode.Capture, ended.Code);
        Assert.Contains("cut off", ended.Error, StringComparison.Ordinal);
        using var json = JsonDocument.Parse(ended.Output);
        Assert.Equal((1, 1, 0), (Number(json, "hits"), Number(json, "alertsVerified"), Number(json, "leaks")));
        Assert.True(json.RootElement.GetProperty("logVerified").GetBoolean());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)] // one that sees and one that writes, and a socket between them
    public async Task A_box_of_one_process_or_two_sends_to_a_real_broker_and_the_hub_opens_it(int processes)
    {
        var now = TimeProvider.System.GetUtcNow();
        Assert.True(PlateText.TryParse(Vehicles()[0], out var plate));
        using var agency = Agency.Create(_folder.File("city"), new AgencyPlan
        {
            Agency = "city",
            Wanted =
            [
                new WantedPlate
                {
                    Plate = plate, Case = "2026-17", Purpose = "stolen-vehicle", Basis = "theft report", Source = "test", Issuer = "desk",
                    NotBefore = now.AddMinutes(-1), Expires = now.AddDays(1),
                },
            ],
        }, now, null, out _)!;
        var box = agency.PrepareBox("box-1", now);
        FirstInstall.WriteBox(agency, box);
        var toBroker = FirstInstall.WriteBroker(agency, _folder.File("city"));
        await using var broker = await MosquittoBroker.StartAsync(toBroker, port => FirstInstall.Listener(toBroker, port));
        var address = broker.Address.ToString();
        using var watch = EdgeAgent.Start("hub", "watch", _folder.File("city"), "--broker", address, "--count", "1", "--json");
        await watch.StandardError.ReadLineAsync(TestContext.Current.CancellationToken); // linked: from here on nothing is missed
        await RunBoxAsync(box, broker.Address.Port, processes);

        using var hit = JsonDocument.Parse((await watch.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken))!);
        await watch.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, watch.ExitCode);
        Assert.Equal((Vehicles()[0], "2026-17"), (hit.RootElement.GetProperty("text").GetString(), hit.RootElement.GetProperty("case").GetString()));
    }

    public void Dispose() => _folder.Dispose();

    private async Task RunBoxAsync(string box, int port, int processes)
    {
        await File.WriteAllTextAsync(_folder.File("edge.json"), JsonSerializer.Serialize(new
        {
            stateFolder = Path.Combine(box, "state"), enrolmentFolder = Path.Combine(box, "enrolment"),
            trustFolder = Path.Combine(box, "trust"), broker = new { host = "localhost", port },
            cameras = new[] { new { name = "lane-1", source = Path.Combine(Clip, "street.mp4") } },
        }));
        var door = _folder.File("vision.sock");
        using var vision = processes == 2 ? EdgeAgent.Start("vision", "--door", door) : null;
        var ran = await EdgeAgent.RunAsync(["run", "--config", _folder.File("edge.json"),
            .. processes == 2 ? ["--door", door, "--door-user", Environment.UserName] : Array.Empty<string>()]);
        Assert.True(ran.Code == ExitCode.Ok, ran.Error);
        Assert.Equal("", ran.Output);
        if (vision is not null)
        {
            AssertForgotten(vision.Id);
            vision.Kill(); // it waits for the next agent
            var said = await vision.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken) +
            await vision.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            Assert.DoesNotContain(Vehicles(), vehicle => said.Contains(vehicle, StringComparison.OrdinalIgnoreCase));
        }
        Assert.DoesNotContain(Vehicles(), vehicle => ran.Error.Contains(vehicle, StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>Every plate has passed and vision waits for the next agent: its memory holds none, in no spelling, and the search can find something.</summary>
    private static void AssertForgotten(int vision)
    {
        var traces = new Traces(Vehicles().SelectMany(text => PlateSpellings.Of(Encoding.ASCII.GetBytes(text))), "vision.sock"u8.ToArray());
        if (traces.InMemory(vision) is not { } look) return; // another user's process: only root may look
        Assert.True(look.SawControl, "the search finds what is there");
        Assert.Empty(traces.Report("memory of vision", look).Found);
    }

    private static List<string> Vehicles()
    {
        using var truth = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Clip, "street.json")));
        return [.. truth.RootElement.GetProperty("vehicles").EnumerateArray().Select(vehicle => vehicle.GetProperty("plate").GetString()!)];
    }

    private static void AssertJson(string output, int reads, int hits)
    {
        using var json = JsonDocument.Parse(output);
        Assert.Equal((reads, reads - hits, hits, hits, 0), (Number(json, "reads"), Number(json, "discarded"), Number(json, "hits"),
            Number(json, "alertsVerified"), Number(json, "leaks")));
        Assert.True(json.RootElement.GetProperty("logVerified").GetBoolean());
    }

    private static int Number(JsonDocument json, string name) => json.RootElement.GetProperty(name).GetInt32();

    private void AssertNowhere(string plate, EdgeAgent.Ended ended)
    {
        Assert.DoesNotContain(plate, ended.Output + ended.Error, StringComparison.OrdinalIgnoreCase);
        var bytes = Encoding.ASCII.GetBytes(plate);
        Assert.DoesNotContain(Directory.EnumerateFiles(_folder.File("out"), "*", SearchOption.AllDirectories),
            file => File.ReadAllBytes(file).AsSpan().IndexOf(bytes) >= 0);
    }
}
