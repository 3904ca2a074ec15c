namespace Edge.Storage.Trust;

/// <summary>How agencies and boxes are named: 1 to 32 of a–z, 0–9 and '-', not at either end. Such a name is safe as an
/// MQTT topic level, a file name, a certificate's common name and a TUF role's ending.</summary>
public static class PartyName
{
    /// <summary>What to say when a name is refused.</summary>
    public const string Rule = "must be 1 to 32 of a-z, 0-9 and '-', not starting or ending with '-'";

    /// <summary>True if <paramref name="name"/> keeps to <see cref="Rule"/>.</summary>
    public static bool IsValid(string name) =>
        name.Length is >= 1 and <= 32 && name[0] != '-' && name[^1] != '-'
        && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');
}
