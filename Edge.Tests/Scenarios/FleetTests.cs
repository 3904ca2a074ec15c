using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using Edge.Agent.Cli;
using Edge.Agent.Enrolment;
using Edge.Agent.Fleet;
using Edge.Agent.Hub;
using Edge.Agent.Publishing;
using Edge.Tests.Matching;
using Edge.Tests.Support;

namespace Edge.Tests.Scenarios;

/// <summary>A small fleet at a real Mosquitto, and the real hub.</summary>
public sealed class FleetTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Theory, InlineData(false), InlineData(true)]
    public async Task Every_hit_of_a_fleet_is_verified_opened_and_counted_once(bool onDisk)
    {
        MosquittoBroker.Need();
        string[] disk = onDisk ? ["--on-disk"] : [];
        var ended = await EdgeAgent.RunAsync(["hub", "simulate", "--boxes", "3", "--hits-per-minute", "600", "--hits", "20", "--warm-up", "3", "--json",
            "--folder", _folder.Path, .. disk]);

        Assert.True(ended.Code == ExitCode.Ok, ended.Error);
        var result = JsonDocument.Parse(ended.Output).RootElement;
        Assert.Equal((20, 20), (result.GetProperty("sent").GetInt64(), result.GetProperty("opened").GetInt64()));
        Assert.All(["missing", "refused", "repeats", "shownAgain", "onTheWay"], name => Assert.Equal(0, result.GetProperty(name).GetInt64()));
        Assert.Equal(6, result.GetProperty("summaries").GetInt64());
        Assert.True(result.GetProperty("latencyMs").GetProperty("p50").GetDouble() > 0);
        Assert.All(["hub", "broker", "allBoxes"], name => Assert.True(result.GetProperty(name).GetProperty("mostMemoryMiB").GetDouble() > 1));
        Assert.Contains("boxes enrolled 3/3", ended.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    [Fact]
    public async Task Stopped_by_Ctrl_C_it_says_what_it_has_measured()
    {
        MosquittoBroker.Need();
        using var process = EdgeAgent.StartInForeground("hub", "simulate", "--boxes", "2", "--hits-per-minute", "600", "--minutes", "60", "--warm-up",
            "0", "--folder",
            _folder.Path, "--json");
        var output = process.StandardOutput.ReadToEndAsync(Cancel);
        string? line;
        do line = await process.StandardError.ReadLineAsync(Cancel);
        while (line is not null && !Regex.IsMatch(line, "seconds [1-9][0-9]+/"));
        Assert.NotNull(line);
        var error = process.StandardError.ReadToEndAsync(Cancel);
        // A terminal tells everybody in the foreground: the hub and the broker too.
        using var kill = Process.Start("/bin/sh", ["-c", $"kill -INT {process.Id} $(pgrep -P {process.Id})"]);
        await process.WaitForExitAsync(Cancel);

        Assert.Equal(ExitCode.Interrupted, (ExitCode)process.ExitCode);
        var result = JsonDocument.Parse(await output).RootElement;
        Assert.True(result.GetProperty("stopped").GetBoolean());
        Assert.True(result.GetProperty("opened").GetInt64() > 0);
        Assert.All(["hub", "broker"], name => Assert.True(result.GetProperty(name).GetProperty("mostMemoryMiB").GetDouble() > 1,
            "what they used is not forgotten when they end"));
        Assert.Contains("figures until then", await error, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    [Fact]
    public async Task A_simulation_leaves_nothing_at_a_broker_that_somebody_has_nor_with_its_agency()
    {
        using var agency = AgencyFor();
        await using var broker = await BrokerOfAsync(agency);
        var ended = await EdgeAgent.RunAsync("hub", "simulate", "--boxes", "2", "--hits-per-minute", "600", "--hits", "5", "--warm-up", "0", "--json",
            "--broker", broker.Address.ToString(), "--agency", _folder.File("city"));

        Assert.True(ended.Code == ExitCode.Ok, ended.Error);
        Assert.Equal(5, JsonDocument.Parse(ended.Output).RootElement.GetProperty("opened").GetInt64());
        Assert.False(JsonDocument.Parse(ended.Output).RootElement.TryGetProperty("broker", out _), "what somebody else's broker uses is not ours to see");
        Assert.Empty(agency.Boxes);
        await using var late = await MqttLink.OpenAsync(new LinkSettings(broker.Address, agency.HubCertificates, "late") { SessionExpiry = TimeSpan.Zero },
            TimeProvider.System, Cancel);
        await late.SubscribeAsync(["edge/v1/city/#"], Cancel);
        await late.SubscribeAsync(["edge/v1/city/none"], Cancel); // answered after whatever was retained has been sent
        Assert.False(late.Inbound.TryRead(out _), "a status is still retained");
    }

    [Fact]
    public async Task A_broker_that_is_not_there_is_said_before_a_box_is_made_for_it()
    {
        using (var agency = AgencyFor()) Assert.Empty(agency.Boxes);
        var ended = await EdgeAgent.RunAsync("hub", "simulate", "--boxes", "2", "--hits-per-minute", "600", "--hits", "5", "--broker", "localhost:1",
            "--agency", _folder.File("city"));
        Assert.Equal(ExitCode.Broker, ended.Code);
        Assert.Contains("cannot reach localhost:1", ended.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("boxes enrolled", ended.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void An_agency_with_a_box_in_service_is_not_simulated_with()
    {
        using (var agency = AgencyFor()) agency.PrepareBox("box-1", TimeProvider.System.GetUtcNow());
        var refused = Assert.Throws<AgencyException>(() => FleetRun.OpenForSimulation(_folder.File("city")));
        Assert.Contains("box-1", refused.Message, StringComparison.Ordinal);
        Assert.Contains("hub init DIR --no-box", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_box_in_service_whose_name_begins_like_a_simulated_one_s_is_not_forgotten()
    {
        using (var agency = AgencyFor()) agency.PrepareBox("sim-street", TimeProvider.System.GetUtcNow());
        Assert.Contains("sim-street", Assert.Throws<AgencyException>(() => FleetRun.OpenForSimulation(_folder.File("city"))).Message, StringComparison.Ordinal);
        using var still = Agency.Open(_folder.File("city"));
        Assert.Single(still.Boxes);
    }

    [Fact]
    public void Boxes_of_a_simulation_that_was_killed_are_forgotten_by_the_next()
    {
        using (var agency = AgencyFor())
            SimulatedBox.Enrol(agency, agency.Broker, "sim-ab12cd-1", _folder.File("killed"), 4, 1, TimeProvider.System.GetUtcNow()).Keys.Dispose();
        using var again = FleetRun.OpenForSimulation(_folder.File("city"));
        Assert.Empty(again.Boxes);
    }

    [Fact]
    public async Task The_broker_that_hub_init_writes_keeps_all_that_waits_for_a_hub_that_is_away()
    {
        const int count = 1200; // Mosquitto's own limit is 1000
        using var agency = AgencyFor();
        var box = new EnrolmentFolder(Path.Combine(agency.PrepareBox("box-1", TimeProvider.System.GetUtcNow()), "enrolment"));
        await using var broker = await BrokerOfAsync(agency);
        var hub = new LinkSettings(broker.Address, agency.HubCertificates, "hub");
        await using (var first = await MqttLink.OpenAsync(hub, TimeProvider.System, Cancel))
        {
            await first.SubscribeAsync(["edge/v1/city/+/hit"], Cancel);
            await first.CloseAsync();
        }
        await using var link = await MqttLink.OpenAsync(new LinkSettings(broker.Address, box.Certificates, "box-1"), TimeProvider.System, Cancel);
        for (var i = 0; i < count; i++)
            Assert.Equal(PublishOutcome.Acknowledged, (await link.PublishAsync(new Publication("edge/v1/city/box-1/hit", BitConverter.GetBytes(i)),
                Cancel)).Outcome);

        await using var back = await MqttLink.OpenAsync(hub, TimeProvider.System, Cancel);
        for (var i = 0; i < count; i++)
        {
            var message = await back.Inbound.ReadAsync(Cancel);
            Assert.Equal(i, BitConverter.ToInt32(message.Payload.Span));
            await message.AcknowledgeAsync();
        }
    }

    [Fact]
    public void Without_mosquitto_it_says_how_to_get_it() =>
        Assert.Contains("apt-get install mosquitto", Assert.Throws<BrokerException>(() => Mosquitto.Find([_folder.File("none")])).Message,
            StringComparison.Ordinal);

    [Theory]
    [InlineData("--boxes must be 1 to 10000", "--boxes", "0")]
    [InlineData("--hits-per-minute must be 0.001 to 1000000", "--hits-per-minute", "0")]
    [InlineData("--hits-per-minute must be 0.001 to 1000000", "--hits-per-minute", "1e-12")]
    [InlineData("not both", "--hits", "5", "--minutes", "1")]
    [InlineData("--crop-bytes must be 4 to 65536", "--crop-bytes", "3")]
    [InlineData("go together", "--broker", "localhost")]
    [InlineData("no such folder", "--folder", "/nowhere/at/all")]
    public async Task A_wrong_option_is_refused_with_what_would_be_right(string told, params string[] options)
    {
        var ended = await EdgeAgent.RunAsync(["hub", "simulate", .. options]);
        Assert.Equal(ExitCode.Usage, ended.Code);
        Assert.Contains(told, ended.Error, StringComparison.Ordinal);
    }

    private Agency AgencyFor() => Agency.Create(_folder.File("city"), new AgencyPlan { Agency = "city", Cost = Lists.Cheap },
        TimeProvider.System.GetUtcNow(), null, out _)!;

    private async Task<MosquittoBroker> BrokerOfAsync(Agency agency)
    {
        MosquittoBroker.Need();
        var written = Path.GetDirectoryName(FirstInstall.WriteLocalBroker(agency, _folder.File("broker")))!;
        return await MosquittoBroker.StartAsync(_folder.Path, port => FirstInstall.Listener(written, port, "127.0.0.1"));
    }
}
