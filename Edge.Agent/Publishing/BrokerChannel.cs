using System.Buffers;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using MQTTnet.Channel;
using MQTTnet.Implementations;

namespace Edge.Agent.Publishing;

/// <summary>TCP and TLS 1.3 to the broker. The library's own channel lets the certificate that a stranger shows say where its issuer is to be fetched from, and
/// fetches it, before anybody is asked whether the stranger is trusted: a box asks nothing of anybody but its broker.</summary>
/// <param name="ca">Whoever signs the broker's certificate.</param>
/// <param name="own">This side's certificate. Borrowed.</param>
internal sealed class BrokerChannel(BrokerAddress broker, X509Certificate2Collection ca, X509Certificate2 own, BrokerIdentity identity) : IMqttChannel
{
    // As the library's own channel has it: a flood is to wait at the broker, not in this machine.
    private const int SocketBuffer = 8192;

    private MqttTcpChannel? _open;

    public EndPoint LocalEndPoint => _open?.LocalEndPoint!;

    public EndPoint RemoteEndPoint => _open?.RemoteEndPoint!;

    public X509Certificate2 ClientCertificate => _open?.ClientCertificate!;

    public bool IsSecureConnection => true;

    public async Task ConnectAsync(CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveBufferSize = SocketBuffer, SendBufferSize = SocketBuffer };
        SslStream? tls = null;
        try
        {
            await socket.ConnectAsync(broker.Host, broker.Port, cancellationToken);
            tls = new SslStream(new NetworkStream(socket, ownsSocket: true));
            await tls.AuthenticateAsClientAsync(Tls(), cancellationToken);
            _open = new MqttTcpChannel(tls, socket.LocalEndPoint, socket.RemoteEndPoint, null);
        }
        catch
        {
            if (tls is not null) await tls.DisposeAsync();
            socket.Dispose();
            throw;
        }
    }

    public Task DisconnectAsync(CancellationToken cancellationToken) => _open?.DisconnectAsync(cancellationToken) ?? Task.CompletedTask;

    public Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        Open.ReadAsync(buffer, offset, count, cancellationToken);

    public Task WriteAsync(ReadOnlySequence<byte> buffer, bool isEndOfPacket, CancellationToken cancellationToken) =>
        Open.WriteAsync(buffer, isEndOfPacket, cancellationToken);

    public void Dispose() => _open?.Dispose();

    private MqttTcpChannel Open => _open ?? throw new IOException("the link is not open");

    private SslClientAuthenticationOptions Tls()
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true,
        };
        policy.CustomTrustStore.AddRange(ca);
        return new SslClientAuthenticationOptions
        {
            TargetHost = broker.Host, EnabledSslProtocols = SslProtocols.Tls13, CertificateChainPolicy = policy,
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
            ClientCertificates = [own],
            // Always this one: by default the stack sends none if it thinks that the broker will not like it.
            LocalCertificateSelectionCallback = (_, _, _, _, _) => own,
            RemoteCertificateValidationCallback = (_, shown, chain, errors) => identity.Judge(shown, chain, errors),
        };
    }
}
