using Edge.Vision.Aiming;
using Edge.Vision.Detection;

namespace Edge.Tests.Aiming;

/// <summary>A detector that loses a plate for a moment does not bare it.</summary>
public sealed class AimMaskTests
{
    private readonly AimMask _mask = new();

    [Fact]
    public void What_is_found_is_painted_over_where_it_is_and_leaves_no_trail()
    {
        for (var step = 0; step < 5; step++) Assert.Equal([Plate(100 + 150 * step)], At(0.25 * step, Plate(100 + 150 * step)));
    }

    [Fact]
    public void What_is_lost_is_painted_over_where_it_was_and_where_it_goes_for_a_second()
    {
        At(0, Plate(100));
        At(0.25, Plate(200));
        foreach (var later in new[] { 0.5, 1.0, 1.25 })
        {
            var painted = Assert.Single(At(later));
            var there = Plate(200 + 400 * (float)(later - 0.25));
            Assert.True(painted.Left <= 200 && painted.Right >= there.Right && painted.Top < there.Top && painted.Bottom > there.Bottom, $"{later}: {painted}");
        }
        Assert.Empty(At(1.5));
    }

    [Fact]
    public void Two_plates_are_two()
    {
        At(0, Plate(100), Plate(900));
        Assert.Equal(2, At(0.25, Plate(110)).Count);
        _mask.Forget();
        Assert.Empty(At(0.5));
    }

    private IReadOnlyList<PixelBox> At(double seconds, params IReadOnlyList<PixelBox> found) => _mask.Next(TimeSpan.FromSeconds(seconds), found);

    private static PixelBox Plate(float left) => new(left, 300, left + 100, 325);
}
