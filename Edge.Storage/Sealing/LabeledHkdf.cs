using System.Buffers.Binary;
using System.Security.Cryptography;
using NSec.Cryptography;

namespace Edge.Storage.Sealing;

/// <summary>RFC 9180 §4: HKDF-SHA256 (RFC 5869) whose every input names the version, the suite and the purpose.</summary>
internal static class LabeledHkdf
{
    // §7.1 to §7.3: KEM 0x0020 = DHKEM(X25519, HKDF-SHA256), KDF 0x0001 = HKDF-SHA256, AEAD 0x0003 = ChaCha20Poly1305.
    public static ReadOnlySpan<byte> Kem => "KEM\0\x20"u8;

    public static ReadOnlySpan<byte> Suite => "HPKE\0\x20\0\x01\0\x03"u8;

    private static ReadOnlySpan<byte> Version => "HPKE-v1"u8;

    public static byte[] Extract(ReadOnlySpan<byte> suite, ReadOnlySpan<byte> salt, ReadOnlySpan<byte> label,
        ReadOnlySpan<byte> inputKey)
    {
        byte[] labeled = [.. Version, .. suite, .. label, .. inputKey];
        try
        {
            return KeyDerivationAlgorithm.HkdfSha256.Extract(labeled, salt);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(labeled);
        }
    }

    public static byte[] Expand(ReadOnlySpan<byte> suite, ReadOnlySpan<byte> secret, ReadOnlySpan<byte> label,
        ReadOnlySpan<byte> info, int length)
    {
        var expanded = new byte[length];
        Expand(suite, secret, label, info, expanded);
        return expanded;
    }

    /// <summary>The same, into memory that the caller wipes.</summary>
    public static void Expand(ReadOnlySpan<byte> suite, ReadOnlySpan<byte> secret, ReadOnlySpan<byte> label,
        ReadOnlySpan<byte> info, Span<byte> expanded)
    {
        Span<byte> size = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(size, checked((ushort)expanded.Length));
        byte[] labeled = [.. size, .. Version, .. suite, .. label, .. info];
        KeyDerivationAlgorithm.HkdfSha256.Expand(secret, labeled, expanded);
    }
}
