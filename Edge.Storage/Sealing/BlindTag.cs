using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using NSec.Cryptography;

namespace Edge.Storage.Sealing;

/// <summary>A plate as a hotlist carries it: the first 16 of 32 bytes of Argon2id(canonical plate, hotlist salt),
/// version 0x13. Nothing is stored here; the function forgets the plate.</summary>
public static class BlindTag
{
    /// <summary>Size of a tag, in bytes.</summary>
    public const int Size = 16;

    /// <summary>Size of a hotlist's salt, in bytes.</summary>
    public const int SaltSize = 16;

    // Argon2 hashes its output length in, so "the first 16 bytes" of 32 and of 16 differ: 32 it is, RFC 9106 §4's size.
    private const int OutputSize = 32;

    // Far more than its frames take; its memory is on the heap, and wiped.
    private const int StackOfDerivation = 32 << 10;

    /// <summary>Derives the tag of one plate.</summary>
    /// <param name="canonicalPlate">1 to 16 characters, A–Z and 0–9, ASCII.</param>
    /// <param name="salt">16 bytes, one salt a hotlist.</param>
    /// <param name="cost">Must be sane; see <see cref="BlindCost.IsSane"/>.</param>
    /// <param name="tag16">16 bytes.</param>
    /// <exception cref="ArgumentException">One of them has another shape. The message never holds the plate.</exception>
    public static void Derive(ReadOnlySpan<byte> canonicalPlate, ReadOnlySpan<byte> salt, BlindCost cost,
        Span<byte> tag16)
    {
        if (!IsCanonical(canonicalPlate))
            throw new ArgumentException("a canonical plate is 1 to 16 of A-Z and 0-9", nameof(canonicalPlate));
        if (salt.Length != SaltSize)
            throw new ArgumentException($"a hotlist salt is {SaltSize} bytes, not {salt.Length}", nameof(salt));
        if (!cost.IsSane) throw new ArgumentException($"{cost} is outside the sane range", nameof(cost));
        if (tag16.Length != Size) throw new ArgumentException($"a tag is {Size} bytes", nameof(tag16));

        Span<byte> output = stackalloc byte[OutputSize];
        Argon2id(canonicalPlate, salt, cost.MemoryKiB, cost.Passes, output);
        output[..Size].CopyTo(tag16);
        CryptographicOperations.ZeroMemory(output);
        WipeStackBelow();
    }

    /// <summary>libsodium leaves the output of its last hash on the stack, where it stays until somebody calls as deep on this thread.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void WipeStackBelow()
    {
        Span<byte> below = stackalloc byte[StackOfDerivation];
        CryptographicOperations.ZeroMemory(below);
    }

    /// <summary>Plain Argon2id at one lane, so that published vectors reach it.</summary>
    internal static void Argon2id(ReadOnlySpan<byte> password, ReadOnlySpan<byte> salt, int memoryKiB, int passes,
        Span<byte> output) =>
        PasswordBasedKeyDerivationAlgorithm.Argon2id(new Argon2Parameters
        {
            DegreeOfParallelism = 1, MemorySize = memoryKiB, NumberOfPasses = passes,
        }).DeriveBytes(password, salt, output);

    private static bool IsCanonical(ReadOnlySpan<byte> plate)
    {
        if (plate.Length is 0 or > 16) return false;
        foreach (var character in plate)
            if (character is not (>= (byte)'A' and <= (byte)'Z' or >= (byte)'0' and <= (byte)'9')) return false;
        return true;
    }
}
