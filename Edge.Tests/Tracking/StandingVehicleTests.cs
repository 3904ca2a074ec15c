using System.Runtime.CompilerServices;
using Edge.Tests.Support;
using Edge.Vision;
using Edge.Vision.Capture;
using OpenCvSharp;

namespace Edge.Tests.Tracking;

/// <summary>A parked car is no reason to work: it is read once, and then only looked at often enough not to be lost.</summary>
public sealed class StandingVehicleTests
{
    private const int Frames = 60;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_vehicle_that_stands_is_read_once_and_then_examined_a_few_times_a_second_where_only_movement_is(bool gate)
    {
        var (examined, passages) = await WatchAsync(new PipelineOptions { MotionGate = gate });
        Assert.Equal(1, passages);
        Assert.InRange(examined, gate ? 12 : Frames, gate ? Frames / 2 : Frames);
    }

    private static async Task<(int Examined, int Passages)> WatchAsync(PipelineOptions options)
    {
        using var pipeline = PlatePipeline.Open(Repository.Models, options);
        await using var source = new Standing(Shared.Need("data/footage/single-car.mp4"), pipeline);
        var passages = 0;
        await foreach (var passage in pipeline.ReadAsync(source, TestContext.Current.CancellationToken))
            using (passage)
                if (passage.Accepted) passages++;
        return (source.Examined, passages);
    }

    /// <summary>The clearest frame of a film for four seconds, at 15 a second.</summary>
    private sealed class Standing(string film, PlatePipeline pipeline) : ICameraSource
    {
        private object? _seen;

        public int Examined { get; private set; }

        public string Name => "standing";

        public bool IsLive => false;

        public bool IsStill => false;

        public CameraHealth Health => throw new NotSupportedException();

        public async IAsyncEnumerable<Frame> ReadAsync([EnumeratorCancellation] CancellationToken cancel)
        {
            using var recording = new VideoCapture(film, VideoCaptureAPIs.FFMPEG);
            using var picture = new Mat();
            for (var i = 0; i < 40; i++) Assert.True(recording.Read(picture));
            for (var i = 0; i < Frames; i++)
            {
                yield return new Frame(picture.Clone(), i, TimeSpan.FromSeconds(i / 15.0), DateTimeOffset.UnixEpoch);
                // Every examination leaves a list of its own.
                if (!ReferenceEquals(_seen, pipeline.Detections)) Examined++;
                _seen = pipeline.Detections;
            }
            await Task.CompletedTask;
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
