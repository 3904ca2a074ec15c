using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Edge.Storage.Json;
using Edge.Storage.Sealing;
using Edge.Storage.Trust;

namespace Edge.Storage.Keys;

/// <summary>A keeper's signing key in a file that only a passphrase opens: Argon2id (RFC 9106) derives a key, with which
/// XChaCha20-Poly1305 hides the Ed25519 seed. The public half stands in the clear and is bound to the rest.</summary>
/// <remarks><c>{"argon2id":{"memoryKiB","passes"},"nonce","public","salt","sealed"}</c>, canonical JSON; nonce 24, public 32,
/// salt 16 and sealed 48 bytes as base64url. Associated data: <c>edge/v1/keeper-key</c>, a zero byte, the public key.</remarks>
public sealed record KeeperKey
{
    /// <summary>Shortest passphrase, in UTF-8 bytes.</summary>
    public const int ShortestPassphrase = 12;

    /// <summary>Largest file, in bytes.</summary>
    public const int MaxBytes = 4096;

    private readonly PassphraseSeal _seal;

    private KeeperKey(VerifyingKey publicKey, PassphraseSeal seal) => (Public, _seal) = (publicKey, seal);

    /// <summary>64 MiB and 3 passes: RFC 9106 §4's second choice, at one lane; some 0.2 s.</summary>
    public static BlindCost Cost => new(65536, 3);

    /// <summary>The public half; anybody may read it.</summary>
    public VerifyingKey Public { get; }

    /// <summary>Protects <paramref name="key"/>.</summary>
    /// <exception cref="ArgumentException">The passphrase is shorter than <see cref="ShortestPassphrase"/>.</exception>
    public static KeeperKey Protect(SigningKey key, ReadOnlySpan<byte> passphrase, BlindCost? cost = null)
    {
        ArgumentNullException.ThrowIfNull(key);
        return new KeeperKey(key.Public, PassphraseSeal.Close(key.ExportSeed(), passphrase, cost ?? Cost, Bound(key.Public)));
    }

    /// <summary>Opens it. False = wrong passphrase or a changed file; it never says which.</summary>
    public bool TryOpen(ReadOnlySpan<byte> passphrase, [NotNullWhen(true)] out SigningKey? key)
    {
        key = null;
        if (_seal.Open(passphrase, Bound(Public)) is not { } seed) return false;
        try
        {
            key = SigningKey.FromSeed(seed);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(seed);
        }
        if (key.Public.Equals(Public)) return true;
        key.Dispose();
        key = null;
        return false;
    }

    /// <summary>The file's bytes.</summary>
    public byte[] Write() => _seal.Write("public", Public.X);

    /// <summary>Reads a file.</summary>
    public static bool TryParse(ReadOnlyMemory<byte> utf8, [NotNullWhen(true)] out KeeperKey? key, out IReadOnlyList<JsonProblem> problems) =>
        StrictJson.TryRead(utf8, MaxBytes, Read, out key, out problems);

    public override string ToString() => $"KeeperKey({Public.KeyId})";

    private static KeeperKey? Read(JsonFields fields)
    {
        var (raw, seal) = (fields.Bytes("public", 32), PassphraseSeal.Read(fields));
        try
        {
            return new KeeperKey(VerifyingKey.FromRaw(raw), seal);
        }
        catch (FormatException)
        {
            fields.Fail("public", "is not an Ed25519 public key");
            return null;
        }
    }

    private static byte[] Bound(VerifyingKey key) => [.. "edge/v1/keeper-key"u8, 0, .. key.Raw];
}
