using System.Security.Cryptography;
using Edge.Tests.Recognition;
using Edge.Tests.Support;
using Edge.Vision.Detection;
using Edge.Vision.Onnx;
using Edge.Vision.Recognition;
using OpenCvSharp;

namespace Edge.Tests.Onnx;

/// <summary>A user's own public models work by adding a manifest: here a public YOLOv9 detector, whose boxes come out
/// finished, and two generations of a public slot recogniser.</summary>
public sealed class OwnModelsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData("cct_xs_v1_global.onnx", 9, "Identity:0")]
    [InlineData("cct_xs_v2_global.onnx", 10, "plate")]
    public void Public_models_read_a_real_photograph_through_a_manifest(string recogniser, int slots, string output)
    {
        var models = Shared.Need("data/peer-models");
        var scene = Shared.Need("data/scenes/eu/eu2.jpg");
        WriteManifest(models, recogniser, slots, output);

        var manifest = ModelManifest.Load(_folder.Path);
        using var detector = PlateDetector.Open(_folder.Path, manifest.Detector, threads: 1);
        using var reader = PlateReader.Open(_folder.Path, manifest.Recogniser, threads: 1);
        using var picture = Cv2.ImRead(scene);
        using var reading = new Reading();
        var plate = Assert.Single(detector.Detect(picture));
        reader.Read(picture, plate.Box, reading);
        Assert.Equal("GWAGEN", Readings.TextOf(reading));
        Assert.InRange(reading.Weakest, 0.5f, 1f);
    }

    private void WriteManifest(string models, string recogniser, int slots, string output)
    {
        var detector = "yolo-v9-t-416-license-plates-end2end1.onnx";
        foreach (var file in new[] { detector, recogniser }) File.Copy(Path.Combine(models, file), _folder.File(file));
        File.WriteAllText(_folder.File("manifest.json"), $$"""
            {
              "version": 1,
              "detector": {
                "name": "yolo-v9-t-416", "file": "{{detector}}", "sha256": "{{Hash(detector)}}", "licence": "MIT", "source": "open-image-models",
                "input": { "name": "images", "type": "float32", "layout": "nchw", "channels": "rgb", "width": 416, "height": 416, "scale": 0.003921569 },
                "resize": { "rule": "letterbox", "width": 416, "height": 416, "multiple": 32, "pad": 114 },
                "decode": "end-to-end", "output": "output0", "threshold": 0.4, "overlap": 0.5
              },
              "recogniser": {
                "name": "cct-xs", "file": "{{recogniser}}", "sha256": "{{Hash(recogniser)}}", "licence": "MIT", "source": "fast-plate-ocr",
                "input": { "name": "input", "type": "uint8", "layout": "nhwc", "channels": "rgb", "width": 128, "height": 64 },
                "grow": [0.06], "alphabet": "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
                "heads": [{ "output": "{{output}}", "kind": "slots", "length": {{slots}}, "empty": 36 }]
              }
            }
            """);
    }

    private string Hash(string file) => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(_folder.File(file))));

    public void Dispose() => _folder.Dispose();
}
