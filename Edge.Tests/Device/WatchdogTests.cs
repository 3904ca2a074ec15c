using Edge.Agent.Device;
using Edge.Tests.Support;
using Edge.Vision.Capture;
using Microsoft.Extensions.Hosting.Systemd;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using OpenCvSharp;

namespace Edge.Tests.Device;

/// <summary>The watchdog is tied to the pipeline's progress: a stuck camera is not a stuck agent.</summary>
public sealed class WatchdogTests
{
    private static readonly TimeSpan Wanted = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly FakeTimeProvider _time = new();
    private readonly Notices _systemd = new();
    private readonly PipelineProgress _progress;
    private readonly SystemdWatchdog _watchdog;

    public WatchdogTests()
    {
        _progress = new PipelineProgress(_time);
        _watchdog = new SystemdWatchdog(_systemd, _progress, _time, NullLogger.Instance);
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public void Whoever_lets_a_step_rest_knows_whether_it_was_under_way_and_so_whether_it_is_to_go_on()
    {
        var step = _progress.Begin("a frame", Limit);
        Assert.True(step.Rest());
        Assert.False(step.Rest()); // no frame was in hand: none is awaited afterwards
        _time.Advance(Limit * 2);
        Assert.Empty(_progress.Stuck());
        step.Turn();
        _time.Advance(Limit * 2);
        Assert.Equal(["a frame"], _progress.Stuck());
    }

    [Fact]
    public void An_agent_that_gets_on_says_so_three_times_as_often_as_systemd_wants()
    {
        using var stop = new CancellationTokenSource();
        var running = _watchdog.RunAsync(Wanted, stop.Token);
        Assert.Equal(1, _systemd.Alive);
        for (var i = 0; i < 6; i++) _time.Advance(Wanted / 3);
        Assert.Equal(7, _systemd.Alive);
        stop.Cancel();
        Assert.True(running.IsCompleted);
    }

    [Fact]
    public async Task A_camera_that_sends_nothing_for_an_hour_is_not_a_stuck_agent()
    {
        var camera = new Camera();
        using var examining = _progress.Begin("a frame", Limit).Resting();
        await using var frames = new WatchedSource(camera, examining).ReadAsync(Cancel).GetAsyncEnumerator(Cancel);
        var next = frames.MoveNextAsync();
        _time.Advance(TimeSpan.FromHours(1));
        _watchdog.Look();
        Assert.False(next.IsCompleted);
        Assert.Equal(1, _systemd.Alive);
        camera.Send();
        Assert.True(await next);
    }

    [Fact]
    public async Task A_frame_that_is_not_examined_in_time_silences_the_watchdog_until_it_is()
    {
        var camera = new Camera();
        using var examining = _progress.Begin("a frame of camera lane-1", Limit).Resting();
        await using var frames = new WatchedSource(camera, examining).ReadAsync(Cancel).GetAsyncEnumerator(Cancel);
        camera.Send();
        Assert.True(await frames.MoveNextAsync());

        _time.Advance(Limit);
        _watchdog.Look();
        Assert.Equal(1, _systemd.Alive);
        _time.Advance(TimeSpan.FromTicks(1));
        _watchdog.Look();
        Assert.Equal(1, _systemd.Alive);
        Assert.Equal(["a frame of camera lane-1"], _progress.Stuck());

        var next = frames.MoveNextAsync();
        _watchdog.Look();
        Assert.Equal(2, _systemd.Alive);
        camera.Send();
        Assert.True(await next);
    }

    [Fact]
    public async Task One_stuck_pipeline_among_others_that_get_on_is_enough()
    {
        using var stuck = _progress.Begin("a frame of camera a", Limit);
        var camera = new Camera();
        using var examining = _progress.Begin("a frame of camera b", Limit).Resting();
        await using var frames = new WatchedSource(camera, examining).ReadAsync(Cancel).GetAsyncEnumerator(Cancel);
        for (var i = 0; i < 40; i++)
        {
            camera.Send();
            Assert.True(await frames.MoveNextAsync());
            _time.Advance(TimeSpan.FromSeconds(1));
        }
        _watchdog.Look();
        Assert.Equal(0, _systemd.Alive);
        Assert.Equal(["a frame of camera a"], _progress.Stuck());
    }

    [Fact]
    public async Task A_recording_that_is_over_is_waited_for_no_more()
    {
        var camera = new Camera();
        using var examining = _progress.Begin("a frame", Limit).Resting();
        camera.Send();
        camera.End();
        await foreach (var frame in new WatchedSource(camera, examining).ReadAsync(Cancel)) frame.Dispose();
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Empty(_progress.Stuck());
    }

    [Fact]
    public void A_loop_must_turn_and_what_has_ended_is_not_late()
    {
        var loop = _progress.Begin("housekeeping", Limit);
        _time.Advance(Limit);
        loop.Turn();
        _time.Advance(Limit);
        Assert.Empty(_progress.Stuck());
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(["housekeeping"], _progress.Stuck());
        loop.Dispose();
        Assert.Empty(_progress.Stuck());
    }

    [Theory]
    [InlineData("60000000", null, 60.0)]
    [InlineData("60000000", "42", 60.0)]
    [InlineData("60000000", "43", null)] // for another process
    [InlineData(null, null, null)]
    [InlineData("0", null, null)]
    [InlineData("-1", null, null)]
    [InlineData("1 s", null, null)]
    public void What_systemd_wants_is_in_the_environment(string? microseconds, string? process, double? seconds) => Assert.Equal(
        seconds is { } wanted ? TimeSpan.FromSeconds(wanted) : null,
        SystemdWatchdog.Wanted(name => name == "WATCHDOG_USEC" ? microseconds : name == "WATCHDOG_PID" ? process : null, process: 42));

    private sealed class Notices : ISystemdNotifier
    {
        public int Alive { get; private set; }

        public bool IsEnabled => true;

        public void Notify(ServiceState state)
        {
            Assert.Equal("WATCHDOG=1", state.ToString());
            Alive++;
        }
    }

    /// <summary>Frames when the test says so.</summary>
    private sealed class Camera : ICameraSource
    {
        private readonly System.Threading.Channels.Channel<Frame> _frames = System.Threading.Channels.Channel.CreateUnbounded<Frame>();

        public string Name => "lane-1";

        public bool IsLive => true;

        public bool IsStill => false;

        public CameraHealth Health => throw new NotSupportedException();

        public void Send() => Assert.True(_frames.Writer.TryWrite(new Frame(new Mat(), 0, TimeSpan.Zero, default)));

        public void End() => _frames.Writer.Complete();

        public IAsyncEnumerable<Frame> ReadAsync(CancellationToken cancel) => _frames.Reader.ReadAllAsync(cancel);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
