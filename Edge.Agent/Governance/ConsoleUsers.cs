using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json.Nodes;
using Edge.Storage.Audit;
using Edge.Storage.Json;
using Edge.Storage.Sealing;
using Edge.Storage.Trust;

namespace Edge.Agent.Governance;

/// <summary>Who may use the consoles of an agency's boxes, signed as <c>console.json</c>: <c>{"agency","version","users":[{"account","role","certificate",
/// "notBefore","expires","secrets":{BOX:{"suite","kid","enc","ct"}}}]}</c>. Who is no longer in it is out from when the list arrives.</summary>
public sealed record ConsoleUsers(string Agency, int Version, IReadOnlyList<ConsoleUser> All)
{
    /// <summary>Most people that a list may name.</summary>
    public const int Most = 200;

    /// <summary>Most boxes that one person may be let in to.</summary>
    public const int MostBoxes = 2000;

    /// <summary>The longest that a certificate is good for: whoever left unnoticed is out within a year.</summary>
    public static readonly TimeSpan LongestTerm = TimeSpan.FromDays(366);

    private const int FingerprintLength = 43; // a SHA-256 as base64url

    /// <summary>The roles that have anything to do at a console.</summary>
    public static IReadOnlyDictionary<string, AuditRole> Roles { get; } = new OrderedDictionary<string, AuditRole>
    {
        ["technician"] = AuditRole.Technician, ["auditor"] = AuditRole.Auditor, ["oversight"] = AuditRole.Oversight,
    };

    public static ConsoleUsers Nobody(string agency) => new(agency, 0, []);

    /// <summary>Whose certificate this is, in force or not; null for a stranger.</summary>
    /// <param name="certificate">SHA-256 of its DER, base64url.</param>
    public ConsoleUser? WithCertificate(string certificate) => All.FirstOrDefault(one => one.Certificate == certificate);

    /// <summary>Reads <c>console.json</c>.</summary>
    public static bool TryParse(ReadOnlyMemory<byte> utf8, [NotNullWhen(true)] out ConsoleUsers? users, out IReadOnlyList<JsonProblem> problems) =>
        StrictJson.TryRead(utf8, TrustPath.MaxBytes(TrustPath.Console), Read, out users, out problems);

    /// <summary>Writes what <see cref="TryParse"/> reads.</summary>
    public byte[] Write() => CanonicalJson.Write(new JsonObject
    {
        ["agency"] = Agency,
        ["version"] = Version,
        ["users"] = new JsonArray([.. All.Select(one => (JsonNode)new JsonObject
        {
            ["account"] = one.Account, ["role"] = Duties.Write(one.Role), ["certificate"] = one.Certificate, ["notBefore"] = JsonTime.Write(one.NotBefore),
            ["expires"] = JsonTime.Write(one.Expires),
            ["secrets"] = new JsonObject([.. one.Secrets.Select(box => KeyValuePair.Create(box.Key, JsonNode.Parse(box.Value.ToJson())))]),
        })]),
    });

    private static ConsoleUsers Read(JsonFields fields)
    {
        var users = new ConsoleUsers(
            fields.Text("agency", PartyName.IsValid, PartyName.Rule),
            fields.Whole("version", 1, int.MaxValue),
            [.. fields.Objects("users", 0, Most, ReadOne)]);
        foreach (var (i, one) in users.All.Index())
        {
            if (users.All.Take(i).Any(earlier => earlier.Account == one.Account)) fields.Fail($"users[{i}]", "names an account a second time");
            if (users.All.Take(i).Any(earlier => earlier.Certificate == one.Certificate))
                fields.Fail($"users[{i}]", "has a certificate that stands here before");
        }
        return users;
    }

    private static ConsoleUser ReadOne(JsonFields fields)
    {
        var account = fields.Text("account", Operators.IsAccount, Operators.AccountRule);
        var role = fields.Choice("role", Roles);
        var certificate = fields.Text("certificate", text => text.Length == FingerprintLength && text.All(IsBase64Url), "must be a SHA-256 as base64url");
        var (notBefore, expires) = (fields.Instant("notBefore"), fields.Instant("expires"));
        if (expires <= notBefore) fields.Fail("expires", "must be after notBefore");
        else if (expires - notBefore > LongestTerm) fields.Fail("expires", $"must be at most {LongestTerm.TotalDays:0} days after notBefore");
        var secrets = fields.Map("secrets", 0, MostBoxes, (box, part) =>
        {
            if (!PartyName.IsValid(box)) fields.Fail($"secrets.{box}", $"the box's name {PartyName.Rule}");
            return ReadPart(part);
        });
        return new ConsoleUser(account, role, certificate, notBefore, expires,
            secrets.Where(box => box.Value is not null).ToDictionary(box => box.Key, box => box.Value!));
    }

    // The list is canonical JSON and sorts its members; a sealed part has an order of its own.
    private static SealedPart? ReadPart(JsonFields fields)
    {
        string Member(string key) => fields.Text(key, text => text.Length <= 200 && text.All(letter => IsBase64Url(letter) || letter == '/'),
            "must be a member of a sealed part");
        var json = $$"""{"suite":"{{Member("suite")}}","kid":"{{Member("kid")}}","enc":"{{Member("enc")}}","ct":"{{Member("ct")}}"}""";
        if (SealedPart.TryParse(Encoding.UTF8.GetBytes(json), out var part)) return part;
        fields.Fail("ct", "is not a sealed part");
        return null;
    }

    private static bool IsBase64Url(char letter) => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_';
}
