using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Edge.Tests.Support;

/// <summary>A real RTSP camera in a process of its own: GStreamer's server with a moving test pattern.</summary>
internal sealed partial class RtspServer : IDisposable
{
    private const string Python = "/usr/bin/python3"; // Debian's own: only it sees Debian's GObject bindings
    private const int Sigstop = 19;
    private const int Sigcont = 18;
    private readonly Process _process;

    private RtspServer(Process process, int port) => (_process, Port) = (process, port);

    public int Port { get; }

    public string Address => $"rtsp://127.0.0.1:{Port}/road";

    /// <summary>Starts one, or skips the test where the server's packages are not installed.</summary>
    public static async Task<RtspServer> StartAsync(int port = 0, params string[] options)
    {
        var script = Path.Combine(Repository.Root, "Edge.Tests", "Support", "rtsp_server.py");
        Assert.SkipUnless(File.Exists(Python), "needs Debian's python3, see rtsp_server.py");
        Assert.SkipUnless(File.Exists("/usr/bin/ffmpeg"), "needs ffmpeg");
        var start = new ProcessStartInfo(Python, [script, $"{port}", .. options]) { RedirectStandardOutput = true, RedirectStandardError = true };
        var process = Process.Start(start)!;
        var ready = await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken);
        if (ready is not null && ready.StartsWith("ready ", StringComparison.Ordinal))
            return new RtspServer(process, int.Parse(ready.AsSpan(6)));
        var complaint = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        Assert.SkipWhen(complaint.Contains("No module named", StringComparison.Ordinal) || complaint.Contains("Namespace", StringComparison.Ordinal),
            "needs python3-gi and gir1.2-gst-rtsp-server-1.0");
        throw new InvalidOperationException(complaint);
    }

    /// <summary>Stops answering without closing a connection, as a hung camera does.</summary>
    public void Hang() => _ = Signal(_process.Id, Sigstop);

    public void Resume() => _ = Signal(_process.Id, Sigcont);

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Signal(int process, int signal);
}
