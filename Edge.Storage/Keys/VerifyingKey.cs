using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using NSec.Cryptography;

namespace Edge.Storage.Keys;

/// <summary>An Ed25519 public key.</summary>
public sealed class VerifyingKey : IEquatable<VerifyingKey>
{
    private readonly PublicKey _key;
    private readonly byte[] _raw;

    private VerifyingKey(PublicKey key, byte[] raw)
    {
        _key = key;
        _raw = raw;
        // RFC 7638 §3: required members only, in lexical order, no whitespace; RFC 8037 §2 names them for OKP.
        var jwk = $$"""{"crv":"Ed25519","kty":"OKP","x":"{{X}}"}""";
        KeyId = Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(jwk)));
    }

    /// <summary>RFC 7638 SHA-256 thumbprint, base64url: the <c>kid</c> of this key everywhere.</summary>
    public string KeyId { get; }

    /// <summary>The 32 bytes of the key.</summary>
    public ReadOnlySpan<byte> Raw => _raw;

    /// <summary>The key as the JWK member <c>x</c>, base64url.</summary>
    public string X => Base64Url.EncodeToString(_raw);

    /// <exception cref="FormatException"><paramref name="raw"/> is not a 32-byte Ed25519 key.</exception>
    public static VerifyingKey FromRaw(ReadOnlySpan<byte> raw) =>
        PublicKey.TryImport(SignatureAlgorithm.Ed25519, raw, KeyBlobFormat.RawPublicKey, out var key)
            ? new VerifyingKey(key!, raw.ToArray())
            : throw new FormatException("an Ed25519 public key is 32 bytes");

    /// <summary>True if <paramref name="signature"/> is this key's over <paramref name="message"/>.</summary>
    public bool Verify(ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature) =>
        SignatureAlgorithm.Ed25519.Verify(_key, message, signature);

    public bool Equals(VerifyingKey? other) => other is not null && _raw.AsSpan().SequenceEqual(other._raw);

    public override bool Equals(object? obj) => Equals(obj as VerifyingKey);

    public override int GetHashCode() => KeyId.GetHashCode(StringComparison.Ordinal);

    public override string ToString() => $"VerifyingKey({KeyId})";
}
