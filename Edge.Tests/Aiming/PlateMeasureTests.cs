using Edge.Tests.Support;
using Edge.Vision.Aiming;
using Edge.Vision.Detection;
using OpenCvSharp;

namespace Edge.Tests.Aiming;

/// <summary>How a plate stands in a picture, in numbers that tell a technician what to turn.</summary>
public sealed class PlateMeasureTests
{
    private static readonly PixelBox Plate = new(100, 100, 300, 142);

    [Fact]
    public void A_crisp_plate_passes_and_the_more_it_is_smeared_the_wider_its_edges()
    {
        var widths = new[] { 1, 3, 7, 15, 25 }.Select(smear => Measure(picture => Cv2.Blur(picture, picture, new Size(smear, 1))).Blur).ToList();
        Assert.Equal(widths.Order(), widths);
        Assert.True(widths[0] <= AimLimits.MostBlur, $"{widths[0]}");
        Assert.True(widths[^1] > AimLimits.MostBlur, $"{widths[^1]}");
    }

    [Fact]
    public void A_dark_plate_and_a_blown_out_one_are_told_apart()
    {
        var dark = Measure(picture => picture.ConvertTo(picture, -1, 0.25));
        Assert.True(dark.Brightness < AimLimits.LeastBrightness && dark.Contrast < AimLimits.LeastContrast);
        var blown = Measure(picture => picture.ConvertTo(picture, -1, 3, 120));
        Assert.True(blown.Blown > AimLimits.MostBlown);
        var good = Measure(_ => { });
        Assert.True(good.Brightness >= AimLimits.LeastBrightness && good.Contrast >= AimLimits.LeastContrast && good.Blown <= AimLimits.MostBlown);
    }

    [Theory]
    [InlineData(2.0, 0)]      // North America, seen straight
    [InlineData(1.73, 30)]    // turned away
    [InlineData(4.73, 0)]     // Europe
    [InlineData(4.1, 30)]
    [InlineData(3.08, 0)]     // Mercosur
    [InlineData(1.0, 60)]
    [InlineData(5.2, 0)]      // wider than any: corners that are a little off
    public void Yaw_is_the_least_that_a_plate_of_a_known_shape_must_be_turned(double shape, double degrees) =>
    Assert.InRange(PlateMeasure.Yaw(shape), degrees - 2, degrees + 2);

    [Fact]
    public void A_leaning_plate_is_measured_by_its_corners()
    {
        using var picture = Drawn();
        var leaning = new PlateDetection(Plate, 0.9f, new PlateCorners(100, 100, 300, 121, 296, 163, 96, 142));
        var figures = PlateMeasure.Of(picture, leaning)!;
        Assert.InRange(figures.Roll, 5.5, 6.5);
        Assert.InRange(figures.Height, 41, 43);
    }

    [Fact]
    public void A_plate_outside_the_picture_is_not_measured()
    {
        using var picture = Drawn();
        Assert.Null(PlateMeasure.Of(picture, new PlateDetection(new PixelBox(-50, -50, -10, -20), 0.9f)));
    }

    [Fact]
    public void Without_a_plate_nothing_is_judged()
    {
        var checks = AimLimits.Judge(new AimFigures { Width = 1280, Height = 720, Brightness = 80, Plates = 0 });
        Assert.Equal(Enum.GetValues<AimQuality>(), checks.Select(check => check.Quality));
        Assert.All(checks, check => Assert.Null(check.Passes));
    }

    [Theory]
    [InlineData(24, 0.1, 5, 30, true)]
    [InlineData(23, 0.1, 5, 30, false)]
    [InlineData(24, 0.2, 5, 30, false)]
    [InlineData(24, 0.1, -6, 30, false)]
    [InlineData(24, 0.1, 5, 31, false)]
    public void A_camera_is_judged_by_named_limits(double height, double blur, double roll, double yaw, bool good)
    {
        var figures = new AimFigures
        {
            Width = 1280, Height = 720, Brightness = 80, Plates = 1, FramesWithPlate = 1, Reads = 9, Unread = 1,
            Minute = new PlateFigures(height, 4 * height, blur, 180, 120, 0.01, roll, yaw),
        };
        Assert.Equal(good, AimLimits.Judge(figures).All(check => check.Passes is true));
    }

    [Fact]
    public void Of_more_vehicles_than_can_be_counted_the_share_is_judged_all_the_same()
    {
        var figures = new AimFigures { Width = 1280, Height = 720, Brightness = 80, Plates = 1, FramesWithPlate = 1, Reads = int.MaxValue,
            Unread = int.MaxValue };
        Assert.Equal((0.5, false), AimLimits.Judge(figures).Where(check => check.Quality == AimQuality.Reads)
            .Select(check => (check.Value, check.Passes)).Single());
    }

    private static PlateFigures Measure(Action<Mat> spoil)
    {
        using var picture = Drawn();
        spoil(picture);
        return PlateMeasure.Of(picture, new PlateDetection(Plate, 0.9f))!;
    }

    // Strokes as wide as a plate's of this height: bars of four pixels, eight apart.
    private static Mat Drawn()
    {
        Edge.Vision.Capture.OpenCv.Prepare();
        var picture = new Mat(300, 400, MatType.CV_8UC3, Scalar.All(60));
        Cv2.Rectangle(picture, new Rect(100, 100, 200, 42), Scalar.All(200), -1);
        for (var x = 112; x < 290; x += 12) Cv2.Rectangle(picture, new Rect(x, 108, 4, 26), Scalar.All(30), -1);
        return picture;
    }
}
