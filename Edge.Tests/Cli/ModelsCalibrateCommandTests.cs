using System.Text.Json;
using System.Text.Json.Nodes;
using Edge.Agent.Cli;
using Edge.Tests.Support;
using Edge.Vision.Onnx;

namespace Edge.Tests.Cli;

public sealed class ModelsCalibrateCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public ModelsCalibrateCommandTests()
    {
        foreach (var file in Directory.GetFiles(Repository.Models, "*.onnx").Append(Path.Combine(Repository.Models, "manifest.json")))
            File.Copy(file, _folder.File(Path.GetFileName(file)));
    }

    [Fact]
    public async Task Labelled_photographs_make_a_calibration_and_say_how_honest_it_is()
    {
        var pictures = Shared.Need("data/training/in_punjab_ccby");
        var ended = await EdgeAgent.RunAsync("models", "calibrate", _folder.Path, pictures, "--truth", pictures + ".tsv", "--set", "photographs", "--json");
        Assert.Equal((ExitCode.Ok, ""), (ended.Code, ended.Error));
        using var json = JsonDocument.Parse(ended.Output);
        var calibration = ModelManifest.Load(_folder.Path).Recogniser.Calibration!;
        Assert.Equal(("photographs", json.RootElement.GetProperty("read").GetInt32()), (calibration.Set, calibration.Plates));
        // A hundred plates can make an honest reader neither better nor much worse; that a dishonest one is mended, CalibrationFitTests show.
        Assert.All(new[] { "errorBefore", "errorAfter" }, error => Assert.InRange(json.RootElement.GetProperty(error).GetDouble(), 0, 0.1));
    }

    [Fact]
    public async Task Plates_whose_boxes_are_known_are_read_there_and_not_looked_for()
    {
        var pictures = Shared.Need("data/training/in_punjab_ccby");
        var ended = await EdgeAgent.RunAsync("models", "calibrate", _folder.Path, pictures, "--crops", "--truth", pictures + ".tsv", "--json");
        Assert.Equal((ExitCode.Ok, ""), (ended.Code, ended.Error));
        using var json = JsonDocument.Parse(ended.Output);
        Assert.Equal(json.RootElement.GetProperty("labelled").GetInt32(), json.RootElement.GetProperty("found").GetInt32());
        // Were the boxes ignored, whole photographs would be read, and nothing right.
        Assert.True(ModelManifest.Load(_folder.Path).Recogniser.Calibration!.Right(1) > 0.9);
    }

    [Fact]
    public async Task Temperatures_are_those_of_first_looks_however_many_plates_get_a_second()
    {
        var all = await TemperaturesAsync(recogniser => recogniser["secondLook"] = 1);
        var none = await TemperaturesAsync(recogniser =>
        {
            recogniser["grow"] = new JsonArray(0.0);
            recogniser.Remove("secondLook");
        });
        Assert.Equal(none, all);
    }

    private async Task<float[]> TemperaturesAsync(Action<JsonObject> change)
    {
        var pictures = Shared.Need("data/training/in_punjab_ccby");
        var manifest = JsonNode.Parse(File.ReadAllText(Path.Combine(Repository.Models, "manifest.json")))!;
        change(manifest["recogniser"]!.AsObject());
        File.WriteAllText(_folder.File("manifest.json"), manifest.ToJsonString());
        var ended = await EdgeAgent.RunAsync("models", "calibrate", _folder.Path, pictures, "--crops", "--truth", pictures + ".tsv");
        Assert.Equal((ExitCode.Ok, ""), (ended.Code, ended.Error));
        return [.. ModelManifest.Load(_folder.Path).Recogniser.Heads.Select(head => head.Temperature)];
    }

    [Fact]
    public async Task Too_few_plates_leave_the_manifest_as_it_was()
    {
        var before = File.ReadAllText(_folder.File("manifest.json"));
        File.WriteAllText(_folder.File("labels.tsv"), "file\ttext\n");
        var ended = await EdgeAgent.RunAsync("models", "calibrate", _folder.Path, _folder.File("labels.tsv"), "--crops", "--truth", _folder.File("labels.tsv"));
        Assert.Equal(ExitCode.Usage, ended.Code);
        Assert.Contains("too few plates", ended.Error, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllText(_folder.File("manifest.json")));
    }

    [Fact]
    public async Task Labels_without_boxes_need_crops()
    {
        File.WriteAllText(_folder.File("labels.tsv"), "file\ttext\n");
        var ended = await EdgeAgent.RunAsync("models", "calibrate", _folder.Path, _folder.Path, "--truth", _folder.File("labels.tsv"));
        Assert.Equal(ExitCode.Usage, ended.Code);
        Assert.Contains("--crops", ended.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("two\nlines")]
    public async Task Words_that_the_manifest_cannot_hold_are_refused_before_anything_is_measured(string set)
    {
        var ended = await EdgeAgent.RunAsync("models", "calibrate", _folder.Path, _folder.Path, "--truth", _folder.File("none.tsv"), "--set", set);
        Assert.Equal(ExitCode.Usage, ended.Code);
        Assert.Contains("--set must say what the pictures are in 1 to 500 characters", ended.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_without_a_picture_is_no_measurement()
    {
        File.WriteAllText(_folder.File("labels.tsv"), "file\ttext\n");
        var ended = await EdgeAgent.RunAsync("models", "calibrate", _folder.Path, _folder.Path, "--crops", "--truth", _folder.File("labels.tsv"));
        Assert.Equal(ExitCode.Capture, ended.Code);
        Assert.Contains("no picture in this folder", ended.Error, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();
}
