using Edge.Storage.Files;

namespace Edge.Storage.Trust;

/// <summary>Brings a file of the trust repository from wherever it travels: a folder, a USB stick, retained messages.
/// What it brings is an untrusted hint until <see cref="TrustClient"/> has verified it.</summary>
/// <param name="path">As in <see cref="TrustPath"/>, for example <c>hotlists/riverton.json</c>.</param>
/// <param name="maxBytes">More than this need not be read; a longer answer is refused.</param>
/// <returns>The bytes, or null if there is no such file.</returns>
public delegate byte[]? TrustFetch(string path, int maxBytes);

/// <summary>Places to fetch from.</summary>
public static class TrustSource
{
    /// <summary>Fetches from a copy of the repository in <paramref name="folder"/>; a file that cannot be read is refused
    /// like one that does not verify.</summary>
    public static TrustFetch Folder(string folder) => (path, maxBytes) =>
    {
        var file = Path.Combine(folder, path);
        if (!File.Exists(file)) return null;
        try
        {
            using var stream = PlainFile.OpenRead(file);
            // One byte more than allowed is enough for the caller to see that it is too long.
            var bytes = new byte[(int)Math.Min(stream.Length, maxBytes + 1L)];
            stream.ReadExactly(bytes);
            return bytes;
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw new TrustException(path, "cannot be read: it must be a plain file that the agent's user may read");
        }
    };
}
