using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Edge.Storage.Keys;

namespace Edge.Storage.Audit;

/// <summary>What a signature of a note signs: the values of C2SP signed-note "Signature types" that this project
/// reads.</summary>
public enum NoteKeyType : byte
{
    /// <summary>Ed25519 over the text of the note: a log's own signature.</summary>
    Ed25519 = 0x01,
    /// <summary>Timestamped Ed25519 of a witness, C2SP tlog-cosignature <c>cosignature/v1</c>.</summary>
    Cosignature = 0x04,
}

/// <summary>A key that a reader of notes trusts, by name. Written as a vkey:
/// <c>&lt;name&gt;+&lt;key id, 8 hex digits&gt;+&lt;base64(type ‖ public key)&gt;</c>.</summary>
public sealed record NoteKey
{
    /// <exception cref="ArgumentException"><paramref name="name"/> cannot name a key, see
    /// <see cref="IsName"/>.</exception>
    public NoteKey(string name, VerifyingKey key, NoteKeyType type = NoteKeyType.Ed25519)
    {
        if (!IsName(name))
            throw new ArgumentException("a key name has no space, no control character and no plus sign", nameof(name));
        (Name, Key, Type) = (name, key, type);
        // C2SP signed-note: SHA-256(name ‖ 0x0A ‖ type ‖ public key)[:4]
        Id = BinaryPrimitives.ReadUInt32BigEndian(
            SHA256.HashData([.. Encoding.UTF8.GetBytes(name), 0x0A, (byte)type, .. key.Raw]));
    }

    public string Name { get; }

    public VerifyingKey Key { get; }

    public NoteKeyType Type { get; }

    /// <summary>Tells keys of one name apart; not a fingerprint to trust.</summary>
    public uint Id { get; }

    /// <summary>True for a non-empty name without Unicode space, control character or <c>+</c>.</summary>
    public static bool IsName(string name) =>
        name.Length is > 0 and <= 256 && !name.Any(c => char.IsWhiteSpace(c) || char.IsControl(c) || c == '+');

    /// <summary>Reads a vkey; false if any part is missing, misspelled or of a type that is not read here, or if the key
    /// id is not that of the key.</summary>
    public static bool TryParse(string vkey, out NoteKey? key)
    {
        key = null;
        // Base64 has plus signs of its own, so only the first two separate.
        var parts = vkey.Split('+', 3);
        if (parts.Length != 3 || !IsName(parts[0])) return false;
        if (!Canonical.TryBase64(parts[2], out var typed) || typed.Length != 33) return false;
        var type = (NoteKeyType)typed[0];
        if (type is not (NoteKeyType.Ed25519 or NoteKeyType.Cosignature)) return false;
        try
        {
            key = new NoteKey(parts[0], VerifyingKey.FromRaw(typed.AsSpan(1)), type);
        }
        catch (FormatException)
        {
            return false;
        }
        if (key.ToString() == vkey) return true;
        key = null;
        return false;
    }

    /// <summary>The vkey.</summary>
    public override string ToString() => $"{Name}+{Id:x8}+{Convert.ToBase64String([(byte)Type, .. Key.Raw])}";
}
