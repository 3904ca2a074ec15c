using Edge.Agent.Hub;
using Edge.Agent.Publishing;
using Edge.Storage.Trust;
using Edge.Tests.Support;
using Microsoft.Extensions.Time.Testing;

namespace Edge.Tests.Publishing;

public sealed class MqttLinkTests : IDisposable
{
    private readonly TestAuthority _authority = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _authority.Dispose();

    [Fact]
    public async Task A_broker_s_certificate_does_not_make_the_box_fetch_its_issuer()
    {
        using var bait = new CertificateBait();
        using var key = System.Security.Cryptography.ECDsa.Create(System.Security.Cryptography.ECCurve.NamedCurves.nistP256);
        using var certificate = bait.Issue(new System.Security.Cryptography.X509Certificates.PublicKey(key), "localhost", "1.3.6.1.5.5.7.3.1");
        var files = _authority.Broker() with
        {
            CertificateFile = Path.Combine(_authority.Folder, "bait.pem"), KeyFile = Path.Combine(_authority.Folder, "bait.key"),
        };
        await File.WriteAllTextAsync(files.CertificateFile, certificate.ExportCertificatePem(), Cancel);
        await File.WriteAllTextAsync(files.KeyFile, key.ExportPkcs8PrivateKeyPem(), Cancel);
        await using var broker = new HostileBroker(files, (_, _) => Task.CompletedTask);
        var refused = await Assert.ThrowsAsync<BrokerException>(() => MqttLink.OpenAsync(new LinkSettings(new BrokerAddress("localhost", broker.Port),
            _authority.Client("box-1"), "box-1"), TimeProvider.System, Cancel));
        Assert.Equal(BrokerFailure.UntrustedCertificate, refused.Failure);
        Assert.Equal(0, bait.Asked);
    }

    [Fact]
    public async Task A_message_reaches_a_subscriber_at_a_real_broker_and_is_acknowledged()
    {
        await using var broker = await MosquittoBroker.StartAsync(_authority);
        await using var hub = await OpenAsync(broker.Address, "hub");
        await hub.SubscribeAsync(["edge/v1/demo/+/hit"], Cancel);
        await using var box = await OpenAsync(broker.Address, "box-1");

        var (outcome, reason) = await box.PublishAsync(new Publication("edge/v1/demo/box-1/hit", "signed"u8.ToArray()), Cancel);

        Assert.Equal((PublishOutcome.Acknowledged, ""), (outcome, reason));
        var received = await hub.Inbound.ReadAsync(Cancel);
        await received.AcknowledgeAsync();
        Assert.Equal("edge/v1/demo/box-1/hit", received.Topic);
        Assert.Equal("signed"u8.ToArray(), received.Payload.ToArray());
        Assert.Equal("application/jose", received.ContentType);
    }

    [Fact]
    public async Task A_message_that_nobody_is_subscribed_to_is_kept()
    {
        await using var broker = await MosquittoBroker.StartAsync(_authority);
        await using var box = await OpenAsync(broker.Address, "box-1");

        var (outcome, reason) = await box.PublishAsync(new Publication("edge/v1/demo/box-1/hit", "signed"u8.ToArray()), Cancel);

        Assert.Equal(PublishOutcome.Unheard, outcome);
        Assert.Contains("nobody is subscribed", reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_topic_that_the_broker_does_not_allow_is_rejected_and_not_lost()
    {
        var rules = Path.Combine(_authority.Folder, "acl");
        await File.WriteAllTextAsync(rules, "pattern readwrite edge/v1/demo/%u/#\n", Cancel);
        await using var broker = await MosquittoBroker.StartAsync(_authority, more: $"acl_file {rules}");
        await using var box = await OpenAsync(broker.Address, "box-1");

        var (outcome, reason) = await box.PublishAsync(new Publication("edge/v1/demo/box-2/hit", "signed"u8.ToArray()), Cancel);

        Assert.Equal(PublishOutcome.Reject, outcome);
        Assert.Contains("not authorised", reason, StringComparison.Ordinal);
        Assert.False(box.Lost.IsCompleted);
    }

    [Fact]
    public async Task A_message_larger_than_the_broker_takes_is_rejected_without_losing_the_link()
    {
        await using var broker = await MosquittoBroker.StartAsync(_authority, more: "max_packet_size 4096");
        await using var box = await OpenAsync(broker.Address, "box-1");

        var (outcome, reason) = await box.PublishAsync(new Publication("edge/v1/demo/box-1/hit", new byte[8000]), Cancel);

        Assert.Equal(PublishOutcome.TooLarge, outcome);
        Assert.Contains("4096", reason, StringComparison.Ordinal);
        Assert.False(box.Lost.IsCompleted);
    }

    [Fact]
    public async Task A_retained_hotlist_of_the_largest_size_reaches_who_asked_for_room_and_nobody_else()
    {
        await using var broker = await MosquittoBroker.StartAsync(_authority);
        var largest = TrustPath.MaxBytes(TrustPath.Hotlist("demo"));
        var topic = Topics.Trust("demo", TrustPath.Hotlist("demo"));
        await using (var desk = await OpenAsync(broker.Address, "desk"))
        {
            var file = new Publication(topic, new byte[largest], Retain: true) { ContentType = "application/json" };
            Assert.Equal(PublishOutcome.Acknowledged, (await desk.PublishAsync(file, Cancel)).Outcome);
            var last = new Publication(Topics.Trust("demo", "timestamp.json"), new byte[1], Retain: true);
            Assert.Equal(PublishOutcome.Acknowledged, (await desk.PublishAsync(last, Cancel)).Outcome);
        }
        var settings = new LinkSettings(broker.Address, _authority.Client("box-1"), "box-1") { LargestPayload = largest };
        await using var roomy = await MqttLink.OpenAsync(settings, TimeProvider.System, Cancel);
        await roomy.SubscribeAsync([topic], Cancel);
        var received = await roomy.Inbound.ReadAsync(Cancel);
        Assert.Equal((largest, "application/json"), (received.Payload.Length, received.ContentType));

        await using var narrow = await OpenAsync(broker.Address, "box-2");
        await narrow.SubscribeAsync([topic], Cancel);
        await narrow.SubscribeAsync([Topics.Trust("demo", "timestamp.json")], Cancel);
        Assert.Equal(1, (await narrow.Inbound.ReadAsync(Cancel)).Payload.Length);
    }

    [Fact]
    public async Task A_second_client_under_the_same_name_is_said_to_have_ended_the_first()
    {
        // mosquitto 2.0 ends the first link without a word; MQTT 5 brokers since do say why.
        await using var broker = await EmbeddedBroker.StartAsync(_authority.Broker(), TimeProvider.System);
        await using var first = await OpenAsync(broker.Address, "box-1");
        await using var second = await OpenAsync(broker.Address, "box-1");

        var lost = await first.Lost.WaitAsync(Cancel);

        Assert.Contains("another client connected as box-1", lost.Message, StringComparison.Ordinal);
        Assert.False(second.Lost.IsCompleted);
    }

    [Fact]
    public async Task A_killed_broker_ends_the_link()
    {
        await using var broker = await MosquittoBroker.StartAsync(_authority);
        await using var box = await OpenAsync(broker.Address, "box-1");

        await broker.KillAsync();

        Assert.Equal(BrokerFailure.Lost, (await box.Lost.WaitAsync(Cancel)).Failure);
        await Assert.ThrowsAsync<BrokerException>(() =>
            box.PublishAsync(new Publication("edge/v1/demo/box-1/hit", "signed"u8.ToArray()), Cancel));
    }

    [Fact]
    public async Task A_link_that_carries_no_answers_is_dropped_after_the_deadline()
    {
        await using var broker = await MosquittoBroker.StartAsync(_authority);
        await using var proxy = new BrokerProxy(broker.Address);
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
        await using var box = await MqttLink.OpenAsync(new LinkSettings(proxy.Address, _authority.Client("box-1"), "box-1"), time, Cancel);
        proxy.LoseAnswers();
        var publishing = Assert.ThrowsAsync<BrokerException>(() =>
            box.PublishAsync(new Publication("edge/v1/demo/box-1/hit", "signed"u8.ToArray()), Cancel));

        time.Advance(TimeSpan.FromSeconds(9));
        Assert.False(publishing.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(1));

        Assert.Contains("did not answer within 10 s", (await publishing).Message, StringComparison.Ordinal);
        Assert.Equal(BrokerFailure.Lost, (await box.Lost.WaitAsync(Cancel)).Failure);
    }

    [Fact]
    public async Task A_silent_link_is_probed_and_found_dead()
    {
        await using var broker = await MosquittoBroker.StartAsync(_authority);
        await using var proxy = new BrokerProxy(broker.Address);
        var settings = new LinkSettings(proxy.Address, _authority.Client("box-1"), "box-1")
        {
            KeepAlive = TimeSpan.FromSeconds(1), AnswerWithin = TimeSpan.FromSeconds(2),
        };
        await using var box = await MqttLink.OpenAsync(settings, TimeProvider.System, Cancel);

        proxy.LoseAnswers();

        Assert.Equal(BrokerFailure.Lost, (await box.Lost.WaitAsync(Cancel)).Failure);
    }

    [Fact]
    public async Task Giving_up_is_not_mistaken_for_a_broken_link()
    {
        await using var broker = await MosquittoBroker.StartAsync(_authority);
        await using var proxy = new BrokerProxy(broker.Address);
        await using var box = await OpenAsync(proxy.Address, "box-1");
        proxy.LoseAnswers();
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var publishing = box.PublishAsync(new Publication("edge/v1/demo/box-1/hit", "signed"u8.ToArray()), giveUp.Token);

        await giveUp.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => publishing);
    }

    [Fact]
    public async Task A_message_lies_at_the_broker_no_longer_than_its_retention()
    {
        await using var broker = await MosquittoBroker.StartAsync(_authority);
        await using var hub = await OpenAsync(broker.Address, "hub");
        await hub.SubscribeAsync(["edge/v1/demo/+/hit"], Cancel);
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
        await using var box = await MqttLink.OpenAsync(new LinkSettings(broker.Address, _authority.Client("box-1"), "box-1"), time, Cancel);
        var hit = new Publication("edge/v1/demo/box-1/hit", "signed"u8.ToArray()) { Expires = time.GetUtcNow().AddSeconds(3599.9) };

        Assert.Equal(PublishOutcome.Acknowledged, (await box.PublishAsync(hit, Cancel)).Outcome);

        var left = (await hub.Inbound.ReadAsync(Cancel)).ExpiresIn;
        Assert.InRange(left!.Value, TimeSpan.FromSeconds(3590), TimeSpan.FromSeconds(3599));
        time.Advance(TimeSpan.FromSeconds(3599));
        Assert.Equal(PublishOutcome.Expired, (await box.PublishAsync(hit, Cancel)).Outcome);
    }

    [Fact]
    public async Task An_order_says_where_its_answer_is_awaited_and_both_carry_its_id()
    {
        await using var broker = await MosquittoBroker.StartAsync(_authority);
        await using var box = await OpenAsync(broker.Address, "box-1");
        await box.SubscribeAsync(["edge/v1/demo/box-1/order"], Cancel);
        await using var desk = await OpenAsync(broker.Address, "desk");
        await desk.PublishAsync(new Publication("edge/v1/demo/box-1/order", "signed"u8.ToArray())
        {
            ResponseTopic = "edge/v1/demo/box-1/answer", Correlation = "order-9-of-the-desk",
        }, Cancel);

        var order = await box.Inbound.ReadAsync(Cancel);

        Assert.Equal(("edge/v1/demo/box-1/answer", "order-9-of-the-desk"), (order.ResponseTopic, order.Correlation));
        using var sample = new SampleBox();
        var answer = sample.Signer.Answer(4, new OrderAnswer("order-9-of-the-desk", "hold", Edge.Storage.Audit.AuditOutcome.Done), SampleBox.Now);
        var published = sample.Signer.Address(new Edge.Storage.Outbox.OutboxMessage(4, Edge.Storage.Outbox.MessageKind.Answer, answer, SampleBox.Expires));
        Assert.Equal(("edge/v1/demo/box-1/answer", "order-9-of-the-desk", SampleBox.Expires), (published.Topic, published.Correlation, published.Expires));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(2, 2)]
    [InlineData(10, 3)]
    public async Task Topics_are_abbreviated_as_far_as_the_broker_allows_and_arrive_whole(int allowed, int used)
    {
        await using var broker = await MosquittoBroker.StartAsync(_authority, more: $"max_topic_alias {allowed}");
        await using var hub = await OpenAsync(broker.Address, "hub");
        await hub.SubscribeAsync(["edge/v1/demo/#"], Cancel);
        await using var box = await OpenAsync(broker.Address, "box-1");
        string[] events = ["hit", "summary", "incident"];
        for (var i = 0; i < 12; i++)
        {
            var (outcome, reason) = await box.PublishAsync(new Publication($"edge/v1/demo/box-1/{events[i % 3]}", new byte[] { (byte)i }), Cancel);
            Assert.Equal((PublishOutcome.Acknowledged, ""), (outcome, reason));
            var received = await hub.Inbound.ReadAsync(Cancel);
            await received.AcknowledgeAsync();
            Assert.Equal(($"edge/v1/demo/box-1/{events[i % 3]}", i), (received.Topic, received.Payload.Span[0]));
        }
        Assert.Equal(used, box.AliasesKnown);
    }

    [Fact]
    public async Task A_topic_that_was_refused_is_not_abbreviated()
    {
        var rules = Path.Combine(_authority.Folder, "acl");
        await File.WriteAllTextAsync(rules, "pattern readwrite edge/v1/demo/%u/#\n", Cancel);
        await using var broker = await MosquittoBroker.StartAsync(_authority, more: $"acl_file {rules}");
        await using var box = await OpenAsync(broker.Address, "box-1");
        for (var i = 0; i < 3; i++)
            Assert.Equal(PublishOutcome.Reject, (await box.PublishAsync(new Publication("edge/v1/demo/box-2/hit", "signed"u8.ToArray()), Cancel)).Outcome);
        Assert.Equal(0, box.AliasesKnown);
        Assert.False(box.Lost.IsCompleted);
    }

    [Fact]
    public async Task A_broker_that_takes_one_message_at_a_time_gets_one_at_a_time()
    {
        await using var broker = await MosquittoBroker.StartAsync(_authority, more: "max_inflight_messages 1");
        await using var hub = await OpenAsync(broker.Address, "hub");
        await hub.SubscribeAsync(["edge/v1/demo/+/hit"], Cancel);
        await using var box = await OpenAsync(broker.Address, "box-1");
        var sending = Enumerable.Range(0, 20).Select(_ => box.PublishAsync(new Publication("edge/v1/demo/box-1/hit", "signed"u8.ToArray()), Cancel)).ToList();
        for (var i = 0; i < 20; i++) await (await hub.Inbound.ReadAsync(Cancel)).AcknowledgeAsync();

        Assert.All(await Task.WhenAll(sending), answer => Assert.Equal(PublishOutcome.Acknowledged, answer.Outcome));
        Assert.False(box.Lost.IsCompleted);
    }

    [Fact]
    public void A_half_open_link_is_found_in_less_than_a_minute()
    {
        var settings = new LinkSettings(new BrokerAddress("localhost", 1), _authority.Client("box-1"), "box-1");
        Assert.True(settings.KeepAlive + settings.AnswerWithin < TimeSpan.FromSeconds(60));
    }

    [Fact]
    public void Every_answer_that_MQTT_defines_to_a_message_has_a_meaning()
    {
        foreach (var code in Enum.GetValues<MQTTnet.MqttClientPublishReasonCode>())
            Assert.DoesNotContain("the broker answered", PubAck.Read(code, retain: false).Reason, StringComparison.Ordinal);
        Assert.Equal(PublishOutcome.Retry, PubAck.Read((MQTTnet.MqttClientPublishReasonCode)0xAA, retain: false).Outcome);
    }

    [Fact]
    public void Every_answer_that_MQTT_defines_to_CONNECT_says_what_to_do()
    {
        var settings = new LinkSettings(new BrokerAddress("localhost", 1), _authority.Client("box-1"), "box-1");
        foreach (var code in Enum.GetValues<MQTTnet.MqttClientConnectResultCode>().Where(code => code != MQTTnet.MqttClientConnectResultCode.Success))
            Assert.DoesNotContain("refused the connection", LinkFailure.Answered(settings, code).Message, StringComparison.Ordinal);
    }

    private async Task<MqttLink> OpenAsync(BrokerAddress broker, string name) =>
        await MqttLink.OpenAsync(new LinkSettings(broker, _authority.Client(name), name), TimeProvider.System, Cancel);
}
