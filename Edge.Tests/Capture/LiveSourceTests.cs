using CsCheck;
using Edge.Tests.Support;
using Edge.Vision.Capture;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Edge.Tests.Capture;

public sealed class LiveSourceTests
{
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch);
    private readonly ScriptedCamera _camera = new();

    private static CameraOptions Options => new("north", "scripted");

    private LiveSource Source() =>
        new(Options, _camera.Connect, _time, NullLogger.Instance, new Random(1));

    [Fact]
    public async Task A_camera_runs_from_its_first_frame_and_stops_when_it_is_no_longer_read()
    {
        await using var source = Source();
        Assert.Equal(CameraState.Stopped, source.Health.State);
        await using (var watcher = new Watcher(source))
        {
            await Connected(1);
            Assert.Equal(CameraState.Starting, source.Health.State);
            _camera.Current.Show(1);
            await Eventually.True(() => watcher.Count == 1, "a frame");
            Assert.Equal(CameraState.Running, source.Health.State);
            Assert.Equal(1, source.Health.Frames);
        }
        Assert.Equal(CameraState.Stopped, source.Health.State);
        Assert.All(_camera.Feeds, feed => Assert.True(feed.IsDisposed));
        Assert.Equal(0, source.Pool.Lent);
    }

    [Fact]
    public async Task The_newest_frame_wins_and_the_others_are_counted_and_given_back()
    {
        await using var source = Source();
        await using var frames = source.ReadAsync(CancellationToken.None).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        var first = frames.MoveNextAsync();
        await Connected(1);
        _camera.Current.Show(0);
        Assert.True(await first);
        frames.Current.Dispose();
        for (byte shade = 1; shade <= 5; shade++) _camera.Current.Show(shade);
        await Eventually.True(() => source.Health is { Frames: 6, Dropped: 4 }, "six frames, four overtaken");
        Assert.True(await frames.MoveNextAsync());
        Assert.Equal(5, frames.Current.Index);
        Assert.Equal(1, source.Pool.Lent);
        frames.Current.Dispose();
        frames.Current.Dispose();
        Assert.Equal(0, source.Pool.Lent);
    }

    [Fact]
    public async Task Silence_stalls_cuts_and_reconnects_until_a_frame_arrives()
    {
        await using var source = Source();
        await using var watcher = new Watcher(source);
        await Showing(source, 1);
        _time.Advance(TimeSpan.FromSeconds(2.9));
        Assert.Equal(CameraState.Running, source.Health.State);
        await Eventually.TrueAsTimePasses(_time, () => source.Health.State == CameraState.Stalled, "stalled");
        await Eventually.True(() => _camera.Feeds.First().IsCut, "cut");
        await Connected(2);
        Assert.Equal(CameraState.Stalled, source.Health.State);
        Assert.Contains("no picture for 3 s", source.Health.LastError);
        _camera.Current.Show(2);
        await Eventually.True(() => source.Health.State == CameraState.Running, "running again");
        Assert.Equal(1, source.Health.Reconnects);
    }

    [Fact]
    public async Task A_connection_has_longer_for_its_first_frame()
    {
        await using var source = Source();
        await using var watcher = new Watcher(source);
        await Connected(1);
        _time.Advance(TimeSpan.FromSeconds(7.9));
        Assert.False(_camera.Current.IsCut);
        await Eventually.TrueAsTimePasses(_time, () => source.Health.State == CameraState.Stalled, "stalled");
        Assert.Contains("no picture for 8 s", source.Health.LastError);
    }

    [Fact]
    public async Task A_hung_driver_is_not_opened_twice_and_does_not_keep_the_agent_from_stopping()
    {
        var source = Source();
        var watcher = new Watcher(source);
        await Showing(source, 1);
        _camera.Current.IgnoresCut = true;
        _camera.Current.Show(2); // the read after this one ignores the cut
        await Eventually.True(() => source.Health.Frames == 2, "second frame");
        await Eventually.TrueAsTimePasses(_time, () => source.Health.State == CameraState.Stalled, "stalled");
        for (var i = 0; i < 20; i++) _time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(1, _camera.Connections);

        var stopped = watcher.DisposeAsync().AsTask();
        await Eventually.TrueAsTimePasses(_time, () => stopped.IsCompleted, "stopped in spite of the driver");
        await stopped;
        await source.DisposeAsync();

        _camera.Current.Show(3); // the driver comes back long after
        await Eventually.True(() => _camera.Current.IsDisposed, "the thread that hung cleans up");
        Assert.Equal(0, source.Pool.Lent);
    }

    [Fact]
    public async Task The_same_picture_for_too_long_is_frozen_and_withheld_until_it_changes()
    {
        await using var source = Source();
        await using var watcher = new Watcher(source);
        await Showing(source, 7);
        for (var second = 1; second <= 29; second++) await SameAgain(source);
        Assert.Equal(CameraState.Running, source.Health.State);
        await SameAgain(source);
        await Eventually.True(() => source.Health.State == CameraState.Frozen, "frozen");
        await Connected(2);
        await Eventually.True(() => watcher.Count + source.Health.Dropped == 30, "all frames before the freeze");

        var shown = watcher.Count;
        _camera.Current.Show(7);
        await Eventually.True(() => source.Health.Frames == 32, "the same picture over the new connection");
        Assert.Equal(CameraState.Frozen, source.Health.State);
        Assert.Equal(shown, watcher.Count);

        _camera.Current.Show(8);
        await Eventually.True(() => watcher.Count == shown + 1, "the changed picture");
        Assert.Equal(CameraState.Running, source.Health.State);
        Assert.Equal(2, _camera.Connections);
    }

    [Fact]
    public async Task Failures_are_retried_for_ever_at_most_eight_seconds_apart()
    {
        _camera.OnRead = () => throw new CaptureException("nothing answers at this port");
        await using var source = Source();
        await using var watcher = new Watcher(source);
        for (var attempt = 1; attempt <= 40; attempt++)
        {
            await Eventually.True(() => _camera.Feeds.Count(feed => feed.IsDisposed) >= attempt, $"attempt {attempt}");
            Assert.Equal(attempt, _camera.Connections);
            // The wait begins a moment after the feed is gone; whenever that is, one more cap is enough for one more attempt.
            await Eventually.True(() =>
            {
                if (_camera.Connections == attempt) _time.Advance(TimeSpan.FromSeconds(8));
                return _camera.Connections == attempt + 1;
            }, $"attempt {attempt + 1}");
        }
        Assert.Equal("nothing answers at this port", source.Health.LastError);
        Assert.Equal(CameraState.Starting, source.Health.State);
    }

    [Fact]
    public async Task A_surprise_is_told_by_its_type_alone()
    {
        await using var source = Source();
        await using var watcher = new Watcher(source);
        await Connected(1);
        _camera.Current.Fail(new InvalidOperationException("secret"));
        await Eventually.True(() => source.Health.LastError is not null, "an error");
        Assert.Equal("the connection failed (InvalidOperationException)", source.Health.LastError);
    }

    [Fact]
    public async Task A_source_has_one_reader_at_a_time_and_may_be_read_again()
    {
        var source = Source();
        await using (new Watcher(source))
        {
            await Connected(1);
            await Assert.ThrowsAsync<InvalidOperationException>(async () => await FirstAsync(source));
        }
        await using (new Watcher(source)) await Connected(2);
        await source.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await FirstAsync(source));
    }

    [Fact]
    public async Task Disposing_the_source_ends_the_reading_quietly()
    {
        var source = Source();
        var reading = Task.Run(async () => await source.ReadAsync(CancellationToken.None).CountAsync(TestContext.Current.CancellationToken));
        await Connected(1);
        await source.DisposeAsync();
        Assert.Equal(0, await reading);
    }

    [Fact]
    public async Task Whatever_a_camera_does_every_buffer_comes_back()
    {
        // 0..5 a picture of that shade, 6 a failure, 7 silence beyond every deadline
        await Gen.Int[0, 7].Array[1, 30].SampleAsync(async script =>
        {
            var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch);
            var camera = new ScriptedCamera();
            var source = new LiveSource(Options with { FreezeAfter = TimeSpan.FromSeconds(1) }, camera.Connect, time,
                NullLogger.Instance, new Random(1));
            await using (new Watcher(source))
            {
                await Eventually.True(() => camera.Connections > 0, "a connection");
                foreach (var step in script)
                {
                    if (step == 6) camera.Current.Fail(new CaptureException("broken"));
                    else if (step == 7) time.Advance(TimeSpan.FromSeconds(9));
                    else camera.Current.Show((byte)step);
                    time.Advance(TimeSpan.FromSeconds(0.4));
                }
            }
            await source.DisposeAsync();
            Assert.All(camera.Feeds, feed => Assert.True(feed.IsDisposed));
            Assert.Equal(0, source.Pool.Lent);
        }, iter: 200, threads: 1);
    }

    private Task Connected(int times) => times == 1
        ? Eventually.True(() => _camera.Connections == 1, "a connection")
        : Eventually.TrueAsTimePasses(_time, () => _camera.Connections == times, $"connection {times}");

    private async Task Showing(LiveSource source, byte shade)
    {
        await Connected(1);
        _camera.Current.Show(shade);
        await Eventually.True(() => source.Health.State == CameraState.Running, "the first frame");
    }

    private async Task SameAgain(LiveSource source)
    {
        var frames = source.Health.Frames;
        _time.Advance(TimeSpan.FromSeconds(1));
        _camera.Current.Show(7);
        await Eventually.True(() => source.Health.Frames == frames + 1, "one more frame");
    }

    private static async Task FirstAsync(LiveSource source)
    {
        await foreach (var frame in source.ReadAsync(TestContext.Current.CancellationToken)) frame.Dispose();
    }
}
