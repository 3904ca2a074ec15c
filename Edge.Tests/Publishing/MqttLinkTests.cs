using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Edge.Agent.Hub;
using Edge.Agent.Publishing;
using Edge.Tests.Support;
using Microsoft.Extensions.Time.Testing;

namespace Edge.Tests.Publishing;

public sealed class MqttLinkTests : IDisposable
{
    private readonly TestAuthority _authority = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _authority.Dispose();

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

        Assert.Equal(PublishOutcome.Retry, outcome);
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

        Assert.Equal(PublishOutcome.Reject, outcome);
        Assert.Contains("4096", reason, StringComparison.Ordinal);
        Assert.False(box.Lost.IsCompleted);
    }

    [Fact]
    public async Task A_broker_of_another_CA_is_not_trusted()
    {
        using var other = new TestAuthority("another authority");
        await using var broker = await MosquittoBroker.StartAsync(other);

        var failure = await FailureAsync(broker.Address, _authority.Client("box-1"));

        Assert.Equal(BrokerFailure.UntrustedCertificate, failure.Failure);
        Assert.Contains($"its certificate is not signed by CA file {_authority.CaFile}", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_broker_of_another_CA_with_the_same_name_is_not_trusted()
    {
        using var other = new TestAuthority();
        await using var broker = await MosquittoBroker.StartAsync(other);

        var failure = await FailureAsync(broker.Address, _authority.Client("box-1"));

        Assert.Equal(BrokerFailure.UntrustedCertificate, failure.Failure);
    }

    [Fact]
    public async Task A_broker_whose_certificate_is_out_of_date_is_not_trusted()
    {
        var own = _authority.Broker(until: new DateTimeOffset(2021, 1, 1, 0, 0, 0, TimeSpan.Zero));
        await using var broker = await MosquittoBroker.StartAsync(_authority, own);

        var failure = await FailureAsync(broker.Address, _authority.Client("box-1"));

        Assert.Equal(BrokerFailure.UntrustedCertificate, failure.Failure);
        Assert.Contains("out of date", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_broker_with_a_certificate_for_another_host_is_not_trusted()
    {
        await using var broker = await MosquittoBroker.StartAsync(_authority, _authority.Broker("broker.example"));

        var failure = await FailureAsync(broker.Address, _authority.Client("box-1"));

        Assert.Equal(BrokerFailure.WrongHostName, failure.Failure);
        Assert.Contains("its certificate is for broker.example, not localhost", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_certificate_for_a_broker_does_not_pass_as_that_broker()
    {
        // What a stolen box could try: its own certificate is signed by the agency too.
        await using var broker = await MosquittoBroker.StartAsync(_authority, _authority.Client("localhost"));

        var failure = await FailureAsync(broker.Address, _authority.Client("box-1"));

        Assert.Equal(BrokerFailure.UntrustedCertificate, failure.Failure);
    }

    [Fact]
    public async Task A_client_of_another_CA_is_told_that_its_certificate_was_refused()
    {
        using var other = new TestAuthority("another authority");
        await using var broker = await MosquittoBroker.StartAsync(_authority);
        var stranger = other.Client("box-1") with { CaFile = _authority.CaFile };

        var failure = await FailureAsync(broker.Address, stranger);

        Assert.Equal(BrokerFailure.CertificateRefused, failure.Failure);
        Assert.Contains($"refused this client's certificate {stranger.CertificateFile}", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_that_the_broker_does_not_authorise_is_told_so()
    {
        await using var broker = await MosquittoBroker.StartAsync(_authority, more: "clientid_prefixes hub-");

        var failure = await FailureAsync(broker.Address, _authority.Client("box-1"));

        Assert.Equal(BrokerFailure.NotAuthorised, failure.Failure);
    }

    [Fact]
    public async Task A_broker_that_only_speaks_TLS_1_2_is_refused()
    {
        var files = _authority.Broker();
        using var own = X509Certificate2.CreateFromPemFile(files.CertificateFile, files.KeyFile);
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        var opening = FailureAsync(new BrokerAddress("localhost", port), _authority.Client("box-1"));
        using var visitor = await listener.AcceptTcpClientAsync(Cancel);
        await using var tls = new SslStream(visitor.GetStream());
        await Assert.ThrowsAnyAsync<Exception>(() => tls.AuthenticateAsServerAsync(own, true, SslProtocols.Tls12, false));

        Assert.Equal(BrokerFailure.NoTls13, (await opening).Failure);
    }

    [Fact]
    public async Task A_port_where_nothing_listens_is_unreachable()
    {
        var failure = await FailureAsync(new BrokerAddress("localhost", 1), _authority.Client("box-1"));

        Assert.Equal(BrokerFailure.Unreachable, failure.Failure);
        Assert.Contains("cannot reach localhost:1 (refused)", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_that_does_not_exist_is_unreachable()
    {
        var failure = await FailureAsync(new BrokerAddress("broker.invalid", 8883), _authority.Client("box-1"));

        Assert.Equal(BrokerFailure.Unreachable, failure.Failure);
        Assert.Contains("name not found", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Something_that_is_not_TLS_is_not_taken_for_a_broker()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        var opening = FailureAsync(new BrokerAddress("localhost", port), _authority.Client("box-1"));
        using var visitor = await listener.AcceptTcpClientAsync(Cancel);
        await visitor.GetStream().WriteAsync("HTTP/1.1 400 Bad Request\r\n\r\n"u8.ToArray(), Cancel);

        Assert.Equal(BrokerFailure.NoTls13, (await opening).Failure);
    }

    [Fact]
    public async Task Something_that_accepts_and_says_nothing_is_given_up_after_the_deadline()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
        var address = new BrokerAddress("localhost", ((IPEndPoint)listener.LocalEndpoint).Port);
        var opening = Assert.ThrowsAsync<BrokerException>(() =>
            MqttLink.OpenAsync(new LinkSettings(address, _authority.Client("box-1"), "box-1"), time, Cancel));
        using var visitor = await listener.AcceptTcpClientAsync(Cancel);

        time.Advance(TimeSpan.FromSeconds(10));

        Assert.Equal(BrokerFailure.Unreachable, (await opening).Failure);
    }

    [Fact]
    public async Task Our_own_certificate_out_of_date_is_said_before_connecting()
    {
        var own = _authority.Client("box-1", until: new DateTimeOffset(2021, 1, 1, 0, 0, 0, TimeSpan.Zero));

        var failure = await FailureAsync(new BrokerAddress("localhost", 1), own);

        Assert.Equal(BrokerFailure.OwnCertificate, failure.Failure);
        Assert.Contains(own.CertificateFile, failure.Message, StringComparison.Ordinal);
        Assert.Contains("2021-01-01", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_file_is_named()
    {
        var own = _authority.Client("box-1") with { CaFile = "/nowhere/ca.pem" };

        var failure = await FailureAsync(new BrokerAddress("localhost", 1), own);

        Assert.Equal(BrokerFailure.OwnCertificate, failure.Failure);
        Assert.Contains("/nowhere/ca.pem", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_second_client_under_the_same_name_is_said_to_have_ended_the_first()
    {
        // mosquitto 2.0 ends the first link without a word; MQTT 5 brokers since do say why.
        await using var broker = await EmbeddedBroker.StartAsync(_authority.Broker(), TimeProvider.System);
        await using var first = await OpenAsync(broker.Address, "box-1");
        await using var second = await OpenAsync(broker.Address, "box-1");

        var lost = await first.Lost.WaitAsync(Cancel);

        Assert.Contains("another client connected under the same name", lost.Message, StringComparison.Ordinal);
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

    private async Task<MqttLink> OpenAsync(BrokerAddress broker, string name) =>
        await MqttLink.OpenAsync(new LinkSettings(broker, _authority.Client(name), name), TimeProvider.System, Cancel);

    private static async Task<BrokerException> FailureAsync(BrokerAddress broker, LinkCertificates certificates) =>
        await Assert.ThrowsAsync<BrokerException>(async () =>
        {
            await using var link = await MqttLink.OpenAsync(new LinkSettings(broker, certificates, "box-1"), TimeProvider.System, Cancel);
        });
}
