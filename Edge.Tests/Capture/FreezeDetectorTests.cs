using CsCheck;
using Edge.Vision.Capture;
using OpenCvSharp;

namespace Edge.Tests.Capture;

public sealed class FreezeDetectorTests
{
    [Fact]
    public void Frozen_means_the_same_for_the_whole_time() =>
        Gen.Select(Gen.UInt[0, 2], Gen.Int[0, 5]).Array[1, 60].Sample(steps =>
        {
            var after = TimeSpan.FromSeconds(7);
            var detector = new FreezeDetector(after);
            var now = TimeSpan.Zero;
            var (last, since) = (uint.MaxValue, now);
            foreach (var (picture, wait) in steps)
            {
                now += TimeSpan.FromSeconds(wait);
                if (picture != last) (last, since) = (picture, now);
                if (detector.Observe(picture, now) != (now - since >= after)) return false;
            }
            return true;
        });

    [Fact]
    public void One_changed_byte_anywhere_changes_the_fingerprint() =>
        Gen.Byte.Array[1, 300].SelectMany(bytes => Gen.Select(Gen.Const(bytes), Gen.Int[0, bytes.Length - 1], Gen.Int[1, 255]))
            .Sample((bytes, at, change) =>
            {
                var before = Fingerprint.Of(bytes);
                bytes[at] ^= (byte)change;
                var changed = Fingerprint.Of(bytes) != before;
                bytes[at] ^= (byte)change;
                return changed && Fingerprint.Of(bytes) == before;
            });

    [Fact]
    public void A_picture_and_its_copy_share_a_fingerprint_and_a_changed_pixel_does_not()
    {
        using var picture = new Mat(719, 1281, MatType.CV_8UC3, new Scalar(10, 20, 30));
        using var copy = picture.Clone();
        Assert.Equal(Fingerprint.Of(picture), Fingerprint.Of(copy));
        copy.Set(718, 1280, new Vec3b(10, 20, 31));
        Assert.NotEqual(Fingerprint.Of(picture), Fingerprint.Of(copy));
    }
}
