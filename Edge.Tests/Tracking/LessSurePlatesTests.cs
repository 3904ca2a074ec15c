using Edge.Tests.Support;
using Edge.Vision;
using Edge.Vision.Evaluation;
using Edge.Vision.Onnx;
using Edge.Vision.Tracking;

namespace Edge.Tests.Tracking;

/// <summary>What the detector is not sure of costs little, and is never told of.</summary>
public sealed class LessSurePlatesTests : IDisposable
{
    private const int Vehicles = 9;

    private readonly TemporaryFolder _models = new();

    public void Dispose() => _models.Dispose();

    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, 0)]
    public async Task A_plate_below_the_gate_is_read_and_refused_in_a_photograph_and_not_read_in_a_film(bool photograph, int passages)
    {
        using var pipeline = PlatePipeline.Open(Repository.Models, new PipelineOptions { Gate = new ReadGate { Detector = 1.01f } });
        var refused = await RefusedAsync(pipeline, [new DrawnVehicle("KLM345X", 500, 300)], photograph);
        Assert.Equal(Enumerable.Repeat(Refusal.Detector, passages), refused);
        Assert.Equal(photograph ? (1, 1) : (0, 0), (pipeline.Looks.Plates, Math.Min(pipeline.Looks.Crops, 1)));
    }

    [Fact]
    public async Task No_more_than_six_plates_of_a_frame_are_looked_at_twice()
    {
        foreach (var file in Directory.GetFiles(Repository.Models, "*.onnx")) File.Copy(file, _models.File(Path.GetFileName(file)));
        // No first look is sure enough.
        File.WriteAllText(_models.File("manifest.json"), Repository.ManifestToChange.Replace("\"secondLook\": 0.9", "\"secondLook\": 1", StringComparison.Ordinal));
        using var pipeline = PlatePipeline.Open(_models.Path, new PipelineOptions());
        await RefusedAsync(pipeline, Enumerable.Range(0, Vehicles).Select(i => new DrawnVehicle($"KLM{234 + i}X", 80 + i % 3 * 400, 120 + i / 3 * 230)), photograph: true);
        var model = ModelManifest.Load(_models.Path).Recogniser;
        Assert.Equal((Vehicles, Vehicles * model.FirstLook().Length + 6 * (model.Grow.Length - 1)), pipeline.Looks);
    }

    private static async Task<List<Refusal>> RefusedAsync(PlatePipeline pipeline, IEnumerable<DrawnVehicle> vehicles, bool photograph)
    {
        var refused = new List<Refusal>();
        await using var street = new JpegSource(new[] { DrawnStreet.Draw(vehicles) }.ToAsyncEnumerable(), TimeSpan.FromSeconds(1), photograph);
        await foreach (var passage in pipeline.ReadAsync(street, TestContext.Current.CancellationToken))
            using (passage)
                refused.Add(passage.Refusal);
        return refused;
    }
}
