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

/// <summary>The box's side of enrolment: a folder with <c>box.key</c> (made here, mode 0600) and <c>request.json</c> while an answer is
/// awaited; once the agency has answered, <c>box.crt</c>, <c>ca.crt</c>, <c>root.json</c> and, last, <c>box.json</c>.</summary>
public sealed class EnrolmentFolder(string folder)
{
    private const UnixFileMode Public =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    /// <summary>The PEM files for the link to the broker.</summary>
    public LinkCertificates Certificates => new(At("ca.crt"), At("box.crt"), At("box.key"));

    /// <summary>True once an answer was accepted.</summary>
    public bool IsEnrolled => File.Exists(At("box.json"));

    /// <summary>The request that waits for its answer; null if none does.</summary>
    /// <exception cref="EnrolmentException">Its file is damaged.</exception>
    public EnrolmentRequest? Waiting
    {
        get
        {
            if (new FileInfo(At("request.json")) is not { Exists: true } file) return null;
            return file.Length <= EnrolmentRequest.MaxBytes && EnrolmentRequest.TryParse(File.ReadAllBytes(file.FullName), out var request, out _) ? request
                : throw new EnrolmentException($"{file.FullName} is damaged: remove it and make the request again");
        }
    }

    /// <summary>Makes the TLS key if it is not there yet, and a new request to carry to the agency; an answer to an earlier one is not taken any
    /// more.</summary>
    /// <remarks>Borrows <paramref name="keys"/>.</remarks>
    public EnrolmentRequest Prepare(BoxName box, KeyFolder keys)
    {
        ArgumentNullException.ThrowIfNull(box);
        ArgumentNullException.ThrowIfNull(keys);
        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        if (!File.Exists(At("box.key"))) CreateTlsKey();
        using var key = LoadTlsKey();
        var subject = new X500DistinguishedNameBuilder();
        subject.AddCommonName(box.Box);
        var csr = new CertificateRequest(subject.Build(), key, HashAlgorithmName.SHA256);
        var request = new EnrolmentRequest(box, keys.Messages.Public, keys.Orders.Public, new NoteKey(box.LogOrigin, keys.Log.Public),
            csr.CreateSigningRequestPem())
        {
            LogEpoch = new NoteKey(box.LogOrigin, keys.Epochs.First),
        }.Sign(keys.Messages);
        Write("request.json", request.Write());
        return request;
    }

    /// <summary>Keeps the agency's answer, after checking that it is for this box's request and key, not too late, signed by the CA it brings, and
    /// brings a root that signed itself. It is good once. Of an answer to no request, which renews the certificate, nothing else is taken.</summary>
    /// <param name="answer">As it was brought.</param>
    /// <param name="now">Decides whether it is too late.</param>
    /// <exception cref="EnrolmentException">It is not that; nothing was kept.</exception>
    public void Accept(EnrolmentAnswer answer, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(answer);
        if (!File.Exists(At("box.key"))) throw new EnrolmentException($"{At("box.key")} is missing: make a request on this box first");
        if (now >= answer.Expires)
            throw new EnrolmentException($"the answer was good until {JsonTime.Write(answer.Expires)}, and it is {JsonTime.Write(now)}: set the clock if that is wrong, else make a new request: edge-agent setup --again");
        if (answer.Request is null)
        {
            RequireNewer(answer);
            Write("box.crt", Encoding.ASCII.GetBytes(Pem.Encode("CERTIFICATE", answer.Certificate)));
            return;
        }
        var asked = Waiting ?? throw new EnrolmentException(IsEnrolled ? "no request waits here: an answer is good once, and this box is enrolled"
            : "no request waits here: make one on this box first");
        if (answer.Box != asked.Box || !answer.Request.AsSpan().SequenceEqual(asked.Digest))
            throw new EnrolmentException("the answer is to another request than the last one that this box made: bring that one to the agency");
        RequireOurs(answer, answer.Ca);
        try
        {
            TrustClient.RequireRoot(answer.Root);
        }
        catch (TrustException refused)
        {
            throw new EnrolmentException($"the answer's {refused.Message}", refused);
        }
        Write("ca.crt", Encoding.ASCII.GetBytes(Pem.Encode("CERTIFICATE", answer.Ca)));
        Write("box.crt", Encoding.ASCII.GetBytes(Pem.Encode("CERTIFICATE", answer.Certificate)));
        Write("root.json", answer.Root);
        Write("box.json", CanonicalJson.Write(new JsonObject { ["agency"] = answer.Box.Agency, ["box"] = answer.Box.Box,
            ["broker"] = answer.Broker.ToString() }));
        DurableFile.Delete(At("request.json"));
    }

    /// <summary>Who this box is.</summary>
    /// <exception cref="EnrolmentException">It is not enrolled, or <c>box.json</c> is damaged.</exception>
    public BoxName Name() => Read().Name;

    /// <summary>The broker that the agency's answer named; null if it was an earlier version's.</summary>
    /// <exception cref="EnrolmentException">It is not enrolled, or <c>box.json</c> is damaged.</exception>
    public BrokerAddress? Broker => Read().Broker;

    /// <summary>The root of trust it was enrolled with, for <see cref="TrustClient.Open"/>.</summary>
    public byte[] Root() => File.ReadAllBytes(At("root.json"));

    /// <summary>Destroys the TLS key: the broker does not see this box again.</summary>
    public void DestroyKey() => DurableFile.Destroy(At("box.key"));

    private Known Read()
    {
        if (!IsEnrolled) throw new EnrolmentException($"{At("box.json")} is missing: enrol this box first");
        return StrictJson.TryRead(File.ReadAllBytes(At("box.json")), 4096, fields =>
        {
            var (agency, box) = (fields.Text("agency", PartyName.IsValid, PartyName.Rule), fields.Text("box", PartyName.IsValid, PartyName.Rule));
            BrokerAddress? broker = null;
            if (fields.Has("broker")) fields.Text("broker", text => BrokerAddress.TryParse(text, out broker), "must be HOST:PORT");
            return BoxName.TryCreate(agency, box, out var name) ? new Known(name, broker) : null;
        }, out var known, out var problems) ? known : throw new EnrolmentException($"{At("box.json")}: {problems[0]}; enrol this box again");
    }

    private sealed record Known(BoxName Name, BrokerAddress? Broker);

    // What it is renewed under is what it was enrolled with: a renewal brings no CA of its own.
    private void RequireNewer(EnrolmentAnswer answer)
    {
        if (!IsEnrolled || Name() != answer.Box) throw new EnrolmentException($"the answer renews the certificate of box {answer.Box}, which this box is not");
        using var ca = X509CertificateLoader.LoadCertificateFromFile(At("ca.crt"));
        RequireOurs(answer, ca.RawData);
        using var present = X509CertificateLoader.LoadCertificateFromFile(At("box.crt"));
        using var renewed = X509CertificateLoader.LoadCertificate(answer.Certificate);
        if (renewed.NotAfter <= present.NotAfter)
            throw new EnrolmentException("the answer's certificate is no newer than the one in use: it was taken up already");
    }

    private void RequireOurs(EnrolmentAnswer answer, byte[] under)
    {
        try
        {
            using var ca = X509CertificateLoader.LoadCertificate(under);
            using var certificate = X509CertificateLoader.LoadCertificate(answer.Certificate);
            using var ours = LoadTlsKey();
            using var theirs = certificate.GetECDsaPublicKey();
            if (theirs is null || !theirs.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(ours.ExportSubjectPublicKeyInfo()))
                throw new EnrolmentException("the answer's certificate is for another key: it answers another box's request");
            using var chain = new X509Chain();
            chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            chain.ChainPolicy.CustomTrustStore.Add(ca);
            chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
            chain.ChainPolicy.DisableCertificateDownloads = true; // what is brought here does not say where this box calls
            // A box that was never switched on may have no idea of the time yet.
            chain.ChainPolicy.VerificationFlags = X509VerificationFlags.IgnoreNotTimeValid;
            if (!chain.Build(certificate)) throw new EnrolmentException("the answer's certificate is not signed by the agency's CA");
        }
        catch (CryptographicException unreadable)
        {
            throw new EnrolmentException("the answer's certificates cannot be read", unreadable);
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
