using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using NSec.Cryptography;

namespace Edge.Storage.Sealing;

/// <summary>The X25519 public key (RFC 7748) of whoever may open a sealed part: an agency's epoch key.</summary>
public sealed class RecipientPublicKey : IEquatable<RecipientPublicKey>
{
    /// <summary>Size of the raw key, in bytes.</summary>
    public const int Size = 32;

    private readonly byte[] _raw;

    private RecipientPublicKey(PublicKey key, byte[] raw)
    {
        Key = key;
        _raw = raw;
        // RFC 7638 §3: required members only, in lexical order, no whitespace; RFC 8037 §2 names them for OKP.
        var jwk = $$"""{"crv":"X25519","kty":"OKP","x":"{{X}}"}""";
        KeyId = Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(jwk)));
    }

    /// <summary>RFC 7638 SHA-256 thumbprint, base64url, 43 characters: the <c>kid</c> of a sealed part.</summary>
    public string KeyId { get; }

    /// <summary>The 32 bytes of the key, as they were given: not reduced, so that the key id stays the same.</summary>
    public ReadOnlySpan<byte> Raw => _raw;

    /// <summary>The key as the JWK member <c>x</c>, base64url.</summary>
    public string X => Base64Url.EncodeToString(_raw);

    internal PublicKey Key { get; }

    /// <summary>A key from its 32 raw bytes.</summary>
    /// <exception cref="FormatException">Not 32 bytes, or a point of low order: with one of those anybody could
    /// open what is sealed to it (RFC 9180 §7.1.4).</exception>
    public static RecipientPublicKey FromRaw(ReadOnlySpan<byte> raw)
    {
        if (!PublicKey.TryImport(KeyAgreementAlgorithm.X25519, raw, KeyBlobFormat.RawPublicKey, out var key))
            throw new FormatException("an X25519 public key is 32 bytes");
        if (!Contributes(key!)) throw new FormatException("this X25519 public key is a point of low order: make a new one");
        return new RecipientPublicKey(key!, raw.ToArray());
    }

    public bool Equals(RecipientPublicKey? other) => other is not null && _raw.AsSpan().SequenceEqual(other._raw);

    public override bool Equals(object? obj) => Equals(obj as RecipientPublicKey);

    public override int GetHashCode() => KeyId.GetHashCode(StringComparison.Ordinal);

    public override string ToString() => $"RecipientPublicKey({KeyId})";

    // A clamped scalar is a multiple of the cofactor, so a low-order point gives zero with every key: one try decides.
    private static bool Contributes(PublicKey key)
    {
        using var any = NSec.Cryptography.Key.Create(KeyAgreementAlgorithm.X25519);
        using var shared = KeyAgreementAlgorithm.X25519.Agree(any, key);
        return shared is not null;
    }
}
