using System.ComponentModel;
using System.Diagnostics;
using System.IO.Pipes;
using System.Runtime.InteropServices;
using System.Text;

namespace Edge.Vision.Capture.Decoding;

/// <summary>
/// A decoder in a process of its own, so that its crash or its hang is not ours. It leads its own process group, which
/// is killed as a whole, and the kernel kills it when the thread that started it ends, however that happens. What has left the group: <see cref="Strays"/>.
/// </summary>
internal sealed partial class FfmpegChild : IDisposable
{
    private const int Sigkill = 9;
    private const int LongestComplaint = 4096;
    private static readonly TimeSpan Reap = TimeSpan.FromSeconds(2);

    private readonly Process _process;
    private readonly Task<byte[]> _complaint;
    private string? _lastWords;

    private FfmpegChild(Process process, Complaints? said)
    {
        _process = process;
        Output = Direct(process.StandardOutput.BaseStream, ChildOutput.LargePipe);
        var complaints = Direct(process.StandardError.BaseStream, pipeSize: null);
        // Its last words matter, not its first: a stream that runs for weeks may grumble all the time.
        _complaint = Task.Factory.StartNew(() => LastBytes(complaints, said), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>Takes a piece of what a child says.</summary>
    internal delegate void Complaints(ReadOnlySpan<byte> piece);

    /// <summary>What it writes to its standard output.</summary>
    public Stream Output { get; }

    /// <summary>Starts <paramref name="program"/> and gives it <paramref name="input"/> on standard input, where no
    /// other user of the machine can read it, unlike its arguments.</summary>
    /// <param name="said">Told what it writes to standard error, piece by piece.</param>
    /// <exception cref="CaptureException">util-linux is missing.</exception>
    public static FfmpegChild Start(string program, IEnumerable<string> arguments, string input, Complaints? said = null)
    {
        // setsid before setpriv: neither forks here, so the id we get is ffmpeg's and its group's.
        var start = new ProcessStartInfo("/usr/bin/setsid", [.. Leash(Environment.GetEnvironmentVariable), program, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        start.Environment.Clear();
        start.Environment["PATH"] = "/usr/bin:/bin";
        start.Environment["LC_ALL"] = "C";
        Process process;
        try
        {
            process = Strays.Start(start) ?? throw new InvalidOperationException("no process was started");
        }
        catch (Win32Exception failure)
        {
            throw new CaptureException("cannot start /usr/bin/setsid: install util-linux", failure) { Fault = CameraFault.Missing };
        }
        var child = new FfmpegChild(process, said);
        try
        {
            process.StandardInput.Write(input);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It died before it read; the next read of its output says why.
        }
        return child;
    }

    /// <summary>What makes the kernel kill the child with us. A service needs none: systemd ends what a service leaves, and its unit
    /// forbids the system call by which setpriv starts (capset).</summary>
    internal static IReadOnlyList<string> Leash(Func<string, string?> environment) =>
        string.IsNullOrEmpty(environment("NOTIFY_SOCKET")) ? ["/usr/bin/setpriv", "--pdeathsig", "KILL"] : [];

    public bool HasExited => _process.HasExited;

    /// <summary>Kills the whole group. Safe from any thread and after it has ended.</summary>
    public void Kill() => _ = KillGroup(-_process.Id, Sigkill);

    /// <summary>Kills what is left, reaps it and returns the end of what it wrote to standard error, at most 4 KiB.</summary>
    public string Bury()
    {
        if (_lastWords is not null) return _lastWords; // the id may be somebody else's by now
        Kill();
        _process.WaitForExit(Reap);
        Strays.End(_process.Id);
        var heard = _complaint.Wait(Reap, CancellationToken.None);
        return _lastWords = heard ? Encoding.UTF8.GetString(_complaint.GetAwaiter().GetResult()) : "";
    }

    public void Dispose()
    {
        Bury();
        // Process leaves open the streams somebody has asked it for.
        _process.StandardOutput.Dispose();
        _process.StandardError.Dispose();
        _process.Dispose();
    }

    private static Stream Direct(Stream stream, int? pipeSize) => stream is PipeStream pipe ? new ChildOutput(pipe.SafePipeHandle, pipeSize) : stream;

    private static byte[] LastBytes(Stream stream, Complaints? said)
    {
        var (kept, length) = (new byte[LongestComplaint], 0);
        var chunk = new byte[1024];
        try
        {
            while (stream.Read(chunk) is var read and > 0)
            {
                said?.Invoke(chunk.AsSpan(0, read));
                var over = Math.Max(0, length + read - LongestComplaint);
                kept.AsSpan(over, length - over).CopyTo(kept);
                length -= over;
                chunk.AsSpan(0, read).CopyTo(kept.AsSpan(length));
                length += read;
            }
        }
        catch (Exception failure) when (failure is IOException or ObjectDisposedException)
        {
            // The pipe is gone with the process.
        }
        return kept[..length];
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int KillGroup(int negativeGroup, int signal);
}
