using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Edge.Storage.Json;
using Edge.Storage.Sealing;
using Edge.Storage.Trust;

namespace Edge.Storage.Keys;

/// <summary>An auditor's key in a file that only a passphrase opens, as <see cref="KeeperKey"/> does it: full exports are sealed to its public
/// half, and only its owner opens them.</summary>
/// <remarks><c>{"argon2id":{"memoryKiB","passes"},"nonce","recipient","salt","sealed"}</c>, canonical JSON. Associated data:
/// <c>edge/v1/auditor-key</c>, a zero byte, the public key.</remarks>
public sealed record AuditorKey
{
    /// <summary>Largest file, in bytes.</summary>
    public const int MaxBytes = 4096;

    private readonly PassphraseSeal _seal;

    private AuditorKey(RecipientPublicKey publicKey, PassphraseSeal seal) => (Public, _seal) = (publicKey, seal);

    /// <summary>The public half; anybody may have it.</summary>
    public RecipientPublicKey Public { get; }

    /// <summary>Protects <paramref name="key"/>.</summary>
    /// <exception cref="ArgumentException">The passphrase is shorter than <see cref="KeeperKey.ShortestPassphrase"/>.</exception>
    public static AuditorKey Protect(RecipientKey key, ReadOnlySpan<byte> passphrase, BlindCost? cost = null)
    {
        ArgumentNullException.ThrowIfNull(key);
        return new AuditorKey(key.Public, PassphraseSeal.Close(key.Export(), passphrase, cost ?? KeeperKey.Cost, Bound(key.Public)));
    }

    /// <summary>Opens it. False = wrong passphrase or a changed file; it never says which.</summary>
    public bool TryOpen(ReadOnlySpan<byte> passphrase, [NotNullWhen(true)] out RecipientKey? key)
    {
        key = null;
        if (_seal.Open(passphrase, Bound(Public)) is not { } raw) return false;
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
    public byte[] Write() => _seal.Write("recipient", Public.X);

    /// <summary>Reads a file.</summary>
    public static bool TryParse(ReadOnlyMemory<byte> utf8, [NotNullWhen(true)] out AuditorKey? key, out IReadOnlyList<JsonProblem> problems) =>
        StrictJson.TryRead(utf8, MaxBytes, Read, out key, out problems);

    public override string ToString() => $"AuditorKey({Public.KeyId})";

    private static AuditorKey? Read(JsonFields fields)
    {
        var (raw, seal) = (fields.Bytes("recipient", RecipientPublicKey.Size), PassphraseSeal.Read(fields));
        try
        {
            return new AuditorKey(RecipientPublicKey.FromRaw(raw), seal);
        }
        catch (FormatException)
        {
            fields.Fail("recipient", "is not a usable X25519 public key");
            return null;
        }
    }

    private static byte[] Bound(RecipientPublicKey key) => [.. "edge/v1/auditor-key"u8, 0, .. key.Raw];
}
