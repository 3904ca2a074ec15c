using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Edge.Tests.Support;

/// <summary>A file system of one file, <c>disk</c>, whose bytes are this process's: each read, write and flush of it comes here, one after the other
/// (the kernel's side: linux/fuse.h). Needs root and <c>/dev/fuse</c>.</summary>
internal sealed partial class FuseFile : IDisposable
{
    private const int Head = 40, AnswerHead = 16, LargestWrite = 128 << 10;
    private const int NoEntry = -2, InputOutput = -5, NotImplemented = -38;
    private const ulong Root = 1, File = 2;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly string _folder;
    private readonly long _size;
    private readonly IFileContent _content;
    private readonly SafeFileHandle _kernel;
    private readonly Thread _serving;

    /// <summary>What is in the file. No two calls at once; an <see cref="IOException"/> is answered as EIO.</summary>
    public interface IFileContent
    {
        void Read(long at, Span<byte> into);

        void Write(long at, ReadOnlySpan<byte> bytes);

        /// <summary>When this returns, what was written may be relied on.</summary>
        void Flush();
    }

    /// <param name="folder">Empty; the file system is mounted there until this is disposed.</param>
    public FuseFile(string folder, long size, IFileContent content)
    {
        (_folder, _size, _content) = (folder, size, content);
        _kernel = System.IO.File.OpenHandle("/dev/fuse", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        const ulong NoSuid = 2, NoDevices = 4;
        if (Mount("edge-test-disk", folder, "fuse", NoSuid | NoDevices, $"fd={_kernel.DangerousGetHandle()},rootmode=40000,user_id=0,group_id=0") != 0)
            throw new IOException($"no file system can be mounted here: error {Marshal.GetLastPInvokeError()}");
        _serving = new Thread(Serve) { IsBackground = true, Name = "fuse" };
        _serving.Start();
    }

    public string Path => System.IO.Path.Combine(_folder, "disk");

    public void Dispose()
    {
        const int Detach = 2;
        _ = Unmount(_folder, Detach);
        _serving.Join(Patience); // for ever where somebody still has it open
        _kernel.Dispose();
    }

    private void Serve()
    {
        var request = new byte[LargestWrite + 4096];
        var answer = new byte[LargestWrite + 4096];
        const int NoDevice = 19;
        while (true)
        {
            var length = (int)Read(_kernel, request, (nuint)request.Length);
            if (length < 0 && Marshal.GetLastPInvokeError() == NoDevice) return; // unmounted
            if (length < Head) continue;
            var operation = (Operation)Word(request, 4);
            if (operation is Operation.Forget or Operation.ForgetMany or Operation.Interrupt) continue; // the kernel awaits no answer
            var body = answer.AsSpan(AnswerHead);
            int said;
            try
            {
                said = Answer(operation, Long(request, 16), request.AsSpan(Head, length - Head), body);
            }
            catch (IOException)
            {
                said = InputOutput;
            }
            var whole = AnswerHead + Math.Max(said, 0);
            BinaryPrimitives.WriteInt32LittleEndian(answer, whole);
            BinaryPrimitives.WriteInt32LittleEndian(answer.AsSpan(4), Math.Min(said, 0));
            request.AsSpan(8, 8).CopyTo(answer.AsSpan(8));
            _ = Write(_kernel, answer, (nuint)whole); // refused where the kernel does not wait any more
        }
    }

    /// <returns>Bytes of the answer, or a negative error number.</returns>
    private int Answer(Operation operation, ulong node, Span<byte> said, Span<byte> answer)
    {
        switch (operation)
        {
            case Operation.Begin:
                answer[..64].Clear();
                BinaryPrimitives.WriteInt32LittleEndian(answer, 7);
                BinaryPrimitives.WriteInt32LittleEndian(answer[4..], 31);
                BinaryPrimitives.WriteInt32LittleEndian(answer[8..], LargestWrite);
                const int BigWrites = 1 << 5;
                BinaryPrimitives.WriteInt32LittleEndian(answer[12..], BigWrites);
                BinaryPrimitives.WriteInt32LittleEndian(answer[20..], LargestWrite);
                return 64;
            case Operation.LookUp when said.SequenceEqual("disk\0"u8):
                answer[..40].Clear();
                BinaryPrimitives.WriteUInt64LittleEndian(answer, File);
                return 40 + Describe(File, answer[40..]);
            case Operation.LookUp:
                return NoEntry;
            case Operation.Describe:
                answer[..16].Clear();
                return 16 + Describe(node, answer[16..]);
            case Operation.Open or Operation.OpenFolder:
                answer[..16].Clear();
                const int NoCache = 1;
                BinaryPrimitives.WriteInt32LittleEndian(answer[8..], operation == Operation.Open ? NoCache : 0);
                return 16;
            case Operation.Read:
                var (from, length) = (Long(said, 8), (int)Math.Min(Word(said, 16), (ulong)_size - Math.Min((ulong)_size, Long(said, 8))));
                _content.Read((long)from, answer[..length]);
                return length;
            case Operation.Write:
                var bytes = said.Slice(40, (int)Word(said, 16));
                _content.Write((long)Long(said, 8), bytes);
                answer[..8].Clear();
                BinaryPrimitives.WriteInt32LittleEndian(answer, bytes.Length);
                return 8;
            case Operation.Sync:
                _content.Flush();
                return 0;
            case Operation.Flush or Operation.Release or Operation.ReleaseFolder or Operation.End:
                return 0; // a file that is closed is not synced by that
            default:
                return NotImplemented;
        }
    }

    /// <summary>struct fuse_attr.</summary>
    private int Describe(ulong node, Span<byte> answer)
    {
        const int Folder = 0x41ED, Plain = 0x8180; // drwxr-xr-x, -rw-------
        answer[..88].Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(answer, node);
        if (node == File) BinaryPrimitives.WriteInt64LittleEndian(answer[8..], _size);
        if (node == File) BinaryPrimitives.WriteInt64LittleEndian(answer[16..], _size / 512);
        BinaryPrimitives.WriteInt32LittleEndian(answer[60..], node == File ? Plain : Folder);
        BinaryPrimitives.WriteInt32LittleEndian(answer[64..], 1);
        BinaryPrimitives.WriteInt32LittleEndian(answer[80..], 4096);
        return 88;
    }

    private static uint Word(ReadOnlySpan<byte> at, int offset) => BinaryPrimitives.ReadUInt32LittleEndian(at[offset..]);

    private static ulong Long(ReadOnlySpan<byte> at, int offset) => BinaryPrimitives.ReadUInt64LittleEndian(at[offset..]);

    private enum Operation : uint
    {
        LookUp = 1, Forget = 2, Describe = 3, Open = 14, Read = 15, Write = 16, Release = 18, Sync = 20, Flush = 25, Begin = 26, OpenFolder = 27,
        ReleaseFolder = 29, Interrupt = 36, End = 38, ForgetMany = 42,
    }

    [LibraryImport("libc", EntryPoint = "mount", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Mount(string source, string folder, string type, ulong flags, string options);

    [LibraryImport("libc", EntryPoint = "umount2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Unmount(string folder, int flags);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    private static partial nint Read(SafeFileHandle from, byte[] into, nuint most);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint Write(SafeFileHandle to, byte[] bytes, nuint count);
}
