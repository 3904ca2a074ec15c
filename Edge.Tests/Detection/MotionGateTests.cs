using Edge.Vision.Capture;
using Edge.Vision.Detection;
using OpenCvSharp;

namespace Edge.Tests.Detection;

/// <summary>A street in which nothing moves is looked at once a second, and what moves is seen at once.</summary>
public sealed class MotionGateTests : IDisposable
{
    private readonly MotionGate _gate = new();
    private readonly List<Mat> _pictures = [];

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Nothing_moved_until_a_heartbeat_is_over(int channels)
    {
        var street = Street(channels);
        Assert.True(Opens(street, 0));
        Assert.False(Opens(street, 0.5));
        Assert.False(Opens(street, 0.99));
        Assert.True(Opens(street, 1));
        Assert.False(Opens(street, 1.99));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_thing_as_large_as_two_cells_is_seen(int channels)
    {
        var before = Street(channels);
        var after = With(before, new Rect(400, 300, 40, 20), 130); // two cells of 20 × 20
        Assert.True(Opens(before, 0));
        Assert.True(Opens(after, 0.1));
        Assert.False(Opens(after, 0.2));
        Assert.True(Opens(before, 0.3));
    }

    [Fact]
    public void A_single_cell_is_noise()
    {
        var street = Street(1);
        Assert.True(Opens(street, 0));
        Assert.False(Opens(With(street, new Rect(400, 300, 20, 20), 255), 0.1));
    }

    [Fact]
    public void Noise_of_every_pixel_is_none()
    {
        var street = Street(1);
        using var noise = new Mat(street.Size(), street.Type());
        Cv2.Randu(noise, Scalar.All(0), Scalar.All(12));
        var noisy = Keep(new Mat());
        Cv2.Add(street, noise, noisy);
        Assert.True(Opens(street, 0));
        Assert.False(Opens(noisy, 0.1));
    }

    [Fact]
    public void What_moves_slowly_is_compared_with_when_it_was_last_looked_at()
    {
        Assert.True(Opens(Street(1, 100), 0));
        Assert.False(Opens(Street(1, 104), 0.1));
        Assert.False(Opens(Street(1, 108), 0.2));
        Assert.True(Opens(Street(1, 112), 0.3)); // studio range: 12 levels are 14
    }

    [Fact]
    public void A_picture_of_another_width_is_another_picture()
    {
        Assert.True(Opens(Street(1), 0));
        Assert.True(Opens(Keep(new Mat(480, 640, MatType.CV_8UC1, Scalar.All(100))), 0.1));
    }

    [Fact]
    public void A_part_smaller_than_the_cells_is_watched_too()
    {
        var small = Keep(new Mat(5, 9, MatType.CV_8UC1, Scalar.All(100)));
        Assert.True(Opens(small, 0));
        Assert.False(Opens(small, 0.1));
        Assert.True(Opens(With(small, new Rect(2, 2, 1, 1), 200), 0.2));
    }

    public void Dispose()
    {
        foreach (var picture in _pictures) picture.Dispose();
    }

    private Mat Street(int channels, int level = 100) => Keep(new Mat(720, 1280, channels == 1 ? MatType.CV_8UC1 : MatType.CV_8UC3, Scalar.All(level)));

    private Mat With(Mat street, Rect where, int level)
    {
        var changed = Keep(street.Clone());
        Cv2.Rectangle(changed, where, Scalar.All(level), thickness: -1);
        return changed;
    }

    private Mat Keep(Mat picture)
    {
        _pictures.Add(picture);
        return picture;
    }

    private unsafe bool Opens(Mat picture, double seconds) =>
        _gate.Opens(new Glance((byte*)picture.Data, (nint)picture.Step(), picture.Width, picture.Height, picture.Channels()), TimeSpan.FromSeconds(seconds));
}
