using System.Runtime.InteropServices;
using System.Text;

namespace Edge.Storage.Files;

/// <summary>Standard output for lines that somebody keeps. Each line goes out in one write, so that a killed process leaves no half one in
/// front of the next; a reader that has gone is an error and not silence, as with the console's stream; and what went to a file can be made to outlive a power
/// cut.</summary>
public sealed partial class StandardLines : TextWriter
{
    private const int StandardOutput = 1;
    private const int Interrupted = 4, Again = 11, Invalid = 22, ReadOnlySystem = 30;

    private readonly StringBuilder _text = new();

    public override Encoding Encoding { get; } = new UTF8Encoding(false);

    public override void Write(char value) => _text.Append(value);

    public override void Write(string? value) => _text.Append(value);

    public override void WriteLine(string? value)
    {
        _text.Append(value).Append('\n');
        Flush();
    }

    /// <exception cref="IOException">The disk refuses, or the reader has gone.</exception>
    public override void Flush()
    {
        var bytes = Encoding.GetBytes(_text.ToString());
        _text.Clear();
        for (var from = 0; from < bytes.Length;)
        {
            var written = Write(StandardOutput, bytes[from..], bytes.Length - from);
            if (written >= 0) from += (int)written;
            else if (Marshal.GetLastPInvokeError() is var error && error == Again) Wait();
            else if (error != Interrupted) throw new IOException($"cannot write to standard output: {Marshal.GetPInvokeErrorMessage(error)}");
        }
    }

    /// <summary>When this returns, what was written is on the disk, if it goes to a file.</summary>
    /// <exception cref="IOException">The disk refuses.</exception>
    public static void Sync()
    {
        // A pipe or a terminal has no disk.
        if (FSync(StandardOutput) != 0 && Marshal.GetLastPInvokeError() is var error && error is not (Invalid or ReadOnlySystem))
            throw new IOException($"cannot sync standard output: {Marshal.GetPInvokeErrorMessage(error)}");
    }

    private static void Wait()
    {
        var output = new PollDescriptor { File = StandardOutput, Events = 4 }; // POLLOUT
        _ = Poll(ref output, 1, -1);
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct PollDescriptor
    {
        public int File;
        public short Events;
        public short Returned;
    }

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint Write(int file, byte[] bytes, nint count);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FSync(int file);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static partial int Poll(ref PollDescriptor files, nuint count, int timeout);
}
