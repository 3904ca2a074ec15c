using System.Runtime.CompilerServices;
using System.Text;
using Edge.Tests.Support;
using Edge.Vision;
using Edge.Vision.Capture;
using Edge.Vision.Evaluation;
using OpenCvSharp;

namespace Edge.Tests.Tracking;

/// <summary>A parked car is no reason to work: it is told of once, and then looked at no more often than an empty street.</summary>
public sealed class StandingVehicleTests
{
    private const int Frames = 60;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_vehicle_that_stands_is_told_of_once_and_behind_the_motion_gate_examined_once_a_second(bool gate)
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

    [Fact]
    public async Task The_same_vehicle_in_the_next_clip_of_a_recording_is_another_passage()
    {
        var passages = await PassagesAsync(new Stills([.. Still("KLM345X", 0), .. Still("KLM345X", 6 * 3600)]));
        Assert.Equal([("KLM345X", 0), ("KLM345X", 6 * 3600)], passages);
    }

    [Fact]
    public async Task A_vehicle_that_was_told_of_long_ago_and_stands_there_still_is_not_told_again_when_the_camera_is_jolted()
    {
        // Ten seconds in one place, ten in another, and not a frame between.
        var passages = await PassagesAsync(new Stills([.. Still("KLM345X", 0, 10), .. Still("KLM345X", 10.04, 10, left: 180)]));
        Assert.Equal([("KLM345X", 0)], passages);
    }

    private static async Task<List<(string Text, int From)>> PassagesAsync(ICameraSource street)
    {
        var told = new List<(string, int)>();
        using var pipeline = PlatePipeline.Open(Repository.Models, new PipelineOptions());
        await using (street)
            await foreach (var passage in pipeline.ReadAsync(street, TestContext.Current.CancellationToken))
                using (passage)
                    if (passage.Accepted) told.Add((Encoding.ASCII.GetString(passage.Plate.Ascii), (int)passage.From.TotalSeconds));
        return told;
    }

    private static IEnumerable<(byte[] Picture, double At)> Still(string text, double from, double seconds = 2.5, int left = 500)
    {
        var picture = DrawnStreet.Draw([new DrawnVehicle(text, left, 300)]);
        for (var frame = 0; frame < seconds * 15; frame++) yield return (picture, from + frame / 15.0);
    }

    /// <summary>Pictures with the times at which they were taken.</summary>
    private sealed class Stills(IReadOnlyList<(byte[] Picture, double At)> pictures) : ICameraSource
    {
        public string Name => "stills";

        public bool IsLive => false;

        public bool IsStill => false;

        public CameraHealth Health => throw new NotSupportedException();

        public async IAsyncEnumerable<Frame> ReadAsync([EnumeratorCancellation] CancellationToken cancel)
        {
            foreach (var (i, (picture, at)) in pictures.Index())
                yield return new Frame(Cv2.ImDecode(picture, ImreadModes.Color), i, TimeSpan.FromSeconds(at), DateTimeOffset.UnixEpoch + TimeSpan.FromSeconds(at));
            await Task.CompletedTask;
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
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
