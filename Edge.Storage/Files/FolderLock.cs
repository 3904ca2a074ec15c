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
        const int exclusiveNoWait = 2 | 4; // LOCK_EX | LOCK_NB
        const int wouldBlock = 11;
        var handle = new SafeFileHandle(DurableFile.OpenFolder(folder), ownsHandle: true);
        if (Lock(handle, exclusiveNoWait) == 0) return new FolderLock(handle);
        var error = Marshal.GetLastPInvokeError();
        handle.Dispose();
        return error == wouldBlock ? null : throw new IOException($"cannot lock folder {folder}: {Marshal.GetPInvokeErrorMessage(error)}");
    }

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
