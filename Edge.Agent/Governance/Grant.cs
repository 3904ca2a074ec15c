using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Edge.Storage.Json;
using Edge.Storage.Keys;
using Edge.Storage.Sealing;
using Edge.Storage.Signing;
using Edge.Storage.Trust;

namespace Edge.Agent.Governance;

/// <summary>Leave for another agency to have plates of named cases of its own looked for by this agency's boxes, and to get
/// the hits, sealed to it alone. One entry of <c>grants.json</c>.</summary>
public sealed record Grant
{
    /// <summary>The longest that a grant may last, in days: a case that goes on is justified anew.</summary>
    public const int LongestDays = 90;

    /// <summary>The latest that a grant may be made public, in days from its start.</summary>
    public const int LatestDisclosureDays = 180;

    public const int MostCases = 64;
    public const int ShortestJustification = 20;
    public const int LongestJustification = 2000;

    private const string ContentType = "application/vnd.edge.grant+json";
    private const string DateForm = "yyyy-MM-dd";

    /// <summary>Names the grant among its agency's: a <see cref="PartyName"/>.</summary>
    public required string Id { get; init; }

    /// <summary>Who may ask and receives.</summary>
    public required string Agency { get; init; }

    public required Jurisdiction Jurisdiction { get; init; }

    /// <summary>The other agency's case IDs; nothing of another case is looked for or shared.</summary>
    public required IReadOnlyList<string> Cases { get; init; }

    /// <summary>Why, in writing, for the public: <see cref="ShortestJustification"/> to <see cref="LongestJustification"/> characters.</summary>
    public required string Justification { get; init; }

    public required DateTimeOffset NotBefore { get; init; }

    /// <summary>At most <see cref="LongestDays"/> after <see cref="NotBefore"/>; from then on nothing is shared.</summary>
    public required DateTimeOffset Expires { get; init; }

    /// <summary>When the public page names agency and reason; null for at once. Federal and foreign agencies need a date.</summary>
    public DateOnly? Disclosure { get; init; }

    /// <summary>The other agency's keys that hits are sealed to.</summary>
    public required IReadOnlyList<Recipient> Recipients { get; init; }

    /// <summary>The oversight role's signature: a JWS with detached content (RFC 7515 appendix F), so that the grant does not
    /// stand here twice. The content is the canonical JSON of <c>{"grant":…,"grantor":…}</c>, the grant without this member;
    /// the grantor is in it lest a signature for one agency serve another.</summary>
    public string? Oversight { get; init; }

    /// <summary>True for a class that needs the oversight role's signature and a date of disclosure.</summary>
    public bool NeedsOversight => Jurisdiction is Jurisdiction.Federal or Jurisdiction.Foreign;

    public bool IsInForce(DateTimeOffset now) => NotBefore <= now && now < Expires;

    /// <summary>The key to seal to; null if none is in force.</summary>
    public RecipientPublicKey? RecipientAt(DateTimeOffset now) => Governance.Recipients.At(Recipients, now);

    /// <summary>True if the page for residents may name it.</summary>
    public bool IsDisclosed(DateTimeOffset now) => Disclosure is not { } date || DateOnly.FromDateTime(now.UtcDateTime) >= date;

    /// <summary>This grant with the oversight role's signature.</summary>
    /// <param name="grantor">The agency whose grant it is.</param>
    public Grant Countersign(string grantor, SigningKey key)
    {
        var parts = Encoding.ASCII.GetString(Jws.Sign(key, SignedBytes(grantor), ContentType)).Split('.');
        return this with { Oversight = $"{parts[0]}..{parts[2]}" };
    }

    /// <summary>The operator who countersigned: one of the role oversight, whose signature this is; null if there is none.</summary>
    internal Operator? Countersigner(string grantor, Operators operators)
    {
        if (Oversight?.Split("..") is not [var header, var signature]) return null;
        var jws = Encoding.UTF8.GetBytes($"{header}.{Base64Url.EncodeToString(SignedBytes(grantor))}.{signature}");
        return Jws.TryReadKeyId(jws, out var keyId) && operators.WithKey(keyId) is { Role: Storage.Audit.AuditRole.Oversight } by
            && Jws.TryVerify(jws, by.Key, ContentType, out _) ? by : null;
    }

    public override string ToString() => $"Grant({Id})";

    internal JsonObject Write()
    {
        var json = new JsonObject
        {
            ["id"] = Id,
            ["agency"] = Agency,
            ["jurisdiction"] = Jurisdictions.Write(Jurisdiction),
            ["cases"] = new JsonArray([.. Cases.Select(one => (JsonNode)one)]),
            ["justification"] = Justification,
            ["notBefore"] = JsonTime.Write(NotBefore),
            ["expires"] = JsonTime.Write(Expires),
            ["recipients"] = Governance.Recipients.Write(Recipients),
        };
        if (Disclosure is { } date) json["disclosure"] = date.ToString(DateForm, CultureInfo.InvariantCulture);
        if (Oversight is not null) json["oversight"] = Oversight;
        return json;
    }

    internal static Grant Read(JsonFields fields)
    {
        var grant = new Grant
        {
            Id = fields.Text("id", PartyName.IsValid, PartyName.Rule),
            Agency = fields.Text("agency", PartyName.IsValid, PartyName.Rule),
            Jurisdiction = fields.Choice<Jurisdiction>("jurisdiction", Jurisdictions.Spellings),
            Cases = fields.Texts("cases", 1, MostCases, text => CaseRecord.IsText(text, 64),
                "must be a case ID: text of 1 to 64 characters with a letter or digit in it"),
            Justification = fields.Text("justification", text => text.Length >= ShortestJustification && CaseRecord.IsText(text, LongestJustification),
                $"must say why, in {ShortestJustification} to {LongestJustification} characters"),
            NotBefore = fields.Instant("notBefore"),
            Expires = fields.Instant("expires"),
            Disclosure = fields.Has("disclosure") ? ReadDate(fields, "disclosure") : null,
            Recipients = [.. fields.Objects("recipients", 1, Governance.Recipients.Most, Governance.Recipients.ReadOne).OfType<Recipient>()],
            Oversight = fields.Has("oversight") ? fields.Text("oversight", IsDetached, "must be a JWS with detached content") : null,
        };
        if (grant.Expires <= grant.NotBefore) fields.Fail("expires", "must be after notBefore");
        else if (grant.Expires - grant.NotBefore > TimeSpan.FromDays(LongestDays))
            fields.Fail("expires", $"must be at most {LongestDays} days after notBefore");
        var start = DateOnly.FromDateTime(grant.NotBefore.UtcDateTime);
        if (grant.Disclosure is null && grant.NeedsOversight)
            fields.Fail("disclosure", "missing: a federal or foreign agency's grant is made public, and says when");
        else if (grant.Disclosure < start || (grant.Disclosure is { } date && date.DayNumber - start.DayNumber > LatestDisclosureDays))
            fields.Fail("disclosure", $"must be within {LatestDisclosureDays} days after notBefore");
        return grant;
    }

    internal static bool TryDate(string? text, out DateOnly date) =>
        DateOnly.TryParseExact(text, DateForm, CultureInfo.InvariantCulture, DateTimeStyles.None, out date);

    private static DateOnly ReadDate(JsonFields fields, string key) =>
        TryDate(fields.Text(key, text => TryDate(text, out _), "must be a day such as 2027-01-31"), out var date) ? date : default;

    private static bool IsDetached(string text) => text.Length <= 1024 && text.Split("..") is [{ Length: > 0 }, { Length: > 0 }];

    private byte[] SignedBytes(string grantor) => CanonicalJson.Write(new JsonObject
    {
        ["grant"] = (this with { Oversight = null }).Write(), ["grantor"] = grantor,
    });
}
