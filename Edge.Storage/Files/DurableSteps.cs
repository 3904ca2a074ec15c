using System.Security.Cryptography;

namespace Edge.Storage.Files;

/// <summary>The few things that a durable write does to a disk, one method each, so that a test can refuse one or cut
/// the power between two.</summary>
public class DurableSteps
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public static DurableSteps Disk { get; } = new();

    /// <summary>Makes a file, in place of what was there, writes it and fsyncs it.</summary>
    public virtual void Write(string path, ReadOnlySpan<byte> bytes, UnixFileMode mode = OwnerOnly)
    {
        using var file = Fresh(path, mode, bufferSize: 0);
        file.Write(bytes);
        file.Flush(flushToDisk: true);
    }

    /// <summary>The same, piece by piece.</summary>
    public virtual void WritePieces(string path, Action<Stream> write, UnixFileMode mode = OwnerOnly)
    {
        using var file = Fresh(path, mode, bufferSize: 4096);
        write(file);
        file.Flush(flushToDisk: true);
    }

    // Root writes into the folders of the service's user, who may have put a link under a name that is written to, or a file that others may read:
    // what was there is unlinked, and what is made is new (O_CREAT | O_EXCL, which follows no link).
    private static FileStream Fresh(string path, UnixFileMode mode, int bufferSize)
    {
        File.Delete(path);
        return new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = mode, BufferSize = bufferSize,
        });
    }

    /// <summary>Overwrites a file where it lies with random bytes, as many as it has, and fsyncs it.</summary>
    /// <exception cref="IOException">The disk refuses, or it is a link or no plain file: nothing behind it is touched.</exception>
    public virtual void Overwrite(string path)
    {
        using var file = PlainFile.OpenWrite(path);
        file.Write(RandomNumberGenerator.GetBytes(checked((int)file.Length)));
        file.Flush(flushToDisk: true);
    }

    public virtual void Rename(string from, string onto) => File.Move(from, onto, overwrite: true);

    public virtual void CreateFolder(string folder) => Directory.CreateDirectory(folder, OwnerOnly | UnixFileMode.UserExecute);

    public virtual void SyncFolder(string folder) => DurableFile.SyncFolder(folder);

    public virtual void Delete(string path) => File.Delete(path);

    public virtual void DeleteFolder(string folder) => Directory.Delete(folder);

    /// <summary>Replaces <paramref name="path"/> durably: see <see cref="DurableFile"/>.</summary>
    public void Replace(string path, ReadOnlySpan<byte> bytes, UnixFileMode mode = OwnerOnly)
    {
        Write(path + DurableFile.TemporarySuffix, bytes, mode);
        Rename(path + DurableFile.TemporarySuffix, path);
        SyncFolder(Path.GetDirectoryName(Path.GetFullPath(path))!);
    }

    /// <summary>Destroys a secret: see <see cref="DurableFile.Destroy"/>.</summary>
    public void Destroy(string path)
    {
        var there = new[] { path, path + DurableFile.TemporarySuffix }.Where(File.Exists).ToList();
        foreach (var one in there)
        {
            Overwrite(one);
            Delete(one);
        }
        if (there.Count > 0) SyncFolder(Path.GetDirectoryName(Path.GetFullPath(path))!);
    }

    /// <summary>Makes <paramref name="folder"/> and what is missing above it, each name durable.</summary>
    public void MakeFolder(string folder)
    {
        if (Directory.Exists(folder)) return;
        var parent = Path.GetDirectoryName(Path.GetFullPath(folder))!;
        MakeFolder(parent);
        CreateFolder(folder);
        SyncFolder(parent);
    }
}
