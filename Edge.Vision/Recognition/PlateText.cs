using System.Security.Cryptography;

namespace Edge.Vision.Recognition;

/// <summary>
/// A plate in canonical form: 1 to 16 characters, A–Z and 0–9, upper case, no separators. It never becomes a
/// <see cref="string"/> by itself, is wiped when disposed, and prints as "PlateText(redacted)".
/// </summary>
public sealed class PlateText : IDisposable, IEquatable<PlateText>
{
    /// <summary>Longest plate accepted, in characters.</summary>
    public const int MaxLength = 16;

    // Pinned: the collector must not leave copies behind when it compacts.
    private readonly byte[] _ascii;

    private PlateText(int length) => _ascii = GC.AllocateArray<byte>(length, pinned: true);

    /// <summary>The characters as ASCII. Valid until disposed; afterwards all zero.</summary>
    public ReadOnlySpan<byte> Ascii => _ascii;

    /// <summary>Number of characters.</summary>
    public int Length => _ascii.Length;

    /// <summary>Takes what a person typed or a model read: lower case and the separators space, '-', '.' and '·' are
    /// canonicalised, anything else refuses the whole text.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out PlateText? plate)
    {
        plate = null;
        Span<byte> canonical = stackalloc byte[MaxLength];
        var length = 0;
        foreach (var character in text)
        {
            if (character is ' ' or '-' or '.' or '·') continue;
            var upper = character is >= 'a' and <= 'z' ? (char)(character - 32) : character;
            if (length == MaxLength || upper is not (>= 'A' and <= 'Z' or >= '0' and <= '9'))
            {
                canonical.Clear();
                return false;
            }
            canonical[length++] = (byte)upper;
        }
        if (length == 0) return false;
        plate = new PlateText(length);
        canonical[..length].CopyTo(plate._ascii);
        canonical.Clear();
        return true;
    }

    /// <summary>Takes characters that are in canonical form already, and no others.</summary>
    public static bool TryOfCanonical(ReadOnlySpan<byte> ascii, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out PlateText? plate)
    {
        plate = null;
        if (ascii.Length is 0 or > MaxLength) return false;
        foreach (var character in ascii)
            if (character is not (>= (byte)'A' and <= (byte)'Z' or >= (byte)'0' and <= (byte)'9')) return false;
        plate = new PlateText(ascii.Length);
        ascii.CopyTo(plate._ascii);
        return true;
    }

    /// <summary>A second plate with the same characters; wiped on its own.</summary>
    public PlateText Copy()
    {
        var copy = new PlateText(Length);
        _ascii.CopyTo(copy._ascii, 0);
        return copy;
    }

    /// <summary>Compares characters; not constant-time, for consensus among reads only.</summary>
    public bool Equals(PlateText? other) => other is not null && Ascii.SequenceEqual(other.Ascii);

    public override bool Equals(object? obj) => Equals(obj as PlateText);

    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.AddBytes(_ascii);
        return hash.ToHashCode();
    }

    public override string ToString() => "PlateText(redacted)";

    /// <summary>Wipes the characters.</summary>
    public void Dispose() => CryptographicOperations.ZeroMemory(_ascii);
}
