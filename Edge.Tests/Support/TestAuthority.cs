using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Edge.Agent.Publishing;

namespace Edge.Tests.Support;

/// <summary>A certificate authority in a temporary folder (ECDSA P-256), gone when disposed.</summary>
internal sealed class TestAuthority : IDisposable
{
    private static readonly DateTimeOffset From = new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset To = new(2099, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("edge-ca-");
    private readonly X509Certificate2 _ca;

    public TestAuthority(string name = "test authority")
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        _ca = request.CreateSelfSigned(From, To);
        File.WriteAllText(CaFile, _ca.ExportCertificatePem());
    }

    public string Folder => _folder.FullName;

    public string CaFile => Path.Combine(Folder, "ca.pem");

    /// <summary>A certificate for a broker that answers to <paramref name="host"/>.</summary>
    public LinkCertificates Broker(string host = "localhost", DateTimeOffset? until = null) => Issue($"broker-{host}", request =>
    {
        var names = new SubjectAlternativeNameBuilder();
        if (IPAddress.TryParse(host, out var address)) names.AddIpAddress(address);
        else names.AddDnsName(host);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new("1.3.6.1.5.5.7.3.1")], false));
    }, until);

    /// <summary>A certificate for a box or a hub.</summary>
    public LinkCertificates Client(string name, DateTimeOffset? until = null) => Issue(name, request =>
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new("1.3.6.1.5.5.7.3.2")], false)), until);

    public void Dispose()
    {
        _ca.Dispose();
        _folder.Delete(recursive: true);
    }

    private LinkCertificates Issue(string name, Action<CertificateRequest> extend, DateTimeOffset? until)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        extend(request);
        using var certificate = request.Create(_ca, From, until ?? To, RandomNumberGenerator.GetBytes(12));
        var files = new LinkCertificates(CaFile, Path.Combine(Folder, $"{name}.pem"), Path.Combine(Folder, $"{name}.key"));
        File.WriteAllText(files.CertificateFile, certificate.ExportCertificatePem());
        File.WriteAllText(files.KeyFile, key.ExportPkcs8PrivateKeyPem());
        return files;
    }
}
