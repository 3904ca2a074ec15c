using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Edge.Vision.Recognition;

namespace Edge.Vision.Onnx;

/// <summary>
/// Writes the manifest for public models of the fast-alpr family, recognised by their shapes: YOLOv9 detectors that end in
/// their own suppression (<c>[1,3,h,w] → [n,7]</c>) and CCT recognisers (<c>u8 [n,h,w,3] → [n,slots,37]</c>). Their form
/// is the one of open-image-models and fast-plate-ocr, both MIT.
/// </summary>
public static class FastAlprManifest
{
    /// <summary>True for a graph that is such a detector.</summary>
    public static bool IsDetector(ModelTensors tensors) =>
        tensors is { Inputs: [{ Type: "float", Shape: [_, 3, > 0, > 0] }], Outputs: [{ Type: "float", Shape: [_, 7] }] };

    /// <summary>True for a graph that is such a recogniser.</summary>
    public static bool IsRecogniser(ModelTensors tensors) =>
        tensors is { Inputs: [{ Type: "uint8", Shape: [_, > 0, > 0, 3] }] } && Head(tensors) is not null;

    /// <summary>The manifest's text for the models in <paramref name="folder"/>, or null where they are not of this family.</summary>
    public static string? For(string folder) => Among(folder) is var (detector, recogniser) ? For(detector, recogniser) : null;

    /// <summary>The detector and the recogniser of this family in <paramref name="folder"/>, or null. Of several that fit, the last
    /// by name is taken.</summary>
    public static (string Detector, string Recogniser)? Among(string folder)
    {
        string? detector = null, recogniser = null;
        foreach (var file in Directory.EnumerateFiles(folder, "*.onnx").Order(StringComparer.Ordinal))
        {
            ModelTensors tensors;
            try
            {
                tensors = ModelTensors.Of(file);
            }
            catch (ModelException)
            {
                continue; // no model: the check says so of files that a manifest names
            }
            if (IsDetector(tensors)) detector = file;
            else if (IsRecogniser(tensors)) recogniser = file;
        }
        return detector is null || recogniser is null ? null : (detector, recogniser);
    }

    /// <summary>The manifest's text for these two files.</summary>
    /// <param name="grow">By what share the box is grown on every side before it is read; their authors do not grow it.</param>
    /// <exception cref="ModelException">A file cannot be read, or is not of this family.</exception>
    public static string For(string detector, string recogniser, float grow = 0.06f)
    {
        var (boxes, text) = (ModelTensors.Of(detector), ModelTensors.Of(recogniser));
        if (!IsDetector(boxes)) throw new ModelException($"{detector}: no YOLOv9 end-to-end detector: {boxes}");
        if (!IsRecogniser(text)) throw new ModelException($"{recogniser}: no CCT recogniser: {text}");
        var (picture, crop, head) = (boxes.Inputs[0], text.Inputs[0], Head(text)!);
        var (height, width) = (picture.Shape[2], picture.Shape[3]);
        return $$"""
            {
              "version": 1,
              "detector": {
                "name": {{Name(detector)}}, "file": {{File(detector)}}, "sha256": "{{Hash(detector)}}",
                "licence": "MIT", "source": "https://github.com/ankandrew/open-image-models",
                "input": { "name": {{Text(picture.Name)}}, "type": "float32", "layout": "nchw", "channels": "rgb", "width": {{width}}, "height": {{height}}, "scale": 0.003921569 },
                "resize": { "rule": "letterbox", "width": {{width}}, "height": {{height}}, "multiple": 32, "pad": 114 },
                "decode": "end-to-end", "output": {{Text(boxes.Outputs[0].Name)}}, "threshold": 0.4, "overlap": 0.5
              },
              "recogniser": {
                "name": {{Name(recogniser)}}, "file": {{File(recogniser)}}, "sha256": "{{Hash(recogniser)}}",
                "licence": "MIT", "source": "https://github.com/ankandrew/fast-plate-ocr",
                "input": { "name": {{Text(crop.Name)}}, "type": "uint8", "layout": "nhwc", "channels": "rgb", "width": {{crop.Shape[2]}}, "height": {{crop.Shape[1]}} },
                "grow": [{{grow.ToString("0.###", CultureInfo.InvariantCulture)}}], "alphabet": "{{Reading.Alphabet}}",
                "heads": [{ "output": {{Text(head.Name)}}, "kind": "slots", "length": {{head.Shape[1]}}, "empty": {{Reading.Alphabet.Length}} }]
              }
            }

            """;
    }

    private static ModelTensor? Head(ModelTensors tensors) =>
        tensors.Outputs.FirstOrDefault(output => output is { Type: "float", Shape: [_, >= 4 and <= 16, 37] });

    private static string Text(string text) => JsonSerializer.Serialize(text);

    private static string Name(string path) => Text(Path.GetFileNameWithoutExtension(path));

    private static string File(string path) => Text(Path.GetFileName(path));

    private static string Hash(string path) => Convert.ToHexStringLower(SHA256.HashData(OnnxModel.ReadBytes(path)));
}
