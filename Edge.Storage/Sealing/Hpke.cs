using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using NSec.Cryptography;

namespace Edge.Storage.Sealing;

/// <summary>
/// Hybrid Public Key Encryption, RFC 9180, base mode, single shot (§6.1), with one suite: DHKEM(X25519, HKDF-SHA256),
/// HKDF-SHA256, ChaCha20-Poly1305. Composed from NSec because .NET 10 has none; swap it when the platform ships one.
/// </summary>
public static class Hpke
{
    /// <summary>The suite's name, spelled as in a sealed part.</summary>
    public const string Suite = "X25519-HKDF-SHA256/HKDF-SHA256/ChaCha20Poly1305";

    /// <summary>Size of the encapsulated key, in bytes.</summary>
    public const int EncapsulatedSize = 32;

    /// <summary>How much longer a ciphertext is than its plaintext, in bytes.</summary>
    public const int TagSize = 16;

    /// <summary>Seals <paramref name="plaintext"/> to <paramref name="to"/> under a fresh ephemeral key, which is
    /// gone when this returns: the sealer cannot open it again.</summary>
    /// <param name="to">The recipient.</param>
    /// <param name="info">What this sealing is for; the opener must give the same bytes.</param>
    /// <param name="aad">Clear bytes that are authenticated with it.</param>
    /// <param name="plaintext">What is hidden.</param>
    /// <param name="encapsulated">32 bytes for the recipient, sent along.</param>
    /// <returns>The ciphertext and its 16-byte tag.</returns>
    public static byte[] Seal(RecipientPublicKey to, ReadOnlySpan<byte> info, ReadOnlySpan<byte> aad,
        ReadOnlySpan<byte> plaintext, out byte[] encapsulated)
    {
        ArgumentNullException.ThrowIfNull(to);
        using var ephemeral = Key.Create(KeyAgreementAlgorithm.X25519);
        using var context = SenderContext(to, ephemeral, info, out encapsulated);
        return context.Seal(0, aad, plaintext);
    }

    /// <summary>Opens what <see cref="Seal"/> made. False = truncated, forged, another key, info or aad; it never
    /// says which.</summary>
    public static bool TryOpen(RecipientKey key, ReadOnlySpan<byte> encapsulated, ReadOnlySpan<byte> info,
        ReadOnlySpan<byte> aad, ReadOnlySpan<byte> ciphertext, [NotNullWhen(true)] out byte[]? plaintext)
    {
        ArgumentNullException.ThrowIfNull(key);
        plaintext = null;
        if (!TryRecipientContext(key, encapsulated, info, out var context)) return false;
        using (context) return context.TryOpen(0, aad, ciphertext, out plaintext);
    }

    /// <summary>SetupBaseS (§5.1.1) with a given ephemeral key, so that published vectors can be followed.</summary>
    internal static HpkeContext SenderContext(RecipientPublicKey to, Key ephemeral, ReadOnlySpan<byte> info,
        out byte[] encapsulated)
    {
        encapsulated = ephemeral.PublicKey.Export(KeyBlobFormat.RawPublicKey);
        var shared = TryAgree(ephemeral, to.Key, encapsulated, to.Raw)
            ?? throw new CryptographicException("the recipient key is a point of low order");
        return HpkeContext.Schedule(shared, info);
    }

    /// <summary>SetupBaseR (§5.1.1).</summary>
    internal static bool TryRecipientContext(RecipientKey key, ReadOnlySpan<byte> encapsulated,
        ReadOnlySpan<byte> info, [NotNullWhen(true)] out HpkeContext? context)
    {
        context = null;
        if (!PublicKey.TryImport(KeyAgreementAlgorithm.X25519, encapsulated, KeyBlobFormat.RawPublicKey, out var point))
            return false;
        if (TryAgree(key.Key, point!, encapsulated, key.Public.Raw) is not { } shared) return false;
        context = HpkeContext.Schedule(shared, info);
        return true;
    }

    // DHKEM's Encap and Decap (§4.1) up to the shared secret. Null: the Diffie-Hellman result is all zero, which §7.1.4
    // demands to refuse.
    private static byte[]? TryAgree(Key own, PublicKey other, ReadOnlySpan<byte> encapsulated, ReadOnlySpan<byte> recipient)
    {
        var exportable = new SharedSecretCreationParameters { ExportPolicy = KeyExportPolicies.AllowPlaintextExport };
        using var agreed = KeyAgreementAlgorithm.X25519.Agree(own, other, exportable);
        if (agreed is null) return null;
        var dh = agreed.Export(SharedSecretBlobFormat.RawSharedSecret);
        var secret = LabeledHkdf.Extract(LabeledHkdf.Kem, [], "eae_prk"u8, dh);
        try
        {
            Span<byte> kemContext = stackalloc byte[2 * RecipientPublicKey.Size];
            encapsulated.CopyTo(kemContext);
            recipient.CopyTo(kemContext[RecipientPublicKey.Size..]);
            return LabeledHkdf.Expand(LabeledHkdf.Kem, secret, "shared_secret"u8, kemContext, 32);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(dh);
            CryptographicOperations.ZeroMemory(secret);
        }
    }
}
