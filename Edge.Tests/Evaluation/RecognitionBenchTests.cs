using System.Diagnostics;
using Edge.Agent.Evaluation;
using Edge.Tests.Support;
using Edge.Vision.Tracking;

namespace Edge.Tests.Evaluation;

public sealed class RecognitionBenchTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task Every_row_counts_the_same_plates_for_every_reader()
    {
        Copy("scenes/eu", "eu2.jpg");
        Copy("crops/us", "ak1165.jpg");
        File.WriteAllText(_folder.File("scenes/eu/broken.jpg"), "no picture");
        File.AppendAllText(_folder.File("scenes/eu.tsv"), "broken.jpg\t1\t2\t30\t8\tAB123CD\n");
        var steps = new List<BenchProgress>();
        using var first = await OpenAsync("first", isPeer: false);
        using var second = await OpenAsync("second", isPeer: true);
        var page = new FailurePage(["first", "second"]);

        var result = await new RecognitionBench(new BenchFolder(_folder.Path), [first, second], page, new Kept(steps))
            .RunAsync(BenchSets.Scenes | BenchSets.Crops | BenchSets.Degraded, TestContext.Current.CancellationToken);

        Assert.All(result.Rows.Chunk(2), pair =>
        {
            Assert.Equal((pair[0].Set, "first", "second"), (pair[1].Set, pair[0].Reader, pair[1].Reader));
            // The same models: the same reads, whoever comes first.
            Assert.Equal((pair[0].Tally.Plates, pair[0].Tally.Found, pair[0].Tally.Exact), (pair[1].Tally.Plates, pair[1].Tally.Found, pair[1].Tally.Exact));
        });
        Assert.Equal(["scenes/eu", "all scenes"], Sets(BenchSets.Scenes)[..2]);
        Assert.StartsWith("all scenes, plates ", Assert.Single(Sets(BenchSets.Scenes)[2..]), StringComparison.Ordinal);
        Assert.Equal(["crops/us"], Sets(BenchSets.Crops));
        Assert.Equal(12, Sets(BenchSets.Degraded).Count);
        Assert.Contains("broken.jpg", Assert.Single(result.Broken), StringComparison.Ordinal);
        Assert.Equal(new BenchProgress(3, 3, "crops/us"), steps[^1]);
        var failed = result.Rows.Where(row => row.Reader == "first" && (row.Kind is BenchSets.Degraded or BenchSets.Crops || row.Set == "scenes/eu"));
        Assert.Equal(failed.Sum(row => row.Tally.Plates - row.Tally.Exact), page.Count);

        List<string> Sets(BenchSets kind) => [.. result.Rows.Where(row => row.Kind == kind).Select(row => row.Set).Distinct()];
    }

    [Fact]
    public async Task Nothing_is_read_where_no_plate_is()
    {
        Directory.CreateDirectory(_folder.File("training/oid_plates_ccby"));
        Specimens.Blank(_folder.File("training/oid_plates_ccby/b94993a2d67b455e.jpg"));
        File.WriteAllText(_folder.File("training/oid_plates_ccby.tsv"), "file\tx\ty\twidth\theight\ttext\nb94993a2d67b455e.jpg\n");
        using var reader = await OpenAsync("ours", isPeer: false);
        var result = await new RecognitionBench(new BenchFolder(_folder.Path), [reader], null, new Kept([]))
            .RunAsync(BenchSets.All, TestContext.Current.CancellationToken);
        Assert.Empty(result.Rows);
        Assert.Equal([new PlateFreeRow("plate-free/oid_plates_ccby", "ours", 1, 0)], result.PlateFree);
    }

    [Fact]
    public async Task A_film_is_read_as_a_whole_and_frame_by_frame_and_a_broken_one_by_nobody()
    {
        await FilmAsync(Shared.Need("data/scenes/eu/eu2.jpg"), "parked.mp4", frames: 4);
        File.WriteAllText(_folder.File("broken.mp4"), "no film");
        var plate = File.ReadLines(Shared.Need("data/scenes/eu.tsv")).First(line => line.StartsWith("eu2.jpg\t", StringComparison.Ordinal)).Split('\t')[^1];
        File.WriteAllLines(_folder.File("passages.tsv"),
            ["file\ttext\tlight\tkm/h\tframes a second", $"broken.mp4\t{plate}\tday\t1\t5", $"parked.mp4\t{plate}\tday\t1\t5",
                "parked.mp4\tAB123CD\tday\t1\t5"]);
        using var reader = await OpenAsync("ours", isPeer: false);

        var result = await new RecognitionBench(new BenchFolder(_folder.Path) { Passages = _folder.Path }, [reader], null, new Kept([]))
            .RunAsync(BenchSets.Passages, TestContext.Current.CancellationToken);

        Assert.Contains("broken.mp4", Assert.Single(result.Broken), StringComparison.Ordinal);
        Assert.Equal(2, result.Films.Count);
        Assert.True(result.Films[0].Outcome is { Together: true, Alone: true, FramesRead: 4, FramesRight: 4, Accepted: 0, Evidence: > 0 });
        Assert.True(result.Films[1].Outcome is { Together: false, Alone: false, FramesRead: 4, FramesRight: 0 });
    }

    public void Dispose() => _folder.Dispose();

    private async Task FilmAsync(string picture, string name, int frames)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/ffmpeg"), "needs ffmpeg");
        using var ffmpeg = Process.Start("/usr/bin/ffmpeg",
            ["-nostdin", "-y", "-loglevel", "error", "-loop", "1", "-r", "5", "-i", picture, "-frames:v", $"{frames}",
            "-vf", "crop=trunc(iw/2)*2:trunc(ih/2)*2", "-c:v", "libx264", "-crf", "12", "-pix_fmt", "yuv420p", _folder.File(name)]);
        await ffmpeg.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, ffmpeg.ExitCode);
    }

    private static Task<Contestant> OpenAsync(string name, bool isPeer) => Contestant.OpenAsync(
        new Entry(name, Repository.Models, isPeer, ReadGate.Closed), TimeProvider.System, TestContext.Current.CancellationToken);

    private void Copy(string set, string file)
    {
        var table = File.ReadAllLines(Shared.Need($"data/{set}.tsv"));
        Directory.CreateDirectory(_folder.File(set));
        File.Copy(Shared.Need($"data/{set}/{file}"), _folder.File($"{set}/{file}"));
        File.WriteAllLines(_folder.File($"{set}.tsv"), table.Where((line, i) => i == 0 || line.StartsWith($"{file}\t", StringComparison.Ordinal)));
    }

    private sealed class Kept(List<BenchProgress> steps) : IProgress<BenchProgress>
    {
        public void Report(BenchProgress value) => steps.Add(value);
    }
}
