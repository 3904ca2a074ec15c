using Edge.Tests.Support;
using Edge.Vision.Capture;
using Edge.Vision.Detection;
using Edge.Vision.Onnx;
using OpenCvSharp;

namespace Edge.Tests.Detection;

public sealed class PlateDetectorTests
{
    [Fact]
    public void What_stood_in_the_last_picture_changes_nothing_in_this_one()
    {
        // So low that noise is found too: each score says something of every pixel, padding included.
        var manifest = ModelManifest.Load(Repository.Models).Detector with { Threshold = 0.0001f };
        using var other = new Mat(360, 640, MatType.CV_8UC3, Scalar.White);
        using var picture = new Mat(364, 620, MatType.CV_8UC3);
        Cv2.Randu(picture, Scalar.Black, Scalar.White);
        var (before, now) = (LetterboxLayout.Fit(640, 360, manifest.Resize), LetterboxLayout.Fit(620, 364, manifest.Resize));
        Assert.Equal((before.Width, before.Height), (now.Width, now.Height));
        Assert.NotEqual(before, now);

        using var fresh = PlateDetector.Open(Repository.Models, manifest, threads: 1);
        using var used = PlateDetector.Open(Repository.Models, manifest, threads: 1);
        used.Detect(other);
        var found = fresh.Detect(picture);
        Assert.NotEmpty(found);
        Assert.Equal(found, used.Detect(picture));
    }

    [Theory]
    [InlineData(1280, 720)]
    [InlineData(960, 541)]
    public unsafe void Luma_as_it_lies_in_memory_shows_the_same_plates(int width, int height)
    {
        using var film = new VideoCapture(Shared.Need("data/footage/single-car.mp4"), VideoCaptureAPIs.FFMPEG);
        using var taken = new Mat();
        for (var i = 0; i < 40; i++) Assert.True(film.Read(taken));
        using var picture = new Mat();
        Cv2.Resize(taken, picture, new Size(width, height), interpolation: InterpolationFlags.Area);
        using var luma = new Mat();
        Cv2.CvtColor(picture, luma, ColorConversionCodes.BGR2GRAY);
        luma.ConvertTo(luma, MatType.CV_8UC1, 1 / Planar.Contrast, Planar.Black);

        using var detector = PlateDetector.Open(Repository.Models, ModelManifest.Load(Repository.Models).Detector, threads: 1);
        Assert.True(detector.TakesLuma(new Rect(0, 0, width, height)));
        var plates = detector.Detect(picture);
        var same = detector.Detect(new Glance((byte*)luma.Data, (nint)luma.Step(), width, height, channels: 1));
        Assert.Equal((2, 2), (plates.Length, same.Length));
        Assert.All(plates.Zip(same), pair =>
        {
            Assert.True(pair.First.Box.Overlap(pair.Second.Box) > 0.9f, $"{pair.First.Box} and {pair.Second.Box}");
            Assert.Equal(pair.First.Score, pair.Second.Score, 0.05f);
        });
    }

    [Fact]
    public void A_part_smaller_than_what_it_looks_at_is_not_looked_at_as_it_is()
    {
        using var detector = PlateDetector.Open(Repository.Models, ModelManifest.Load(Repository.Models).Detector, threads: 1);
        Assert.False(detector.TakesLuma(new Rect(0, 0, 200, 100)));
    }
}
