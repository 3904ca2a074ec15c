using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Edge.Storage.Files;

/// <summary>Opens files that somebody else may have put there. Opening a pipe would wait for ever, and a link may point at
/// what only this process may read.</summary>
public static partial class PlainFile
{
    /// <summary>Opens a file that is one: no link, no pipe, no device, no folder.</summary>
    /// <exception cref="FileNotFoundException">There is none.</exception>
    /// <exception cref="IOException">It is something else, or cannot be opened.</exception>
    public static FileStream OpenRead(string path) => Open(path, FileAccess.Read);

    /// <summary>Opens a file that is there and is one, to be written over where it lies.</summary>
    /// <inheritdoc cref="OpenRead" path="/exception"/>
    public static FileStream OpenWrite(string path) => Open(path, FileAccess.Write);

    private static FileStream Open(string path, FileAccess access)
    {
        if (Directory.Exists(path)) throw new IOException($"{path} is a folder");
        const int writeOnly = 1, nonBlocking = 0x800, closeOnExec = 0x80000;
        var noFollow = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0x8000 : 0x20000;
        var handle = new SafeFileHandle(Open(path, nonBlocking | closeOnExec | noFollow | (access == FileAccess.Write ? writeOnly : 0)), ownsHandle: true);
        if (handle.IsInvalid)
        {
            const int none = 2; // ENOENT
            var (error, why) = (Marshal.GetLastPInvokeError(), $"{path} cannot be opened: {Marshal.GetLastPInvokeErrorMessage()}");
            throw error == none ? new FileNotFoundException(why, path) : new IOException(why);
        }
        try
        {
            // Asked of what is open, not of the name; a disk's device can be read and sought as a file can.
            if (!IsPlain(handle)) throw new IOException($"{path} is not a plain file");
            return new FileStream(handle, access, bufferSize: 0);
        }
        catch (Exception notAFile)
        {
            handle.Dispose();
            throw notAFile as IOException ?? new IOException($"{path} is not a plain file", notAFile);
        }
    }

    internal static bool IsPlain(SafeFileHandle handle)
    {
        const int emptyPath = 0x1000;
        var said = new byte[StatSize];
        return IsPlain(Stat(handle, "", emptyPath, TypeWanted, said), said);
    }

    /// <summary>The same of what cannot be opened; a link is none.</summary>
    internal static bool IsPlain(string path)
    {
        const int workingFolder = -100, noFollow = 0x100;
        var said = new byte[StatSize];
        return IsPlain(Stat(workingFolder, path, noFollow, TypeWanted, said), said);
    }

    // statx(2): the one stat whose record is the same on every architecture; the mode is at byte 28 of 256.
    private const int StatSize = 256;
    private const int TypeWanted = 1;

    private static bool IsPlain(int failed, byte[] said)
    {
        const int modeAt = 28, kindMask = 0xF000, plain = 0x8000;
        return failed == 0 ? (BitConverter.ToUInt16(said, modeAt) & kindMask) == plain
            : throw new IOException($"a file cannot be looked at: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Stat(SafeFileHandle folder, string path, int flags, uint wanted, byte[] said);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Stat(int folder, string path, int flags, uint wanted, byte[] said);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);
}
