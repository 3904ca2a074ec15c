using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Edge.Agent.Governance;
using Edge.Agent.Hub;

namespace Edge.Agent.LanConsole;

/// <summary>The first factor: a certificate of the agency for somebody whom the signed list lets in here, in the role that both name.</summary>
internal sealed class ClientCertificates : IDisposable
{
    private const string ClientUse = "1.3.6.1.5.5.7.3.2";
    private const string Organisation = "2.5.4.10";
    private const string Unit = "2.5.4.11";
    private const string CommonName = "2.5.4.3";

    private readonly ConsoleBox _box;

    /// <exception cref="ConsoleException">The agency's CA cannot be read.</exception>
    public ClientCertificates(ConsoleBox box)
    {
        _box = box;
        try
        {
            Authority = X509CertificateLoader.LoadCertificateFromFile(box.CaFile);
        }
        catch (Exception unreadable) when (unreadable is CryptographicException or IOException)
        {
            throw new ConsoleException($"{box.CaFile} cannot be read: enrol this box again", unreadable);
        }
    }

    /// <summary>Who issues them.</summary>
    public X509Certificate2 Authority { get; }

    /// <summary>Whose it is; null, and why, if it lets nobody in.</summary>
    /// <param name="reason">Lower-case words, for the log.</param>
    public ConsoleUser? Judge(X509Certificate2 certificate, out string reason)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(Authority);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck; // the signed list revokes
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.VerificationTime = _box.Time.GetUtcNow().UtcDateTime;
        chain.ChainPolicy.VerificationTimeIgnored = false;
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(ClientUse));
        reason = "unknown-certificate";
        if (!chain.Build(certificate)) return null;
        reason = "not-admitted";
        if (_box.Find(ConsoleAdmissions.Fingerprint(certificate.RawData)) is not { } user) return null;
        reason = "other-role";
        var names = certificate.SubjectName.EnumerateRelativeDistinguishedNames().Where(name => !name.HasMultipleElements)
            .Select(name => (name.GetSingleElementType().Value, name.GetSingleElementValue())).ToList();
        return names.Contains((Organisation, _box.Name.Agency)) && names.Contains((Unit, Duties.Write(user.Role)))
            && names.Contains((CommonName, CertificateAuthority.PersonName(user.Account))) ? user : null;
    }

    public void Dispose() => Authority.Dispose();
}
