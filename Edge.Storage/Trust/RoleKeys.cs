using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Edge.Storage.Json;
using Edge.Storage.Keys;

namespace Edge.Storage.Trust;

/// <summary>Who may sign for a role, and how many of them must (TUF 1.0 §4.3).</summary>
/// <param name="Keys">By TUF key id: the SHA-256 of the key's canonical JSON, in hexadecimal.</param>
public sealed record RoleKeys(IReadOnlyDictionary<string, VerifyingKey> Keys, int Threshold)
{
    /// <summary>The given keys, of which <paramref name="threshold"/> must sign.</summary>
    public static RoleKeys Of(int threshold, params IEnumerable<VerifyingKey> keys) =>
        new(keys.ToDictionary(KeyIdOf, StringComparer.Ordinal), threshold);

    /// <summary>The TUF key id of <paramref name="key"/>; not the JWK thumbprint that messages use.</summary>
    public static string KeyIdOf(VerifyingKey key) =>
        Convert.ToHexStringLower(SHA256.HashData(CanonicalJson.Write(WriteKey(key))));

    internal static JsonObject WriteKey(VerifyingKey key) => new()
    {
        ["keytype"] = "ed25519",
        ["scheme"] = "ed25519",
        ["keyval"] = new JsonObject { ["public"] = Convert.ToHexStringLower(key.Raw) },
    };

    internal static JsonObject WriteKeys(IEnumerable<RoleKeys> roles)
    {
        var json = new JsonObject();
        foreach (var (id, key) in roles.SelectMany(role => role.Keys)) json[id] = WriteKey(key);
        return json;
    }

    /// <summary>The <c>keys</c> map that root and delegations share.</summary>
    internal static IReadOnlyDictionary<string, VerifyingKey?> ReadKeys(JsonFields fields) =>
        fields.Map("keys", 1, 64, (id, key) =>
        {
            key.Text("keytype", text => text == "ed25519", "must be ed25519");
            key.Text("scheme", text => text == "ed25519", "must be ed25519");
            var raw = key.Child("keyval", value => value.Hex("public", 32));
            var verifying = TryKey(raw);
            if (verifying is null) key.Fail("keyval", "is not an Ed25519 public key");
            else if (KeyIdOf(verifying) != id) key.Fail("keyval", "is not the key its key id names");
            return verifying;
        });

    internal JsonObject WriteRole() => new()
    {
        ["keyids"] = new JsonArray([.. Keys.Keys.Order(StringComparer.Ordinal).Select(id => (JsonNode)id)]),
        ["threshold"] = Threshold,
    };

    /// <summary>The members <c>keyids</c> and <c>threshold</c> of a role.</summary>
    internal static RoleKeys ReadRole(JsonFields role, IReadOnlyDictionary<string, VerifyingKey?> keys)
    {
        var ids = role.Texts("keyids", 1, 64, keys.ContainsKey, "is not one of the keys");
        var threshold = role.Whole("threshold", 1, 64);
        if (threshold > ids.Count) role.Fail("threshold", "is more than the role has keys");
        return new RoleKeys(ids.Where(id => keys[id] is not null).ToDictionary(id => id, id => keys[id]!), threshold);
    }

    private static VerifyingKey? TryKey(byte[] raw)
    {
        try
        {
            return VerifyingKey.FromRaw(raw);
        }
        catch (FormatException)
        {
            return null;
        }
    }
}
