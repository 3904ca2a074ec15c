namespace Edge.Agent.Governance;

/// <summary>When two names of a source file are the same file: <c>NCIC Gang File</c>, <c>Gang File</c>, <c>ncic-gang</c> and
/// <c>gang</c> are. A policy that forbids a file must not be got round by another way of writing it.</summary>
internal static class SourceName
{
    /// <summary>The letters and digits of a name in upper case, without <c>NCIC</c> before and <c>FILE</c> after them; what is
    /// left is never empty unless the name has neither letter nor digit.</summary>
    public static string Canonical(string name)
    {
        var letters = string.Concat(name.Where(char.IsLetterOrDigit)).ToUpperInvariant();
        if (letters.Length > 4 && letters.StartsWith("NCIC", StringComparison.Ordinal)) letters = letters[4..];
        if (letters.Length > 4 && letters.EndsWith("FILE", StringComparison.Ordinal)) letters = letters[..^4];
        return letters;
    }
}
