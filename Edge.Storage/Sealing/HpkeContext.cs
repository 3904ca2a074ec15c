using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using NSec.Cryptography;

namespace Edge.Storage.Sealing;

/// <summary>The keys of one HPKE exchange (RFC 9180 §5.1, §5.2, §5.3). A sealed part uses sequence number 0 only; the
/// rest is here so that the published vectors check the whole schedule.</summary>
internal sealed class HpkeContext : IDisposable
{
    private const byte BaseMode = 0;

    private readonly Key _key;
    private readonly byte[] _baseNonce;
    private readonly byte[] _exporterSecret;

    private HpkeContext(Key key, byte[] baseNonce, byte[] exporterSecret)
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
        var aead = AeadAlgorithm.ChaCha20Poly1305;
        var key = LabeledHkdf.Expand(suite, secret, "key"u8, context, aead.KeySize);
        try
        {
            return new HpkeContext(
                Key.Import(aead, key, KeyBlobFormat.RawSymmetricKey),
                LabeledHkdf.Expand(suite, secret, "base_nonce"u8, context, aead.NonceSize),
                LabeledHkdf.Expand(suite, secret, "exp"u8, context, 32));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(sharedSecret);
            CryptographicOperations.ZeroMemory(secret);
            CryptographicOperations.ZeroMemory(key);
        }
    }

    public byte[] Seal(ulong sequence, ReadOnlySpan<byte> aad, ReadOnlySpan<byte> plaintext) =>
        AeadAlgorithm.ChaCha20Poly1305.Encrypt(_key, Nonce(sequence), aad, plaintext);

    public bool TryOpen(ulong sequence, ReadOnlySpan<byte> aad, ReadOnlySpan<byte> ciphertext,
        [NotNullWhen(true)] out byte[]? plaintext)
    {
        plaintext = AeadAlgorithm.ChaCha20Poly1305.Decrypt(_key, Nonce(sequence), aad, ciphertext);
        return plaintext is not null;
    }

    public byte[] Export(ReadOnlySpan<byte> exporterContext, int length) =>
        LabeledHkdf.Expand(LabeledHkdf.Suite, _exporterSecret, "sec"u8, exporterContext, length);

    public void Dispose()
    {
        _key.Dispose();
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
