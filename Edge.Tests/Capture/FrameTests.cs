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

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_glance_shows_the_bytes_of_its_part(int channels)
    {
        using var frame = new Frame(Numbered(channels), 0, TimeSpan.Zero, default);
        var glance = frame.Glance(new Rect(10, 5, 20, 20));
        Assert.Equal((20, 20, channels), (glance.Width, glance.Height, glance.Channels));
        Assert.Equal(Enumerable.Range(0, 20 * channels).Select(i => Number(10 + i / channels, 12, i % channels)), glance.Row(7).ToArray());
    }

    [Fact]
    public void How_bright_luma_is_is_told_from_0_to_255()
    {
        using var frame = new Frame(new Mat(48, 64, MatType.CV_8UC1, Scalar.All(126)), 0, TimeSpan.Zero, default);
        Assert.Equal(128.1, frame.Glance(new Rect(0, 0, 64, 32)).Brightness(), 0.1);
    }

    [Fact]
    public void Green_is_brighter_than_red_and_red_than_blue()
    {
        using var frame = new Frame(new Mat(48, 64, MatType.CV_8UC3, new Scalar(10, 100, 50)), 0, TimeSpan.Zero, default);
        Cv2.Rectangle(frame.Pixels, new Rect(0, 0, 64, 24), Scalar.Black, thickness: -1);
        Assert.Equal((1.14 + 58.7 + 14.95) / 2, frame.Glance(new Rect(0, 0, 64, 48)).Brightness(), 0.01);
    }

    [Fact]
    public void A_frame_has_its_own_colour_and_not_that_of_the_one_before()
    {
        var first = Rent(0);
        first.Pixels.SetTo(Scalar.All(200));
        Assert.NotEqual(0, Cv2.Norm(first.Colour));
        first.Dispose();
        using var second = Rent(1);
        second.Pixels.SetTo(Scalar.All(128));
        Assert.Equal(130, second.Colour.Get<Vec3b>(7, 7).Item1, 2.0); // green of a grey
    }

    public void Dispose() => _pool.Dispose();

    private Frame Rent(long index) => new(_pool.RentPlanar(64, 48), index, TimeSpan.Zero, DateTimeOffset.UnixEpoch, _pool);

    private static byte Number(int x, int y, int channel) => unchecked((byte)(x * 31 + y * 7 + channel * 101));

    private static unsafe Mat Numbered(int channels)
    {
        var pixels = new Mat(48, 64, channels == 1 ? MatType.CV_8UC1 : MatType.CV_8UC3);
        for (var y = 0; y < 48; y++)
        for (var x = 0; x < 64; x++)
        for (var channel = 0; channel < channels; channel++)
            ((byte*)pixels.Ptr(y))[x * channels + channel] = Number(x, y, channel);
        return pixels;
    }
}
