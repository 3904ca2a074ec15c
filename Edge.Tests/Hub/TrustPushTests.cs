using Edge.Agent.Hub;
using Edge.Agent.Publishing;
using Edge.Storage.Trust;
using Edge.Tests.Matching;
using Edge.Tests.Support;

namespace Edge.Tests.Hub;

public sealed class TrustPushTests : IDisposable
{
    private readonly TemporaryFolder _temporary = new();
    private readonly DateTimeOffset _now = TimeProvider.System.GetUtcNow(); // the TLS stack judges certificates by the real clock
    private readonly Agency _agency;

    public TrustPushTests() => _agency =
        Agency.Create(_temporary.File("agency"), new AgencyPlan { Agency = "riverton", Cost = Lists.Cheap }, _now, null, out _)!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _agency.Dispose();
        _temporary.Dispose();
    }

    [Fact]
    public async Task A_box_verifies_what_the_broker_retained_and_the_timestamp_was_sent_last()
    {
        var folder = FirstInstall.WriteBroker(_agency, _temporary.File("agency"));
        await using var broker = await MosquittoBroker.StartAsync(folder, port => FirstInstall.Listener(folder, port));
        await using var listener = await OpenAsync(broker.Address, "box-0");
        await listener.SubscribeAsync([Topics.EveryTrustFile("riverton")], Cancel);

        var pushed = await TrustPush.RunAsync(_agency, broker.Address, TimeProvider.System, Cancel);

        Assert.Equal(TrustRepositoryWriter.SendingOrder(_agency.TrustFolder, "riverton"), pushed.Published);
        Assert.Equal(pushed.Published, (await TakeAsync(listener, pushed.Published.Count)).Select(file => file.Path)); // live: in the order sent
        await using var late = await OpenAsync(broker.Address, "box-1");
        await late.SubscribeAsync([Topics.EveryTrustFile("riverton")], Cancel);
        var retained = (await TakeAsync(late, pushed.Published.Count)).ToDictionary(file => file.Path, file => file.Bytes);
        var box = TrustClient.Open(_temporary.File("state"), retained["1.root.json"], "riverton", "box-1");
        Assert.Equal(1, box.Update((path, _) => retained.GetValueOrDefault(path), _now).Versions[TrustPath.Targets]);
    }

    [Fact]
    public async Task What_was_signed_since_the_last_push_to_this_broker_is_known_to_be_due()
    {
        await using var broker = await EmbeddedBroker.StartAsync(_agency.BrokerCertificates, TimeProvider.System);
        Assert.True(TrustPush.IsDue(_agency, broker.Address));
        await TrustPush.RunAsync(_agency, broker.Address, TimeProvider.System, Cancel);
        Assert.False(TrustPush.IsDue(_agency, broker.Address));
        Assert.True(TrustPush.IsDue(_agency, new BrokerAddress("elsewhere", 8883)));
        _agency.RefreshTrust(_now.AddMinutes(1));
        Assert.True(TrustPush.IsDue(_agency, broker.Address));
        Assert.False(TrustPush.IsAuthorityDue(_agency, broker.Address)); // a box judges orders as before
        using var key = Edge.Storage.Keys.SigningKey.Create();
        Assert.True(_agency.Ceremony.ProposeOperator(new Edge.Agent.Governance.Operator("investigator-7", Edge.Storage.Audit.AuditRole.Investigator, key.Public,
            _now, _now.AddDays(9)), _now));
        Assert.True(TrustPush.IsAuthorityDue(_agency, broker.Address));
        await TrustPush.RunAsync(_agency, broker.Address, TimeProvider.System, Cancel);
        Assert.False(TrustPush.IsAuthorityDue(_agency, broker.Address));
        Assert.True(TrustPush.IsAuthorityDue(_agency, new BrokerAddress("elsewhere", 8883)));
    }

    [Fact]
    public async Task A_log_of_publications_that_is_damaged_or_not_the_policy_s_keeps_nothing_else_from_the_boxes()
    {
        using var witness = Edge.Storage.Keys.SigningKey.Create();
        using var other = Edge.Storage.Keys.SigningKey.Create();
        await using var broker = await EmbeddedBroker.StartAsync(_agency.BrokerCertificates, TimeProvider.System);
        Publish(_agency.Publications.PublicKey());
        var few = await TrustPush.RunAsync(_agency, broker.Address, TimeProvider.System, Cancel, wait: TimeSpan.Zero);
        Assert.Equal(("riverton", 1, 1), few.Standing.Awaited.Select(one => (one.Agency, one.Version, one.Needed)).Single());
        Publish(new Edge.Storage.Audit.NoteKey("another/log", other.Public));
        Assert.Contains("hub publications key", Assert.Single((await TrustPush.RunAsync(_agency, broker.Address, TimeProvider.System,
            Cancel)).Standing.Unasked), StringComparison.Ordinal);
        Publish(_agency.Publications.PublicKey());
        await File.WriteAllTextAsync(_temporary.File("agency/publications/checkpoint"), "spoilt", Cancel);
        var damaged = await TrustPush.RunAsync(_agency, broker.Address, TimeProvider.System, Cancel, wait: TimeSpan.Zero);
        Assert.Equal(few.Published, damaged.Published);
        Assert.Single(damaged.Standing.Awaited);
        Assert.Single(damaged.Standing.Unasked);

        void Publish(Edge.Storage.Audit.NoteKey log)
        {
            var policy = _agency.Policy;
            Assert.True(_agency.Ceremony.Propose(new Dictionary<string, byte[]>
            {
                [TrustPath.Policy] = (policy with
                {
                    Version = policy.Version + 1, PublicationLog = log,
                    Witnesses = new Edge.Agent.Governance.Witnesses([new Edge.Storage.Audit.NoteKey("w", witness.Public,
                        Edge.Storage.Audit.NoteKeyType.Cosignature)], 1),
                }).Write(),
            }, _now));
        }
    }

    [Fact]
    public async Task A_file_that_is_no_more_is_cleared_from_the_broker_it_was_pushed_to()
    {
        await using var broker = await EmbeddedBroker.StartAsync(_agency.BrokerCertificates, TimeProvider.System);
        await TrustPush.RunAsync(_agency, broker.Address, TimeProvider.System, Cancel);
        var stray = File.ReadAllText(_temporary.File("agency/pushed.json"))
            .Replace("\"1.root.json\"", "\"1.root.json\",\"hotlists/gone.json\"", StringComparison.Ordinal);
        await File.WriteAllTextAsync(_temporary.File("agency/pushed.json"), stray, Cancel);
        await using var desk = await MqttLink.OpenAsync(new LinkSettings(broker.Address, _agency.DeskCertificates(_now), "other"), TimeProvider.System, Cancel);
        await desk.PublishAsync(new Publication(Topics.Trust("riverton", "hotlists/gone.json"), "old"u8.ToArray(), Retain: true), Cancel);

        var pushed = await TrustPush.RunAsync(_agency, broker.Address, TimeProvider.System, Cancel);

        Assert.Equal(["hotlists/gone.json"], pushed.Cleared);
        Assert.DoesNotContain(Topics.Trust("riverton", "hotlists/gone.json"),
            (await broker.Server.GetRetainedMessagesAsync()).Select(message => message.Topic));
        Assert.Empty((await TrustPush.RunAsync(_agency, broker.Address, TimeProvider.System, Cancel)).Cleared);
    }

    [Fact]
    public async Task Pushing_does_not_end_the_hub_s_own_link()
    {
        var folder = FirstInstall.WriteBroker(_agency, _temporary.File("agency"));
        await using var broker = await MosquittoBroker.StartAsync(folder, port => FirstInstall.Listener(folder, port));
        await using var watch = await MqttLink.OpenAsync(new LinkSettings(broker.Address, _agency.HubCertificates, "riverton-hub"),
            TimeProvider.System, Cancel);
        await TrustPush.RunAsync(_agency, broker.Address, TimeProvider.System, Cancel);
        Assert.False(watch.Lost.IsCompleted);
    }

    private Task<MqttLink> OpenAsync(BrokerAddress broker, string box)
    {
        var certificates = new Edge.Agent.Enrolment.EnrolmentFolder(Path.Combine(_agency.PrepareBox(box, _now), "enrolment")).Certificates;
        return MqttLink.OpenAsync(new LinkSettings(broker, certificates, box) { LargestPayload = 24 << 20 }, TimeProvider.System, Cancel);
    }

    private static async Task<List<(string Path, byte[] Bytes)>> TakeAsync(MqttLink link, int count)
    {
        var files = new List<(string, byte[])>();
        while (files.Count < count)
        {
            var message = await link.Inbound.ReadAsync(Cancel);
            await message.AcknowledgeAsync();
            Assert.True(Topics.TryParseTrust(message.Topic, "riverton", out var file));
            files.Add((file, message.Payload.ToArray()));
        }
        return files;
    }
}
