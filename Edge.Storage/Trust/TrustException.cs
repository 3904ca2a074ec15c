namespace Edge.Storage.Trust;

/// <summary>A file of the trust repository was refused. Nothing of it is in use; what was active before still is.</summary>
public sealed class TrustException(string file, string reason) : Exception($"{file}: {reason}")
{
    /// <summary>The file by its repository path, for example <c>snapshot.json</c> or <c>hotlists/riverton.json</c>.</summary>
    public string File { get; } = file;

    /// <summary>Why, in words a technician can act on.</summary>
    public string Reason { get; } = reason;
}
