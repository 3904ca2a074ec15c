using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Edge.Storage.Json;
using Edge.Storage.Sealing;
using Edge.Storage.Trust;
using NSec.Cryptography;

namespace Edge.Storage.Keys;

/// <summary>Thirty-two secret bytes that only a passphrase opens: Argon2id (RFC 9106) derives a key, with which XChaCha20-Poly1305 hides them and
/// binds them to what stands in the clear beside them.</summary>
/// <remarks>As members of a file: <c>"argon2id":{"memoryKiB","passes"}</c>, and <c>nonce</c> (24 bytes), <c>salt</c> (16) and <c>sealed</c> (48) as
/// base64url.</remarks>
internal sealed class PassphraseSeal
{
    private const int NonceSize = 24;
    private const int SealedSize = 32 + 16;

    private static readonly XChaCha20Poly1305 Aead = AeadAlgorithm.XChaCha20Poly1305;

    private readonly BlindCost _cost;
    private readonly byte[] _salt;
    private readonly byte[] _nonce;
    private readonly byte[] _sealed;

    private PassphraseSeal(BlindCost cost, byte[] salt, byte[] nonce, byte[] sealedSecret) =>
        (_cost, _salt, _nonce, _sealed) = (cost, salt, nonce, sealedSecret);

    /// <param name="secret">Wiped when this returns.</param>
    /// <exception cref="ArgumentException">The passphrase is shorter than <see cref="KeeperKey.ShortestPassphrase"/>.</exception>
    public static PassphraseSeal Close(byte[] secret, ReadOnlySpan<byte> passphrase, BlindCost cost, ReadOnlySpan<byte> bound)
    {
        try
        {
            if (passphrase.Length < KeeperKey.ShortestPassphrase)
                throw new ArgumentException($"a passphrase has at least {KeeperKey.ShortestPassphrase} characters", nameof(passphrase));
            var (salt, nonce) = (RandomNumberGenerator.GetBytes(BlindTag.SaltSize), RandomNumberGenerator.GetBytes(NonceSize));
            using var wrap = Derive(passphrase, salt, cost);
            return new PassphraseSeal(cost, salt, nonce, Aead.Encrypt(wrap, nonce, bound, secret));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
        }
    }

    /// <summary>The secret, for the caller to wipe; null for a wrong passphrase or a changed file, without saying which.</summary>
    public byte[]? Open(ReadOnlySpan<byte> passphrase, ReadOnlySpan<byte> bound)
    {
        using var wrap = Derive(passphrase, _salt, _cost);
        return Aead.Decrypt(wrap, _nonce, bound, _sealed);
    }

    /// <summary>The file's bytes, with the public half under <paramref name="name"/>.</summary>
    public byte[] Write(string name, string publicKey) => CanonicalJson.Write(new JsonObject
    {
        ["argon2id"] = new JsonObject { ["memoryKiB"] = _cost.MemoryKiB, ["passes"] = _cost.Passes },
        ["nonce"] = Base64Url.EncodeToString(_nonce),
        [name] = publicKey,
        ["salt"] = Base64Url.EncodeToString(_salt),
        ["sealed"] = Base64Url.EncodeToString(_sealed),
    });

    public static PassphraseSeal Read(JsonFields fields)
    {
        var cost = fields.Child("argon2id", costs => new BlindCost(costs.Whole("memoryKiB", 7168, 262144), costs.Whole("passes", 1, 16)));
        if (!cost.IsSane) fields.Fail("argon2id", "is cheaper than this program accepts");
        return new PassphraseSeal(cost, fields.Bytes("salt", BlindTag.SaltSize), fields.Bytes("nonce", NonceSize), fields.Bytes("sealed", SealedSize));
    }

    private static Key Derive(ReadOnlySpan<byte> passphrase, byte[] salt, BlindCost cost)
    {
        Span<byte> raw = stackalloc byte[32];
        BlindTag.Argon2id(passphrase, salt, cost.MemoryKiB, cost.Passes, raw);
        var key = Key.Import(Aead, raw, KeyBlobFormat.RawSymmetricKey);
        CryptographicOperations.ZeroMemory(raw);
        return key;
    }
}
