using System.Diagnostics;
using System.Globalization;
using Edge.Tests.Support;
using Edge.Vision.Capture.Decoding;
using Edge.Vision.Capture;
using Edge.Vision.Capture.Rtsp;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Edge.Tests.Capture;

/// <summary>Real processes in ffmpeg's place: scripts that misbehave as decoders do.</summary>
[Collection(nameof(Processes))]
public sealed class ReconnectTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly FakeTimeProvider _time = new();

    // Its clock only moves when a test moves it, so no deadline is ever in the way of a slow machine.
    private CameraOptions Options(string script) =>
        new("north", "rtsp://viewer:hunter2@127.0.0.1:9/road") { Ffmpeg = Script(script) };

    [Fact]
    public async Task Two_hundred_reconnects_leave_nothing_behind()
    {
        Frames(3);
        await using var source = (LiveSource)CameraSources.Open(
            Options("cat >/dev/null; cat $0.frames; echo lost >&2; exit 0") with
            {
                // The clock races here to skip the waits between attempts; no attempt may seem slow by it.
                ConnectWithin = TimeSpan.FromDays(1),
                StallAfter = TimeSpan.FromDays(1),
            }, _time, NullLogger.Instance);
        await using (var watcher = new Watcher(source))
        {
            await Reconnects(source, 50);
            var before = Footprint();
            await Reconnects(source, 250);
            var after = Footprint();
            Assert.Equal(before.Children, after.Children);
            Assert.InRange(after.Threads - before.Threads, -100, 4); // the pool breathes
            Assert.InRange(after.Descriptors - before.Descriptors, -100, 4);
            Assert.InRange(after.Resident - before.Resident, long.MinValue, 16 << 20);
            Assert.True(source.Health.Frames >= 600, $"{source.Health.Frames} frames");
        }
        Assert.Equal(0, source.Pool.Lent);
        Assert.Empty(Children.OfThisProcess(_folder.Path));
    }

    [Fact]
    public async Task A_hung_decoder_is_killed_with_everything_it_started()
    {
        Frames(1);
        await using var source = CameraSources.Open(
            Options("sleep 1000 & sleep 1001 & echo $! >$0.pid; cat $0.frames; wait"), _time, NullLogger.Instance);
        await using (var watcher = new Watcher(source))
        {
            await Eventually.True(() => watcher.Count == 1, "a frame");
            var grandchild = int.Parse(await File.ReadAllTextAsync(_folder.File("ffmpeg.pid"), TestContext.Current.CancellationToken));
            Assert.True(Directory.Exists($"/proc/{grandchild}"));
            // The next decoder shows a picture at once, so the state itself may pass unseen.
            await Eventually.TrueAsTimePasses(_time, () => source.Health.LastError is not null, "cut");
            Assert.Equal("camera north: no picture for 3 s; check its power and network", source.Health.LastError);
            await Eventually.TrueAsTimePasses(_time, () => source.Health.Reconnects > 0, "opened again");
            await Eventually.True(() => !Directory.Exists($"/proc/{grandchild}") || IsZombie(grandchild), "its children killed");
        }
        Assert.Empty(Children.OfThisProcess(_folder.Path));
    }

    [Fact]
    public async Task What_a_decoder_lets_leave_its_group_ends_with_it_too_and_so_does_what_that_has_started()
    {
        Assert.True(Strays.Adopt());
        try
        {
            using var other = Process.Start("sleep", ["1000"]); // after the others of this process, and none of a decoder's
            Assert.True(Strays.Adopt());
            using var child = FfmpegChild.Start(Script("setsid sh -c 'setsid sleep 1001 & echo $! >'$0.second'; echo $$ >'$0.first'; exec sleep 1002' & "
                + "while ! [ -s $0.first ]; do :; done; echo up; exec sleep 1000"), [], "");
            child.Output.ReadByte();
            var strays = await Task.WhenAll(IdAsync("first"), IdAsync("second"));
            Assert.All(strays, stray => Assert.True(Directory.Exists($"/proc/{stray}")));
            child.Bury();
            Assert.All(strays, stray => Assert.False(Directory.Exists($"/proc/{stray}")));
            Assert.False(other.HasExited);
            other.Kill();
        }
        finally
        {
            Strays.Adopt(false);
        }

        async Task<int> IdAsync(string which) =>
            int.Parse(await File.ReadAllTextAsync(_folder.File($"ffmpeg.{which}"), TestContext.Current.CancellationToken), CultureInfo.InvariantCulture);
    }

    [Fact]
    public async Task A_decoder_dies_with_the_thread_that_started_it()
    {
        FfmpegChild? child = null;
        var thread = new Thread(() =>
        {
            child = FfmpegChild.Start(Script("echo up; exec sleep 1000"), [], "");
            child.Output.ReadByte();
        });
        thread.Start();
        thread.Join();
        await Eventually.True(() => child!.HasExited, "killed by the kernel");
        child!.Dispose();
    }

    [Theory]
    [InlineData("head -c 10 $0.frames", "rtsp://127.0.0.1:9/: the stream ended")]
    [InlineData("head -c 100 $0.frames; echo 'rtsp://viewer:hunter2@127.0.0.1:9/road broke' >&2; exit 1",
        "rtsp://127.0.0.1:9/: the stream ended; ffmpeg said: (address) broke")]
    [InlineData("yes | head -c 1000", "rtsp://127.0.0.1:9/: no picture of at most 8192 px a side and 40 megapixels: choose a smaller stream in the camera")]
    [InlineData("yes 'all work and no play' | head -c 10000000 >&2; echo; kill -SEGV $$", null)]
    public async Task A_broken_decoder_is_an_error_not_a_crash(string script, string? error)
    {
        Frames(1);
        await using var source = CameraSources.Open(Options(script), _time, NullLogger.Instance);
        await using var watcher = new Watcher(source);
        await Eventually.True(() => source.Health.LastError is not null, "an error");
        Assert.Equal(CameraState.Starting, source.Health.State);
        if (error is not null) Assert.Equal(error, source.Health.LastError);
        Assert.InRange(source.Health.LastError!.Length, 1, 400);
    }

    [Fact]
    public async Task A_missing_decoder_is_named()
    {
        await using var source = CameraSources.Open(
            new CameraOptions("north", "rtsp://127.0.0.1:9/road") { Ffmpeg = "/nowhere/ffmpeg" }, _time, NullLogger.Instance);
        await using var watcher = new Watcher(source);
        await Eventually.True(() => source.Health.LastError is not null, "an error");
        Assert.Equal("rtsp://127.0.0.1:9/: ffmpeg is missing: apt-get install ffmpeg", source.Health.LastError);
    }

    [Fact]
    public async Task The_address_reaches_the_decoder_on_standard_input_only()
    {
        await using var source = CameraSources.Open(
            Options("cat >$0.stdin; echo \"$@\" >$0.args; env >$0.env; touch $0.done; sleep 1000"), _time, NullLogger.Instance);
        await using var watcher = new Watcher(source);
        await Eventually.True(() => File.Exists(_folder.File("ffmpeg.done")), "the decoder started");
        Assert.Contains("file 'rtsp://viewer:hunter2@127.0.0.1:9/road'\n", await ReadAsync("stdin"));
        Assert.DoesNotContain("127.0.0.1", await ReadAsync("args"));
        Assert.DoesNotContain("hunter2", await ReadAsync("args") + await ReadAsync("env"));
        Assert.DoesNotContain("HOME=", await ReadAsync("env"));
    }

    public void Dispose() => _folder.Dispose();

    private Task<string> ReadAsync(string ending) =>
        File.ReadAllTextAsync(_folder.File($"ffmpeg.{ending}"), TestContext.Current.CancellationToken);

    private string Script(string body)
    {
        var script = _folder.File("ffmpeg");
        File.WriteAllText(script, $"#!/bin/sh\n{body}\n");
        File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        return script;
    }

    /// <summary>Pictures as ffmpeg would send them, each another shade.</summary>
    private void Frames(int count)
    {
        using var file = File.Create(_folder.File("ffmpeg.frames"));
        for (var i = 0; i < count; i++)
        {
            file.Write("P5\n162 180\n255\n"u8);
            file.Write([.. Enumerable.Repeat((byte)i, 162 * 180)]);
        }
    }

    private async Task Reconnects(LiveSource source, int times) => await Eventually.True(() =>
    {
        _time.Advance(TimeSpan.FromSeconds(8));
        return source.Health.Reconnects >= times;
    }, $"{times} reconnects", seconds: 120);

    private static (int Children, int Threads, int Descriptors, long Resident) Footprint()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        using var self = Process.GetCurrentProcess();
        return (Children.OfThisProcess("ffmpeg").Count > 1 ? 2 : 1, self.Threads.Count,
            Directory.EnumerateFileSystemEntries("/proc/self/fd").Count(), self.WorkingSet64);
    }

    private static bool IsZombie(int process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/stat").Contains(") Z ", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return true;
        }
    }
}
