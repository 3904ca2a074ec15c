using System.Text;
using System.Text.Json;
using Edge.Agent.Forgetting;
using Edge.Tests.Support;
using Edge.Vision;
using Edge.Vision.Evaluation;
using Edge.Vision.Recognition;

namespace Edge.Tests.Forgetting;

/// <summary>A box of two real processes is shown the rendered clip, and searched; and the search is not blind.</summary>
public sealed class ForgettingRunTests : IDisposable
{
    private static readonly string Clip = Path.Combine(AppContext.BaseDirectory, "clip");
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(0.2);
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact(Explicit = true)] // a quiet machine: minutes, and frames that are overtaken are not read
    public async Task Nothing_is_left_of_vehicles_that_nobody_looks_for()
    {
        Assert.SkipUnless(Environment.UserName == "root", "only root may look into vision's memory");
        var result = await RunAsync(Plan(Directory.CreateDirectory(_folder.File("box")).FullName));
        Assert.Null(result.Meaningless);
        Assert.True(result.Plates >= 2, "others pass than the one looked for");
        Assert.True(result.Discarded >= 1, "the box read them too");
        Assert.Equal([], result.Places.SelectMany(place => place.Found.Select(form => $"{place.Where}: {form.Value} × {form.Key}")));
        Assert.Contains(result.Places, place => place is { Where: "memory of vision", Bytes: > 50_000_000 });
        Assert.Contains(result.Places, place => place is { Where: "broker traffic", Bytes: > 0 });
    }

    [Fact(Explicit = true)]
    public async Task A_planted_leak_is_found_in_every_place_and_every_encoding()
    {
        Assert.SkipUnless(Environment.UserName == "root", "only root may look into vision's memory");
        var leaked = Vehicles()[1];
        var program = await LeakingProgramAsync(leaked);
        var result = await RunAsync(Plan(Directory.CreateDirectory(_folder.File("box")).FullName) with { Program = program });
        Assert.Null(result.Meaningless);
        var found = result.Places.ToDictionary(place => place.Where, place => place.Found);
        Assert.Superset(new HashSet<string> { "ASCII", "lower case ASCII", "UTF-16LE", "UTF-16BE", "UTF-32", "JSON escapes", "hexadecimal", "base64" },
            found["memory of vision"].Keys.ToHashSet());
        Assert.Superset(new HashSet<string> { "UTF-16LE, base64", "picture of a plate", "piece of an encoded frame" },
            found["files of the box"].Keys.ToHashSet());
        Assert.Contains("ASCII", found["what it said (standard output and error)"].Keys);
        Assert.Empty(found["broker traffic"]);
        Assert.Empty(found["memory of a process of vision (edge-agent)"]);
    }

    [Fact(Explicit = true)]
    public async Task Footage_in_which_the_plate_looked_for_does_not_pass_proves_nothing()
    {
        Assert.SkipUnless(Environment.UserName == "root", "only root may look into vision's memory");
        Assert.True(PlateText.TryParse("ZZ99ZZZ", out var absent));
        var result = await RunAsync(Plan(Directory.CreateDirectory(_folder.File("box")).FullName) with
            { Passing = [absent], Footage = [await OneFrameAsync()] });
        Assert.NotNull(result.Meaningless);
    }

    public void Dispose() => _folder.Dispose();

    private static Task<ForgettingResult> RunAsync(ForgettingPlan plan) => new ForgettingRun(plan, _ => { }, TimeProvider.System).RunAsync(Cancel);

    private static ForgettingPlan Plan(string folder) =>
        new([Path.Combine(Clip, "street.mp4")], [.. Vehicles().Select(Plate)], Repository.Models, folder) { After = TimeSpan.FromSeconds(6), Every = Every };

    private async Task<string> LeakingProgramAsync(string leaked)
    {
        var (program, picture) = (_folder.File("edge-agent"), _folder.File("picture"));
        await File.WriteAllBytesAsync(picture, await PictureOfAsync(leaked), Cancel);
        var script = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "Edge.Tests", "Forgetting", "leaking_agent.py"), Cancel);
        await File.WriteAllTextAsync(program, script.Replace("@REAL@", Path.Combine(AppContext.BaseDirectory, "edge-agent"), StringComparison.Ordinal)
            .Replace("@MASKED@", Convert.ToHexStringLower([.. Encoding.ASCII.GetBytes(leaked).Select(letter => (byte)(letter ^ 0x55))]),
                StringComparison.Ordinal)
            .Replace("@PICTURE@", picture, StringComparison.Ordinal), Cancel);
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        return program;
    }

    /// <summary>A frame of the clip in which this plate is read.</summary>
    private static async Task<byte[]> PictureOfAsync(string plate)
    {
        using var reader = PictureReader.Open(Repository.Models, new PipelineOptions());
        await foreach (var frame in Footage.ShowAsync(Path.Combine(Clip, "street.mp4"), Every, TimeProvider.System, Cancel))
            if ((await reader.ReadAsync(frame, Cancel)).Contains(Plate(plate))) return frame;
        throw new InvalidOperationException("this plate is read in no frame of the clip");
    }

    private async Task<string> OneFrameAsync()
    {
        var picture = _folder.File("one.jpg");
        await foreach (var frame in Footage.ShowAsync(Path.Combine(Clip, "street.mp4"), Every, TimeProvider.System, Cancel))
        {
            await File.WriteAllBytesAsync(picture, frame, Cancel);
            break;
        }
        return picture;
    }

    private static List<string> Vehicles()
    {
        using var truth = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Clip, "street.json")));
        return [.. truth.RootElement.GetProperty("vehicles").EnumerateArray().Select(vehicle => vehicle.GetProperty("plate").GetString()!)];
    }

    private static PlateText Plate(string text) => PlateText.TryParse(text, out var plate) ? plate : throw new InvalidOperationException("not a plate");
}
