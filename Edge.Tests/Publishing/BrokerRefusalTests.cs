using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Edge.Agent.Publishing;
using Edge.Tests.Support;
using Microsoft.Extensions.Time.Testing;

namespace Edge.Tests.Publishing;

public sealed class BrokerRefusalTests : IDisposable
{
    private readonly TestAuthority _authority = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _authority.Dispose();

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

        // TCP, TLS and MQTT ask once each: over a satellite that is not done in 10 s, in 30 s it is.
        time.Advance(TimeSpan.FromSeconds(29.9));
        Assert.False(opening.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(0.1));

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

    private static async Task<BrokerException> FailureAsync(BrokerAddress broker, LinkCertificates certificates) =>
        await Assert.ThrowsAsync<BrokerException>(async () =>
        {
            await using var link = await MqttLink.OpenAsync(new LinkSettings(broker, certificates, "box-1"), TimeProvider.System, Cancel);
        });
}
