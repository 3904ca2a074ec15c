using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Edge.Storage.Json;
using Edge.Storage.Sealing;
using Edge.Storage.Trust;
using NSec.Cryptography;

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

    private const int NonceSize = 24;
    private const int SealedSize = 32 + 16;

    private static readonly XChaCha20Poly1305 Aead = AeadAlgorithm.XChaCha20Poly1305;

    private readonly BlindCost _cost;
    private readonly byte[] _salt;
    private readonly byte[] _nonce;
    private readonly byte[] _sealed;

    private KeeperKey(VerifyingKey publicKey, BlindCost cost, byte[] salt, byte[] nonce, byte[] sealedSeed)
    {
        Public = publicKey;
        (_cost, _salt, _nonce, _sealed) = (cost, salt, nonce, sealedSeed);
    }

    /// <summary>64 MiB and 3 passes: RFC 9106 §4's second choice, at one lane; some 0.2 s.</summary>
    public static BlindCost Cost => new(65536, 3);

    /// <summary>The public half; anybody may read it.</summary>
    public VerifyingKey Public { get; }

    /// <summary>Protects <paramref name="key"/>.</summary>
    /// <exception cref="ArgumentException">The passphrase is shorter than <see cref="ShortestPassphrase"/>.</exception>
    public static KeeperKey Protect(SigningKey key, ReadOnlySpan<byte> passphrase, BlindCost? cost = null)
    {
        if (passphrase.Length < ShortestPassphrase)
            throw new ArgumentException($"a passphrase has at least {ShortestPassphrase} characters", nameof(passphrase));
        var (salt, nonce) = (RandomNumberGenerator.GetBytes(BlindTag.SaltSize), RandomNumberGenerator.GetBytes(NonceSize));
        var seed = key.ExportSeed();
        try
        {
            using var wrap = Derive(passphrase, salt, cost ?? Cost);
            return new KeeperKey(key.Public, cost ?? Cost, salt, nonce, Aead.Encrypt(wrap, nonce, Bound(key.Public), seed));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(seed);
        }
    }

    /// <summary>Opens it. False = wrong passphrase or a changed file; it never says which.</summary>
    public bool TryOpen(ReadOnlySpan<byte> passphrase, [NotNullWhen(true)] out SigningKey? key)
    {
        key = null;
        using var wrap = Derive(passphrase, _salt, _cost);
        if (Aead.Decrypt(wrap, _nonce, Bound(Public), _sealed) is not { } seed) return false;
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
    public byte[] Write() => CanonicalJson.Write(new JsonObject
    {
        ["argon2id"] = new JsonObject { ["memoryKiB"] = _cost.MemoryKiB, ["passes"] = _cost.Passes },
        ["nonce"] = Base64Url.EncodeToString(_nonce),
        ["public"] = Public.X,
        ["salt"] = Base64Url.EncodeToString(_salt),
        ["sealed"] = Base64Url.EncodeToString(_sealed),
    });

    /// <summary>Reads a file.</summary>
    public static bool TryParse(ReadOnlyMemory<byte> utf8, [NotNullWhen(true)] out KeeperKey? key, out IReadOnlyList<JsonProblem> problems) =>
        StrictJson.TryRead(utf8, MaxBytes, Read, out key, out problems);

    public override string ToString() => $"KeeperKey({Public.KeyId})";

    private static KeeperKey? Read(JsonFields fields)
    {
        var cost = fields.Child("argon2id", costs => new BlindCost(costs.Whole("memoryKiB", 7168, 262144), costs.Whole("passes", 1, 16)));
        if (!cost.IsSane) fields.Fail("argon2id", "is cheaper than this program accepts");
        var (raw, salt) = (fields.Bytes("public", 32), fields.Bytes("salt", BlindTag.SaltSize));
        var (nonce, sealedSeed) = (fields.Bytes("nonce", NonceSize), fields.Bytes("sealed", SealedSize));
        try
        {
            return new KeeperKey(VerifyingKey.FromRaw(raw), cost, salt, nonce, sealedSeed);
        }
        catch (FormatException)
        {
            fields.Fail("public", "is not an Ed25519 public key");
            return null;
        }
    }

    private static Key Derive(ReadOnlySpan<byte> passphrase, byte[] salt, BlindCost cost)
    {
        Span<byte> raw = stackalloc byte[32];
        BlindTag.Argon2id(passphrase, salt, cost.MemoryKiB, cost.Passes, raw);
        var key = Key.Import(Aead, raw, KeyBlobFormat.RawSymmetricKey);
        CryptographicOperations.ZeroMemory(raw);
        return key;
    }

    private static byte[] Bound(VerifyingKey key) => [.. "edge/v1/keeper-key"u8, 0, .. key.Raw];
}
