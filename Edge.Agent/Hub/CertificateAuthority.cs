using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Edge.Storage.Files;

namespace Edge.Agent.Hub;

/// <summary>The agency's private CA (RFC 5280): ECDSA P-256, because the TLS stack offers no Ed25519. It signs the
/// broker's certificate, the hub's and one for each box, and nothing of anybody else's asks for trust here.</summary>
internal sealed class CertificateAuthority : IDisposable
{
    private static readonly TimeSpan CaLife = TimeSpan.FromDays(3650);
    private static readonly TimeSpan CertificateLife = TimeSpan.FromDays(825);
    // A box may be switched on with a clock that lags.
    private static readonly TimeSpan ClockLag = TimeSpan.FromDays(1);

    private readonly X509Certificate2 _certificate;

    private CertificateAuthority(X509Certificate2 certificate) => _certificate = certificate;

    /// <summary>The CA certificate, DER.</summary>
    public byte[] Certificate => _certificate.RawData;

    /// <summary>Makes a CA in <c>ca.crt</c> and <c>ca.key</c> of <paramref name="folder"/>.</summary>
    public static CertificateAuthority Create(string folder, string agency, DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(Subject(agency, $"{agency} CA"), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        using var certificate = request.CreateSelfSigned(now - ClockLag, now + CaLife);
        WritePair(folder, "ca", certificate, key);
        return Open(folder);
    }

    /// <exception cref="AgencyException">The files are missing, damaged or do not belong together.</exception>
    public static CertificateAuthority Open(string folder)
    {
        try
        {
            return new CertificateAuthority(X509Certificate2.CreateFromPemFile(Path.Combine(folder, "ca.crt"), Path.Combine(folder, "ca.key")));
        }
        catch (Exception unreadable) when (unreadable is CryptographicException or ArgumentException or FileNotFoundException)
        {
            throw new AgencyException($"{folder}/ca.crt and ca.key cannot be used together: restore them", unreadable);
        }
    }

    /// <summary>Makes a key and a server certificate for <paramref name="host"/> and this machine's own names.</summary>
    public void CreateServer(string folder, string name, string agency, string host, DateTimeOffset now)
    {
        CreatePair(folder, name, agency, "broker", now, ServerUse, Names([host, "localhost", "127.0.0.1", "::1"]));
    }

    internal static X509Extension Names(IReadOnlyList<string> hosts)
    {
        var names = new SubjectAlternativeNameBuilder();
        foreach (var known in hosts.Distinct(StringComparer.OrdinalIgnoreCase))
            if (IPAddress.TryParse(known, out var address)) names.AddIpAddress(address);
            else names.AddDnsName(known);
        return names.Build();
    }

    /// <summary>Makes a key and a client certificate whose common name is <paramref name="client"/>.</summary>
    public void CreateClient(string folder, string name, string agency, string client, DateTimeOffset now) =>
        CreatePair(folder, name, agency, client, now, ClientUse, null);

    /// <summary>A client certificate for the key of a PKCS #10 request. Only the key is taken from it; the name is ours
    /// to give.</summary>
    /// <returns>DER.</returns>
    /// <exception cref="AgencyException">The request is damaged, not signed by its own key, or of another kind of key.</exception>
    public byte[] CertifyClient(string signingRequest, string agency, string client, DateTimeOffset now) =>
        Certify(signingRequest, Subject(agency, client), now, ClientUse, null);

    private byte[] Certify(string signingRequest, X500DistinguishedName subject, DateTimeOffset now, Oid use, X509Extension? hosts)
    {
        try
        {
            return Certify(CertificateRequest.LoadSigningRequestPem(signingRequest, HashAlgorithmName.SHA256).PublicKey, subject, now, use, hosts);
        }
        catch (Exception unreadable) when (unreadable is CryptographicException or ArgumentException)
        {
            throw new AgencyException("the certificate request is damaged or not signed by its own key", unreadable);
        }
    }

    /// <summary>A client certificate for a key whose holder has shown before that it has it.</summary>
    /// <returns>DER.</returns>
    /// <exception cref="AgencyException">It is another kind of key.</exception>
    public byte[] CertifyClient(PublicKey tls, string agency, string client, DateTimeOffset now) =>
        Certify(tls, Subject(agency, client), now, ClientUse, null);

    private byte[] Certify(PublicKey tls, X500DistinguishedName subject, DateTimeOffset now, Oid use, X509Extension? hosts)
    {
        using var key = tls.GetECDsaPublicKey() ?? throw new AgencyException("the request's key is not an elliptic curve key: make it with this program");
        if (key.KeySize != 256) throw new AgencyException("the request's key is not on P-256: make it with this program");
        using var certificate = Issue(new CertificateRequest(subject, tls, HashAlgorithmName.SHA256), now - ClockLag, now + CertificateLife, use, hosts);
        return certificate.RawData;
    }

    /// <summary>How a person's certificate names an account. No box, hub or witness has such a name, so that at the broker, which knows its clients by
    /// their common names, a person is nobody.</summary>
    public static string PersonName(string account) => $"person:{account}";

    /// <summary>A key and a client certificate for a person at boxes' consoles: the account is in the common name, the role the organisational unit,
    /// which no other certificate of this CA has.</summary>
    /// <returns>With its private key; the caller disposes it.</returns>
    public X509Certificate2 IssuePerson(string agency, string account, string role, DateTimeOffset from, DateTimeOffset until)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = Issue(new CertificateRequest(Subject(agency, PersonName(account), role), key, HashAlgorithmName.SHA256), from, until,
            ClientUse, null);
        return certificate.CopyWithPrivateKey(key);
    }

    /// <summary>A server certificate for the key of a PKCS #10 request, for the pages that a box serves.</summary>
    /// <returns>DER.</returns>
    /// <exception cref="AgencyException">The request is damaged, not signed by its own key, or of another kind of key.</exception>
    public byte[] CertifyConsole(string signingRequest, string agency, string commonName, IReadOnlyList<string> hosts, DateTimeOffset now) =>
        Certify(signingRequest, Subject(agency, commonName), now, ServerUse, Names(hosts));

    public void Dispose() => _certificate.Dispose();

    private static Oid ServerUse => new("1.3.6.1.5.5.7.3.1");

    private static Oid ClientUse => new("1.3.6.1.5.5.7.3.2");

    private void CreatePair(string folder, string name, string agency, string commonName, DateTimeOffset now, Oid use, X509Extension? hosts)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = Issue(new CertificateRequest(Subject(agency, commonName), key, HashAlgorithmName.SHA256), now - ClockLag, now + CertificateLife,
            use, hosts);
        WritePair(folder, name, certificate, key);
    }

    private X509Certificate2 Issue(CertificateRequest request, DateTimeOffset from, DateTimeOffset until, Oid use, X509Extension? hosts)
    {
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([use], critical: false));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(_certificate, true, false));
        if (hosts is not null) request.CertificateExtensions.Add(hosts);
        // RFC 5280 §4.1.2.2: positive, at most 20 octets.
        var serial = RandomNumberGenerator.GetBytes(16);
        serial[0] = (byte)(serial[0] & 0x3F | 0x40);
        return request.Create(_certificate, from, until, serial);
    }

    private static X500DistinguishedName Subject(string agency, string commonName, string? unit = null)
    {
        var name = new X500DistinguishedNameBuilder();
        name.AddOrganizationName(agency);
        if (unit is not null) name.AddOrganizationalUnitName(unit);
        name.AddCommonName(commonName);
        return name.Build();
    }

    private static void WritePair(string folder, string name, X509Certificate2 certificate, ECDsa key)
    {
        DurableFile.Write(Path.Combine(folder, $"{name}.key"), Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem() + "\n"));
        DurableFile.Write(Path.Combine(folder, $"{name}.crt"), Encoding.ASCII.GetBytes(certificate.ExportCertificatePem() + "\n"),
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
    }
}
