using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Edge.Storage.Json;
using Edge.Storage.Sealing;
using Edge.Storage.Trust;
using NSec.Cryptography;

namespace Edge.Storage.Keys;

/// <summary>An auditor's key in a file that only a passphrase opens, as <see cref="KeeperKey"/> does it: full exports are sealed to its public
/// half, and only its owner opens them.</summary>
/// <remarks><c>{"argon2id":{"memoryKiB","passes"},"nonce","recipient","salt","sealed"}</c>, canonical JSON. Associated data:
/// <c>edge/v1/auditor-key</c>, a zero byte, the public key.</remarks>
public sealed record AuditorKey
{
    /// <summary>Largest file, in bytes.</summary>
    public const int MaxBytes = 4096;

    private const int NonceSize = 24;
    private const int SealedSize = 32 + 16;

    private static readonly XChaCha20Poly1305 Aead = AeadAlgorithm.XChaCha20Poly1305;

    private readonly BlindCost _cost;
    private readonly byte[] _salt;
    private readonly byte[] _nonce;
    private readonly byte[] _sealed;

    private AuditorKey(RecipientPublicKey publicKey, BlindCost cost, byte[] salt, byte[] nonce, byte[] sealedKey)
    {
        Public = publicKey;
        (_cost, _salt, _nonce, _sealed) = (cost, salt, nonce, sealedKey);
    }

    /// <summary>The public half; anybody may have it.</summary>
    public RecipientPublicKey Public { get; }

    /// <summary>Protects <paramref name="key"/>.</summary>
    /// <exception cref="ArgumentException">The passphrase is shorter than <see cref="KeeperKey.ShortestPassphrase"/>.</exception>
    public static AuditorKey Protect(RecipientKey key, ReadOnlySpan<byte> passphrase, BlindCost? cost = null)
    {
        ArgumentNullException.ThrowIfNull(key);
        if (passphrase.Length < KeeperKey.ShortestPassphrase)
            throw new ArgumentException($"a passphrase has at least {KeeperKey.ShortestPassphrase} characters", nameof(passphrase));
        var (salt, nonce) = (RandomNumberGenerator.GetBytes(BlindTag.SaltSize), RandomNumberGenerator.GetBytes(NonceSize));
        var raw = key.Export();
        try
        {
            using var wrap = Derive(passphrase, salt, cost ?? KeeperKey.Cost);
            return new AuditorKey(key.Public, cost ?? KeeperKey.Cost, salt, nonce, Aead.Encrypt(wrap, nonce, Bound(key.Public), raw));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(raw);
        }
    }

    /// <summary>Opens it. False = wrong passphrase or a changed file; it never says which.</summary>
    public bool TryOpen(ReadOnlySpan<byte> passphrase, [NotNullWhen(true)] out RecipientKey? key)
    {
        key = null;
        using var wrap = Derive(passphrase, _salt, _cost);
        if (Aead.Decrypt(wrap, _nonce, Bound(Public), _sealed) is not { } raw) return false;
        try
        {
            key = RecipientKey.FromRaw(raw);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(raw);
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
        ["recipient"] = Public.X,
        ["salt"] = Base64Url.EncodeToString(_salt),
        ["sealed"] = Base64Url.EncodeToString(_sealed),
    });

    /// <summary>Reads a file.</summary>
    public static bool TryParse(ReadOnlyMemory<byte> utf8, [NotNullWhen(true)] out AuditorKey? key, out IReadOnlyList<JsonProblem> problems) =>
        StrictJson.TryRead(utf8, MaxBytes, Read, out key, out problems);

    public override string ToString() => $"AuditorKey({Public.KeyId})";

    private static AuditorKey? Read(JsonFields fields)
    {
        var cost = fields.Child("argon2id", costs => new BlindCost(costs.Whole("memoryKiB", 7168, 262144), costs.Whole("passes", 1, 16)));
        if (!cost.IsSane) fields.Fail("argon2id", "is cheaper than this program accepts");
        var (raw, salt) = (fields.Bytes("recipient", RecipientPublicKey.Size), fields.Bytes("salt", BlindTag.SaltSize));
        var (nonce, sealedKey) = (fields.Bytes("nonce", NonceSize), fields.Bytes("sealed", SealedSize));
        try
        {
            return new AuditorKey(RecipientPublicKey.FromRaw(raw), cost, salt, nonce, sealedKey);
        }
        catch (FormatException)
        {
            fields.Fail("recipient", "is not a usable X25519 public key");
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

    private static byte[] Bound(RecipientPublicKey key) => [.. "edge/v1/auditor-key"u8, 0, .. key.Raw];
}
