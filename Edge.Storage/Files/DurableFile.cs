using System.Runtime.InteropServices;

namespace Edge.Storage.Files;

/// <summary>Writes that are on the disk when the call returns: write a temporary file, fsync it, rename it over the
/// name, fsync the folder. A reader sees the old bytes or the new ones, never a part.</summary>
public static partial class DurableFile
{
    /// <summary>What the name of a write not yet finished ends in.</summary>
    public const string TemporarySuffix = ".tmp";

    /// <summary>Replaces <paramref name="path"/> with <paramref name="bytes"/>, mode 0600 unless told otherwise.</summary>
    /// <exception cref="IOException">The disk is full, read-only or failing; the old file is untouched.</exception>
    public static void Write(string path, ReadOnlySpan<byte> bytes,
        UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite) =>
        DurableSteps.Disk.Replace(path, bytes, mode);

    /// <summary>Replaces <paramref name="path"/>, mode 0600, with what <paramref name="write"/> writes piece by piece: for what need not
    /// stand in memory as a whole.</summary>
    /// <exception cref="IOException">The disk is full, read-only or failing; the old file is untouched.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        DurableSteps.Disk.WritePieces(path + TemporarySuffix, write);
        DurableSteps.Disk.Rename(path + TemporarySuffix, path);
        SyncFolder(Path.GetDirectoryName(Path.GetFullPath(path))!);
    }

    /// <summary>Makes <paramref name="folder"/>, mode 0700, and what is missing above it, each name durable.</summary>
    /// <exception cref="IOException">The disk is full, read-only or failing.</exception>
    public static void MakeFolder(string folder) => DurableSteps.Disk.MakeFolder(folder);

    /// <summary>Removes a file that is no secret; nothing happens if it is not there.</summary>
    /// <exception cref="IOException">It could not be removed, or not durably.</exception>
    public static void Delete(string path)
    {
        File.Delete(path);
        SyncFolder(Path.GetDirectoryName(Path.GetFullPath(path))!);
    }

    /// <summary>Destroys a secret: overwritten with random bytes, synced, unlinked, the folder synced; what a write that was cut off
    /// left of it too. Nothing happens if it is not there. Where the disk keeps old blocks (flash, snapshots, copy-on-write) only
    /// encryption below makes it final.</summary>
    /// <exception cref="IOException">It could not be overwritten or removed; it may still be there.</exception>
    public static void Destroy(string path) => DurableSteps.Disk.Destroy(path);

    /// <summary>What was written to <paramref name="file"/> is on the disk when this returns. A stream that is no file
    /// says so itself in its Flush.</summary>
    /// <exception cref="IOException">The disk is full or failing.</exception>
    public static void Sync(Stream file)
    {
        if (file is FileStream onDisk) onDisk.Flush(flushToDisk: true);
        else file.Flush();
    }

    /// <summary>Makes the names in <paramref name="folder"/> durable; .NET offers no fsync of a folder.</summary>
    /// <exception cref="IOException">The folder cannot be opened or synced.</exception>
    public static void SyncFolder(string folder)
    {
        var descriptor = OpenFolder(folder);
        try
        {
            if (FSync(descriptor) != 0)
                throw new IOException($"cannot sync folder {folder}: {Marshal.GetLastPInvokeErrorMessage()}");
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    /// <summary>A read-only descriptor of a folder; the caller closes it.</summary>
    internal static int OpenFolder(string folder)
    {
        const int readOnlyFolder = 0x10000 | 0x80000; // O_RDONLY | O_DIRECTORY | O_CLOEXEC on x64
        const int readOnlyFolderArm = 0x4000 | 0x80000; // arm64 numbers O_DIRECTORY differently
        var arm = RuntimeInformation.ProcessArchitecture == Architecture.Arm64;
        var descriptor = Open(folder, arm ? readOnlyFolderArm : readOnlyFolder);
        return descriptor >= 0
            ? descriptor
            : throw new IOException($"cannot open folder {folder}: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FSync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
