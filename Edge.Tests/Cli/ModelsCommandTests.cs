using System.Text.Json;
using Edge.Agent.Cli;
using Edge.Tests.Support;

namespace Edge.Tests.Cli;

public sealed class ModelsCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task List_shows_what_runs_its_hash_licence_and_accuracy()
    {
        var ended = await EdgeAgent.RunAsync("models", "list", "--json");
        Assert.Equal(ExitCode.Ok, ended.Code);
        var models = ended.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.Equal(["detector", "recogniser"], models.Select(model => model.GetProperty("role").GetString()));
        Assert.All(models, model =>
        {
            Assert.Equal(model.GetProperty("sha256").GetString(), model.GetProperty("fileHas").GetString());
            Assert.NotEqual("", model.GetProperty("licence").GetString());
            Assert.True(model.GetProperty("bytes").GetInt64() > 100_000);
            Assert.NotEmpty(model.GetProperty("accuracy").EnumerateObject());
        });
        Assert.Contains("128 × 64, rgb, uint8, nhwc", (await EdgeAgent.RunAsync("models", "list")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task List_fails_where_a_file_is_not_the_one_its_manifest_names()
    {
        Install();
        using (var model = File.OpenWrite(_folder.File("detector.onnx"))) model.WriteByte(0);
        var ended = await EdgeAgent.RunAsync("models", "list", _folder.Path);
        Assert.Equal(ExitCode.Model, ended.Code);
        Assert.Contains("no: ", ended.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_of_good_models_says_so_and_how_long_they_took()
    {
        var ended = await EdgeAgent.RunAsync("models", "check", Repository.Models);
        Assert.Equal((ExitCode.Ok, ""), (ended.Code, ended.Error));
        Assert.Contains("good; a blank picture took", ended.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_tells_everything_and_what_the_file_really_has()
    {
        Install();
        var manifest = File.ReadAllText(_folder.File("manifest.json"));
        File.WriteAllText(_folder.File("manifest.json"), manifest.Replace("\"length\": 64", "\"length\": 63", StringComparison.Ordinal)
            .Replace("\"threshold\": 0.3", "\"threshhold\": 0.3", StringComparison.Ordinal));
        var ended = await EdgeAgent.RunAsync("models", "check", _folder.Path);
        Assert.Equal((ExitCode.Model, ""), (ended.Code, ended.Output));
        Assert.Contains("detector.threshhold: unknown key", ended.Error, StringComparison.Ordinal);
        Assert.Contains("recogniser.calibration.readAs", ended.Error, StringComparison.Ordinal);
        Assert.Contains("[?,64,37], the manifest says [?,63,37]", ended.Error, StringComparison.Ordinal);
        Assert.Contains("recogniser.onnx really has input uint8 [?,64,128,3] → ctc float [?,64,37], plate float [?,10,37], region float [?,111]", ended.Error,
            StringComparison.Ordinal);

        var json = await EdgeAgent.RunAsync("models", "check", _folder.Path, "--json");
        Assert.Equal(ExitCode.Model, json.Code);
        var told = JsonDocument.Parse(json.Output).RootElement;
        Assert.False(told.GetProperty("good").GetBoolean());
        Assert.Equal(4, told.GetProperty("problems").GetArrayLength());
    }

    [Fact]
    public async Task A_manifest_s_keys_cannot_steer_the_terminal()
    {
        File.WriteAllText(_folder.File("manifest.json"), "{ \"\\u001b[2Jversion\": 1 }");
        var ended = await EdgeAgent.RunAsync("models", "check", _folder.Path);
        Assert.Equal(ExitCode.Model, ended.Code);
        Assert.Contains("\\u001B[2Jversion", ended.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("\u001b", ended.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("\u001b", (await EdgeAgent.RunAsync("models", "list", _folder.Path)).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_of_a_folder_without_a_manifest_prints_one_where_the_family_is_known()
    {
        var models = Shared.Need("data/peer-models");
        var ended = await EdgeAgent.RunAsync("models", "check", models);
        Assert.Equal(ExitCode.Model, ended.Code);
        Assert.Contains("look like those of fast-alpr", ended.Error, StringComparison.Ordinal);
        Assert.Equal(1, JsonDocument.Parse(ended.Output).RootElement.GetProperty("version").GetInt32());
    }

    [Fact]
    public async Task Check_of_an_empty_folder_says_where_the_format_is_written_down()
    {
        var ended = await EdgeAgent.RunAsync("models", "check", _folder.Path);
        Assert.Equal(ExitCode.Model, ended.Code);
        Assert.Contains("models/README.md", ended.Error, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private void Install()
    {
        foreach (var file in Directory.GetFiles(Repository.Models, "*.*")) File.Copy(file, _folder.File(Path.GetFileName(file)));
    }
}
