using System.Runtime.CompilerServices;
using System.Text;
using Edge.Tests.Support;
using Edge.Vision;
using Edge.Vision.Capture;
using Edge.Vision.Evaluation;
using OpenCvSharp;

namespace Edge.Tests.Tracking;

/// <summary>A parked car is no reason to work: it is read once, and then looked at no more often than an empty street.</summary>
public sealed class StandingVehicleTests
{
    private const int Frames = 60;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_vehicle_that_stands_is_read_once_and_then_examined_once_a_second_where_only_movement_is(bool gate)
    {
        var (examined, passages) = await WatchAsync(new PipelineOptions { MotionGate = gate });
        Assert.Equal(1, passages);
        // Six agree on what it says; then the heartbeat, four seconds long.
        Assert.InRange(examined, gate ? 6 : Frames, gate ? 6 + 4 : Frames);
    }

    [Fact]
    public async Task Another_vehicle_in_the_same_place_after_a_cut_is_read_too()
    {
        var stop = TestContext.Current.CancellationToken;
        var drawn = await DrawnStreet.ReadAsync(1, Repository.Models, stop).Take(12).Select(street => street[0].Text).ToListAsync(stop);
        var read = new List<string>();
        using (var pipeline = PlatePipeline.Open(Repository.Models, new PipelineOptions()))
        await using (var street = new JpegSource(Cut(drawn).ToAsyncEnumerable(), TimeSpan.FromSeconds(1 / 15.0), isStill: false))
            await foreach (var passage in pipeline.ReadAsync(street, stop))
                using (passage)
                    if (passage.Accepted) read.Add(Encoding.ASCII.GetString(passage.Plate.Ascii));
        Assert.True(read.Count >= drawn.Count - 1, $"{read.Count} of {drawn.Count}"); // drawn elsewhere, one may not be read here
    }

    [Fact]
    public async Task What_was_hidden_when_it_was_told_of_is_told_when_it_can_be_seen()
    {
        var read = new List<string>();
        using (var pipeline = PlatePipeline.Open(Repository.Models, new PipelineOptions()))
        await using (var street = new JpegSource(Cut(["KLM345", "KLM345X"]).ToAsyncEnumerable(), TimeSpan.FromSeconds(1 / 15.0), isStill: false))
            await foreach (var passage in pipeline.ReadAsync(street, TestContext.Current.CancellationToken))
                using (passage)
                    if (passage.Accepted) read.Add(Encoding.ASCII.GetString(passage.Plate.Ascii));
        Assert.Equal(["KLM345", "KLM345X"], read);
    }

    [Fact]
    public async Task What_was_seen_before_a_recording_breaks_off_is_told_and_then_that_it_broke()
    {
        var read = new List<string>();
        using var pipeline = PlatePipeline.Open(Repository.Models, new PipelineOptions());
        await using var street = new JpegSource(Broken(), TimeSpan.FromSeconds(1 / 15.0), isStill: false);
        var broke = await Assert.ThrowsAsync<CaptureException>(async () =>
        {
            await foreach (var passage in pipeline.ReadAsync(street, TestContext.Current.CancellationToken))
                using (passage)
                    if (passage.Accepted) read.Add(Encoding.ASCII.GetString(passage.Plate.Ascii));
        });
        Assert.Equal(["KLM345X"], read);
        Assert.Equal("cut off", broke.Message);
    }

    private static async IAsyncEnumerable<byte[]> Broken()
    {
        foreach (var left in (int[])[500, 520, 540]) yield return DrawnStreet.Draw([new DrawnVehicle("KLM345X", left, 300)]);
        await Task.CompletedTask;
        throw new CaptureException("cut off");
    }

    /// <summary>Two and a half seconds of each, and not a frame between.</summary>
    private static IEnumerable<byte[]> Cut(IEnumerable<string> texts) =>
        texts.Select(text => DrawnStreet.Draw([new DrawnVehicle(text, 500, 300)])).SelectMany(picture => Enumerable.Repeat(picture, 38));

    private static async Task<(long Examined, int Passages)> WatchAsync(PipelineOptions options)
    {
        using var pipeline = PlatePipeline.Open(Repository.Models, options);
        await using var source = new Standing(Shared.Need("data/footage/single-car.mp4"));
        var passages = 0;
        await foreach (var passage in pipeline.ReadAsync(source, TestContext.Current.CancellationToken))
            using (passage)
                if (passage.Accepted) passages++;
        return (pipeline.Examined, passages);
    }

    /// <summary>The clearest frame of a film for four seconds, at 15 a second.</summary>
    private sealed class Standing(string film) : ICameraSource
    {
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
                yield return new Frame(picture.Clone(), i, TimeSpan.FromSeconds(i / 15.0), DateTimeOffset.UnixEpoch);
            await Task.CompletedTask;
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
