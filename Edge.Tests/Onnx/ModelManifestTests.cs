using System.Globalization;
using System.Text.Json.Nodes;
using Edge.Tests.Support;
using Edge.Vision;
using Edge.Vision.Onnx;
using Microsoft.ML.OnnxRuntime;
using Edge.Vision.Recognition;
using Edge.Vision.Tracking;

namespace Edge.Tests.Onnx;

public sealed class ModelManifestTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void The_shipped_models_are_what_their_manifest_says()
    {
        using var pipeline = PlatePipeline.Open(Repository.Models, new PipelineOptions { Gate = ReadGate.Closed });
        Assert.Equal(0, pipeline.Frames);
    }

    [Fact]
    public void No_manifest_says_where_it_was_looked_for()
    {
        var refused = Assert.Throws<ModelException>(() => ModelManifest.Load(_folder.Path));
        Assert.Contains(_folder.File("manifest.json"), refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"version\": 1", "\"version\": 2", "version: 2")]
    [InlineData("\"threshold\": 0.3", "\"threshold\": 1.4", "detector.threshold")]
    [InlineData("\"threshold\": 0.3", "\"threshhold\": 0.3", "threshhold")]
    [InlineData("\"file\": \"detector.onnx\"", "\"file\": \"../detector.onnx\"", "detector.file")]
    [InlineData("\"multiple\": 32", "\"multiple\": 0", "detector.resize.multiple")]
    [InlineData("\"rule\": \"area\"", "\"rule\": \"magic\"", "detector.resize.rule")]
    [InlineData("\"width\": 0, \"height\": 0", "\"width\": 576, \"height\": 324", "needs letterbox to that size")]
    [InlineData("\"empty\": 36", "\"empty\": 35", "recogniser.heads[].empty")]
    [InlineData("0123456789ABC", "0123456789ÄBC", "recogniser.alphabet")]
    [InlineData("\"grow\": [", "\"grow\": [9, ", "recogniser.grow")]
    [InlineData("\"secondLook\": 0.9", "\"secondLook\": 1.1", "recogniser.secondLook")]
    [InlineData("\"alphabet\"", "\"region\": { \"output\": \"r\" }, \"alphabet\"", "required properties including: 'labels'")]
    public void A_manifest_that_is_wrong_names_the_field(string good, string bad, string named)
    {
        Install(manifest => manifest.Replace(good, bad, StringComparison.Ordinal));
        var refused = Assert.Throws<ModelException>(() => ModelManifest.Load(_folder.Path));
        Assert.Contains(named, refused.Message, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("""["unknown", "RO"]""", "unknown", 0.5, null)]
    [InlineData("""["RO", "US-CA", "GB-SCT", "other"]""", "other", 0.9, null)]
    [InlineData("""["unknown"]""", "unknown", 0.5, "region.labels: 2 to 512")]
    [InlineData("""["RO", "RO", "unknown"]""", "unknown", 0.5, "twice")]
    [InlineData("""["RO", "DE"]""", "unknown", 0.5, "region.unknown")]
    [InlineData("""["unknown", "Romania"]""", "unknown", 0.5, "Romania")]
    [InlineData("""["unknown", "ro"]""", "unknown", 0.5, "ISO 3166")]
    [InlineData("""["unknown", "US_CA"]""", "unknown", 0.5, "ISO 3166")]
    [InlineData("""["unknown", "RO"]""", "unknown", 1.0, "region.threshold")]
    public void A_region_head_has_codes_a_label_for_not_known_and_a_threshold(string labels, string unknown, double threshold, string? named) =>
        AssertRecogniser($$"""
            "region": { "output": "region", "labels": {{labels}}, "unknown": "{{unknown}}", "threshold": {{threshold}} }
            """, named);

    [Theory]
    [InlineData("hidden", 0.5, "0.25", null)]
    [InlineData("hidden", 0.5, "null", null)]
    [InlineData("hidden", 1.0, "0.25", "recogniser.hidden.threshold: must be between 0 and 1")]
    [InlineData("hidden", 0.5, "1.01", "recogniser.hidden.grow: must be between 0 and 1")]
    [InlineData("hidden", 0.5, "-0.01", "recogniser.hidden.grow: must be between 0 and 1")]
    [InlineData("plate", 0.5, "0.25", "recogniser.heads[].output: one stands there twice")]
    public void What_says_that_a_part_is_hidden_is_an_output_of_its_own_with_a_threshold_and_a_crop(string output, double threshold, string grow, string? named) =>
        AssertRecogniser($$""" "hidden": { "output": "{{output}}", "threshold": {{threshold.ToString(CultureInfo.InvariantCulture)}}, "grow": {{grow}} } """, named);

    [Theory]
    [InlineData("[0, 0.1, 0.5], [1, 1, 0.01]", 300, null)]
    [InlineData("[0, 0.1, 0.5], [1, 1, 0.01]", 290, "points[].wrongAbove: 290 plates show no less than 0.0103")]
    [InlineData("[0, 0.1, 0.5]", 10, "calibration.points: 2 to 64")]
    [InlineData("[0, 0.1, 0.5], [1, 1, 0.01]", 0, "calibration.plates")]
    [InlineData("[0.5, 0.1, 0.5], [0.5, 1, 0.01]", 300, "evidence: must rise")]
    [InlineData("[0, 0.9, 0.5], [1, 0.8, 0.01]", 300, "right: must not fall")]
    [InlineData("[0, 0.1, 0.5], [1.5, 1, 0.01]", 10, "points[].evidence")]
    [InlineData("[0, -0.1, 0.5], [1, 1, 0.01]", 10, "points[].right")]
    [InlineData("[0, 0.1, 5], [1, 1, 0.01]", 10, "points[].wrongAbove")]
    public void A_calibration_is_two_curves_over_rising_evidence(string points, int plates, string? named)
    {
        var rows = points.Trim('[', ']').Split("], [").Select(row => row.Split(", "))
            .Select(row => $$"""{ "evidence": {{row[0]}}, "right": {{row[1]}}, "wrongAbove": {{row[2]}} }""");
        AssertRecogniser($$"""
            "calibration": { "set": "a test", "plates": {{plates}}, "points": [{{string.Join(", ", rows)}}] }
            """, named);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("11")]
    public void A_temperature_is_a_positive_number_near_one(string temperature) => AssertRecogniser(
        $$""" "heads": [{ "output": "ctc", "kind": "ctc", "length": 32, "empty": 36, "temperature": {{temperature}} }] """,
        "recogniser.heads[].temperature");

    [Theory]
    [InlineData("0", "recogniser.heads[].length: must be 1 to 512")]
    [InlineData("-1", "recogniser.heads[].length")]
    [InlineData("513", "recogniser.heads[].length")]
    public void A_head_has_as_many_steps_as_can_be_looked_at(string length, string named) => AssertRecogniser(
        $$""" "heads": [{ "output": "ctc", "kind": "ctc", "length": {{length}}, "empty": 36 }] """, named);

    [Theory]
    [InlineData("uint8", "0.004", "recogniser.input.scale: a graph that takes bytes is given them as they are")]
    [InlineData("uint8", "1", null)]
    [InlineData("float32", "0.004", "recogniser.calibration.readAs")] // all is well but for what it was measured with
    [InlineData("float32", "0", "recogniser.input.scale: must be above 0, at most 1")]
    public void What_a_byte_is_multiplied_by_is_said_of_floats_alone(string type, string scale, string? named) => AssertRecogniser(
        $$""" "input": { "name": "input", "type": "{{type}}", "layout": "nhwc", "channels": "rgb", "width": 128, "height": 64, "scale": {{scale}} } """, named);

    [Fact]
    public void Two_heads_are_two_outputs()
    {
        const string head = """{ "output": "ctc", "kind": "ctc", "length": 32, "empty": 36 }""";
        AssertRecogniser($""" "heads": [{head}, {head}] """, "recogniser.heads[].output: one stands there twice");
    }

    [Fact]
    public void More_heads_than_eight_are_refused()
    {
        var heads = Enumerable.Range(0, 9).Select(i => $$"""{ "output": "{{i}}", "kind": "ctc", "length": 32, "empty": 36 }""");
        AssertRecogniser($""" "heads": [{string.Join(", ", heads)}] """, "recogniser.heads: one to eight");
    }

    [Fact]
    public void An_alphabet_has_each_character_once() =>
        AssertRecogniser(""" "alphabet": "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYA" """, "recogniser.alphabet: a character stands there twice");

    [Theory]
    [InlineData("\"heads\": [null]", "recogniser.heads[0]: must not be null")]
    [InlineData("\"grow\": [0, null]", "recogniser.grow[1]")]
    [InlineData("\"region\": { \"output\": \"r\", \"labels\": [\"unknown\", null], \"unknown\": \"unknown\", \"threshold\": 0.5 }",
        "recogniser.region.labels[1]: must not be null")]
    [InlineData("\"calibration\": { \"set\": \"a\", \"plates\": 1, \"points\": [null, null] }", "recogniser.calibration.points[0]: must not be null")]
    public void Nothing_in_a_list_is_null(string key, string named) => AssertRecogniser(key, named);

    [Fact]
    public void A_calibration_of_another_file_is_refused_unless_it_is_about_to_be_measured_anew()
    {
        var points = """[{ "evidence": 0, "right": 0, "wrongAbove": 1 }, { "evidence": 1, "right": 1, "wrongAbove": 0.5 }]""";
        AssertRecogniser($$""" "calibration": { "set": "a", "plates": 100, "sha256": "{{new string('0', 64)}}", "points": {{points}} } """,
            "recogniser.calibration.sha256: the calibration was measured with another file: run models calibrate");
        Assert.Null(ModelManifest.Load(_folder.Path, remeasured: true).Recogniser.Calibration);
    }

    [Theory]
    [InlineData("\"grow\": [ 0.0,", "\"grow\": [ 0.06,")]
    [InlineData("\"secondLook\": 0.9,", "")]
    [InlineData("\"straighten\": true", "\"straighten\": false")]
    [InlineData("\"temperature\": 1.09", "\"temperature\": 0.5")]
    public void A_calibration_of_this_file_read_in_another_way_is_refused_unless_it_is_about_to_be_measured_anew(string measured, string other)
    {
        Install(manifest => manifest.Replace(measured, other, StringComparison.Ordinal));
        var refused = Assert.Throws<ModelException>(() => ModelManifest.Load(_folder.Path));
        Assert.Contains("recogniser.calibration.readAs", refused.Message, StringComparison.Ordinal);
        Assert.Null(ModelManifest.Load(_folder.Path, remeasured: true).Recogniser.Calibration);
    }

    [Fact]
    public void The_shipped_calibration_says_how_the_file_was_read() =>
        Assert.Equal(ModelManifest.Load(Repository.Models).Recogniser.ReadAs(), ModelManifest.Load(Repository.Models).Recogniser.Calibration!.ReadAs);

    [Fact]
    public void A_calibration_of_this_very_file_is_taken()
    {
        var points = """[{ "evidence": 0, "right": 0, "wrongAbove": 1 }, { "evidence": 1, "right": 1, "wrongAbove": 0.5 }]""";
        var sha256 = ModelManifest.Load(Repository.Models).Recogniser.Sha256;
        AssertRecogniser($$""" "calibration": { "set": "a", "plates": 100, "sha256": "{{sha256}}", "points": {{points}} } """, null);
    }

    [Fact]
    public void A_calibration_point_without_its_bound_is_refused() => AssertRecogniser(
        """ "calibration": { "set": "a", "plates": 1, "points": [{ "evidence": 0, "right": 0 }, { "evidence": 1, "right": 1 }] } """, "wrongAbove");

    [Fact]
    public void A_changed_model_does_not_open_and_both_hashes_are_shown()
    {
        Install();
        var bytes = File.ReadAllBytes(_folder.File("detector.onnx"));
        bytes[^1] ^= 1;
        File.WriteAllBytes(_folder.File("detector.onnx"), bytes);
        var refused = Assert.Throws<ModelException>(() => PlatePipeline.Open(_folder.Path, new PipelineOptions { Gate = ReadGate.Closed }));
        Assert.Contains("SHA-256", refused.Message, StringComparison.Ordinal);
        Assert.Contains(ModelManifest.Load(_folder.Path).Detector.Sha256, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_larger_than_a_box_can_hold_is_not_read()
    {
        Install();
        using (var file = File.OpenWrite(_folder.File("detector.onnx"))) file.SetLength(OnnxModel.MostBytes + (1 << 20));
        var refused = Assert.Throws<ModelException>(() => PlatePipeline.Open(_folder.Path, new PipelineOptions { Gate = ReadGate.Closed }));
        Assert.Contains("65 MiB; a model has at most 64 MiB", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new[] { 0f, 0.05f }, null)]
    [InlineData(new[] { 0f, 0.05f, 0.1f }, 0.9f)] // one, then the two others
    public void A_graph_for_one_crop_does_not_open_where_it_would_be_given_more(float[] grow, float? secondLook)
    {
        var one = ScoreModel.In(_folder);
        PlateReader.Open(_folder.Path, one, threads: 1).Dispose();
        var refused = Assert.Throws<ModelException>(() => PlateReader.Open(_folder.Path, one with { Grow = grow, SecondLook = secondLook }, threads: 1));
        Assert.Contains("its input takes 1 at a time, it would be given 2", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_detector_of_one_size_may_say_how_large_its_map_is()
    {
        using var fixedSize = new SessionOptions();
        fixedSize.AddFreeDimensionOverrideByName("height", 320);
        fixedSize.AddFreeDimensionOverrideByName("width", 576);
        fixedSize.AddFreeDimensionOverrideByName("rows", 40);
        fixedSize.AddFreeDimensionOverrideByName("columns", 72);
        using var session = new InferenceSession(Path.Combine(Repository.Models, "detector.onnx"), fixedSize);
        var detector = ModelManifest.Load(Repository.Models).Detector;
        Assert.Equal(72, session.OutputMetadata["map"].Dimensions[3]);
        Assert.Empty(OnnxModel.ShapeProblems(session, detector.Input with { Width = 576, Height = 320 }, detector.Outputs()));
        Assert.Contains("the manifest says", Assert.Single(OnnxModel.ShapeProblems(session, detector.Input, detector.Outputs())), StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_model_is_named()
    {
        Install();
        File.Delete(_folder.File("recogniser.onnx"));
        var refused = Assert.Throws<ModelException>(() => PlatePipeline.Open(_folder.Path, new PipelineOptions { Gate = ReadGate.Closed }));
        Assert.Contains("recogniser.onnx", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"channels\": \"grey\"", "\"channels\": \"rgb\"", "its input is")]
    [InlineData("\"width\": 128", "\"width\": 256", "its input is")]
    [InlineData("\"type\": \"uint8\"", "\"type\": \"float32\"", "its input holds")]
    [InlineData("\"length\": 64", "\"length\": 63", "its output \"ctc\"")]
    [InlineData("\"output\": \"map\"", "\"output\": \"heat\"", "no output \"heat\"")]
    public void A_model_whose_shapes_differ_from_the_manifest_does_not_open(string good, string bad, string named)
    {
        Install(_ => Repository.ManifestToChange.Replace(good, bad, StringComparison.Ordinal));
        var refused = Assert.Throws<ModelException>(() => PlatePipeline.Open(_folder.Path, new PipelineOptions { Gate = ReadGate.Closed }));
        Assert.Contains(named, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_no_model_says_so()
    {
        byte[] junk = [1, 2, 3];
        var hash = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(junk));
        Install(manifest => manifest.Replace(ModelManifest.Load(Repository.Models).Detector.Sha256, hash, StringComparison.Ordinal));
        File.WriteAllBytes(_folder.File("detector.onnx"), junk);
        var refused = Assert.Throws<ModelException>(() => PlatePipeline.Open(_folder.Path, new PipelineOptions { Gate = ReadGate.Closed }));
        Assert.Contains("not a model", refused.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private void AssertRecogniser(string key, string? named)
    {
        var replaced = key.Trim().Split('"')[1];
        Install(manifest =>
        {
            var json = JsonNode.Parse(manifest)!;
            json["recogniser"]![replaced] = JsonNode.Parse($"{{{key}}}")![replaced]!.DeepClone();
            return json.ToJsonString();
        });
        if (named is null) ModelManifest.Load(_folder.Path);
        else Assert.Contains(named, Assert.Throws<ModelException>(() => ModelManifest.Load(_folder.Path)).Message, StringComparison.Ordinal);
    }

    private void Install(Func<string, string>? change = null)
    {
        foreach (var file in Directory.GetFiles(Repository.Models, "*.onnx"))
            File.Copy(file, _folder.File(Path.GetFileName(file)));
        var manifest = File.ReadAllText(Path.Combine(Repository.Models, "manifest.json"));
        var changed = change?.Invoke(manifest) ?? manifest;
        if (change is not null) Assert.NotEqual(manifest, changed);
        File.WriteAllText(_folder.File("manifest.json"), changed);
    }
}
