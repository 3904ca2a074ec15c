using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Edge.Storage.Files;

/// <summary>An exclusive flock(2) on a folder itself, so that no lock file lies among the files it guards. The kernel lets
/// go of it when the process dies.</summary>
public sealed partial class FolderLock : IDisposable
{
    private readonly SafeFileHandle _folder;

    private FolderLock(SafeFileHandle folder) => _folder = folder;

    /// <summary>Takes the lock; null if another process, or another opener in this one, has it.</summary>
    /// <exception cref="IOException">The folder cannot be opened or locked.</exception>
    public static FolderLock? TryTake(string folder)
    {
        const int noWait = 4; // LOCK_NB
        const int wouldBlock = 11;
        return TryTake(folder, noWait, out var error) ?? (error == wouldBlock ? null : throw Refused(folder, error));
    }

    /// <summary>Takes the lock, and waits for whoever has it: for what others hold for a moment only.</summary>
    /// <exception cref="IOException">The folder cannot be opened or locked.</exception>
    public static FolderLock Take(string folder)
    {
        const int interrupted = 4;
        while (true)
            if (TryTake(folder, 0, out var error) is { } taken) return taken;
            else if (error != interrupted) throw Refused(folder, error);
    }

    private static FolderLock? TryTake(string folder, int how, out int error)
    {
        const int exclusive = 2; // LOCK_EX
        var handle = new SafeFileHandle(DurableFile.OpenFolder(folder), ownsHandle: true);
        error = Lock(handle, exclusive | how) == 0 ? 0 : Marshal.GetLastPInvokeError();
        if (error == 0) return new FolderLock(handle);
        handle.Dispose();
        return null;
    }

    private static IOException Refused(string folder, int error) => new($"cannot lock folder {folder}: {Marshal.GetPInvokeErrorMessage(error)}");

    public void Dispose()
    {
        // Closing alone would leave the lock with a child process that was forked and has not yet called exec.
        const int unlock = 8; // LOCK_UN
        if (!_folder.IsClosed) _ = Lock(_folder, unlock);
        _folder.Dispose();
    }

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    private static partial int Lock(SafeFileHandle file, int operation);
}
