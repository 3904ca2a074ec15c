using Edge.Tests.Support;
using Edge.Vision.Detection;
using Edge.Vision.Onnx;

namespace Edge.Tests.Onnx;

/// <summary>A graph that is run over and over says the same as one that is run once, and what it said can be wiped.</summary>
public sealed class BoundRunTests
{
    private static readonly DetectorManifest Manifest = ModelManifest.Load(Repository.Models).Detector;

    [Fact]
    public void It_says_what_the_graph_says_of_the_input_as_that_is_now()
    {
        using var model = PlateDetector.OpenModel(Repository.Models, Manifest, threads: 1);
        using var input = new InputTensor(Manifest.Input, batch: 1, width: 96, height: 64);
        long[] shape;
        using (var once = model.Run(input.Value)) shape = once[0].GetTensorTypeAndShape().Shape;
        using var bound = new BoundRun(model, input.Value, shape);
        foreach (var level in new byte[] { 0, 127, 255 })
        {
            input.Fill(level);
            using var once = model.Run(input.Value);
            Assert.Equal(once[0].GetTensorDataAsSpan<float>().ToArray(), bound.Run().ToArray());
        }
    }

    [Fact]
    public void Nothing_of_what_it_said_is_left_once_it_is_wiped()
    {
        using var model = PlateDetector.OpenModel(Repository.Models, Manifest, threads: 1);
        using var input = new InputTensor(Manifest.Input, batch: 1, width: 96, height: 64);
        using var bound = new BoundRun(model, input.Value, [1, 13, 8, 12]);
        var said = bound.Run();
        Assert.True(said.ContainsAnyExcept(0f));
        bound.Clear();
        Assert.False(said.ContainsAnyExcept(0f));
    }
}
