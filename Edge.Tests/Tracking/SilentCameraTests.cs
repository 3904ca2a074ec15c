using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Edge.Tests.Support;
using Edge.Vision;
using Edge.Vision.Capture;
using Microsoft.Extensions.Time.Testing;
using OpenCvSharp;

namespace Edge.Tests.Tracking;

/// <summary>Nobody's plate is kept for want of a frame: neither by a camera that stalls nor by one that freezes, whose pictures are withheld.</summary>
public sealed class SilentCameraTests : IDisposable
{
    private const int EveryFrame = 2; // of 25 a second

    // The first vehicle of the clip is in view from 0.36 s to 2.36 s.
    private static readonly TimeSpan InView = TimeSpan.FromSeconds(2.2), Kept = TimeSpan.FromSeconds(5);

    private readonly CountedTime _time = new();
    private readonly PlateModels _models = PlateModels.Open(Repository.Models);
    private readonly PlatePipeline _pipeline;
    private int _passages;

    public SilentCameraTests() => _pipeline = PlatePipeline.Open(_models, new PipelineOptions { MotionGate = false }, _time);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Without_a_frame_a_vehicle_is_decided_after_three_seconds_and_forgotten_five_after_it_was_last_seen()
    {
        await using var source = new Shown(isLive: true);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var reading = Task.Run(() => ReadAsync(source, stop.Token), Cancel);
        var at = source.ShowClip(InView);
        await Eventually.True(() => source.IsAsked && _time.Waiting == 1, "all frames are examined, and the next is awaited", seconds: 60);

        _time.Advance(TimeSpan.FromSeconds(2.99));
        Assert.True(_pipeline.Remembered.Followed > 0, "a hiccup ends no passage");
        _time.Advance(TimeSpan.FromSeconds(0.01));
        await Eventually.True(() => _pipeline.Remembered == (0, 1) && _time.Waiting == 1, "decided");
        Assert.Equal(1, _passages);
        _time.Advance(Kept - TimeSpan.FromSeconds(3));
        Assert.Equal((0, 1), _pipeline.Remembered);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        await Eventually.True(() => _pipeline.Remembered == (0, 0), "forgotten");

        source.ShowRoad(at + TimeSpan.FromMinutes(1));
        source.End();
        await reading;
        Assert.Equal(1, _passages);
    }

    [Fact]
    public async Task While_the_road_is_empty_a_vehicle_is_forgotten_five_seconds_after_it_was_last_seen()
    {
        await using var source = new Shown(isLive: false);
        for (var at = source.ShowClip(InView); at < InView + 2 * Kept; at += TimeSpan.FromSeconds(0.2)) source.ShowRoad(at);
        source.End();
        var remembered = new List<(TimeSpan At, (int Followed, int Recent))>();
        source.Examined = at => remembered.Add((at, _pipeline.Remembered));
        await ReadAsync(source, Cancel);
        Assert.Equal(1, _passages);
        var seen = remembered.Last(one => one.At < InView).At;
        Assert.All(remembered.Where(one => one.At > seen + Kept), one => Assert.Equal((0, 0), one.Item2));
        Assert.All(remembered.Where(one => one.At > seen + TimeSpan.FromSeconds(1.2) && one.At <= seen + Kept), one => Assert.Equal((0, 1), one.Item2));
    }

    [Fact]
    public async Task With_its_last_frame_a_recording_is_forgotten()
    {
        await using var source = new Shown(isLive: false);
        source.ShowClip(InView);
        source.End();
        await ReadAsync(source, Cancel);
        Assert.Equal((1, (0, 0)), (_passages, _pipeline.Remembered));
    }

    public void Dispose()
    {
        _pipeline.Dispose();
        _models.Dispose();
    }

    private async Task ReadAsync(Shown source, CancellationToken stop)
    {
        await foreach (var passage in _pipeline.ReadAsync(source, stop))
            using (passage)
                if (passage.Accepted) Interlocked.Increment(ref _passages);
    }

    /// <summary>A camera that shows what it is told to.</summary>
    private sealed class Shown(bool isLive) : ICameraSource
    {
        private readonly Channel<Frame> _frames = Channel.CreateUnbounded<Frame>();
        private int _shown, _asked;

        /// <summary>Told of each frame once it has been examined.</summary>
        public Action<TimeSpan>? Examined { get; set; }

        /// <summary>True once all that was shown has been examined and more is awaited.</summary>
        public bool IsAsked => Volatile.Read(ref _asked) > _shown;

        public string Name => "shown";

        public bool IsLive => isLive;

        public bool IsStill => false;

        public CameraHealth Health => throw new NotSupportedException();

        /// <returns>Position of the first frame that is not shown.</returns>
        public TimeSpan ShowClip(TimeSpan until)
        {
            using var clip = new VideoCapture(Path.Combine(AppContext.BaseDirectory, "clip", "street.mp4"), VideoCaptureAPIs.FFMPEG);
            var at = TimeSpan.Zero;
            for (var i = 0; at < until; at = TimeSpan.FromSeconds(++i / 25.0))
            {
                var picture = new Mat();
                Assert.True(clip.Read(picture));
                if (i % EveryFrame == 0) Show(picture, at);
                else picture.Dispose();
            }
            return at;
        }

        public void ShowRoad(TimeSpan at) => Show(new Mat(720, 1280, MatType.CV_8UC3, Scalar.All(96)), at);

        public void End() => _frames.Writer.Complete();

        public async IAsyncEnumerable<Frame> ReadAsync([EnumeratorCancellation] CancellationToken cancel)
        {
            while (true)
            {
                Interlocked.Increment(ref _asked);
                if (!await _frames.Reader.WaitToReadAsync(cancel)) break;
                Assert.True(_frames.Reader.TryRead(out var frame));
                var at = frame.Position;
                yield return frame;
                Examined?.Invoke(at);
            }
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;

        private void Show(Mat picture, TimeSpan at) => Assert.True(_frames.Writer.TryWrite(new Frame(picture, _shown++, at, DateTimeOffset.UnixEpoch + at)));
    }

    /// <summary>Its clock only moves when a test moves it; it knows whether anybody waits for it.</summary>
    private sealed class CountedTime : FakeTimeProvider
    {
        private int _waiting;

        public int Waiting => Volatile.Read(ref _waiting);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = base.CreateTimer(callback, state, dueTime, period); // before it is counted, or the clock could be moved in between
            Interlocked.Increment(ref _waiting);
            return new Counted(this, timer);
        }

        private sealed class Counted(CountedTime time, ITimer timer) : ITimer
        {
            private int _disposed;

            public bool Change(TimeSpan dueTime, TimeSpan period) => timer.Change(dueTime, period);

            public void Dispose()
            {
                if (Interlocked.Exchange(ref _disposed, 1) == 0) Interlocked.Decrement(ref time._waiting);
                timer.Dispose();
            }

            public ValueTask DisposeAsync()
            {
                Dispose();
                return ValueTask.CompletedTask;
            }
        }
    }
}
