using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Edge.Vision.Capture.Decoding;

/// <summary>What a child writes, read with nothing between: .NET's own stream takes 64 KiB at a time, with objects for each, which for
/// video costs as much as decoding it. One thread at a time; blocks until something comes.</summary>
internal sealed partial class ChildOutput : Stream
{
    // fcntl(2): up to 1 MiB without privileges. The child is then stopped less often in the middle of a picture.
    private const int SetPipeSize = 1031;
    public const int LargePipe = 1 << 20;
    private const int Interrupted = 4;

    private readonly SafePipeHandle _pipe;

    /// <param name="pipe">Borrowed: whoever owns the child closes it, and then a read that waits ends, whoever else may still hold the other end.</param>
    /// <param name="pipeSize">How much of it waits in the kernel; null: as it is.</param>
    public ChildOutput(SafePipeHandle pipe, int? pipeSize)
    {
        _pipe = pipe;
        if (pipeSize is { } size) _ = Control(pipe, SetPipeSize, size); // without it everything works, only slower
    }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <exception cref="IOException">The pipe is broken.</exception>
    /// <exception cref="ObjectDisposedException">The child has been disposed.</exception>
    public override int Read(Span<byte> buffer)
    {
        while (true)
        {
            while (!HasCome()) { }
            var read = ReadSome(_pipe, buffer, (nuint)buffer.Length);
            if (read >= 0) return (int)read;
            if (Marshal.GetLastPInvokeError() is not Interrupted and var error) throw new IOException($"a decoder's output cannot be read (errno {error})");
        }
    }

    // poll(2), for a moment: a read that waits would keep the pipe from being closed.
    private bool HasCome()
    {
        const short readable = 1;
        const int moment = 500; // ms
        var held = false;
        try
        {
            _pipe.DangerousAddRef(ref held);
            var asked = new Asked { Descriptor = (int)_pipe.DangerousGetHandle(), Events = readable };
            return Poll(ref asked, 1, moment) != 0; // bytes, its end, or an error, which reading tells
        }
        finally
        {
            if (held) _pipe.DangerousRelease();
        }
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush() => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    private static partial nint ReadSome(SafePipeHandle pipe, Span<byte> buffer, nuint count);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int Control(SafePipeHandle pipe, int command, int argument);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static partial int Poll(ref Asked asked, nuint count, int milliseconds);

    private struct Asked // pollfd
    {
        public int Descriptor;
        public short Events;
        public short Came;
    }
}
