using System.Device.Gpio;
using System.Text.Json;
using Edge.Agent;
using Edge.Agent.Configuration;
using Edge.Agent.Device.Gpio;
using Edge.Agent.Enrolment;
using Edge.Agent.Hub;
using Edge.Agent.Orders;
using Edge.Agent.Publishing;
using Edge.Storage.Audit;
using Edge.Storage.Json;
using Edge.Storage.Keys;
using Edge.Tests.Device;
using Edge.Tests.Matching;
using Edge.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Edge.Tests.Scenarios;

/// <summary>The whole box, with a lid that is opened.</summary>
public sealed class TamperTests : IDisposable
{
    private static readonly GpioChip Soc = new(0, "soc", ["LID"]);

    private readonly TemporaryFolder _folder = new();
    private readonly FakeBoard _board = new(Soc);

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_box_that_is_opened_tells_and_one_that_is_to_destroy_its_keys_does_and_does_not_start_again(bool destroys)
    {
        var configuration = Configure(destroys);
        _board.Of(0).Levels[0] = PinValue.High;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        await using (var host = new AgentHost(configuration, TimeProvider.System, NullLoggerFactory.Instance, board: _board))
        {
            var running = host.RunAsync(stop.Token);
            var audit = host.AuditFolder;
            await Eventually.True(async () => running.IsCompleted || (await IncidentsAsync(audit)).Count > 0, "the incident is in the log", 120);
            if (destroys) await Eventually.True(() => File.Exists(Path.Combine(configuration.StateFolder, OrderDesk.DecommissionedName)),
                "the box goes out of service");
            await stop.CancelAsync(); // there is no broker to wait for
            await running;
        }
        Assert.Equal("tamper opened", Assert.Single(await IncidentsAsync(Path.Combine(configuration.StateFolder, "audit"))));
        var keys = Directory.GetFiles(Path.Combine(configuration.StateFolder, "keys"), "*.key", SearchOption.AllDirectories);
        if (destroys)
        {
            Assert.Empty(keys);
            Assert.Contains("by its lid", Assert.Throws<EnrolmentException>(() =>
                new AgentHost(configuration, TimeProvider.System, NullLoggerFactory.Instance)).Message, StringComparison.Ordinal);
        }
        else Assert.NotEmpty(keys);
    }

    private static async Task<List<string>> IncidentsAsync(string audit) =>
        [.. (await RunningLog.EntriesAsync(audit, AuditAction.Incident)).Select(entry => $"{entry.Kind} {entry.Detail}")];

    private AgentConfiguration Configure(bool destroys)
    {
        var agency = Agency.Create(_folder.File("agency"), new AgencyPlan { Agency = "riverton", Cost = Lists.Cheap }, TimeProvider.System.GetUtcNow(),
            null, out _)!;
        using (var keys = KeyFolder.Open(_folder.File("state"), null))
        {
            var enrolment = new EnrolmentFolder(_folder.File("enrolment"));
            enrolment.Accept(agency.Enrol(enrolment.Prepare(new BoxName("riverton", "box-1"), keys), TimeProvider.System.GetUtcNow()),
                TimeProvider.System.GetUtcNow());
        }
        var json = JsonSerializer.SerializeToUtf8Bytes(new
        {
            stateFolder = _folder.File("state"), enrolmentFolder = _folder.File("enrolment"), trustFolder = agency.TrustFolder,
            broker = new { host = "127.0.0.1", port = 9 },
            cameras = new[] { new { name = "lane", source = Path.Combine(AppContext.BaseDirectory, "clip", "street.mp4") } },
            gpio = new { tamper = new { chip = "soc", line = "LID", destroyKeys = destroys } },
        });
        Assert.True(StrictJson.TryRead<AgentConfiguration>(json, AgentConfiguration.MaxBytes, AgentConfiguration.Read, out var configuration, out var problems),
            string.Join('\n', problems));
        return configuration;
    }
}
