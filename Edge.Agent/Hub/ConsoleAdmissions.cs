using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Edge.Agent.Governance;
using Edge.Storage.Audit;
using Edge.Storage.Files;
using Edge.Storage.Trust;

namespace Edge.Agent.Hub;

/// <summary>What one person is handed once.</summary>
/// <param name="Certificate">PKCS #12, with the key and the agency's CA.</param>
/// <param name="Uri"><c>otpauth://totp/…</c>, for an authenticator. A secret.</param>
public sealed record ConsolePass(byte[] Certificate, string Uri)
{
    public override string ToString() => "ConsolePass(redacted)";
}

/// <summary>Whom an agency lets in at its boxes' consoles. Keepers sign the list; the hub keeps the secret of the codes, to seal it for boxes that are
/// enrolled later.</summary>
public sealed class ConsoleAdmissions
{
    private readonly Agency _agency;
    private readonly AgencyFolder _folder;

    internal ConsoleAdmissions(Agency agency, AgencyFolder folder) => (_agency, _folder) = (agency, folder);

    /// <summary>The list as published.</summary>
    /// <exception cref="AgencyException">console.json is damaged.</exception>
    public ConsoleUsers Published => Path.Combine(_agency.TrustFolder, TrustPath.Console) is var file && !File.Exists(file) ? ConsoleUsers.Nobody(_agency.Name)
        : ConsoleUsers.TryParse(File.ReadAllBytes(file), out var users, out var problems) ? users
        : throw new AgencyException($"{file}: {problems[0]}");

    /// <summary>Makes a key, a certificate and a secret for somebody, and proposes to let them in.</summary>
    /// <param name="boxes">Which boxes; empty for all that are enrolled.</param>
    /// <param name="passphrase">Protects the PKCS #12.</param>
    /// <param name="published">True if it is published.</param>
    /// <exception cref="AgencyException">They are let in already, or a box is not known.</exception>
    /// <exception cref="TrustException">Another change waits, or the list would be too long.</exception>
    public ConsolePass Admit(string account, AuditRole role, IReadOnlyList<string> boxes, TimeSpan term, ReadOnlySpan<byte> passphrase, DateTimeOffset now,
        out bool published)
    {
        if (!Operators.IsAccount(account)) throw new AgencyException($"the account {Operators.AccountRule}");
        if (Published.All.Any(one => one.Account == account))
            throw new AgencyException($"{account} is let in already: hub console revoke first, to give a new certificate and secret");
        _agency.Ceremony.Proposal.RequireNone(); // before any key is made
        // Whole seconds, as the list writes them.
        var from = now.AddTicks(-(now.Ticks % TimeSpan.TicksPerSecond)) - Agency.ClockLag;
        using var authority = CertificateAuthority.Open(_folder.Tls);
        using var certificate = authority.IssuePerson(_agency.Name, account, Duties.Write(role), from, from + term);
        var fingerprint = Fingerprint(certificate.RawData);
        var secret = RandomNumberGenerator.GetBytes(ConsoleUser.SecretSize);
        try
        {
            var user = new ConsoleUser(account, role, fingerprint, from, from + term, Sealed(account, role, fingerprint, boxes, secret));
            var pass = new ConsolePass(Pkcs12(certificate, authority.Certificate, passphrase), Uri(account, secret));
            // First: a list that names somebody whose secret is lost would be of no use for the next box.
            Directory.CreateDirectory(_folder.At("console"), AgencyFolder.OwnerOnly);
            DurableFile.Write(_folder.ConsoleSecret(account), secret);
            published = Propose([.. Published.All, user], now);
            return pass;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
        }
    }

    /// <summary>Proposes to let somebody in at further boxes, such as those enrolled since.</summary>
    /// <param name="boxes">Which; empty for all that are enrolled.</param>
    /// <returns>True if it is published.</returns>
    /// <exception cref="AgencyException">Nobody has the account, the secret is gone, or a box is not known.</exception>
    public bool Extend(string account, IReadOnlyList<string> boxes, DateTimeOffset now)
    {
        var user = Find(account);
        if (!File.Exists(_folder.ConsoleSecret(account)))
            throw new AgencyException($"{_folder.ConsoleSecret(account)} is gone: hub console revoke {account}, then admit them anew");
        var secret = File.ReadAllBytes(_folder.ConsoleSecret(account));
        try
        {
            var secrets = new Dictionary<string, Edge.Storage.Sealing.SealedPart>(user.Secrets);
            foreach (var (box, part) in Sealed(account, user.Role, user.Certificate, boxes, secret)) secrets[box] = part;
            return Propose([.. Published.All.Select(one => one.Account == account ? one with { Secrets = secrets } : one)], now);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
        }
    }

    /// <summary>Proposes the list without an account. It takes effect on each box when the box has it.</summary>
    /// <returns>True if it is published.</returns>
    /// <exception cref="AgencyException">Nobody has the account.</exception>
    public bool Revoke(string account, DateTimeOffset now)
    {
        Find(account);
        var published = Propose([.. Published.All.Where(one => one.Account != account)], now);
        DurableFile.Destroy(_folder.ConsoleSecret(account));
        return published;
    }

    /// <summary>SHA-256 of a certificate, as the list names it.</summary>
    public static string Fingerprint(ReadOnlySpan<byte> certificate) => System.Buffers.Text.Base64Url.EncodeToString(SHA256.HashData(certificate));

    /// <summary>Certifies the key with which a box's console serves pages.</summary>
    /// <param name="request">PKCS #10, PEM.</param>
    /// <param name="hosts">Names and addresses by which people reach it.</param>
    /// <returns>PEM.</returns>
    public string Certify(string request, string box, IReadOnlyList<string> hosts, DateTimeOffset now)
    {
        using var authority = CertificateAuthority.Open(_folder.Tls);
        if (hosts.Contains(_agency.Broker.Host, StringComparer.OrdinalIgnoreCase))
            throw new AgencyException($"{_agency.Broker.Host} is the broker's name: a box with a certificate for it could pose as the broker");
        return Enrolment.Pem.Encode("CERTIFICATE", authority.CertifyConsole(request, _agency.Name, $"{box}-console", hosts, now));
    }

    private ConsoleUser Find(string account) => Published.All.FirstOrDefault(one => one.Account == account)
        ?? throw new AgencyException($"nobody with the account {account} is let in: hub console show lists them");

    private Dictionary<string, Edge.Storage.Sealing.SealedPart> Sealed(string account, AuditRole role, string certificate, IReadOnlyList<string> boxes,
        ReadOnlySpan<byte> secret)
    {
        var known = _agency.Boxes.ToDictionary(box => box.Name.Box);
        var secrets = new Dictionary<string, Edge.Storage.Sealing.SealedPart>();
        foreach (var box in boxes.Count > 0 ? boxes : [.. known.Values.Where(box => !box.Simulated).Select(box => box.Name.Box)])
            secrets[box] = known.TryGetValue(box, out var one) ? ConsoleUser.Seal(secret, _agency.Name, box, account, role, certificate, one.Orders)
                : throw new AgencyException($"no box {box} is enrolled: a box is let in to once it is");
        return secrets;
    }

    private bool Propose(IReadOnlyList<ConsoleUser> users, DateTimeOffset now)
    {
        var bytes = new ConsoleUsers(_agency.Name, Published.Version + 1, users).Write();
        // Read back as a box reads it: one rule for who may be let in.
        return ConsoleUsers.TryParse(bytes, out _, out var problems)
            ? _agency.Ceremony.Propose(new Dictionary<string, byte[]> { [TrustPath.Console] = bytes }, now)
            : throw new AgencyException(string.Join("; ", problems));
    }

    private string Uri(string account, ReadOnlySpan<byte> secret) =>
        $"otpauth://totp/{_agency.Name}:{account}?secret={OtpNet.Base32Encoding.ToString(secret.ToArray()).TrimEnd('=')}&issuer={_agency.Name}&algorithm=SHA1&digits=6&period=30";

    private static byte[] Pkcs12(X509Certificate2 certificate, byte[] ca, ReadOnlySpan<byte> passphrase)
    {
        using var authority = X509CertificateLoader.LoadCertificate(ca);
        // AES-256 and SHA-256 (RFC 8018), not the RC2 and 3DES of the format's first days.
        return new X509Certificate2Collection { certificate, authority }
            .ExportPkcs12(Pkcs12ExportPbeParameters.Pbes2Aes256Sha256, System.Text.Encoding.UTF8.GetString(passphrase));
    }
}
