using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using Edge.Agent.Enrolment;
using Edge.Storage.Audit;
using Edge.Storage.Json;
using Edge.Storage.Keys;
using Edge.Storage.Trust;

namespace Edge.Agent.Governance;

/// <summary>Somebody who may give orders, known by a key.</summary>
/// <param name="Account">What the log calls them: a service number, not a person's name, because the log is public.</param>
/// <param name="Role">One of <see cref="Duties.Roles"/>; the policy says what it may do.</param>
/// <param name="Key">Checks their signature.</param>
/// <param name="NotBefore">From then on.</param>
/// <param name="Expires">Until just before; at most <see cref="Operators.LongestTerm"/> after <paramref name="NotBefore"/>.</param>
[SuppressMessage("Naming", "CA1716", Justification = "the field's word; this is C#")]
public sealed record Operator(string Account, AuditRole Role, VerifyingKey Key, DateTimeOffset NotBefore, DateTimeOffset Expires)
{
    /// <summary>True while their orders count.</summary>
    public bool IsInForce(DateTimeOffset now) => NotBefore <= now && now < Expires;
}

/// <summary>Who may give orders to an agency's boxes, signed as <c>operators.json</c>: <c>{"agency","version","operators":
/// [{"account","role","kty":"OKP","crv":"Ed25519","x","notBefore","expires"}]}</c>. Who is no longer in it is nobody: a
/// revocation takes effect when the list arrives, and an older list never comes back.</summary>
public sealed record Operators(string Agency, int Version, IReadOnlyList<Operator> All)
{
    /// <summary>Most operators an agency may have.</summary>
    public const int Most = 500;

    /// <summary>The longest that an operator's key is good for: whoever left unnoticed is out within a year.</summary>
    public static readonly TimeSpan LongestTerm = TimeSpan.FromDays(366);

    /// <summary>An account, as it stands in the log.</summary>
    internal const string AccountRule = "must be 1 to 64 of a-z, 0-9, '.', '-', starting with a letter or digit, such as investigator-7";

    /// <summary>The operator with this key (RFC 7638 thumbprint), in force or not; null for a stranger.</summary>
    public Operator? WithKey(string keyId) => All.FirstOrDefault(one => one.Key.KeyId == keyId);

    public static bool IsAccount(string text) => text.Length is >= 1 and <= 64 && char.IsAsciiLetterOrDigit(text[0]) &&
        text.All(character => char.IsAsciiLetterLower(character) || char.IsAsciiDigit(character) || character is '.' or '-');

    /// <summary>Reads <c>operators.json</c>.</summary>
    /// <returns>False, and every problem with its path, if anything in it is unknown, missing or out of range.</returns>
    public static bool TryParse(ReadOnlyMemory<byte> utf8, [NotNullWhen(true)] out Operators? operators,
        out IReadOnlyList<JsonProblem> problems) =>
        StrictJson.TryRead(utf8, TrustPath.MaxBytes(TrustPath.Operators), Read, out operators, out problems);

    /// <summary>Writes what <see cref="TryParse"/> reads.</summary>
    public byte[] Write() => CanonicalJson.Write(new JsonObject
    {
        ["agency"] = Agency,
        ["version"] = Version,
        ["operators"] = new JsonArray([.. All.Select(one =>
        {
            var json = Jwk.Write(one.Key);
            json["account"] = one.Account;
            json["role"] = Duties.Write(one.Role);
            json["notBefore"] = JsonTime.Write(one.NotBefore);
            json["expires"] = JsonTime.Write(one.Expires);
            return (JsonNode)json;
        })]),
    });

    private static Operators Read(JsonFields fields)
    {
        var operators = new Operators(
            fields.Text("agency", PartyName.IsValid, PartyName.Rule),
            fields.Whole("version", 1, int.MaxValue),
            [.. fields.Objects("operators", 0, Most, ReadOne).OfType<Operator>()]);
        foreach (var (i, one) in operators.All.Index())
        {
            if (operators.All.Take(i).Any(earlier => earlier.Account == one.Account)) fields.Fail($"operators[{i}]", "names an account a second time");
            // Two names for one key would let one person act in two parts.
            if (operators.All.Take(i).Any(earlier => earlier.Key.KeyId == one.Key.KeyId)) fields.Fail($"operators[{i}]", "has a key that stands here before");
        }
        return operators;
    }

    private static Operator? ReadOne(JsonFields fields)
    {
        var account = fields.Text("account", IsAccount, AccountRule);
        var role = fields.Choice("role", Duties.Roles);
        var key = Jwk.Read(fields);
        var (notBefore, expires) = (fields.Instant("notBefore"), fields.Instant("expires"));
        if (expires <= notBefore) fields.Fail("expires", "must be after notBefore");
        else if (expires - notBefore > LongestTerm) fields.Fail("expires", $"must be at most {LongestTerm.TotalDays:0} days after notBefore");
        return key is null ? null : new Operator(account, role, key, notBefore, expires);
    }
}
