using CsCheck;
using Edge.Agent.Publishing;
using Edge.Vision.Detection;
using Edge.Vision.Tracking;
using OpenCvSharp;

namespace Edge.Tests.Tracking;

public sealed class PlateCropTests
{
    [Fact]
    public void Whatever_the_box_the_picture_fits_a_hit() => Gen.Select(Gen.Int[1, 900], Gen.Int[1, 900], Gen.Int[0, 300], Gen.Int[0, 300])
        .Sample((width, height, left, top) =>
        {
            using var noise = new Mat(700, 700, MatType.CV_8UC3);
            Cv2.Randu(noise, Scalar.Black, Scalar.White); // compresses worst
            using var crop = PlateCrop.Of(noise, new PixelBox(left, top, left + width, top + height));
            var jpeg = crop.ToJpeg();
            Assert.InRange(jpeg.Length, 4, HitFacts.MaxCropBytes);
            using var seen = Cv2.ImDecode(jpeg, ImreadModes.Color);
            Assert.True(seen.Width is >= 1 and <= 320 && seen.Height is >= 1 and <= 240);
        }, iter: 60);
}
