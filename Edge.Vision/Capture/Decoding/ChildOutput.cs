using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Edge.Vision.Capture.Decoding;

/// <summary>What a child writes to its standard output, read with nothing between: .NET's own stream takes 64 KiB at a time, with objects for each, which for
/// video costs as much as decoding it. One thread at a time; blocks until something comes.</summary>
internal sealed partial class ChildOutput : Stream
{
    // fcntl(2): up to 1 MiB without privileges. The child is then stopped less often in the middle of a picture.
    private const int SetPipeSize = 1031, LargePipe = 1 << 20;
    private const int Interrupted = 4;

    private readonly SafePipeHandle _pipe;

    /// <param name="pipe">Borrowed: whoever owns the child closes it.</param>
    public ChildOutput(SafePipeHandle pipe)
    {
        _pipe = pipe;
        _ = Control(pipe, SetPipeSize, LargePipe); // without it everything works, only slower
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
            var read = ReadSome(_pipe, buffer, (nuint)buffer.Length);
            if (read >= 0) return (int)read;
            if (Marshal.GetLastPInvokeError() is not Interrupted and var error) throw new IOException($"a decoder's output cannot be read (errno {error})");
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
}
