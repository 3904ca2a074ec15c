namespace Edge.Storage.Audit.Bundles;

/// <summary>The files of a bundle, in a folder or in one archive. Reads only, and only what was listed when it was opened.</summary>
internal interface IBundleFiles : IDisposable
{
    /// <summary>Names with forward slashes, in ordinal order, each once.</summary>
    IReadOnlyList<string> Names { get; }

    /// <summary>The bytes of a file that may have at most <paramref name="most"/>; null if there is none of this name, or it is larger.</summary>
    byte[]? Read(string name, int most);
}

/// <summary>What may be a file of a bundle, whoever packed it.</summary>
internal static class BundleNames
{
    /// <summary>More files than a log of a thousand million entries has.</summary>
    public const int MostFiles = 9_000_000;

    /// <summary>Longest name, in characters: what an archive's header holds.</summary>
    public const int Longest = 100;

    /// <summary>True for lower-case words, digits, dots and dashes between slashes; never a part that a file system would read as the way
    /// out or as hidden.</summary>
    public static bool IsPlain(string name) => name.Length is > 0 and <= Longest && name.Split('/').All(part => part.Length > 0
        && part[0] != '.' && part.All(letter => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) || letter is '.' or '-'));
}
