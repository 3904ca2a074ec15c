using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Edge.Storage.Files;

/// <summary>What came of opening something that somebody else may have put there.</summary>
public enum Opened
{
    Yes,
    /// <summary>There is nothing of this name.</summary>
    Absent,
    /// <summary>A link, a pipe, a device; a file instead of a folder, or the reverse.</summary>
    OtherKind,
    /// <summary>It cannot be opened.</summary>
    Failed,
}

/// <summary>A folder that is held open, so that what is in it is reached through itself and not by the way there (openat(2), by
/// <c>/proc/self/fd</c>). Nothing that is a link is followed.</summary>
public sealed partial class HeldFolder : IDisposable
{
    private readonly SafeFileHandle _handle;

    private HeldFolder(SafeFileHandle handle)
    {
        _handle = handle;
        Path = $"/proc/self/fd/{handle.DangerousGetHandle()}";
    }

    /// <summary>A name of the folder itself, as long as it is held, in this process.</summary>
    public string Path { get; }

    /// <summary>Opens the folder <paramref name="name"/> in <paramref name="parent"/>, which is trusted.</summary>
    /// <param name="name">One name, no path.</param>
    public static Opened TryOpen(string parent, string name, out HeldFolder? folder)
    {
        folder = null;
        var (error, handle) = Open(System.IO.Path.Combine(parent, Plain(name)), folderWanted: true);
        if (error != 0) return Of(error);
        folder = new HeldFolder(handle);
        return Opened.Yes;
    }

    /// <summary>A path by which a file in it is reached, for as long as the folder is held.</summary>
    /// <param name="name">One name, no path.</param>
    public string PathOf(string name) => $"{Path}/{Plain(name)}";

    /// <summary>True if there is anything of this name, a link that leads nowhere too.</summary>
    public bool Has(string name) => new FileInfo(PathOf(name)) is { Exists: true } or { LinkTarget: not null } || Directory.Exists(PathOf(name));

    /// <summary>Opens a plain file in it for reading; the caller disposes it.</summary>
    /// <param name="name">One name, no path.</param>
    public Opened TryOpenFile(string name, out FileStream? file)
    {
        file = null;
        var (error, handle) = Open(PathOf(name), folderWanted: false);
        // A device where devices are not heeded (nodev) is opened by nobody.
        const int denied = 13;
        if (error == denied && !PlainFile.IsPlain(PathOf(name))) return Opened.OtherKind;
        if (error != 0) return Of(error);
        if (!PlainFile.IsPlain(handle))
        {
            handle.Dispose();
            return Opened.OtherKind;
        }
        file = new FileStream(handle, FileAccess.Read, bufferSize: 0);
        return Opened.Yes;
    }

    public void Dispose() => _handle.Dispose();

    private static string Plain(string name) => name.Length > 0 && name is not ("." or "..") && !name.Contains('/') && !name.Contains('\0') ? name
        : throw new ArgumentException("one name, no path", nameof(name));

    private static Opened Of(int error)
    {
        const int absent = 2, noSuchDevice = 6, notAFolder = 20, aFolder = 21, link = 40;
        return error switch
        {
            absent => Opened.Absent,
            noSuchDevice or notAFolder or aFolder or link => Opened.OtherKind,
            _ => Opened.Failed,
        };
    }

    private static (int Error, SafeFileHandle Handle) Open(string path, bool folderWanted)
    {
        // Not waiting for the other end of a pipe, and making no terminal this process's own.
        const int nonBlocking = 0x800, noTerminal = 0x100, closeOnExec = 0x80000;
        var arm = RuntimeInformation.ProcessArchitecture == Architecture.Arm64;
        var (noFollow, folder) = arm ? (0x8000, 0x4000) : (0x20000, 0x10000);
        var handle = new SafeFileHandle(Open(path, nonBlocking | noTerminal | closeOnExec | noFollow | (folderWanted ? folder : 0)), ownsHandle: true);
        return (handle.IsInvalid ? Marshal.GetLastPInvokeError() : 0, handle);
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);
}
