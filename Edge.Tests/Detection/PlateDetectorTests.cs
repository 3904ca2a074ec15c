using Edge.Tests.Support;
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
}
