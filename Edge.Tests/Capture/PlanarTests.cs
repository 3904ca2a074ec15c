using Edge.Vision.Capture;
using Edge.Vision.Detection;
using Edge.Vision.Recognition;
using OpenCvSharp;

namespace Edge.Tests.Capture;

/// <summary>A film's pictures stay as the decoder has them; only what is read is made coloured, and it is as if all had been.</summary>
public sealed class PlanarTests
{
    private const int Width = 64, Height = 48;

    [Fact]
    public void A_part_in_colour_is_the_same_as_that_part_of_the_whole()
    {
        using var frame = new Frame(Picture(), 0, TimeSpan.Zero, DateTimeOffset.UnixEpoch);
        Assert.Equal((Width, Height), (frame.Width, frame.Height));
        using var patches = new PlatePatch();
        var examined = new Rect(5, 3, 50, 41);
        var patch = patches.Take(frame, examined, new PixelBox(7.4f, 5.2f, 20.8f, 15.1f), new PixelBox(9, 4, 19, 16), out var origin);
        Assert.Equal(new Point(4, 1), origin);
        using var same = new Mat(frame.Colour, new Rect(examined.X + origin.X, examined.Y + origin.Y, patch.Width, patch.Height));
        Assert.Equal(0, Cv2.Norm(patch, same));
    }

    [Fact]
    public void A_patch_ends_where_the_examined_part_ends()
    {
        using var frame = new Frame(Picture(), 0, TimeSpan.Zero, DateTimeOffset.UnixEpoch);
        using var patches = new PlatePatch();
        var patch = patches.Take(frame, new Rect(5, 3, 50, 41), new PixelBox(-9, -9, 90, 90), new PixelBox(0, 0, 1, 1), out var origin);
        Assert.Equal((new Point(0, 0), new Size(50, 41)), (origin, patch.Size()));
    }

    [Fact]
    public void Colours_are_where_they_were()
    {
        using var bgr = new Mat(Height, Width, MatType.CV_8UC3, new Scalar(30, 60, 200));
        Cv2.Rectangle(bgr, new Rect(20, 10, 16, 8), new Scalar(200, 90, 40), thickness: -1);
        using var frame = new Frame(Of(bgr), 0, TimeSpan.Zero, DateTimeOffset.UnixEpoch);
        Assert.True(Cv2.Norm(frame.Colour, bgr, NormTypes.INF) <= 4);
    }

    [Fact]
    public void A_frame_that_is_given_back_leaves_no_pixel_in_colour()
    {
        var frame = new Frame(Picture(), 0, TimeSpan.Zero, DateTimeOffset.UnixEpoch);
        using var kept = new Mat(frame.Colour, new Rect(0, 0, Width, Height)); // holds the memory, not its content
        Assert.NotEqual(0, Cv2.Norm(kept));
        frame.Dispose();
        Assert.Equal(0, Cv2.Norm(kept));
    }

    [Fact]
    public void Grey_levels_of_studio_range_are_spread()
    {
        using var luma = new Mat(1, 5, MatType.CV_8UC1);
        foreach (var (i, level) in new byte[] { 0, 16, 126, 235, 255 }.Index()) luma.Set(0, i, level);
        Planar.Spread(luma);
        Assert.Equal([0, 0, 128, 255, 255], Enumerable.Range(0, 5).Select(i => (int)luma.Get<byte>(0, i)));
        Assert.Equal(255, Planar.Spread(235.0));
    }

    private static Mat Picture()
    {
        using var bgr = new Mat(Height, Width, MatType.CV_8UC3);
        Cv2.Randu(bgr, Scalar.All(0), Scalar.All(255));
        return Of(bgr);
    }

    /// <summary>As ffmpeg lays it out: OpenCV's two planes of colour, one below the other, stand side by side.</summary>
    private static Mat Of(Mat bgr)
    {
        using var planes = new Mat();
        Cv2.CvtColor(bgr, planes, ColorConversionCodes.BGR2YUV_I420);
        var picture = planes.Clone();
        var colours = new byte[Width * Height / 2];
        System.Runtime.InteropServices.Marshal.Copy(planes.Ptr(Height), colours, 0, colours.Length);
        for (var row = 0; row < Height / 2; row++)
        for (var column = 0; column < Width / 2; column++)
        {
            picture.Set(Height + row, column, colours[row * Width / 2 + column]);
            picture.Set(Height + row, Width / 2 + column, colours[Width * Height / 4 + row * Width / 2 + column]);
        }
        return picture;
    }
}
