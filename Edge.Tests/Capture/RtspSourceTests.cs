using System.Diagnostics;
using Edge.Tests.Support;
using Edge.Vision.Capture;
using Microsoft.Extensions.Logging.Abstractions;

namespace Edge.Tests.Capture;

/// <summary>Against a real RTSP server and the real ffmpeg, by the real clock.</summary>
[Collection(nameof(Processes))]
public sealed class RtspSourceTests
{
    [Fact]
    public async Task Frames_of_a_password_protected_camera_arrive_and_no_process_shows_the_password()
    {
        using var server = await RtspServer.StartAsync(0, "--user", "viewer", "--password", "pass word'%", "--digest");
        await using var source = (LiveSource)Open(server.Address.Replace("//", "//viewer:pass%20word%27%25@", StringComparison.Ordinal));
        await using (var watcher = new Watcher(source))
        {
            await Eventually.True(() => watcher.Count >= 10, "ten frames");
            Assert.Equal((320, 240), watcher.Size);
            Assert.Equal(CameraState.Running, source.Health.State);
            Assert.DoesNotContain(Children.CommandLines(), line => line.Contains("word", StringComparison.Ordinal)
                && line.Contains("ffmpeg", StringComparison.Ordinal));
        }
        Assert.Equal(0, source.Pool.Lent);
    }

    [Fact]
    public async Task A_wrong_password_is_said_and_not_shown()
    {
        using var server = await RtspServer.StartAsync(0, "--user", "viewer", "--password", "right");
        await using var source = Open(server.Address.Replace("//", "//viewer:wrong-guess@", StringComparison.Ordinal));
        await using var watcher = new Watcher(source);
        await Eventually.True(() => source.Health.LastError is not null, "an error");
        Assert.Equal($"rtsp://127.0.0.1:{server.Port}/: the camera refused the user name or password", source.Health.LastError);
    }

    [Fact]
    public async Task An_odd_width_arrives_unskewed()
    {
        using var server = await RtspServer.StartAsync(0, "--size", "322x242");
        await using var source = Open(server.Address);
        await using var watcher = new Watcher(source);
        await Eventually.True(() => watcher.Count >= 2, "two frames");
        Assert.Equal((322, 242), watcher.Size);
    }

    [Fact]
    public async Task A_camera_that_goes_away_is_back_within_ten_seconds_of_its_return()
    {
        var server = await RtspServer.StartAsync();
        var port = server.Port;
        await using var source = Open(server.Address);
        await using var watcher = new Watcher(source);
        await Running(source);
        server.Dispose();
        await Eventually.True(() => source.Health.State != CameraState.Running, "no longer running");
        await Eventually.True(() => source.Health.Reconnects >= 3, "attempts while it is away");
        using var returned = await RtspServer.StartAsync(port);
        await Eventually.True(() => source.Health.State == CameraState.Running, "back", seconds: 10);
    }

    [Fact]
    public async Task A_camera_that_hangs_is_stalled_and_runs_again_when_it_recovers()
    {
        using var server = await RtspServer.StartAsync();
        await using var source = Open(server.Address);
        await using var watcher = new Watcher(source);
        await Running(source);
        server.Hang();
        await Eventually.True(() => source.Health.State == CameraState.Stalled, "stalled", seconds: 5);
        server.Resume();
        await Eventually.True(() => source.Health.State == CameraState.Running, "running again", seconds: 10);
    }

    [Fact]
    public async Task A_camera_that_repeats_one_picture_is_frozen()
    {
        using var server = await RtspServer.StartAsync(0, "--still");
        await using var source = CameraSources.Open(
            new CameraOptions("north", server.Address) { FreezeAfter = TimeSpan.FromSeconds(1) }, TimeProvider.System, NullLogger.Instance);
        await using var watcher = new Watcher(source);
        await Eventually.True(() => source.Health.State == CameraState.Frozen, "frozen");
        await Eventually.True(() => source.Health.Reconnects > 0, "reconnected");
    }

    [Fact]
    public async Task Reconnecting_to_a_real_camera_leaves_no_process_behind()
    {
        using var server = await RtspServer.StartAsync();
        await using (var source = Open(server.Address))
        await using (var watcher = new Watcher(source))
            for (var round = 0; round < 5; round++)
            {
                var seen = watcher.Count;
                await Eventually.True(() => watcher.Count > seen, $"frames in round {round}");
                var decoder = Assert.Single(Children.OfThisProcess("ffmpeg"));
                using (var process = Process.GetProcessById(decoder)) process.Kill();
                await Eventually.True(() => !Children.OfThisProcess("ffmpeg").Contains(decoder), "its death");
            }
        Assert.Empty(Children.OfThisProcess("ffmpeg"));
    }

    private static Task Running(ICameraSource source) =>
        Eventually.True(() => source.Health.State == CameraState.Running, "running");

    private static ICameraSource Open(string address) =>
        CameraSources.Open(new CameraOptions("north", address), TimeProvider.System, NullLogger.Instance);
}
