using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
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

    internal static JsonArray Write(IReadOnlyList<Recipient> keys) => new([.. keys.Select(recipient => (JsonNode)new JsonObject
    {
        ["kty"] = "OKP",
        ["crv"] = "X25519",
        ["x"] = recipient.Key.X,
        ["kid"] = recipient.Key.KeyId,
        ["notBefore"] = JsonTime.Write(recipient.NotBefore),
        ["expires"] = JsonTime.Write(recipient.Expires),
    })]);

    private static Recipients Read(JsonFields fields) => new(
        fields.Text("agency", PartyName.IsValid, PartyName.Rule),
        fields.Whole("version", 1, int.MaxValue),
        [.. fields.Objects("recipients", 1, 16, ReadOne).OfType<Recipient>()]);

    internal static Recipient? ReadOne(JsonFields fields)
    {
        fields.Text("kty", text => text == "OKP", "must be OKP");
        fields.Text("crv", text => text == "X25519", "must be X25519");
        var raw = fields.Bytes("x", RecipientPublicKey.Size);
        var keyId = fields.Text("kid", 43);
        var (notBefore, expires) = (fields.Instant("notBefore"), fields.Instant("expires"));
        if (expires <= notBefore) fields.Fail("expires", "must be after notBefore");
        if (!TryKey(raw, out var key)) fields.Fail("x", "is not a usable X25519 key");
        else if (key.KeyId != keyId) fields.Fail("kid", "is not the thumbprint of this key");
        return key is null ? null : new Recipient(key, notBefore, expires);
    }

    private static bool TryKey(byte[] raw, [NotNullWhen(true)] out RecipientPublicKey? key)
    {
        key = null;
        try
        {
            key = RecipientPublicKey.FromRaw(raw);
            return true;
        }
        catch (FormatException)
        {
            return false;
        }
    }
}
