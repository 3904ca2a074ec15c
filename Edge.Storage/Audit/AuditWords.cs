using System.Text.RegularExpressions;

namespace Edge.Storage.Audit;

/// <summary>The free words of an entry, kept so narrow that no plate and no case number fits where a reason goes.</summary>
public static partial class AuditWords
{
    /// <summary>Lower-case words joined by <c>-</c> or <c>.</c>, no digits, 64 characters at most: reasons, purposes,
    /// kinds of incident.</summary>
    public static bool IsWords(string text) => text.Length <= 64 && Words().IsMatch(text);

    /// <summary>The printed name of a person's or machine's account or key, 128 characters at most.</summary>
    public static bool IsName(string text) => text.Length <= 128 && Name().IsMatch(text);

    /// <summary>16 bytes of base64url.</summary>
    public static bool IsBoot(string text) => Boot().IsMatch(text);

    /// <summary>A SHA-256 in base64url.</summary>
    public static bool IsDisclosureDigest(string text) => Digest().IsMatch(text);

    [GeneratedRegex(@"\A[a-z]+(?:[.-][a-z]+)*\z", RegexOptions.CultureInvariant)]
    private static partial Regex Words();

    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9._:@/=-]*\z", RegexOptions.CultureInvariant)]
    private static partial Regex Name();

    [GeneratedRegex(@"\A[A-Za-z0-9_-]{21}[AQgw]\z", RegexOptions.CultureInvariant)]
    private static partial Regex Boot();

    [GeneratedRegex(@"\A[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]\z", RegexOptions.CultureInvariant)]
    private static partial Regex Digest();
}
