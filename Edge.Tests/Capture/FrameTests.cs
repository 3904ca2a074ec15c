using Edge.Vision.Capture;
using OpenCvSharp;

namespace Edge.Tests.Capture;

/// <summary>A frame's pixels are its own until it is given back, and then nobody's of its turn.</summary>
public sealed class FrameTests : IDisposable
{
    private readonly FramePool _pool = new();

    [Fact]
    public void A_frame_given_back_twice_does_not_give_back_the_next_one()
    {
        var first = Rent(0);
        first.Dispose();
        var second = Rent(1);
        first.Dispose();
        Assert.Equal(1, _pool.Lent);
        Assert.False(second.Pixels.IsDisposed);
        second.Dispose();
        Assert.Equal(0, _pool.Lent);
    }

    [Fact]
    public void Of_a_frame_that_was_given_back_no_pixel_can_be_asked_for()
    {
        var first = Rent(0);
        first.Dispose();
        using var second = Rent(1);
        Assert.Throws<ObjectDisposedException>(() => first.Pixels);
        Assert.Throws<ObjectDisposedException>(() => first.Colour);
        Assert.Equal(64, second.Width);
    }

    [Fact]
    public void Its_buffer_is_wiped_when_it_is_given_back()
    {
        var frame = Rent(0);
        var pixels = frame.Pixels;
        pixels.SetTo(Scalar.All(200));
        frame.Dispose();
        Assert.Equal(0, Cv2.Norm(pixels));
    }

    [Fact]
    public void The_same_frame_of_another_moment_is_given_back_once()
    {
        var frame = Rent(7);
        var later = frame.At(TimeSpan.FromSeconds(3));
        Assert.Equal((7, TimeSpan.FromSeconds(3)), (later.Index, later.Position));
        later.Dispose();
        frame.Dispose();
        Assert.Equal(0, _pool.Lent);
        Assert.Throws<ObjectDisposedException>(() => frame.Pixels);
    }

    [Fact]
    public void A_part_that_reaches_beyond_it_is_refused()
    {
        using var frame = Rent(0);
        Assert.Throws<ArgumentOutOfRangeException>(() => { _ = frame.Glance(new Rect(1, 0, 64, 48)); });
        Assert.Throws<ArgumentOutOfRangeException>(() => { _ = frame.Glance(new Rect(0, 0, 64, 48)).Row(48); });
    }

    [Fact]
    public void A_glance_shows_the_rows_of_its_part()
    {
        using var frame = Rent(0);
        for (var y = 0; y < 48; y++) Cv2.Line(frame.Pixels, new Point(0, y), new Point(63, y), Scalar.All(y));
        var glance = frame.Glance(new Rect(10, 5, 20, 30));
        Assert.Equal((20, 30, 1), (glance.Width, glance.Height, glance.Channels));
        Assert.Equal(Enumerable.Repeat((byte)12, 20), glance.Row(7).ToArray());
    }

    [Theory]
    [InlineData(1, 126, 128.1)]
    [InlineData(3, 126, 126.0)]
    public void How_bright_it_is_is_told_from_0_to_255(int channels, int level, double bright)
    {
        using var frame = new Frame(new Mat(48, 64, channels == 1 ? MatType.CV_8UC1 : MatType.CV_8UC3, Scalar.All(level)), 0, TimeSpan.Zero, default);
        Assert.Equal(bright, frame.Glance(new Rect(0, 0, 64, 32)).Brightness(), 0.1);
    }

    public void Dispose() => _pool.Dispose();

    private Frame Rent(long index) => new(_pool.RentPlanar(64, 48), index, TimeSpan.Zero, DateTimeOffset.UnixEpoch, _pool);
}
