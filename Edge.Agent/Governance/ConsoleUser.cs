using System.Text;
using Edge.Storage.Audit;
using Edge.Storage.Sealing;

namespace Edge.Agent.Governance;

/// <summary>Somebody who may use the consoles of some boxes, known by two things: a certificate of the agency, and the secret of their one-time
/// codes.</summary>
/// <param name="Account">What the log calls them: a service number, not a person's name.</param>
/// <param name="Role">One of <see cref="ConsoleUsers.Roles"/>; the policy says what it may do.</param>
/// <param name="Certificate">SHA-256 of the certificate's DER, base64url.</param>
/// <param name="NotBefore">From then on.</param>
/// <param name="Expires">Until just before.</param>
/// <param name="Secrets">By box: the secret, sealed to that box's order key. Who is not here for a box does not get in there.</param>
public sealed record ConsoleUser(
    string Account, AuditRole Role, string Certificate, DateTimeOffset NotBefore, DateTimeOffset Expires, IReadOnlyDictionary<string, SealedPart> Secrets)
{
    /// <summary>Bytes of a secret: those of the HMAC-SHA-1 that every authenticator has (RFC 4226 §4, R6).</summary>
    public const int SecretSize = 20;

    /// <summary>True while they may come in.</summary>
    public bool IsInForce(DateTimeOffset now) => NotBefore <= now && now < Expires;

    /// <summary>Seals a secret for one box: it opens for no other box, person, role or certificate.</summary>
    public static SealedPart Seal(ReadOnlySpan<byte> secret, string agency, string box, string account, AuditRole role, string certificate,
        RecipientPublicKey to) =>
        SealedPart.Seal(to, Header(agency, box, account, role, certificate), secret, SealedUse.CodeSecret);

    /// <summary>Opens the secret on the box that it is for; the caller wipes it.</summary>
    public bool TryOpenSecret(string agency, string box, RecipientKey key, out byte[] secret)
    {
        secret = [];
        return Secrets.TryGetValue(box, out var part) && part.TryOpen(key, Header(agency, box, Account, Role, Certificate), out secret, SealedUse.CodeSecret)
            && secret.Length == SecretSize;
    }

    private static byte[] Header(string agency, string box, string account, AuditRole role, string certificate) =>
        Encoding.ASCII.GetBytes($"edge-console/1\0{agency}\0{box}\0{account}\0{Duties.Write(role)}\0{certificate}");
}
