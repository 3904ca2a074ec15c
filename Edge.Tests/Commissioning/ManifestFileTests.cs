using System.Text.Json.Nodes;
using Edge.Agent.Commissioning;
using Edge.Tests.Recognition;
using Edge.Tests.Support;
using Edge.Vision.Calibrating;
using Edge.Vision.Onnx;
using Edge.Vision.Recognition;
using Edge.Vision.Tracking;

namespace Edge.Tests.Commissioning;

public sealed class ManifestFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public ManifestFileTests() => File.Copy(Path.Combine(Repository.Models, "manifest.json"), _folder.File("manifest.json"));

    [Fact]
    public void A_calibration_is_written_beside_everything_that_was_there()
    {
        var before = JsonNode.Parse(File.ReadAllText(_folder.File("manifest.json")))!;
        Write((0, 0.25, 0.5), (0.75, 0.99, 0.01));

        var manifest = ModelManifest.Load(_folder.Path);
        Assert.Equal([1.25f, 0.8f], manifest.Recogniser.Heads.Select(head => head.Temperature));
        Assert.Equal((0.75, 1000), (manifest.Recogniser.Calibration!.EvidenceFor(0.01)!.Value, manifest.Recogniser.Calibration.Plates));
        var after = JsonNode.Parse(File.ReadAllText(_folder.File("manifest.json")))!;
        foreach (var json in new[] { before, after })
        {
            json["recogniser"]!.AsObject().Remove("calibration");
            foreach (var head in json["recogniser"]!["heads"]!.AsArray()) head!.AsObject().Remove("temperature");
        }
        Assert.True(JsonNode.DeepEquals(before, after));
    }

    [Fact]
    public void Writing_it_twice_is_writing_it_once()
    {
        Write((0, 0.25, 0.5), (0.75, 0.99, 0.01));
        var once = File.ReadAllBytes(_folder.File("manifest.json"));
        Write((0, 0.25, 0.5), (0.75, 0.99, 0.01));
        Assert.Equal(once, File.ReadAllBytes(_folder.File("manifest.json")));
    }

    [Theory]
    [InlineData(0, "recogniser.calibration.set: 1 to 500 characters")]
    [InlineData(ManifestFile.LongestSet + 1, "recogniser.calibration.set: 1 to 500 characters")]
    public void A_manifest_that_could_not_be_read_again_is_not_written(int length, string problem)
    {
        var before = File.ReadAllBytes(_folder.File("manifest.json"));
        var refused = Assert.Throws<ModelException>(() => ManifestFile.Write(_folder.Path, Found(Calibrations.Of((0, 0.25, 0.5), (0.75, 0.99, 0.01)) with
        {
            Set = new string('a', length),
        })));
        Assert.StartsWith($"{_folder.File("manifest.json")}: {problem}", refused.Message, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllBytes(_folder.File("manifest.json")));
        Assert.Single(Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void Tools_that_look_take_the_best_promise_there_is_and_say_so()
    {
        Write((0, 0.25, 0.5), (0.75, 0.99, 0.03));
        Assert.Equal(0.03, LookingGate.Of(_folder.Path, out var note).MaximumWrongReadRate);
        Assert.Contains("cannot promise", note, StringComparison.Ordinal);
        Write((0, 0.25, 0.5), (0.75, 0.99, 0.01));
        Assert.Equal(0.01, LookingGate.Of(_folder.Path, out note).MaximumWrongReadRate);
        Assert.Null(note);
    }

    [Fact]
    public void Of_models_without_a_calibration_tools_that_look_accept_nothing()
    {
        var json = JsonNode.Parse(File.ReadAllText(_folder.File("manifest.json")))!;
        json["recogniser"]!.AsObject().Remove("calibration");
        File.WriteAllText(_folder.File("manifest.json"), json.ToJsonString());
        Assert.Same(ReadGate.Closed, LookingGate.Of(_folder.Path, out var note));
        Assert.Contains("no calibration", note, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private void Write(params (double, double, double)[] points) => ManifestFile.Write(_folder.Path, Found(Calibrations.Of(points)));

    private static CalibrationFound Found(Calibration calibration) =>
        new(1100, 1050, [1.25f, 0.8f], [(1, 0.9), (2, 1.9)], calibration, new Reliability([]), new Reliability([]));
}
