using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Edge.Storage.Sealing;

/// <summary>The keys of one HPKE exchange (RFC 9180 §5.1, §5.2, §5.3). A sealed part uses sequence number 0 only; the
/// rest is here so that the published vectors check the whole schedule.</summary>
internal sealed class HpkeContext : IDisposable
{
    private const byte BaseMode = 0;
    private const int KeySize = 32; // Nk and Nn of §7.3
    private const int NonceSize = 12;

    // Not NSec's: its guarded memory takes four times as long as the cipher, for a key that lives a fraction of a millisecond.
    private readonly byte[] _key;
    private readonly byte[] _baseNonce;
    private readonly byte[] _exporterSecret;

    private HpkeContext(byte[] key, byte[] baseNonce, byte[] exporterSecret)
    {
        _key = key;
        _baseNonce = baseNonce;
        _exporterSecret = exporterSecret;
    }

    /// <summary>KeySchedule (§5.1), base mode. Takes <paramref name="sharedSecret"/> over and wipes it.</summary>
    public static HpkeContext Schedule(byte[] sharedSecret, ReadOnlySpan<byte> info)
    {
        var suite = LabeledHkdf.Suite;
        byte[] context =
        [
            BaseMode,
            .. LabeledHkdf.Extract(suite, [], "psk_id_hash"u8, []),
            .. LabeledHkdf.Extract(suite, [], "info_hash"u8, info),
        ];
        var secret = LabeledHkdf.Extract(suite, sharedSecret, "secret"u8, []);
        var key = GC.AllocateUninitializedArray<byte>(KeySize, pinned: true); // pinned, so that no copy of it stays behind
        try
        {
            LabeledHkdf.Expand(suite, secret, "key"u8, context, key);
            return new HpkeContext(key,
                LabeledHkdf.Expand(suite, secret, "base_nonce"u8, context, NonceSize),
                LabeledHkdf.Expand(suite, secret, "exp"u8, context, 32));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(sharedSecret);
            CryptographicOperations.ZeroMemory(secret);
        }
    }

    public byte[] Seal(ulong sequence, ReadOnlySpan<byte> aad, ReadOnlySpan<byte> plaintext)
    {
        var ciphertext = new byte[plaintext.Length + Hpke.TagSize];
        using var aead = new ChaCha20Poly1305(_key);
        aead.Encrypt(Nonce(sequence), plaintext, ciphertext.AsSpan(0, plaintext.Length), ciphertext.AsSpan(plaintext.Length), aad);
        return ciphertext;
    }

    public bool TryOpen(ulong sequence, ReadOnlySpan<byte> aad, ReadOnlySpan<byte> ciphertext,
        [NotNullWhen(true)] out byte[]? plaintext)
    {
        plaintext = null;
        if (ciphertext.Length < Hpke.TagSize) return false;
        var opened = new byte[ciphertext.Length - Hpke.TagSize];
        using var aead = new ChaCha20Poly1305(_key);
        try
        {
            aead.Decrypt(Nonce(sequence), ciphertext[..opened.Length], ciphertext[opened.Length..], opened, aad);
        }
        catch (AuthenticationTagMismatchException)
        {
            return false; // the platform has cleared what it wrote
        }
        plaintext = opened;
        return true;
    }

    public byte[] Export(ReadOnlySpan<byte> exporterContext, int length) =>
        LabeledHkdf.Expand(LabeledHkdf.Suite, _exporterSecret, "sec"u8, exporterContext, length);

    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(_key);
        CryptographicOperations.ZeroMemory(_exporterSecret);
    }

    // §5.2: the sequence number, big-endian and as long as the nonce, xor base_nonce.
    internal byte[] Nonce(ulong sequence)
    {
        var nonce = (byte[])_baseNonce.Clone();
        var low = nonce.AsSpan(nonce.Length - sizeof(ulong));
        BinaryPrimitives.WriteUInt64BigEndian(low, BinaryPrimitives.ReadUInt64BigEndian(low) ^ sequence);
        return nonce;
    }
}
