using System.Reflection;
using Edge.Tests.Onnx;
using Edge.Tests.Support;
using Edge.Vision.Detection;
using Edge.Vision.Onnx;
using Edge.Vision.Recognition;
using OpenCvSharp;

namespace Edge.Tests.Recognition;

public sealed class PlateReaderTests
{
    private static readonly RecogniserManifest Shipped = ModelManifest.Load(Repository.Models).Recogniser;

    [Theory]
    [InlineData(null, 3)]  // all at once
    [InlineData(1e-9f, 1)] // sure enough with the first crop
    [InlineData(1f, 3)]    // never sure enough
    public void A_second_look_is_taken_only_where_the_first_does_not_suffice(float? below, long crops)
    {
        using var reader = PlateReader.Open(Repository.Models, Shipped with { SecondLook = below, Grow = [0.01f, -0.03f, 0.05f], Hidden = null }, threads: 1);
        Read(reader, new PlateDetection(new PixelBox(20, 20, 180, 60), 1));
        Assert.Equal((1, crops), reader.Looks);
    }

    [Fact]
    public void All_looks_together_read_what_one_batch_reads()
    {
        using var together = PlateReader.Open(Repository.Models, Shipped with { SecondLook = null }, threads: 1);
        using var apart = PlateReader.Open(Repository.Models, Shipped with { SecondLook = 1 }, threads: 1);
        var plate = new PlateDetection(new PixelBox(20, 20, 180, 60), 1);
        Assert.Equal(Read(together, plate), Read(apart, plate));
    }

    [Theory]
    [InlineData(null)]
    [InlineData(1f)]
    public void What_is_hidden_is_looked_for_in_a_crop_of_its_own_that_does_not_vote(float? below)
    {
        var model = Shipped with { SecondLook = below, Grow = [0, -0.03f, 0.05f] };
        using var reader = PlateReader.Open(Repository.Models, model with { Hidden = null }, threads: 1);
        using var looking = PlateReader.Open(Repository.Models, model with { Hidden = Shipped.Hidden! with { Grow = 0.5f } }, threads: 1);
        var plate = new PlateDetection(new PixelBox(20, 20, 180, 60), 1);
        Assert.Equal(Read(reader, plate), Read(looking, plate));
        Assert.Equal((1, reader.Looks.Crops + 1), looking.Looks);
        Assert.True(looking.Reach(plate).Width > 1.9f * plate.Box.Width);
    }

    [Theory]
    [InlineData(null, null, false)]
    [InlineData(0.5f, null, true)]
    [InlineData(null, 1f, false)]
    [InlineData(0.5f, 1f, true)]
    public void That_crop_alone_says_whether_a_part_is_hidden(float? grow, float? below, bool part)
    {
        using var folder = new TemporaryFolder();
        using var reader = PlateReader.Open(folder.Path, BrightnessModel.In(folder, grow) with { SecondLook = below }, threads: 1);
        using var picture = new Mat(200, 400, MatType.CV_8UC3, Scalar.White);
        var box = new PixelBox(100, 70, 300, 130);
        Cv2.Rectangle(picture, new Rect(90, 60, 220, 80), Scalar.Black, -1); // a dark plate in bright surroundings
        using var reading = new Reading();
        reader.Read(picture, new PlateDetection(box, 1), reading);
        Assert.Equal(part, reading.IsPart);
    }

    [Fact]
    public void A_plate_askew_reads_straightened_as_it_reads_upright()
    {
        using var reader = PlateReader.Open(Repository.Models, Shipped with { Straighten = true }, threads: 1);
        using var picture = Plate();
        using var turned = new Mat();
        using var map = Cv2.GetRotationMatrix2D(new Point2f(100, 40), -15, 1); // positive is counter-clockwise to OpenCV
        Cv2.WarpAffine(picture, turned, map, picture.Size(), InterpolationFlags.Linear, BorderTypes.Replicate);
        var box = new PixelBox(20, 20, 180, 60);
        var (sin, cos) = MathF.SinCos(15 * MathF.PI / 180);
        (float X, float Y) At(float x, float y) => (100 + (x - 100) * cos - (y - 40) * sin, 40 + (x - 100) * sin + (y - 40) * cos);
        var (a, b, c, d) = (At(20, 20), At(180, 20), At(180, 60), At(20, 60));
        var corners = new PlateCorners(a.X, a.Y, b.X, b.Y, c.X, c.Y, d.X, d.Y);
        Assert.Equal(Text(reader, picture, new PlateDetection(box, 1)), Text(reader, turned, new PlateDetection(corners.Around, 1, corners)));
    }

    [Fact]
    public void A_model_that_gives_scores_for_probabilities_reads_nothing()
    {
        using var folder = new TemporaryFolder();
        using var reader = PlateReader.Open(folder.Path, ScoreModel.In(folder), threads: 1);
        Assert.Equal(("", 0f), Read(reader, new PlateDetection(new PixelBox(20, 20, 180, 60), 1)));
    }

    [Theory]
    [InlineData(null)]
    [InlineData(1f)]
    public void Of_a_plate_that_was_read_no_pixel_stays(float? below)
    {
        using var reader = PlateReader.Open(Repository.Models, Shipped with { SecondLook = below }, threads: 1);
        Read(reader, new PlateDetection(new PixelBox(20, 20, 180, 60), 1));
        var buffers = typeof(PlateReader).GetFields(BindingFlags.Instance | BindingFlags.NonPublic).Select(field => field.GetValue(reader)).ToList();
        Assert.All(buffers.OfType<InputTensor>(), buffer => Assert.False(buffer.Value.GetTensorDataAsSpan<byte>().ContainsAnyExcept((byte)0)));
        Assert.All(buffers.OfType<Mat>().Where(mat => mat.Type() == MatType.CV_8UC3), mat => Assert.Equal(0, Cv2.Norm(mat)));
        Assert.Equal(below is null ? 1 : 2, buffers.OfType<InputTensor>().Count());
    }

    [Fact]
    public void A_second_look_that_fails_leaves_no_vote_for_the_next_plate()
    {
        var failed = false;
        var model = Shipped with { SecondLook = 1 };
        using var reader = PlateReader.Open(Repository.Models, model, threads: 1, (_, second, _) =>
        {
            if (!second || failed) return;
            failed = true;
            throw new InvalidOperationException("a test's");
        });
        using var fresh = PlateReader.Open(Repository.Models, model, threads: 1);
        var (one, other) = (new PlateDetection(new PixelBox(20, 20, 180, 60), 1), new PlateDetection(new PixelBox(60, 10, 200, 70), 1));
        Assert.Throws<InvalidOperationException>(() => Read(reader, one));
        Assert.Equal(Read(fresh, other), Read(reader, other));
    }

    [Fact]
    public void A_witness_is_told_of_which_look_a_crop_is()
    {
        var looks = new List<bool>();
        using var reader = PlateReader.Open(Repository.Models, Shipped with { SecondLook = 1, Grow = [0, -0.03f, 0.05f] }, threads: 1, (head, second, _) =>
        {
            if (head == 0) looks.Add(second);
        });
        Read(reader, new PlateDetection(new PixelBox(20, 20, 180, 60), 1));
        Assert.Equal([false, true, true], looks);
    }

    private static (string Text, float Evidence) Read(PlateReader reader, PlateDetection plate)
    {
        using var picture = Plate();
        using var reading = new Reading();
        reader.Read(picture, plate, reading);
        return (Readings.TextOf(reading), MathF.Round(reading.Evidence, 4));
    }

    private static string Text(PlateReader reader, Mat picture, PlateDetection plate)
    {
        using var reading = new Reading();
        reader.Read(picture, plate, reading);
        return Readings.TextOf(reading);
    }

    private static Mat Plate()
    {
        var picture = new Mat(80, 200, MatType.CV_8UC3, Scalar.DarkGray);
        Cv2.Rectangle(picture, new Rect(20, 20, 160, 40), Scalar.White, -1);
        Cv2.PutText(picture, "HK472XT", new Point(28, 52), HersheyFonts.HersheySimplex, 1.05, Scalar.Black, 3, LineTypes.AntiAlias);
        return picture;
    }
}
