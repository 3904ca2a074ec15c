using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Edge.Tests.Support;
using Edge.Vision.Onnx;
using Microsoft.Extensions.Time.Testing;

namespace Edge.Tests.Onnx;

public sealed class ModelCheckTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void The_shipped_models_pass_and_have_read_a_blank_picture()
    {
        var check = ModelCheck.Of(Repository.Models, new FakeTimeProvider());
        Assert.Empty(check.Problems);
        Assert.NotNull(check.Trial);
        Assert.Equal(2, check.Found.Count);
    }

    [Fact]
    public void Everything_wrong_is_told_at_once()
    {
        var right = new string('0', 64);
        Install(manifest =>
        {
            var (detector, recogniser) = (manifest["detector"]!, manifest["recogniser"]!);
            detector["threshhold"] = detector["threshold"]!.DeepClone();
            detector.AsObject().Remove("threshold");
            detector["input"]!.AsObject().Remove("name");
            detector["resize"]!["rule"] = "magic";
            recogniser["sha256"] = right;
            recogniser["heads"]![0]!["length"] = 63;
            recogniser["heads"]![1]!["output"] = "text";
            recogniser["grow"] = new JsonArray(9);
            manifest["colour"] = "blue";
        });
        var recogniser = Hash(_folder.File("recogniser.onnx"));
        Tells("detector.threshhold: unknown key", "detector.threshold: is missing", "detector.input.name: is missing",
            "detector.resize.rule: must be one of letterbox, area", $"says {right}", recogniser, "its output \"ctc\" is [?,64,37], the manifest says [?,63,37]",
            "it has no output \"text\", only \"ctc\", \"plate\"", "recogniser.grow: one to eight numbers", "colour: unknown key");
    }

    [Theory]
    [InlineData("detector", "licence", "null", "detector.licence: must not be null")]
    [InlineData("detector", "name", "7", "detector.name: must be a text")]
    [InlineData("detector", "threshold", "\"high\"", "detector.threshold: must be a number")]
    [InlineData("detector", "resize", "3", "detector.resize: must be an object")]
    [InlineData("recogniser", "grow", "0.06", "recogniser.grow: must be a list")]
    [InlineData("recogniser", "heads", "[{}]", "recogniser.heads[0].output: is missing")]
    [InlineData("recogniser", "heads", "[null]", "recogniser.heads[0]: must not be null")]
    [InlineData("recogniser", "grow", "[null]", "recogniser.grow[0]: must not be null")]
    [InlineData("recogniser", "region", "{\"output\":\"r\",\"labels\":[null,\"RO\"],\"unknown\":\"RO\",\"threshold\":0.5}",
        "recogniser.region.labels[0]: must not be null")]
    [InlineData("recogniser", "calibration", "{\"set\":\"a\",\"plates\":9,\"points\":[null,null]}", "recogniser.calibration.points[1]: must not be null")]
    [InlineData("recogniser", "straighten", "\"yes\"", "recogniser.straighten: must be true or false")]
    [InlineData("recogniser", "accuracy", "{\"eu\":\"good\"}", "recogniser.accuracy[\"eu\"]: must be a number")]
    [InlineData("recogniser", "alphabet", "\"ABCÄ\"", "recogniser.alphabet: A–Z and 0–9 only")]
    [InlineData("recogniser", "file", "\"../x.onnx\"", "recogniser.file: must be a bare file name")]
    [InlineData("recogniser", "file", "\"x.onnx\"", "recogniser.file: there is no")]
    public void A_wrong_value_is_told_with_its_place(string model, string key, string value, string told)
    {
        Install(manifest => manifest[model]![key] = JsonNode.Parse(value));
        Tells(told);
    }

    [Fact]
    public void What_stands_there_twice_is_told()
    {
        Install();
        var path = _folder.File("manifest.json");
        File.WriteAllText(path, File.ReadAllText(path).Replace("\"version\":1", "\"version\":1,\"version\":1", StringComparison.Ordinal));
        Tells("version: stands there twice");
    }

    [Fact]
    public void A_head_that_gives_scores_is_told_and_fed_only_what_it_will_be_given()
    {
        var oneByOne = ScoreModel.In(_folder) with { Grow = [0, 0.05f], SecondLook = 0.5f };
        Install(manifest => manifest["recogniser"] = JsonSerializer.SerializeToNode(oneByOne, ModelManifest.Strict));
        Tells("its output \"plate\" holds no probabilities (a row sums to 4699)");
        Assert.Single(Check(_folder.Path).Problems);
    }

    [Fact]
    public void A_version_of_the_future_is_told()
    {
        Install(manifest => manifest["version"] = 2);
        Tells("version: 2 is not supported");
    }

    [Fact]
    public void A_file_that_is_no_model_is_told()
    {
        Install(manifest => manifest["detector"]!["sha256"] = Convert.ToHexStringLower(SHA256.HashData([1, 2, 3])));
        File.WriteAllBytes(_folder.File("detector.onnx"), [1, 2, 3]);
        Tells("detector.file: ", "not a model");
    }

    [Fact]
    public void A_file_larger_than_a_box_can_hold_is_told_and_not_read()
    {
        Install();
        using (var file = File.OpenWrite(_folder.File("detector.onnx"))) file.SetLength(OnnxModel.MostBytes + (1 << 20));
        Tells("65 MiB; a model has at most 64 MiB");
    }

    [Theory]
    [InlineData("\"2\"")]
    [InlineData("true")]
    public void A_version_that_is_no_number_is_told(string version)
    {
        Install(manifest => manifest["version"] = JsonNode.Parse(version));
        Tells("version: must be a whole number");
    }

    [Fact]
    public void A_name_that_no_file_can_have_is_told()
    {
        Install(manifest => manifest["detector"]!["file"] = "a\0.onnx");
        Tells("detector.file: must be a bare file name");
    }

    [Fact]
    public void What_is_no_JSON_is_told()
    {
        File.WriteAllText(_folder.File("manifest.json"), "{ \"version\": 1");
        Tells("no JSON");
    }

    [Fact]
    public void A_folder_that_is_not_there_is_refused() =>
        Assert.Contains("no such folder", Assert.Throws<ModelException>(() => Check(_folder.File("none"))).Message, StringComparison.Ordinal);

    [Fact]
    public void Without_a_manifest_unknown_models_get_none_sketched()
    {
        File.Copy(Path.Combine(Repository.Models, "detector.onnx"), _folder.File("detector.onnx"));
        File.WriteAllBytes(_folder.File("junk.onnx"), [1]);
        var check = Check(_folder.Path);
        Assert.True(check.NoManifest);
        Assert.Null(check.Sketch);
    }

    [Fact]
    public void A_manifest_that_leaves_out_part_of_an_input_does_not_load()
    {
        Install(manifest => manifest["detector"]!["input"]!.AsObject().Remove("layout"));
        Assert.Contains("layout", Assert.Throws<ModelException>(() => ModelManifest.Load(_folder.Path)).Message, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private void Tells(params string[] told)
    {
        var all = string.Join('\n', Check(_folder.Path).Problems);
        Assert.All(told, one => Assert.Contains(one, all, StringComparison.Ordinal));
    }

    private static ModelCheck Check(string folder) => ModelCheck.Of(folder, new FakeTimeProvider());

    private void Install(Action<JsonNode>? change = null)
    {
        foreach (var file in Directory.GetFiles(Repository.Models, "*.onnx")) File.Copy(file, _folder.File(Path.GetFileName(file)));
        var manifest = JsonNode.Parse(File.ReadAllText(Path.Combine(Repository.Models, "manifest.json")))!;
        change?.Invoke(manifest);
        File.WriteAllText(_folder.File("manifest.json"), manifest.ToJsonString());
    }

    private static string Hash(string file) => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file)));
}
