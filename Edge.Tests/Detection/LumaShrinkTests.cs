using CsCheck;
using Edge.Vision.Capture;
using Edge.Vision.Detection;
using OpenCvSharp;

namespace Edge.Tests.Detection;

/// <summary>A smaller picture without OpenCV is the one that OpenCV would make.</summary>
public sealed class LumaShrinkTests
{
    private static readonly Gen<(int Width, int Height, int ToWidth, int ToHeight)> Sizes =
        from to in Gen.Select(Gen.Int[1, 40], Gen.Int[1, 40])
        from more in Gen.Select(Gen.Double[1, 7], Gen.Double[1, 7])
        select ((int)(to.Item1 * more.Item1), (int)(to.Item2 * more.Item2), to.Item1, to.Item2);

    [Fact]
    public void Every_pixel_is_the_mean_of_the_area_it_covers_as_OpenCV_has_it() => Sizes.Sample(IsAsOpenCvHasIt);

    [Fact]
    public void A_frame_of_a_camera_is_made_as_OpenCV_makes_it() => IsAsOpenCvHasIt((1280, 720, 576, 324));

    [Fact]
    public void The_widest_picture_that_is_read_fits()
    {
        using var white = new Mat(4, 8192, MatType.CV_8UC1, Scalar.All(235));
        Assert.Equal([255], Shrink(white, 1, 1)[0]);
    }

    [Fact]
    public void Nothing_of_a_picture_is_left_once_it_is_wiped()
    {
        using var white = new Mat(20, 20, MatType.CV_8UC1, Scalar.All(235));
        var shrink = new LumaShrink((20, 20), (9, 9));
        var row = shrink.Row(Whole(white), 0);
        Assert.Equal(255, row[0]);
        shrink.Wipe();
        Assert.Equal(new byte[9], row.ToArray());
    }

    private static void IsAsOpenCvHasIt((int Width, int Height, int ToWidth, int ToHeight) size)
    {
        using var large = new Mat(size.Height, size.Width, MatType.CV_8UC1);
        Cv2.Randu(large, Scalar.All(0), Scalar.All(256));
        using var same = new Mat();
        using var exact = new Mat();
        large.ConvertTo(exact, MatType.CV_32FC1);
        Cv2.Resize(exact, same, new OpenCvSharp.Size(size.ToWidth, size.ToHeight), interpolation: InterpolationFlags.Area);
        var small = Shrink(large, size.ToWidth, size.ToHeight);
        // Shares are counted in 256ths; spread, a level is 1.16.
        foreach (var (y, row) in small.Index())
        foreach (var (x, level) in row.Index())
            Assert.Equal(Planar.Spread((double)same.Get<float>(y, x)), level, 2.0);
    }

    [Fact]
    public void A_picture_of_one_level_stays_one() => Gen.Select(Sizes, Gen.Byte).Sample((size, level) =>
    {
        using var large = new Mat(size.Height, size.Width, MatType.CV_8UC1, Scalar.All(level));
        var spread = (byte)Math.Round(Planar.Spread((double)level), MidpointRounding.AwayFromZero);
        var (least, most) = (Math.Max(0, spread - 1), Math.Min(255, spread + 1));
        Assert.All(Shrink(large, size.ToWidth, size.ToHeight).SelectMany(row => row), one => Assert.InRange(one, least, most));
    });

    [Fact]
    public void The_same_size_changes_nothing_but_the_range()
    {
        using var luma = new Mat(1, 5, MatType.CV_8UC1);
        foreach (var (i, level) in new byte[] { 0, 16, 126, 235, 255 }.Index()) luma.Set(0, i, level);
        Assert.Equal([0, 0, 128, 255, 255], Shrink(luma, 5, 1)[0]);
    }

    [Fact]
    public void A_larger_picture_is_not_made()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new LumaShrink((10, 10), (11, 10)));
        Assert.Throws<ArgumentOutOfRangeException>(() => new LumaShrink((10, 10), (10, 11)));
    }

    private static byte[][] Shrink(Mat luma, int width, int height)
    {
        var glance = Whole(luma);
        var (shrink, rows) = (new LumaShrink((luma.Width, luma.Height), (width, height)), new byte[height][]);
        for (var y = 0; y < height; y++) rows[y] = shrink.Row(glance, y).ToArray();
        return rows;
    }

    private static unsafe Glance Whole(Mat luma) => new((byte*)luma.Data, (nint)luma.Step(), luma.Width, luma.Height, channels: 1);
}
