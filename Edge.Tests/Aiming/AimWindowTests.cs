using Edge.Tests.Matching;
using Edge.Tests.Support;
using Edge.Vision;
using Edge.Vision.Aiming;
using Edge.Vision.Capture;
using Edge.Vision.Tracking;
using Microsoft.Extensions.Logging.Abstractions;
using OpenCvSharp;

namespace Edge.Tests.Aiming;

/// <summary>A technician sees where the road lies and how plates stand in the picture, and not what they say.</summary>
public sealed class AimWindowTests : IDisposable
{
    private static readonly string Clip = Path.Combine(AppContext.BaseDirectory, "clip", "street.mp4");

    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task No_plate_of_the_clip_can_be_read_in_its_aim_pictures_and_looking_changes_no_read()
    {
        var (unseen, none) = await ReadAsync(Clip, look: false);
        var (seen, views) = await ReadAsync(Clip, look: true);
        Assert.Empty(none);
        Assert.Equal(unseen, seen);
        Assert.InRange(views.Count, 30, 80); // four a second for 15.8 s
        Assert.All(views, view => Assert.InRange(Size(view).Width, 1, AimPicture.MostWidth));
        Assert.Equal(0, await ReadInAsync(views, unseen));

        var closest = views.Where(view => view.Figures.Now is not null).MaxBy(view => view.Figures.Now!.Height)!;
        Assert.InRange(closest.Figures.Now!.Width, 120, 230); // the clip says 191
        Assert.InRange(closest.Figures.Minute!.Roll, -6, 6); // of one frame it may be further off: the pages judge by the middle of a minute
        Assert.InRange(closest.Figures.Now.Blur, 0.01, AimLimits.MostBlur);
        Assert.Contains(views, view => view.Figures.Unread > 0); // the gate is closed: each vehicle is one that was not read surely
    }

    [Fact]
    public async Task No_plate_of_real_scenes_can_be_read_in_their_aim_pictures()
    {
        var scenes = Shared.Need("data/scenes");
        var (known, readable, again, shown) = (0, 0, 0, 0);
        foreach (var labels in Directory.EnumerateFiles(scenes, "*.tsv").Order(StringComparer.Ordinal))
            foreach (var row in File.ReadLines(labels).Select(line => line.Split('\t'))
                .Where((row, i) => i % 3 == 0 && row is [_, _, _, _, _, { Length: > 3 }, ..]))
            {
                var picture = Path.Combine(labels[..^".tsv".Length], row[0]);
                if (!File.Exists(picture)) continue;
                known++;
                var (read, views) = await ReadAsync(picture, look: true);
                readable += read.Contains(row[5]) ? 1 : 0;
                shown += views.Count;
                again += await ReadInAsync(views, [row[5], .. read]);
            }
        TestContext.Current.SendDiagnosticMessage($"{known} scenes, {readable} read as they are, {again} in {shown} aim pictures");
        Assert.True(readable > known / 2 && shown > known / 2, $"{known} scenes, {readable} read, {shown} shown");
        Assert.Equal(0, again);
    }

    [Theory]
    [InlineData(45)]
    [InlineData(90)]
    public async Task However_the_camera_is_held_plates_are_painted_over(int degrees)
    {
        var scenes = Shared.Need("data/scenes");
        var (shown, bare) = (0, 0);
        foreach (var labels in Directory.EnumerateFiles(scenes, "*.tsv").Order(StringComparer.Ordinal))
            foreach (var row in File.ReadLines(labels).Skip(1).Select(line => line.Split('\t')).Where((row, i) => i % 6 == 0))
            {
                using var scene = Cv2.ImRead(Path.Combine(labels[..^".tsv".Length], row[0]));
                if (scene.Empty()) continue;
                var numbers = row[1..5].Select(text => float.Parse(text, System.Globalization.CultureInfo.InvariantCulture)).ToArray();
                using var turn = Cv2.GetRotationMatrix2D(new Point2f(scene.Width / 2f, scene.Height / 2f), degrees, 1);
                using var turned = new Mat();
                Cv2.WarpAffine(scene, turned, turn, scene.Size(), borderValue: Scalar.All(90));
                var (x, y) = (At(0, numbers), At(1, numbers));
                if (x < 20 || y < 20 || x > scene.Width - 20 || y > scene.Height - 20) continue; // turned out of the picture
                Assert.True(Cv2.ImWrite(_folder.File("turned.png"), turned));
                var (_, views) = await ReadAsync(_folder.File("turned.png"), look: true);
                shown++;
                bare += views is [var view, ..] && IsPainted(view, x / scene.Width, y / scene.Height) ? 0 : 1;

                double At(int line, float[] box) =>
                    turn.Get<double>(line, 0) * (box[0] + box[2] / 2) + turn.Get<double>(line, 1) * (box[1] + box[3] / 2) + turn.Get<double>(line, 2);
            }
        TestContext.Current.SendDiagnosticMessage($"turned {degrees}: {shown} scenes, {bare} plates not painted over");
        Assert.InRange(shown, 30, 100);
        Assert.InRange(bare, 0, 1); // looked at upright alone it is every second one at 90°
    }

    [Fact]
    public void What_the_detector_does_not_look_at_is_a_coarse_mosaic()
    {
        using var picture = new Mat(720, 1280, MatType.CV_8UC3, Scalar.All(90));
        for (var x = 0; x < 1280; x += 12) Cv2.Line(picture, new Point(x, 0), new Point(x, 719), Scalar.White, 5);
        using var drawn = Cv2.ImDecode(AimPicture.Draw(picture, new Rect(640, 0, 640, 720), []), ImreadModes.Grayscale);
        using var outside = new Mat(drawn, new Rect(4, 4, drawn.Width / 2 - 24, drawn.Height - 8));
        using var inside = new Mat(drawn, new Rect(drawn.Width / 2 + 8, 8, drawn.Width / 2 - 16, drawn.Height - 16));
        Assert.True(Contrast(outside) < Contrast(inside) / 3, $"{Contrast(outside)} outside, {Contrast(inside)} inside");
    }

    [Fact]
    public async Task A_plate_that_the_detector_loses_for_a_moment_stays_painted_over()
    {
        var window = new AimWindow();
        await using var views = window.WatchAsync(Cancel).GetAsyncEnumerator(Cancel);
        var next = views.MoveNextAsync().AsTask();
        await Eventually.True(() => window.IsOpen, "somebody looks");
        var plate = new Edge.Vision.Detection.PlateDetection(new(600, 300, 720, 330), 0.9f);
        window.Show(Striped(0), Whole, [plate], _ => true);
        Assert.True(await next);
        next = views.MoveNextAsync().AsTask();
        window.Show(Striped(0.25), Whole, [], _ => true);
        Assert.True(await next);
        Assert.True(IsPainted(views.Current));
        Assert.Equal(0, views.Current.Figures.Plates);
        next = views.MoveNextAsync().AsTask();
        window.Show(Striped(2), Whole, [], _ => true);
        Assert.True(await next);
        Assert.False(IsPainted(views.Current));
    }

    [Fact]
    public async Task While_nobody_looks_nothing_is_drawn_and_whoever_comes_next_sees_nothing_of_before()
    {
        var window = new AimWindow();
        using (var frame = Striped(0)) Assert.False(window.Wants(frame, still: false));
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        await using (var views = window.WatchAsync(leaving.Token).GetAsyncEnumerator(leaving.Token))
        {
            var first = views.MoveNextAsync().AsTask();
            await Eventually.True(() => window.IsOpen, "somebody looks");
            window.Show(Striped(0), Whole, [new(new(600, 300, 720, 330), 0.9f)], _ => true);
            window.Passed(TimeSpan.Zero, read: true);
            Assert.True(await first);
        }
        Assert.False(window.IsOpen);
        await using var later = window.WatchAsync(Cancel).GetAsyncEnumerator(Cancel);
        var next = later.MoveNextAsync().AsTask();
        await Eventually.True(() => window.IsOpen, "somebody looks again");
        window.Show(Striped(1), Whole, [], _ => true);
        Assert.True(await next);
        Assert.Equal((0, 0, null), (later.Current.Figures.Reads, later.Current.Figures.FramesWithPlate, later.Current.Figures.Minute));
    }

    private static Rect Whole => new(0, 0, 1280, 720);

    private static Frame Striped(double seconds)
    {
        var picture = new Mat(720, 1280, MatType.CV_8UC3, Scalar.All(200));
        for (var x = 0; x < 1280; x += 8) Cv2.Line(picture, new Point(x, 0), new Point(x, 719), Scalar.Black, 2);
        return new Frame(picture, 0, TimeSpan.FromSeconds(seconds), Lists.Now.AddSeconds(seconds));
    }

    private static bool IsPainted(AimView view, double x = 660.0 / 1280, double y = 315.0 / 720)
    {
        using var picture = Cv2.ImDecode(view.Jpeg, ImreadModes.Color);
        var middle = picture.At<Vec3b>((int)(y * picture.Height), (int)(x * picture.Width));
        return middle.Item0 > middle.Item2 + 60; // blue
    }

    private static Size Size(AimView view)
    {
        using var picture = Cv2.ImDecode(view.Jpeg, ImreadModes.Color);
        return picture.Size();
    }

    private static double Contrast(Mat grey)
    {
        Cv2.MeanStdDev(grey, out _, out var deviation);
        return deviation.Val0;
    }

    /// <summary>What a pipeline reads in a source, sure or not, and what was to be seen meanwhile.</summary>
    private static async Task<(List<string> Read, List<AimView> Views)> ReadAsync(string path, bool look)
    {
        using var pipeline = PlatePipeline.Open(Repository.Models, new PipelineOptions { Gate = ReadGate.Closed, MinimumPlateHeight = 8 });
        await using var source = CameraSources.Open(new CameraOptions("camera", path), TimeProvider.System, NullLogger.Instance);
        var views = new List<AimView>();
        using var over = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var looking = look ? LookAsync(pipeline.Aim, views, over.Token) : Task.CompletedTask;
        if (look) await Eventually.True(() => pipeline.Aim.IsOpen, "somebody looks");
        var read = new List<string>();
        await foreach (var passage in pipeline.ReadAsync(source, Cancel))
        {
            using (passage) read.Add(System.Text.Encoding.ASCII.GetString(passage.Plate.Ascii));
            if (look && source.IsStill) await Eventually.True(() => views.Count > 0, "the picture");
        }
        await over.CancelAsync();
        await looking;
        return (read, views);
    }

    private static async Task LookAsync(AimWindow window, List<AimView> views, CancellationToken cancel)
    {
        try
        {
            await foreach (var view in window.WatchAsync(cancel)) views.Add(view);
        }
        catch (OperationCanceledException)
        {
            // Looked long enough.
        }
    }

    /// <summary>How many of these texts our own reader finds in the pictures, enlarged as whoever wants to read them would.</summary>
    private async Task<int> ReadInAsync(IReadOnlyList<AimView> views, IReadOnlyCollection<string> texts)
    {
        var found = 0;
        foreach (var view in views)
        {
            using var small = Cv2.ImDecode(view.Jpeg, ImreadModes.Color);
            using var large = new Mat();
            Cv2.Resize(small, large, default, 3, 3, InterpolationFlags.Cubic);
            Assert.True(Cv2.ImWrite(_folder.File("aim.png"), large));
            var (read, _) = await ReadAsync(_folder.File("aim.png"), look: false);
            found += read.Count(texts.Contains);
        }
        return found;
    }
}
