using NSec.Cryptography;

namespace Edge.Storage.Keys;

/// <summary>An Ed25519 key pair (RFC 8032) for messages, checkpoints and trust metadata alike; each use has its own
/// key. Printing it yields only the key id.</summary>
public sealed class SigningKey : IDisposable
{
    private readonly Key _key;

    private SigningKey(Key key)
    {
        _key = key;
        Public = VerifyingKey.FromRaw(key.PublicKey.Export(KeyBlobFormat.RawPublicKey));
    }

    /// <summary>The public half.</summary>
    public VerifyingKey Public { get; }

    /// <summary>A fresh key from the system's randomness.</summary>
    public static SigningKey Create() => new(Key.Create(SignatureAlgorithm.Ed25519,
        new KeyCreationParameters { ExportPolicy = KeyExportPolicies.AllowPlaintextExport }));

    /// <summary>A key from its 32-byte RFC 8032 seed.</summary>
    /// <exception cref="FormatException"><paramref name="seed"/> is not 32 bytes.</exception>
    public static SigningKey FromSeed(ReadOnlySpan<byte> seed) => new(Key.Import(SignatureAlgorithm.Ed25519, seed,
        KeyBlobFormat.RawPrivateKey,
        new KeyCreationParameters { ExportPolicy = KeyExportPolicies.AllowPlaintextExport }));

    /// <summary>The 64-byte signature of <paramref name="message"/>.</summary>
    public byte[] Sign(ReadOnlySpan<byte> message) => SignatureAlgorithm.Ed25519.Sign(_key, message);

    /// <summary>The 32-byte seed, for the key store only; the caller wipes it.</summary>
    public byte[] ExportSeed() => _key.Export(KeyBlobFormat.RawPrivateKey);

    public override string ToString() => $"SigningKey({Public.KeyId})";

    public void Dispose() => _key.Dispose();
}
