using System.Net;
using System.Net.Sockets;
using Edge.Agent.LanConsole;
using Edge.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Edge.Tests.LanConsole;

/// <summary>Numbers for programs on this machine: per camera and outbox, and nothing of what was seen.</summary>
public sealed class MetricsTests
{
    [Fact]
    public async Task Prometheus_reads_cameras_outbox_link_log_and_trust()
    {
        await using var lab = await ConsoleLab.StartAsync();
        var lines = MetricsText.Write(lab.Look(), "0.1.0").Split('\n');
        foreach (var wanted in new[]
        {
            "edge_camera_running{camera=\"north-lane\"} 1", "edge_camera_running{camera=\"south-lane\"} 0",
            "edge_camera_frames_total{camera=\"north-lane\"} 88123",
            "edge_camera_reconnects_total{camera=\"south-lane\"} 7", "edge_reads_discarded_total 412", "edge_reads_hits_total 1", "edge_broker_connected 1",
            "edge_outbox_ready 0",
            "edge_stuck 0", "edge_info{version=\"0.1.0\"} 1", "edge_trust_in_force 1",
        }) Assert.Contains(wanted, lines);
        // Each family is announced once, before its first value, as the format wants it.
        foreach (var name in lines.Where(line => line.Length > 0 && line[0] != '#').Select(line => line[..line.IndexOfAny(['{', ' '])]).Distinct())
            Assert.Equal((1, 1), (lines.Count(line => line.StartsWith($"# TYPE {name} ", StringComparison.Ordinal)),
                lines.Count(line => line.StartsWith($"# HELP {name} ", StringComparison.Ordinal))));
    }

    [Fact]
    public async Task They_are_served_on_the_loopback_address_alone_and_say_when_the_agent_is_stuck()
    {
        await using var lab = await ConsoleLab.StartAsync();
        var health = lab.Look();
        var server = new MetricsServer(0, () => health, "0.1.0", TimeProvider.System, NullLogger.Instance);
        using var stop = new CancellationTokenSource();
        var running = server.RunAsync(stop.Token);
        await Eventually.True(() => server.Listening is not null, "the numbers are served");
        var cancel = TestContext.Current.CancellationToken;
        using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{server.Listening}/") };
        Assert.Contains("edge_up_seconds 18000", await client.GetStringAsync("/metrics", cancel), StringComparison.Ordinal);
        Assert.Equal("ok\n", await client.GetStringAsync("/healthz", cancel));
        health = health with { Stuck = ["a frame of camera north-lane"] };
        using (var stuck = await client.GetAsync("/healthz", cancel)) Assert.Equal(HttpStatusCode.ServiceUnavailable, stuck.StatusCode);
        using (var other = await client.GetAsync("/aim", cancel)) Assert.Equal(HttpStatusCode.NotFound, other.StatusCode);
        // A page of somebody else's that a browser on this machine was lured to.
        using (var request = new HttpRequestMessage(HttpMethod.Get, "/metrics") { Headers = { Host = "evil.example" } })
        using (var lured = await client.SendAsync(request, cancel)) Assert.Equal(HttpStatusCode.Forbidden, lured.StatusCode);
        foreach (var address in Dns.GetHostAddresses(Dns.GetHostName())
            .Where(address => address.AddressFamily == AddressFamily.InterNetwork && !IPAddress.IsLoopback(address)))
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            await Assert.ThrowsAsync<SocketException>(() => socket.ConnectAsync(address, server.Listening!.Value, cancel).AsTask());
        }
        await stop.CancelAsync();
        await running;
    }
}
