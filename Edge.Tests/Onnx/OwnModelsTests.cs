using System.Text;
using Edge.Agent.Commissioning;
using Edge.Tests.Support;
using Edge.Vision;
using Edge.Vision.Evaluation;
using Edge.Vision.Onnx;
using Edge.Vision.Tracking;
using Microsoft.Extensions.Time.Testing;

namespace Edge.Tests.Onnx;

/// <summary>A user's own public models work by adding a manifest: here a public YOLOv9 detector, whose boxes come out
/// finished, and two generations of a public slot recogniser.</summary>
public sealed class OwnModelsTests : IDisposable
{
    private const string Detector = "yolo-v9-t-416-license-plates-end2end1.onnx";
    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData("cct_xs_v1_global.onnx")]
    [InlineData("cct_xs_v2_global.onnx")]
    public async Task Public_models_read_real_photographs_through_the_manifest_that_was_sketched_for_them(string recogniser)
    {
        var models = Shared.Need("data/peer-models");
        string[] scenes = [Shared.Need("data/scenes/eu/eu2.jpg"), Shared.Need("data/scenes/eu/eu10.jpg")];
        var labels = LabelledPlates.Read(Shared.Need("data/scenes/eu.tsv"));
        foreach (var file in new[] { Detector, recogniser }) File.Copy(Path.Combine(models, file), _folder.File(file));
        var check = ModelCheck.Of(_folder.Path, new FakeTimeProvider());
        Assert.NotNull(check.Sketch);
        File.WriteAllText(_folder.File("manifest.json"), check.Sketch);

        Assert.Empty(ModelCheck.Of(_folder.Path, new FakeTimeProvider()).Problems);
        using var pipeline = PlatePipeline.Open(_folder.Path, new PipelineOptions { Gate = ReadGate.Closed });
        foreach (var scene in scenes)
            Assert.Equal(Assert.Single(labels[Path.GetFileName(scene)]).Text, await ReadAsync(pipeline, scene));
    }

    [Fact]
    public void Of_two_recognisers_the_last_by_name_is_sketched()
    {
        var sketch = FastAlprManifest.For(Shared.Need("data/peer-models"));
        Assert.Contains("cct_xs_v2_global.onnx", sketch, StringComparison.Ordinal);
        Assert.Contains("\"length\": 10", sketch, StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_of_another_family_is_named_with_what_it_has()
    {
        var ours = Path.Combine(Repository.Models, "detector.onnx");
        var refused = Assert.Throws<ModelException>(() => FastAlprManifest.For(ours, ours));
        Assert.Contains("[?,1,?,?]", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_manifest_in_the_models_page_is_the_one_that_is_sketched()
    {
        var models = Shared.Need("data/peer-models");
        var page = File.ReadAllText(Path.Combine(Repository.Models, "README.md"));
        Assert.Contains(FastAlprManifest.For(Path.Combine(models, Detector), Path.Combine(models, "cct_xs_v2_global.onnx")).Trim(), page,
            StringComparison.Ordinal);
    }

    private static async Task<string> ReadAsync(PlatePipeline pipeline, string scene)
    {
        using var picture = Specimen.Open(scene);
        var text = "";
        await foreach (var passage in pipeline.ReadAsync(picture, TestContext.Current.CancellationToken))
            using (passage)
                text += Encoding.ASCII.GetString(passage.Plate.Ascii);
        return text;
    }

    public void Dispose() => _folder.Dispose();
}
