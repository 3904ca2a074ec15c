using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using NSec.Cryptography;

namespace Edge.Storage.Keys;

/// <summary>The key that wraps every other key file of the box. Wrapped = <c>edge-key/v1\n</c> ‖ nonce (24) ‖
/// XChaCha20-Poly1305 of the 32-byte key, with the same line and the key's name as associated data.</summary>
public sealed class WrappingKey : IDisposable
{
    /// <summary>Size of a raw wrapping key and of every key it wraps, in bytes.</summary>
    public const int Size = 32;

    private static readonly XChaCha20Poly1305 Aead = AeadAlgorithm.XChaCha20Poly1305;

    private readonly Key _key;

    private WrappingKey(Key key) => _key = key;

    /// <summary>Size of a wrapped key, in bytes.</summary>
    public static int WrappedSize => Magic.Length + Aead.NonceSize + Size + Aead.TagSize;

    private static ReadOnlySpan<byte> Magic => "edge-key/v1\n"u8;

    /// <summary>A wrapping key from its 32 raw bytes; the caller wipes them.</summary>
    /// <exception cref="FormatException"><paramref name="raw"/> is not 32 bytes.</exception>
    public static WrappingKey FromRaw(ReadOnlySpan<byte> raw) =>
        raw.Length == Size
            ? new WrappingKey(Key.Import(Aead, raw, KeyBlobFormat.RawSymmetricKey))
            : throw new FormatException($"a wrapping key is {Size} bytes");

    /// <summary>Wraps a 32-byte key under its name: under another name it does not open.</summary>
    public byte[] Wrap(string name, ReadOnlySpan<byte> key)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(key.Length, Size);
        // 192-bit random nonces: no counter to lose in a crash, and no collision to expect.
        var nonce = RandomNumberGenerator.GetBytes(Aead.NonceSize);
        return [.. Magic, .. nonce, .. Aead.Encrypt(_key, nonce, Associated(name), key)];
    }

    /// <summary>The 32-byte key, which the caller wipes. False = truncated, forged, or wrapped under another name or
    /// key; it never says which.</summary>
    public bool TryUnwrap(string name, ReadOnlySpan<byte> wrapped, [NotNullWhen(true)] out byte[]? key)
    {
        key = null;
        if (wrapped.Length != WrappedSize || !wrapped.StartsWith(Magic)) return false;
        var nonce = wrapped.Slice(Magic.Length, Aead.NonceSize);
        key = Aead.Decrypt(_key, nonce, Associated(name), wrapped[(Magic.Length + Aead.NonceSize)..]);
        return key is not null;
    }

    public void Dispose() => _key.Dispose();

    private static byte[] Associated(string name) => [.. Magic, .. Encoding.UTF8.GetBytes(name)];
}
