using System.Text.Json;
using Edge.Agent.Cli;
using Edge.Agent.Governance;
using Edge.Agent.Hub;
using Edge.Agent.Publishing;
using Edge.Storage.Audit;
using Edge.Tests.Matching;
using Edge.Tests.Support;

namespace Edge.Tests.Scenarios;

/// <summary>A technician takes a box down: the real program, with the agent running and without.</summary>
public sealed class DecommissionTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Agency _agency;
    private readonly string _box;

    public DecommissionTests()
    {
        var now = TimeProvider.System.GetUtcNow();
        _agency = Agency.Create(_folder.File("city"), new AgencyPlan { Agency = "city", Cost = Lists.Cheap }, now, null, out _)!;
        _box = _agency.PrepareBox("box-1", now);
        Directory.CreateDirectory(_folder.File("run"));
    }

    public void Dispose()
    {
        _agency.Dispose();
        _folder.Dispose();
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string Configuration(int port)
    {
        var file = _folder.File("edge.json");
        File.WriteAllText(file, JsonSerializer.Serialize(new
        {
            stateFolder = Path.Combine(_box, "state"), enrolmentFolder = Path.Combine(_box, "enrolment"), trustFolder = _agency.TrustFolder,
                runFolder = _folder.File("run"),
            broker = new { host = "localhost", port },
            cameras = new[] { new { name = "lane-1", source = "rtsp://127.0.0.1:1/away" } },
        }));
        return file;
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task It_is_logged_the_hub_is_told_and_no_key_is_left(bool running)
    {
        await using var broker = await EmbeddedBroker.StartAsync(_agency.BrokerCertificates, TimeProvider.System);
        await using var watch = await HubWatch.OpenAsync(new LinkSettings(broker.Address, _agency.HubCertificates, "city-hub"), _agency.Verifier(),
            TimeProvider.System, null, Cancel);
        var incident = new TaskCompletionSource<IncidentNotice>();
        var watching = watch.RunAsync(delivery =>
        {
            if (delivery.Message is ReceivedMessage.Incident { Notice: var notice }) incident.TrySetResult(notice);
            return !incident.Task.IsCompleted;
        }, Cancel);
        var file = Configuration(broker.Address.Port);
        using var agent = running ? EdgeAgent.Start("run", "--config", file) : null;
        if (agent is not null)
        {
            await Eventually.True(() => File.Exists(_folder.File("run/health.json")), "the agent says how it is", 60);
            var status = await EdgeAgent.RunAsync("status", "--config", file);
            Assert.True(status.Code == ExitCode.Ok, status.Error);
            Assert.Contains("city/box-1", status.Output, StringComparison.Ordinal);
        }

        var ended = await EdgeAgent.RunAsync("decommission", "--config", file, "--yes", "box-1");

        Assert.True(ended.Code == ExitCode.Ok, ended.Error);
        if (agent is not null) await agent.WaitForExitAsync(Cancel);
        await watching;
        Assert.Equal((IncidentKind.Tamper, "decommissioned-by-hand"), await incident.Task is var told ? (told.Kind, told.Detail) : default);
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(_box, "state", "keys"), "*", SearchOption.AllDirectories));
        Assert.False(File.Exists(Path.Combine(_box, "enrolment", "box.key")));
        var known = Assert.Single(_agency.Boxes);
        var entries = new List<AuditEntry>();
        Assert.True(AuditVerifier.Verify(new LogFolder(Path.Combine(_box, "state", "audit")), known.Log, null, true, seen: (_, entry) =>
            entries.Add(entry)).Holds);
        Assert.Equal(("root", AuditRole.Technician), Assert.Single(entries, entry => entry.Action == AuditAction.OrderDecommission) is var logged
            ? (logged.Actor, logged.Role) : default);
        Assert.Equal(ExitCode.Configuration, (await EdgeAgent.RunAsync("run", "--config", file)).Code);
        Assert.Equal(ExitCode.Ok, (await EdgeAgent.RunAsync("decommission", "--config", file, "--yes", "box-1")).Code); // done is done
    }

    [Fact]
    public async Task Without_the_box_s_own_name_nothing_happens()
    {
        var file = Configuration(1);
        var nobody = await EdgeAgent.RunAsync("decommission", "--config", file);
        Assert.Equal(ExitCode.Usage, nobody.Code);
        Assert.Contains("--yes", nobody.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Usage, (await EdgeAgent.RunAsync("decommission", "--config", file, "--yes", "box-2")).Code);
        Assert.True(File.Exists(Path.Combine(_box, "state", "keys", "message.key")));
        Assert.False(Directory.Exists(Path.Combine(_box, "state", "orders-inbox")));
    }
}
