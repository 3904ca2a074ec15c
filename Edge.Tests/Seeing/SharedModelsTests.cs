using Edge.Tests.Support;
using Edge.Vision;
using Edge.Vision.Capture;
using Microsoft.Extensions.Logging.Abstractions;

namespace Edge.Tests.Seeing;

public sealed class SharedModelsTests
{
    [Fact]
    public async Task Cameras_that_read_at_once_with_the_same_models_read_what_each_reads_alone()
    {
        var films = new[] { "toll-lane", "single-car", "toll-lane" }.Select(name => Shared.Need($"data/footage/{name}.mp4")).ToList();
        using var models = PlateModels.Open(Repository.Models);
        var alone = new List<IReadOnlyList<string>>();
        foreach (var film in films) alone.Add(await ReadAsync(models, film));
        var together = await Task.WhenAll(films.Select(film => Task.Run(() => ReadAsync(models, film), TestContext.Current.CancellationToken)));
        Assert.All(alone, Assert.NotEmpty);
        Assert.Equal(alone, together);
    }

    private static async Task<IReadOnlyList<string>> ReadAsync(PlateModels models, string film)
    {
        using var pipeline = PlatePipeline.Open(models, new PipelineOptions());
        await using var source = CameraSources.Open(new CameraOptions("camera", film), TimeProvider.System, NullLogger.Instance);
        var read = new List<string>();
        await foreach (var passage in pipeline.ReadAsync(source, TestContext.Current.CancellationToken))
            using (passage) read.Add($"{System.Text.Encoding.ASCII.GetString(passage.Plate.Ascii)} {passage.Accepted}");
        return read;
    }
}
