using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Edge.Agent.Hub;
using Edge.Agent.Publishing;
using Edge.Tests.Support;

namespace Edge.Tests.Hub;

public sealed class EmbeddedBrokerTests : IDisposable
{
    private readonly TestAuthority _authority = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _authority.Dispose();

    [Fact]
    public async Task A_message_that_nobody_is_subscribed_to_is_kept()
    {
        await using var broker = await StartAsync();
        await using var box = await OpenAsync(broker, _authority.Client("box-1"));

        var (outcome, _) = await box.PublishAsync(new Publication("edge/v1/demo/box-1/hit", "signed"u8.ToArray()), Cancel);

        Assert.Equal(PublishOutcome.Unheard, outcome);
    }

    [Fact]
    public async Task A_client_of_another_CA_is_refused_and_told_so()
    {
        using var other = new TestAuthority("another authority");
        await using var broker = await StartAsync();
        var stranger = other.Client("box-1") with { CaFile = _authority.CaFile };

        var failure = await Assert.ThrowsAsync<BrokerException>(() => OpenAsync(broker, stranger));

        Assert.Equal(BrokerFailure.CertificateRefused, failure.Failure);
    }

    [Fact]
    public async Task The_broker_s_own_kind_of_certificate_does_not_pass_as_a_client_s()
    {
        await using var broker = await StartAsync();

        var failure = await Assert.ThrowsAsync<BrokerException>(() => OpenAsync(broker, _authority.Broker("elsewhere")));

        Assert.Equal(BrokerFailure.CertificateRefused, failure.Failure);
    }

    [Fact]
    public async Task A_client_without_a_certificate_or_with_TLS_1_2_gets_nowhere()
    {
        await using var broker = await StartAsync();
        await Assert.ThrowsAnyAsync<AuthenticationException>(() => ShakeHandsAsync(broker, SslProtocols.Tls12));
        // In TLS 1.3 a refusal arrives with the first read.
        await Assert.ThrowsAnyAsync<IOException>(() => ShakeHandsAsync(broker, SslProtocols.Tls13));
    }

    [Fact]
    public async Task A_port_that_is_taken_is_said_to_be()
    {
        await using var broker = await StartAsync();
        await Assert.ThrowsAsync<SocketException>(() => EmbeddedBroker.StartAsync(_authority.Broker(), TimeProvider.System, broker.Address.Port));
    }

    private async Task<EmbeddedBroker> StartAsync() => await EmbeddedBroker.StartAsync(_authority.Broker(), TimeProvider.System);

    private static async Task<MqttLink> OpenAsync(EmbeddedBroker broker, LinkCertificates certificates) =>
        await MqttLink.OpenAsync(new LinkSettings(broker.Address, certificates, "box-1"), TimeProvider.System, Cancel);

    private async Task ShakeHandsAsync(EmbeddedBroker broker, SslProtocols protocol)
    {
        var trust = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        trust.CustomTrustStore.ImportFromPemFile(_authority.CaFile);
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, broker.Address.Port, Cancel);
        await using var tls = new SslStream(client.GetStream());
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "localhost", EnabledSslProtocols = protocol, CertificateChainPolicy = trust,
        }, Cancel);
        if (await tls.ReadAsync(new byte[1], Cancel) == 0) throw new IOException("closed");
    }
}
