namespace Edge.Storage.Files;

/// <summary>A file that one opener holds; the kernel drops it with the process, however that ends.</summary>
public static class LockFile
{
    private const int WouldBlock = 11; // EAGAIN, what flock answers when the lock is held

    /// <summary>Takes the lock, until the stream is disposed. The file is made if absent, mode 0600, and stays.</summary>
    /// <returns>Null if somebody else holds it, in this process or another.</returns>
    /// <exception cref="IOException">The file cannot be made.</exception>
    public static FileStream? TryTake(string path)
    {
        try
        {
            return new FileStream(path, new FileStreamOptions
            {
                Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.None,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            });
        }
        catch (IOException held) when (held.HResult == WouldBlock)
        {
            return null;
        }
    }
}
