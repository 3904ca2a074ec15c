using CsCheck;
using Edge.Vision.Detection;
using Edge.Vision.Evaluation;
using OpenCvSharp;

namespace Edge.Tests.Evaluation;

public sealed class DegradationTests
{
    private static readonly Gen<(int Width, int Height, PixelBox Plate, uint Seed)> Scenes =
        Gen.Select(Gen.Int[200, 500], Gen.Int[160, 400], Gen.Int[40, 120], Gen.Int[26, 50], Gen.Double[0, 1], Gen.Double[0, 1], Gen.UInt,
            (width, height, plateWidth, plateHeight, x, y, seed) =>
            {
                var left = (int)(x * (width - plateWidth));
                var top = (int)(y * (height - plateHeight));
                return (width, height, new PixelBox(left, top, left + plateWidth, top + plateHeight), seed);
            });

    public static TheoryData<string> WithThePlateStillBright =>
        [.. Degradation.All.Select(one => one.Name).Where(name => name != "night" && !name.EndsWith("covered", StringComparison.Ordinal))];

    public static TheoryData<string> Every => [.. Degradation.All.Select(one => one.Name)];

    [Theory, MemberData(nameof(WithThePlateStillBright))]
    public void The_label_stays_on_the_plate(string name) => Scenes.Sample(scene =>
    {
        using var picture = White(scene.Width, scene.Height, scene.Plate);
        using var worse = picture.Degrade(Find(name), scene.Plate, scene.Seed, out var moved);
        Assert.NotNull(worse);
        var seen = BrightPart(worse);
        Assert.True(seen.Overlap(Within(moved, worse)) > 0.8f, $"{scene.Plate} in {scene.Width} × {scene.Height} became {seen}, said {moved}");
    }, iter: 25);

    [Theory, MemberData(nameof(Every))]
    public void The_same_seed_gives_the_same_pixels(string name)
    {
        var plate = new PixelBox(100, 90, 180, 122);
        using var picture = White(320, 200, plate);
        using var once = picture.Degrade(Find(name), plate, 7, out var here);
        using var again = picture.Degrade(Find(name), plate, 7, out var there);
        Assert.Equal(here, there);
        Assert.Equal(0, Cv2.Norm(once!.Pixels, again!.Pixels));
    }

    [Theory, MemberData(nameof(Every))]
    public void The_picture_it_was_made_from_is_left_alone(string name)
    {
        var plate = new PixelBox(100, 90, 180, 122);
        using var picture = White(320, 200, plate);
        using var before = picture.Pixels.Clone();
        using (picture.Degrade(Find(name), plate, 3, out _)) { }
        Assert.Equal(0, Cv2.Norm(before, picture.Pixels));
    }

    [Theory]
    [InlineData("plate 24 px high", 24)]
    [InlineData("plate 10 px high", 10)]
    public void A_scene_is_shrunk_until_its_plate_has_that_height(string name, int pixels)
    {
        using var picture = White(640, 480, new PixelBox(200, 200, 360, 240));
        using var small = picture.Degrade(Find(name), new PixelBox(200, 200, 360, 240), 1, out var moved);
        Assert.InRange(moved.Height, pixels - 0.1f, pixels + 0.1f);
        Assert.Equal(640 * pixels / 40, small!.Width);
    }

    [Fact]
    public void A_plate_that_is_smaller_already_stays_out()
    {
        using var picture = White(640, 480, new PixelBox(200, 200, 260, 216));
        Assert.Null(picture.Degrade(Find("plate 18 px high"), new PixelBox(200, 200, 260, 216), 1, out _));
    }

    [Fact]
    public void Night_is_dark_and_no_two_seeds_have_the_same_noise()
    {
        var plate = new PixelBox(100, 90, 180, 122);
        using var picture = White(320, 200, plate);
        using var night = picture.Degrade(Find("night"), plate, 1, out _);
        using var another = picture.Degrade(Find("night"), plate, 2, out _);
        Assert.InRange(Mean(night!, plate), 40, 90);
        Assert.InRange(Mean(night!, new PixelBox(0, 0, 60, 60)), 0, 25);
        Assert.NotEqual(0, Cv2.Norm(night!.Pixels, another!.Pixels));
    }

    [Fact]
    public void Motion_blur_keeps_the_light_and_spreads_an_edge_by_its_length()
    {
        using var picture = White(320, 200, new PixelBox(100, 90, 180, 122));
        using var blurred = picture.Degrade(Find("motion blur 9 px"), new PixelBox(100, 90, 180, 122), 2, out _);
        Assert.Equal(Mean(picture, picture.Whole), Mean(blurred!, blurred!.Whole), 0.2);
        var row = Enumerable.Range(0, 320).Select(x => blurred.Pixels.At<Vec3b>(106, x).Item0).ToList();
        Assert.Equal(9, row[..140].Count(level => level is > 42 and < 253), 1.1);
    }

    [Fact]
    public void Odd_and_even_seeds_turn_differently()
    {
        var map = Homography.Rotation(20, 100, 100);
        var (x, y) = map.Map(200, 100);
        Assert.Equal((193.97, 134.20), (Math.Round(x, 2), Math.Round(y, 2)));
        var plate = new PixelBox(100, 90, 180, 122);
        using var picture = White(320, 200, plate);
        using var left = picture.Degrade(Find("rotation 20°"), plate, 1, out _);
        using var right = picture.Degrade(Find("rotation 20°"), plate, 2, out _);
        Assert.NotEqual(0, Cv2.Norm(left!.Pixels, right!.Pixels));
    }

    [Theory]
    [InlineData(2, 110, 120)]
    [InlineData(1, 170, 104)]
    public void What_covers_a_fifth_of_a_plate_at_either_end_leaves_the_rest_as_it_was(uint seed, int hidden, int left)
    {
        var plate = new PixelBox(100, 90, 180, 122);
        using var picture = White(320, 200, plate);
        using var covered = picture.Degrade(Find("20 % of its width covered"), plate, seed, out _);
        using var rest = new Mat(covered!.Pixels, new Rect(left, 90, 56, 32));
        using var before = new Mat(picture.Pixels, new Rect(left, 90, 56, 32));
        Assert.Equal(0, Cv2.Norm(rest, before));
        Assert.Equal((90, 255), (covered.Pixels.At<Vec3b>(106, hidden).Item0, picture.Pixels.At<Vec3b>(106, hidden).Item0));
    }

    [Fact]
    public void Yaw_narrows_the_plate_by_the_cosine_and_keeps_its_place()
    {
        var plate = new PixelBox(300, 200, 400, 230);
        using var picture = White(640, 480, plate);
        using var turned = picture.Degrade(Find("yaw 40°"), plate, 1, out var moved);
        Assert.Equal(100 * Math.Cos(40 * Math.PI / 180), moved.Width, 1.0);
        Assert.Equal(plate.CentreX, moved.CentreX, 2.0);
        Assert.Equal(plate.CentreY, moved.CentreY, 1.0);
    }

    private static Degradation Find(string name) => Degradation.All.Single(one => one.Name == name);

    private static Specimen White(int width, int height, PixelBox plate)
    {
        var pixels = new Mat(height, width, MatType.CV_8UC3, Scalar.All(40));
        using var part = new Mat(pixels, new Rect((int)plate.Left, (int)plate.Top, (int)plate.Width, (int)plate.Height));
        part.SetTo(Scalar.All(255));
        return new Specimen(pixels);
    }

    private static PixelBox BrightPart(Specimen picture)
    {
        using var bright = new Mat();
        using var grey = new Mat();
        Cv2.CvtColor(picture.Pixels, grey, ColorConversionCodes.BGR2GRAY);
        Cv2.Threshold(grey, bright, 150, 255, ThresholdTypes.Binary);
        var box = Cv2.BoundingRect(bright);
        return new PixelBox(box.Left, box.Top, box.Right, box.Bottom);
    }

    private static PixelBox Within(PixelBox box, Specimen picture) => new(Math.Max(0, box.Left), Math.Max(0, box.Top),
        Math.Min(picture.Width, box.Right), Math.Min(picture.Height, box.Bottom));

    private static double Mean(Specimen picture, PixelBox box)
    {
        using var part = new Mat(picture.Pixels, new Rect((int)box.Left, (int)box.Top, (int)box.Width, (int)box.Height));
        return Cv2.Mean(part).Val0;
    }
}
