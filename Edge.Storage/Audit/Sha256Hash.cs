using System.Buffers;
using System.Runtime.Intrinsics;
using System.Security.Cryptography;

namespace Edge.Storage.Audit;

/// <summary>The 32 bytes of a SHA-256: a node of the log's tree, or the digest of a record. Prints as base64, as tiles,
/// proofs and checkpoints write it.</summary>
public readonly struct Sha256Hash : IEquatable<Sha256Hash>
{
    /// <summary>Length in bytes.</summary>
    public const int Size = 32;

    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdef");

    private readonly Vector256<byte> _bytes;

    /// <exception cref="ArgumentException"><paramref name="bytes"/> is not 32 bytes long.</exception>
    public Sha256Hash(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Size) throw new ArgumentException("a SHA-256 hash is 32 bytes", nameof(bytes));
        _bytes = Vector256.Create(bytes);
    }

    /// <summary>The hash of <paramref name="content"/> itself, as <c>sha256sum</c> prints it; no leaf prefix.</summary>
    public static Sha256Hash Of(ReadOnlySpan<byte> content)
    {
        Span<byte> hash = stackalloc byte[Size];
        SHA256.HashData(content, hash);
        return new Sha256Hash(hash);
    }

    /// <summary>Reads 44 characters of canonical base64.</summary>
    public static bool TryParse(ReadOnlySpan<char> base64, out Sha256Hash hash)
    {
        hash = default;
        if (base64.Length != 44 || !Canonical.TryBase64(base64, out var bytes) || bytes.Length != Size) return false;
        hash = new Sha256Hash(bytes);
        return true;
    }

    /// <summary>Reads 64 lower-case hexadecimal digits.</summary>
    public static bool TryParseHex(ReadOnlySpan<char> hex, out Sha256Hash hash)
    {
        hash = default;
        Span<byte> bytes = stackalloc byte[Size];
        if (hex.Length != 2 * Size || hex.ContainsAnyExcept(HexDigits)) return false;
        Convert.FromHexString(hex, bytes, out _, out _);
        hash = new Sha256Hash(bytes);
        return true;
    }

    public void CopyTo(Span<byte> destination) => _bytes.CopyTo(destination);

    public byte[] ToArray()
    {
        var bytes = new byte[Size];
        CopyTo(bytes);
        return bytes;
    }

    /// <summary>64 lower-case hexadecimal digits, as <c>sha256sum</c> prints them.</summary>
    public string ToHex() => Convert.ToHexStringLower(ToArray());

    public override string ToString() => Convert.ToBase64String(ToArray());

    public bool Equals(Sha256Hash other) => _bytes == other._bytes;

    public override bool Equals(object? obj) => obj is Sha256Hash other && Equals(other);

    public override int GetHashCode() => _bytes.GetHashCode();

    public static bool operator ==(Sha256Hash left, Sha256Hash right) => left.Equals(right);

    public static bool operator !=(Sha256Hash left, Sha256Hash right) => !left.Equals(right);
}
