using CsCheck;
using Edge.Vision.Detection;
using Edge.Vision.Recognition;

namespace Edge.Tests.Recognition;

public sealed class PlateCutTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(-3)]
    [InlineData(60)]
    public void A_plate_that_stands_straight_or_whose_corners_slipped_is_cut_upright(float degrees)
    {
        var plate = Turned(100, 25, degrees);
        Assert.Equal(PlateCut.Upright(plate.Box), PlateCut.Along(plate));
    }

    [Fact]
    public void Without_corners_the_cut_is_upright() =>
        Assert.Equal(PlateCut.Upright(new PixelBox(10, 20, 110, 45)), PlateCut.Along(new PlateDetection(new PixelBox(10, 20, 110, 45), 1)));

    [Fact]
    public void A_plate_askew_is_cut_along_its_tilt() => Gen.Select(Gen.Float[60, 300], Gen.Float[15, 60], Gen.Float[5, 30], Gen.Bool)
        .Sample((width, height, degrees, left) =>
        {
            var cut = PlateCut.Along(Turned(width, height, left ? -degrees : degrees));
            Assert.Equal((left ? -degrees : degrees) * MathF.PI / 180, cut.Tilt, 1e-3f);
            Assert.Equal(width, cut.Width, width * 0.02f);
            Assert.Equal(height, cut.Height, height * 0.02f);
        });

    [Fact]
    public void The_corners_of_a_crop_lie_on_the_corners_of_the_plate()
    {
        var plate = Turned(120, 30, 20);
        var map = PlateCut.Along(plate).FromCrop(128, 64);
        // The first pixel's outer corner is half a pixel before its centre; a picture's pixel centres lie at half pixels.
        var (x, y) = (map.A * -0.5 + map.B * -0.5 + map.C + 0.5, map.D * -0.5 + map.E * -0.5 + map.F + 0.5);
        Assert.Equal(plate.Corners!.Value.TopLeftX, x, 0.5);
        Assert.Equal(plate.Corners!.Value.TopLeftY, y, 0.5);
    }

    [Fact]
    public void One_corner_that_slipped_turns_the_cut_by_half_as_much()
    {
        var corners = Turned(120, 30, 10).Corners!.Value with { TopLeftY = Turned(120, 30, 10).Corners!.Value.TopLeftY + 6 };
        Assert.InRange(corners.Tilt * 180 / MathF.PI, 7, 10);
    }

    private static PlateDetection Turned(float width, float height, float degrees)
    {
        var (sin, cos) = MathF.SinCos(degrees * MathF.PI / 180);
        (float X, float Y) At(float x, float y) => (200 + x * cos - y * sin, 150 + x * sin + y * cos);
        var (a, b, c, d) = (At(-width / 2, -height / 2), At(width / 2, -height / 2), At(width / 2, height / 2), At(-width / 2, height / 2));
        var corners = new PlateCorners(a.X, a.Y, b.X, b.Y, c.X, c.Y, d.X, d.Y);
        return new PlateDetection(corners.Around, 0.9f, corners);
    }
}
