using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Edge.Agent.Publishing;
using MQTTnet.Server;

namespace Edge.Agent.Hub;

/// <summary>A broker inside this process, for the demo and the tests: loopback only, TLS 1.3, and only clients whose
/// certificate the agency's CA has signed. It keeps everything in memory; an agency runs a real broker.</summary>
public sealed class EmbeddedBroker : IAsyncDisposable
{
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    private readonly MqttServer _server;
    private readonly X509Certificate2 _own;

    private EmbeddedBroker(MqttServer server, X509Certificate2 own, int port)
    {
        _server = server;
        _own = own;
        Address = new BrokerAddress("localhost", port);
    }

    /// <summary>Where it listens.</summary>
    public BrokerAddress Address { get; }

    internal MqttServer Server => _server;

    /// <summary>Starts listening on 127.0.0.1.</summary>
    /// <param name="certificates">The CA that signs the clients, and the broker's own certificate, for "localhost".</param>
    /// <param name="time">To see that the certificates are in date.</param>
    /// <param name="port">0 picks a free one.</param>
    /// <exception cref="BrokerException">A certificate file cannot be used.</exception>
    /// <exception cref="System.Net.Sockets.SocketException">The port is taken.</exception>
    public static async Task<EmbeddedBroker> StartAsync(LinkCertificates certificates, TimeProvider time, int port = 0)
    {
        var ca = certificates.LoadCa();
        var own = certificates.LoadOwn(time.GetUtcNow());
        var options = new MqttServerOptionsBuilder()
            .WithoutDefaultEndpoint()
            .WithEncryptedEndpoint()
            .WithEncryptedEndpointBoundIPAddress(IPAddress.Loopback)
            .WithEncryptedEndpointBoundIPV6Address(IPAddress.None)
            .WithEncryptedEndpointPort(port)
            .WithEncryptionSslProtocol(SslProtocols.Tls13)
            .WithEncryptionCertificate(own)
            .WithClientCertificate((_, certificate, _, _) => IsSignedBy(ca, certificate), checkCertificateRevocation: false)
            .WithPersistentSessions()
            // The default drops the oldest of 250 waiting messages without a word.
            .WithMaxPendingMessagesPerClient(100_000)
            .Build();
        var server = new MqttServerFactory().CreateMqttServer(options);
        try
        {
            await server.StartAsync();
        }
        catch
        {
            server.Dispose();
            own.Dispose();
            throw;
        }
        return new EmbeddedBroker(server, own, options.TlsEndpointOptions.Port);
    }

    public async ValueTask DisposeAsync()
    {
        if (_server.IsStarted) await _server.StopAsync();
        _server.Dispose();
        _own.Dispose();
    }

    private static bool IsSignedBy(X509Certificate2Collection ca, X509Certificate? shown)
    {
        if (shown is null) return false;
        using var certificate = new X509Certificate2(shown);
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(ca);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.ApplicationPolicy.Add(new(ClientAuthentication));
        return chain.Build(certificate);
    }
}
