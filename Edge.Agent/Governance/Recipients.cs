using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using Edge.Agent.Enrolment;
using Edge.Storage.Json;
using Edge.Storage.Sealing;
using Edge.Storage.Trust;

namespace Edge.Agent.Governance;

/// <summary>One epoch key of an agency: hits are sealed to it from <paramref name="NotBefore"/> until
/// <paramref name="Expires"/>, then the agency destroys its private half.</summary>
public sealed record Recipient(RecipientPublicKey Key, DateTimeOffset NotBefore, DateTimeOffset Expires);

/// <summary>Whom hits may be sealed to, signed as <c>recipients.json</c>: <c>{"agency","version","recipients":[{"kty":
/// "OKP","crv":"X25519","x","kid","notBefore","expires"}]}</c>.</summary>
public sealed record Recipients(string Agency, int Version, IReadOnlyList<Recipient> Keys)
{
    /// <summary>Most keys in the list. Epochs last a week and are signed a quarter ahead, so 14 at a time; room for those that remain,
    /// and for two months of daily ones. A list of 64 has some 14 KiB.</summary>
    public const int Most = 64;

    /// <summary>The key to seal to at <paramref name="now"/>: of those in force the one that started last. Null if none
    /// is; then no hit may be stored, because nobody could open it.</summary>
    public RecipientPublicKey? At(DateTimeOffset now) => At(Keys, now);

    /// <inheritdoc cref="At(DateTimeOffset)"/>
    internal static RecipientPublicKey? At(IReadOnlyList<Recipient> keys, DateTimeOffset now) => keys.Where(key => key.NotBefore <= now && now < key.Expires)
        .OrderByDescending(key => key.NotBefore).FirstOrDefault()?.Key;

    /// <summary>Reads <c>recipients.json</c>.</summary>
    /// <returns>False, and every problem with its path, if anything in it is unknown, missing or out of range.</returns>
    public static bool TryParse(ReadOnlyMemory<byte> utf8, [NotNullWhen(true)] out Recipients? recipients,
        out IReadOnlyList<JsonProblem> problems) =>
        StrictJson.TryRead(utf8, TrustPath.MaxBytes(TrustPath.Recipients), Read, out recipients, out problems);

    /// <summary>Writes what <see cref="TryParse"/> reads.</summary>
    public byte[] Write() => CanonicalJson.Write(new JsonObject
    {
        ["agency"] = Agency,
        ["version"] = Version,
        ["recipients"] = Write(Keys),
    });

    internal static JsonArray Write(IReadOnlyList<Recipient> keys) => new([.. keys.Select(recipient =>
    {
        var json = Jwk.Write(recipient.Key);
        json["kid"] = recipient.Key.KeyId;
        json["notBefore"] = JsonTime.Write(recipient.NotBefore);
        json["expires"] = JsonTime.Write(recipient.Expires);
        return (JsonNode)json;
    })]);

    private static Recipients Read(JsonFields fields) => new(
        fields.Text("agency", PartyName.IsValid, PartyName.Rule),
        fields.Whole("version", 1, int.MaxValue),
        [.. fields.Objects("recipients", 1, Most, ReadOne).OfType<Recipient>()]);

    internal static Recipient? ReadOne(JsonFields fields)
    {
        var key = Jwk.ReadRecipient(fields);
        var keyId = fields.Text("kid", 43);
        var (notBefore, expires) = (fields.Instant("notBefore"), fields.Instant("expires"));
        if (expires <= notBefore) fields.Fail("expires", "must be after notBefore");
        if (key is not null && key.KeyId != keyId) fields.Fail("kid", "is not the thumbprint of this key");
        return key is null ? null : new Recipient(key, notBefore, expires);
    }
}
