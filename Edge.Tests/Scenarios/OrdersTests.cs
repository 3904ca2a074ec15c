using System.Text.Json;
using Edge.Agent.Cli;
using Edge.Agent.Governance;
using Edge.Agent.Governance.Orders;
using Edge.Agent.Hub;
using Edge.Agent.Publishing;
using Edge.Storage.Audit;
using Edge.Storage.Keys;
using Edge.Storage.Sealing;
using Edge.Storage.Signing;
using Edge.Tests.Matching;
using Edge.Tests.Support;

namespace Edge.Tests.Scenarios;

/// <summary>Orders to the real program over a real broker and by hand, from its first trust files to its end.</summary>
public sealed class OrdersTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly DateTimeOffset _now = TimeProvider.System.GetUtcNow(); // the TLS stack judges certificates by the real clock
    private readonly SigningKey _oversight = SigningKey.Create();
    private readonly BoxName _name = new("riverton", "box-1");
    private int _orders;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _oversight.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_box_takes_its_trust_and_its_orders_from_the_broker_and_ends_when_it_is_decommissioned()
    {
        using var agency = Agency.Create(_folder.File("agency"), new AgencyPlan
        {
            Agency = "riverton", Cost = Lists.Cheap,
            Policy = AgencyPlan.ExamplePolicy("riverton") with { Roles = Duties.Roles.Values.ToDictionary(role => role, Duties.Widest) },
        }, _now, null, out _)!;
        agency.Ceremony.ProposeOperator(new Operator("oversight-1", AuditRole.Oversight, _oversight.Public, _now.AddMinutes(-1), _now.AddDays(30)), _now);
        Assert.Single(agency.PublishedOperators.All);
        var box = agency.PrepareBox("box-1", _now);
        var (orders, messages) = Keys(box);
        var toBroker = FirstInstall.WriteBroker(agency, _folder.File("agency"));
        await using var broker = await MosquittoBroker.StartAsync(toBroker, port => FirstInstall.Listener(toBroker, port));
        await TrustPush.RunAsync(agency, broker.Address, TimeProvider.System, Cancel); // retained, before the box is there
        await using var desk = await MqttLink.OpenAsync(new LinkSettings(broker.Address, agency.DeskCertificates(_now), "order-desk"),
            TimeProvider.System, Cancel);
        await desk.SubscribeAsync([Topics.Of(_name, EventType.Answer)], Cancel);
        // Somebody hears all else, or the box would wait for it before its end.
        await using var hub = await MqttLink.OpenAsync(new LinkSettings(broker.Address, agency.HubCertificates, "hub"), TimeProvider.System, Cancel);
        await hub.SubscribeAsync(EventType.All.Select(type => Topics.OfEveryBox("riverton", type)), Cancel);
        await using var camera = new HttpCamera((_, _, cancel) => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancel));
        var config = Configure(box, broker.Address.Port, camera.Address);

        using var agent = EdgeAgent.Start("run", "--config", config);
        _ = agent.StandardOutput.ReadToEndAsync(Cancel);
        var error = agent.StandardError.ReadToEndAsync(Cancel);
        await Eventually.True(() => File.Exists($"{box}/state/trust/active.json"), "the box took up what the broker had kept");

        // The file is there a moment before the policy is in force.
        await Eventually.True(async () => (await RunningLog.EntriesAsync($"{box}/state/audit", AuditAction.TrustActivated)).Count > 0,
            "the box has logged that it did");
        var answer = "";
        for (var tries = 0; answer.Length == 0 && tries < 20; tries++)
            answer = await OrderAsync(desk, messages, Sign(new Order.Export(), orders), TimeSpan.FromSeconds(3));
        Assert.Equal("export done", answer);
        Assert.Equal("search refused:wrong-role", await OrderAsync(desk, messages, Sign(
            new Order.Search("C-1", "stolen-vehicle", _now.AddDays(-1), _now, 0), orders)));
        await File.WriteAllBytesAsync(_folder.File("by-hand"), Sign(new Order.Export(), orders), Cancel);
        var byHand = await EdgeAgent.RunAsync("order", _folder.File("by-hand"), "--config", config);
        Assert.Equal((ExitCode.Ok, $"export: done, the copy is {Path.GetFullPath(box)}/state/exports/order-of-the-test-{_orders}\n", ""),
            (byHand.Code, byHand.Output, byHand.Error));
        var again = await EdgeAgent.RunAsync("order", _folder.File("by-hand"), "--config", config, "--json");
        Assert.Equal(ExitCode.Refused, again.Code);
        using (var said = JsonDocument.Parse(again.Output)) Assert.Equal("refused:replayed", said.RootElement.GetProperty("outcome").GetString());

        Assert.Equal("decommission done", await OrderAsync(desk, messages, Sign(new Order.Decommission(), orders)));
        await agent.WaitForExitAsync(Cancel);
        Assert.True(agent.ExitCode == 0, await error);
        Assert.Empty(Directory.Exists($"{box}/state/keys") ? Directory.GetFiles($"{box}/state/keys", "*", SearchOption.AllDirectories) : []);
        var second = await EdgeAgent.RunAsync("run", "--config", config);
        Assert.Equal(ExitCode.Configuration, second.Code);
        Assert.Contains("taken out of service", second.Error, StringComparison.Ordinal);
    }

    private static (RecipientPublicKey, VerifyingKey) Keys(string box)
    {
        using var keys = KeyFolder.Open(Path.Combine(box, "state"), credentialsDirectory: null);
        return (keys.Orders.Public, keys.Messages.Public);
    }

    private byte[] Sign(Order order, RecipientPublicKey box) => OrderMessage.Write(order,
        new OrderTerms($"order-of-the-test-{++_orders}", _name, _now, _now.AddHours(1)), "oversight-1", _oversight, box);

    /// <summary>The answer to this order; nothing if there is none in time.</summary>
    private async Task<string> OrderAsync(MqttLink desk, VerifyingKey messages, byte[] order, TimeSpan? within = null)
    {
        var id = $"order-of-the-test-{_orders}";
        await desk.PublishAsync(new Publication(Topics.Order(_name), order, Retain: false), Cancel);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        deadline.CancelAfter(within ?? TimeSpan.FromSeconds(60));
        try
        {
            while (true)
            {
                var message = await desk.Inbound.ReadAsync(deadline.Token);
                await message.AcknowledgeAsync();
                Assert.True(Jws.TryVerify(message.Payload.Span, messages, CloudEvent.ContentType, out var payload));
                Assert.True(CloudEvent.TryParse(payload, out var said, out _));
                Assert.True(OrderAnswer.TryParse(said.Data.Span, out var answer, out var reason), reason);
                if (answer.Order == id) return $"{answer.Verb} {answer.Outcome}";
            }
        }
        catch (OperationCanceledException) when (!Cancel.IsCancellationRequested)
        {
            return "";
        }
    }

    private string Configure(string box, int port, string camera)
    {
        File.WriteAllText(_folder.File("edge.json"), JsonSerializer.Serialize(new
        {
            stateFolder = $"{box}/state", enrolmentFolder = $"{box}/enrolment", trustFolder = _folder.File("no-such-folder"),
            broker = new { host = "localhost", port }, cameras = new[] { new { name = "lane-1", source = camera } },
        }));
        return _folder.File("edge.json");
    }
}
