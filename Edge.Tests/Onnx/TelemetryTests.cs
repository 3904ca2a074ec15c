using System.Diagnostics;
using Edge.Agent.Cli;
using Edge.Tests.Support;

namespace Edge.Tests.Onnx;

public sealed class TelemetryTests : IDisposable
{
    private readonly TemporaryFolder _home = new();

    public void Dispose() => _home.Dispose();

    /// <summary>That the box sends nothing to anybody but its broker is seen on the wire in <c>NetworkFaultTests</c>.</summary>
    [Fact]
    public async Task No_vendor_cloud_the_runtime_of_the_models_makes_no_device_id_and_queues_no_events()
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "edge-agent"),
            ["recognize", Path.Combine(AppContext.BaseDirectory, "clip", "street.mp4"), "--json"])
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
        };
        start.Environment["HOME"] = _home.Path;
        foreach (var elsewhere in new[] { "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "ORT_DISABLE_TELEMETRY" }) start.Environment.Remove(elsewhere);
        using var process = Process.Start(start)!;
        var said = Task.WhenAll(process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken),
            process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken));
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(((int)ExitCode.Ok, ""), (process.ExitCode, (await said)[1]));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_home.Path, "*", SearchOption.AllDirectories));
    }
}
