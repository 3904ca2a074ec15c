using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Edge.Agent.Enrolment;
using Edge.Agent.Publishing;
using Edge.Storage.Files;

namespace Edge.Agent.Hub;

/// <summary>What lets another agency's hub read at this one's broker: where it is, and a certificate for the key that the other
/// hub made. DER; nothing secret.</summary>
public sealed record BrokerPass(BrokerAddress Broker, byte[] Ca, byte[] Certificate);

/// <summary>How this hub reaches the broker of another agency: with a key that was made here and never leaves, certified there.</summary>
internal sealed class PartnerLink(string folder, string other)
{
    /// <summary>The name of a hub at another agency's broker. No box can have it: '@' is in no box's name.</summary>
    public static string NameOf(string agency) => $"{agency}@hub";

    /// <summary>Lines for the access list of a Mosquitto broker of <paramref name="agency"/>: the other hub reads the hits that are for it.</summary>
    public static string Access(string agency, string other) => $"user {NameOf(other)}\ntopic read {Topics.OfSharedHits(agency, other)}\n";

    public LinkCertificates Certificates => new(At("ca.crt"), At("crt"), At("key"));

    /// <summary>A certificate request (PKCS #10, DER) for the key, which is made if it is not there yet.</summary>
    public byte[] Request()
    {
        if (!File.Exists(At("key")))
        {
            using var made = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            DurableFile.Write(At("key"), Encoding.ASCII.GetBytes(made.ExportPkcs8PrivateKeyPem() + "\n"));
        }
        using var key = Load();
        return new CertificateRequest("CN=hub", key, HashAlgorithmName.SHA256).CreateSigningRequest();
    }

    /// <summary>Keeps the other agency's answer.</summary>
    /// <exception cref="AgencyException">It is not for the key made here.</exception>
    public void Accept(BrokerPass pass)
    {
        try
        {
            using var certificate = X509CertificateLoader.LoadCertificate(pass.Certificate);
            using var theirs = certificate.GetECDsaPublicKey();
            using var ours = Load();
            if (theirs?.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(ours.ExportSubjectPublicKeyInfo()) != true)
                throw new AgencyException($"the certificate from {other} is for another key: make it a new offer");
            using var ca = X509CertificateLoader.LoadCertificate(pass.Ca);
            DurableFile.Write(At("ca.crt"), Encoding.ASCII.GetBytes(Pem.Encode("CERTIFICATE", ca.RawData)));
            DurableFile.Write(At("crt"), Encoding.ASCII.GetBytes(Pem.Encode("CERTIFICATE", certificate.RawData)));
        }
        catch (CryptographicException unreadable)
        {
            throw new AgencyException($"the certificates from {other} cannot be read: ask for a new offer", unreadable);
        }
    }

    private ECDsa Load()
    {
        if (!File.Exists(At("key"))) throw new AgencyException($"no offer was made to {other}, so no certificate was asked for: hub grant offer makes one");
        var key = ECDsa.Create();
        key.ImportFromPem(File.ReadAllText(At("key")));
        return key;
    }

    private string At(string ending) => Path.Combine(folder, $"at-{other}.{ending}");
}
