using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Edge.Tests.Support;

/// <summary>Certificates that say where to fetch their issuer from (RFC 5280 §4.2.2.1), and whoever listens there and counts who comes.</summary>
internal sealed class CertificateBait : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private int _asked;

    public CertificateBait()
    {
        _listener.Start();
        _ = ListenAsync();
    }

    /// <summary>How often somebody came to fetch.</summary>
    public int Asked => Volatile.Read(ref _asked);

    /// <summary>A certificate for this key, under a CA that nobody knows.</summary>
    /// <param name="use">Extended key usage.</param>
    public X509Certificate2 Issue(PublicKey key, string name, string use)
    {
        var request = new CertificateRequest(new X500DistinguishedName($"CN={name}"), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new(use)], false));
        request.CertificateExtensions.Add(new X509AuthorityInformationAccessExtension(null,
            [$"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/ca.crt"]));
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        return request.Create(new X500DistinguishedName("CN=nobody's CA"), X509SignatureGenerator.CreateForECDsa(_key),
            new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero), new DateTimeOffset(2099, 1, 1, 0, 0, 0, TimeSpan.Zero), [1, 2, 3, 4]);
    }

    public void Dispose()
    {
        _listener.Dispose();
        _key.Dispose();
    }

    private async Task ListenAsync()
    {
        try
        {
            while (true)
            {
                using var guest = await _listener.AcceptTcpClientAsync();
                Interlocked.Increment(ref _asked);
            }
        }
        catch (Exception over) when (over is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }
}
