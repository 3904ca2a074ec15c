using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Edge.Agent.Enrolment;
using Edge.Agent.Hub;
using Edge.Storage.Files;

namespace Edge.Agent.LanConsole;

/// <summary>The key with which the console serves, made here, and a certificate for it: the agency's where somebody has brought one, else its own, which
/// whoever comes compares by its fingerprint. Neither lets anybody in.</summary>
internal static class ConsoleCertificate
{
    /// <summary>In the enrolment folder: what <c>hub console certify</c> gave.</summary>
    public const string IssuedName = "console.crt";

    /// <summary>In the console's folder: what <c>hub console certify</c> takes.</summary>
    public const string RequestName = "request.pem";

    private const UnixFileMode Public = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    private static readonly TimeSpan OwnLife = TimeSpan.FromDays(825);
    private static readonly TimeSpan ClockLag = TimeSpan.FromDays(1);

    /// <param name="folder">The console's own.</param>
    /// <param name="hosts">Names and addresses by which people reach it.</param>
    /// <returns>With its private key; the caller disposes it.</returns>
    /// <exception cref="ConsoleException">A file is damaged, or the certificate is for another key.</exception>
    public static X509Certificate2 Open(string folder, string enrolmentFolder, IReadOnlyList<string> hosts, DateTimeOffset now)
    {
        DurableFile.MakeFolder(folder);
        using var key = Key(Path.Combine(folder, "tls.key"), Path.Combine(folder, RequestName));
        var issued = Path.Combine(enrolmentFolder, IssuedName);
        if (File.Exists(issued)) return Load(issued, key)
            ?? throw new ConsoleException($"{issued} is not for this box's console: hub console certify {folder}/{RequestName} makes one");
        var own = Path.Combine(folder, "tls.crt");
        if (File.Exists(own) && Load(own, key) is { } kept)
        {
            if (kept.NotBefore.ToUniversalTime() <= now.UtcDateTime && now.UtcDateTime < kept.NotAfter.ToUniversalTime()
                && hosts.All(host => kept.MatchesHostname(host))) return kept;
            kept.Dispose();
        }
        var request = new CertificateRequest("CN=plate reader", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], critical: false));
        request.CertificateExtensions.Add(CertificateAuthority.Names(hosts));
        using var made = request.CreateSelfSigned(now - ClockLag, now + OwnLife);
        DurableFile.Write(own, Encoding.ASCII.GetBytes(Pem.Encode("CERTIFICATE", made.RawData)), Public);
        return Load(own, key) ?? throw new ConsoleException($"{own} cannot be read back");
    }

    private static ECDsa Key(string path, string requestPath)
    {
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        try
        {
            if (File.Exists(path)) key.ImportFromPem(File.ReadAllText(path));
            else DurableFile.Write(path, Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem() + "\n"));
            if (!File.Exists(requestPath))
                DurableFile.Write(requestPath, Encoding.ASCII.GetBytes(new CertificateRequest("CN=console", key, HashAlgorithmName.SHA256)
                    .CreateSigningRequestPem() + "\n"), Public);
            return key;
        }
        catch (Exception damaged) when (damaged is CryptographicException or ArgumentException)
        {
            key.Dispose();
            throw new ConsoleException($"{path} is damaged: remove it; the console makes a new key and shows a new fingerprint", damaged);
        }
    }

    // By way of PKCS #12: a key that is attached in memory alone is not one that every TLS stack can use.
    private static X509Certificate2? Load(string path, ECDsa key)
    {
        try
        {
            using var certificate = X509CertificateLoader.LoadCertificateFromFile(path);
            using var theirs = certificate.GetECDsaPublicKey();
            if (theirs is null || !theirs.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(key.ExportSubjectPublicKeyInfo())) return null;
            using var both = certificate.CopyWithPrivateKey(key);
            return X509CertificateLoader.LoadPkcs12(both.Export(X509ContentType.Pkcs12), null);
        }
        catch (CryptographicException damaged)
        {
            throw new ConsoleException($"{path} is damaged: remove it", damaged);
        }
    }
}
