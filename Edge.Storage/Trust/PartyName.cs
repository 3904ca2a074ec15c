using System.Buffers;

namespace Edge.Storage.Trust;

/// <summary>How agencies and boxes are named: 1 to 40 of a–z, 0–9 and '-', not at either end. Such a name is safe as an
/// MQTT topic level, a file name, a certificate's common name and a TUF role's ending.</summary>
public static class PartyName
{
    /// <summary>Longest name, in characters.</summary>
    public const int MaxLength = 40;

    private static readonly SearchValues<char> Allowed = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-");

    /// <summary>What to say when a name is refused.</summary>
    public const string Rule = "must be 1 to 40 of a-z, 0-9 and '-', not starting or ending with '-'";

    /// <summary>True if <paramref name="name"/> keeps to <see cref="Rule"/>.</summary>
    public static bool IsValid(ReadOnlySpan<char> name) =>
        name.Length is >= 1 and <= MaxLength && name[0] != '-' && name[^1] != '-' && !name.ContainsAnyExcept(Allowed);

    /// <inheritdoc cref="IsValid(ReadOnlySpan{char})"/>
    public static bool IsValid(string name) => IsValid(name.AsSpan());
}
