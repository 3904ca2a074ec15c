using System.Buffers.Text;
using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Edge.Storage.Database;
using Edge.Storage.Files;
using Edge.Storage.Json;
using Edge.Storage.Trust;

namespace Edge.Agent.Governance;

/// <summary>Operators' keys that a <c>revoke</c> order shut out of this box before the agency's list did. Kept in
/// <c>revoked.json</c>, <c>{"keys":[key id]}</c>, for good: a key that was revoked once is not taken again, and what it
/// countersigned ends with it. Read by any thread, added to by one.</summary>
internal sealed class RevokedKeys
{
    /// <summary>Most keys kept: more than an agency may have operators.</summary>
    public const int Most = 2000;

    private readonly string _file;
    private volatile ImmutableSortedSet<string> _keys;

    private RevokedKeys(string file, IEnumerable<string> keys) => (_file, _keys) = (file, keys.ToImmutableSortedSet(StringComparer.Ordinal));

    /// <exception cref="StateDamagedException">The file is not what <see cref="Add"/> writes.</exception>
    public static RevokedKeys Open(string stateFolder)
    {
        var file = Path.Combine(stateFolder, "revoked.json");
        if (!File.Exists(file)) return new RevokedKeys(file, []);
        return StrictJson.TryRead(File.ReadAllBytes(file), 256 * 1024, fields => fields.Texts("keys", 0, Most, IsKeyId, "must be a key id"),
            out var keys, out var problems)
            ? new RevokedKeys(file, keys)
            : throw new StateDamagedException($"{file}: {problems[0]}; restore it, or remove it and revoke again");
    }

    /// <summary>True for what the RFC 7638 thumbprint of a key looks like: 32 bytes of base64url, in their one spelling.</summary>
    public static bool IsKeyId(string text)
    {
        Span<byte> bytes = stackalloc byte[32];
        return text.Length == 43 && text.All(char.IsAscii) && Base64Url.IsValid(text) && Base64Url.TryDecodeFromChars(text, bytes, out var written)
            && written == bytes.Length
            && Base64Url.EncodeToString(bytes) == text;
    }

    public bool Contains(string keyId) => _keys.Contains(keyId);

    public bool IsFull => _keys.Count >= Most;

    /// <summary>Shuts a key out, durably.</summary>
    /// <exception cref="IOException">The disk refused; the key is not shut out.</exception>
    public void Add(string keyId)
    {
        var keys = _keys.Add(keyId);
        if (keys == _keys) return;
        DurableFile.Write(_file, CanonicalJson.Write(new JsonObject
        {
            ["keys"] = new JsonArray([.. keys.Select(key => (JsonNode)key)]),
        }));
        _keys = keys;
    }
}
