using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Edge.Agent.Publishing;
using Edge.Storage.Audit;
using Edge.Storage.Files;
using Edge.Storage.Json;
using Edge.Storage.Keys;
using Edge.Storage.Trust;

namespace Edge.Agent.Enrolment;

/// <summary>The box's side of enrolment: a folder with <c>box.key</c> (made here, mode 0600), then, once the agency has
/// answered, <c>box.crt</c>, <c>ca.crt</c>, <c>root.json</c> and, last, <c>box.json</c>.</summary>
public sealed class EnrolmentFolder(string folder)
{
    private const UnixFileMode Public =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    /// <summary>The PEM files for the link to the broker.</summary>
    public LinkCertificates Certificates => new(At("ca.crt"), At("box.crt"), At("box.key"));

    /// <summary>True once a bundle was accepted.</summary>
    public bool IsEnrolled => File.Exists(At("box.json"));

    /// <summary>Makes the TLS key if it is not there yet, and the request to carry to the agency.</summary>
    /// <remarks>Borrows <paramref name="keys"/>.</remarks>
    public EnrolmentRequest Prepare(BoxName box, KeyFolder keys)
    {
        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        if (!File.Exists(At("box.key"))) CreateTlsKey();
        using var key = LoadTlsKey();
        var subject = new X500DistinguishedNameBuilder();
        subject.AddCommonName(box.Box);
        var request = new CertificateRequest(subject.Build(), key, HashAlgorithmName.SHA256);
        return new EnrolmentRequest(box, keys.Messages.Public, keys.Orders.Public, new NoteKey(box.LogOrigin, keys.Log.Public),
            request.CreateSigningRequestPem()) { LogEpoch = new NoteKey(box.LogOrigin, keys.Epochs.First) };
    }

    /// <summary>Keeps the agency's answer, after checking that it is for this box's key, signed by the CA it brings, and
    /// brings a root that signed itself.</summary>
    /// <exception cref="EnrolmentException">It is not that; nothing was kept.</exception>
    public void Accept(EnrolmentBundle bundle)
    {
        if (!File.Exists(At("box.key"))) throw new EnrolmentException($"{At("box.key")} is missing: make a request on this box first");
        RequireOurs(bundle);
        try
        {
            TrustClient.RequireRoot(bundle.Root);
        }
        catch (TrustException refused)
        {
            throw new EnrolmentException($"the bundle's {refused.Message}", refused);
        }
        Write("ca.crt", Encoding.ASCII.GetBytes(Pem.Encode("CERTIFICATE", bundle.Ca)));
        Write("box.crt", Encoding.ASCII.GetBytes(Pem.Encode("CERTIFICATE", bundle.Certificate)));
        Write("root.json", bundle.Root);
        Write("box.json", CanonicalJson.Write(new JsonObject { ["agency"] = bundle.Box.Agency, ["box"] = bundle.Box.Box }));
    }

    /// <summary>Who this box is.</summary>
    /// <exception cref="EnrolmentException">It is not enrolled, or <c>box.json</c> is damaged.</exception>
    public BoxName Name()
    {
        if (!IsEnrolled) throw new EnrolmentException($"{At("box.json")} is missing: enrol this box first");
        if (!StrictJson.TryRead(File.ReadAllBytes(At("box.json")), 4096, fields => new string[]
            {
                fields.Text("agency", PartyName.IsValid, PartyName.Rule), fields.Text("box", PartyName.IsValid, PartyName.Rule),
            }, out var names, out var problems))
            throw new EnrolmentException($"{At("box.json")}: {problems[0]}; enrol this box again");
        return new BoxName(names[0], names[1]);
    }

    /// <summary>The root of trust it was enrolled with, for <see cref="TrustClient.Open"/>.</summary>
    public byte[] Root() => File.ReadAllBytes(At("root.json"));

    /// <summary>Destroys the TLS key: the broker does not see this box again.</summary>
    public void DestroyKey() => DurableFile.Destroy(At("box.key"));

    private void RequireOurs(EnrolmentBundle bundle)
    {
        try
        {
            using var ca = X509CertificateLoader.LoadCertificate(bundle.Ca);
            using var certificate = X509CertificateLoader.LoadCertificate(bundle.Certificate);
            using var ours = LoadTlsKey();
            using var theirs = certificate.GetECDsaPublicKey();
            if (theirs is null || !theirs.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(ours.ExportSubjectPublicKeyInfo()))
                throw new EnrolmentException("the bundle's certificate is for another key: it answers another box's request");
            using var chain = new X509Chain();
            chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            chain.ChainPolicy.CustomTrustStore.Add(ca);
            chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
            // A box that was never switched on may have no idea of the time yet.
            chain.ChainPolicy.VerificationFlags = X509VerificationFlags.IgnoreNotTimeValid;
            if (!chain.Build(certificate)) throw new EnrolmentException("the bundle's certificate is not signed by the CA it brings");
        }
        catch (CryptographicException unreadable)
        {
            throw new EnrolmentException("the bundle's certificates cannot be read", unreadable);
        }
    }

    private void CreateTlsKey()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        DurableFile.Write(At("box.key"), Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem() + "\n"));
    }

    private ECDsa LoadTlsKey()
    {
        var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(File.ReadAllText(At("box.key")));
            return key;
        }
        catch (Exception unreadable) when (unreadable is ArgumentException or CryptographicException)
        {
            key.Dispose();
            throw new EnrolmentException($"{At("box.key")} is damaged: remove the folder and enrol this box again", unreadable);
        }
    }

    private void Write(string name, byte[] bytes) => DurableFile.Write(At(name), bytes, Public);

    private string At(string name) => Path.Combine(folder, name);
}
