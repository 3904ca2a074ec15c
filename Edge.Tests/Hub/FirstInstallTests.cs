using Edge.Agent.Hub;
using Edge.Agent.Publishing;
using Edge.Tests.Matching;
using Edge.Tests.Support;

namespace Edge.Tests.Hub;

/// <summary>The broker's rules as Mosquitto applies them: who may say and hear what.</summary>
public sealed class FirstInstallTests : IDisposable
{
    private readonly TemporaryFolder _temporary = new();
    private readonly DateTimeOffset _now = TimeProvider.System.GetUtcNow(); // the TLS stack judges certificates by the real clock
    private readonly Agency _agency;

    public FirstInstallTests() => _agency = Agency.Create(_temporary.File("agency"),
        new AgencyPlan { Agency = "riverton", Cost = Lists.Cheap }, _now, null, out _)!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _agency.Dispose();
        _temporary.Dispose();
    }

    private async Task<MosquittoBroker> StartAsync()
    {
        var folder = FirstInstall.WriteBroker(_agency, _temporary.File("agency"));
        return await MosquittoBroker.StartAsync(folder, port => FirstInstall.Listener(folder, port));
    }

    private static Task<MqttLink> OpenAsync(MosquittoBroker broker, LinkCertificates who, string name) =>
        MqttLink.OpenAsync(new LinkSettings(broker.Address, who, name), TimeProvider.System, Cancel);

    private LinkCertificates Box(string name) =>
        new Edge.Agent.Enrolment.EnrolmentFolder(Path.Combine(_agency.PrepareBox(name, _now), "enrolment")).Certificates;

    private static async Task<PublishOutcome> SayAsync(MqttLink link, string topic, bool retain = true) =>
        (await link.PublishAsync(new Publication(topic, "said"u8.ToArray(), retain), Cancel)).Outcome;

    [Fact]
    public async Task The_desk_publishes_what_is_signed_and_gives_orders_and_a_box_hears_both()
    {
        await using var broker = await StartAsync();
        await using var box = await OpenAsync(broker, Box("box-1"), "box-1");
        await box.SubscribeAsync([Topics.EveryTrustFile("riverton"), Topics.Order(new BoxName("riverton", "box-1"))], Cancel);
        await using var desk = await OpenAsync(broker, _agency.DeskCertificates(_now), "desk");
        await desk.SubscribeAsync(["edge/v1/riverton/+/answer"], Cancel);

        Assert.Equal(PublishOutcome.Acknowledged, await SayAsync(desk, Topics.Trust("riverton", "root.json")));
        Assert.Equal("edge/v1/riverton/trust/root.json", (await box.Inbound.ReadAsync(Cancel)).Topic);
        Assert.Equal(PublishOutcome.Acknowledged, await SayAsync(desk, "edge/v1/riverton/box-1/order", retain: false));
        Assert.Equal("edge/v1/riverton/box-1/order", (await box.Inbound.ReadAsync(Cancel)).Topic);
        Assert.Equal(PublishOutcome.Acknowledged, await SayAsync(box, "edge/v1/riverton/box-1/answer", retain: false));
        Assert.Equal("edge/v1/riverton/box-1/answer", (await desk.Inbound.ReadAsync(Cancel)).Topic);
    }

    [Fact]
    public async Task Nobody_says_what_is_another_s_to_say()
    {
        await using var broker = await StartAsync();
        await using var box = await OpenAsync(broker, Box("box-1"), "box-1");
        await using var desk = await OpenAsync(broker, _agency.DeskCertificates(_now), "desk");
        await using var hub = await OpenAsync(broker, _agency.HubCertificates, "hub");

        Assert.Equal(PublishOutcome.Reject, await SayAsync(box, "edge/v1/riverton/trust/root.json"));
        Assert.Equal(PublishOutcome.Reject, await SayAsync(box, "edge/v1/riverton/box-2/order"));
        Assert.Equal(PublishOutcome.Reject, await SayAsync(hub, "edge/v1/riverton/trust/root.json"));
        Assert.Equal(PublishOutcome.Reject, await SayAsync(hub, "edge/v1/riverton/box-1/order"));
        Assert.Equal(PublishOutcome.Reject, await SayAsync(desk, "edge/v1/riverton/box-1/hit"));
    }

    [Fact]
    public async Task A_box_hears_no_other_box_s_orders()
    {
        await using var broker = await StartAsync();
        await using var box = await OpenAsync(broker, Box("box-1"), "box-1");
        await box.SubscribeAsync(["edge/v1/riverton/+/order"], Cancel); // Mosquitto grants it and sends nothing
        await using var desk = await OpenAsync(broker, _agency.DeskCertificates(_now), "desk");

        await SayAsync(desk, "edge/v1/riverton/box-2/order", retain: false);
        await SayAsync(desk, "edge/v1/riverton/box-1/order", retain: false);

        Assert.Equal("edge/v1/riverton/box-1/order", (await box.Inbound.ReadAsync(Cancel)).Topic);
    }

    [Fact]
    public void An_agency_made_before_there_was_a_desk_gets_its_certificate_on_demand()
    {
        var desk = _temporary.File("agency/tls/desk.crt");
        File.Delete(desk);
        File.Delete(_temporary.File("agency/tls/desk.key"));
        Assert.Equal(desk, _agency.DeskCertificates(_now).CertificateFile);
        Assert.True(File.Exists(desk));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_temporary.File("agency/tls/desk.key")));
    }
}
