using Edge.Storage.Keys;
using Edge.Storage.Trust;

namespace Edge.Tests.Trust;

/// <summary>A timestamp that is newer than the agency's and says what a stranger wants, signed by the stranger.</summary>
internal static class ForgedTimestamp
{
    /// <summary>Puts it into a copy of a repository.</summary>
    public static void Put(string repository)
    {
        using var stranger = SigningKey.Create();
        var path = Path.Combine(repository, TrustPath.Timestamp);
        var file = SignedFile<TimestampMetadata>.Parse(TrustPath.Timestamp, File.ReadAllBytes(path), TimestampMetadata.Read).Metadata;
        File.WriteAllBytes(path, SignedFile.Sign((file with { Version = 99, Expires = file.Expires.AddYears(9) }).Write(), [stranger]));
    }

    /// <summary>Copies a repository, or any folder.</summary>
    public static string Copy(string repository, string to)
    {
        foreach (var file in Directory.EnumerateFiles(repository, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(to, Path.GetRelativePath(repository, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
        return to;
    }
}
