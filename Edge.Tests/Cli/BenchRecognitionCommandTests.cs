using System.Text.Json;
using Edge.Agent.Cli;
using Edge.Agent.Evaluation;
using Edge.Tests.Support;
using Edge.Vision.Onnx;

namespace Edge.Tests.Cli;

public sealed class BenchRecognitionCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task One_crop_with_the_peer_beside_it()
    {
        Data();
        Directory.CreateSymbolicLink(_folder.File("peer-models"), Shared.Need("data/peer-models"));
        var ended = await EdgeAgent.RunAsync("bench", "recognition", _folder.Path, "--sets", "crops", "--json", "--failures", _folder.File("failures"));
        Assert.Equal(ExitCode.Ok, ended.Code);
        var lines = ended.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement).ToList();
        var shipped = ModelManifest.Load(Repository.Models).Recogniser.Name;
        Assert.Equal([shipped, "peer", "peer +6 %"], lines[..3].Select(line => line.GetProperty("reader").GetString()));
        Assert.All(lines[3..6], row => Assert.Equal(("crops/us", 1, 1),
            (row.GetProperty("set").GetString(), row.GetProperty("plates").GetInt32(), row.GetProperty("found").GetInt32())));
        Assert.Equal(1, lines[4].GetProperty("timesOfPeer").GetDouble());
        Assert.Contains("holds plates", ended.Error, StringComparison.Ordinal);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_folder.File("failures/index.html")));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(_folder.File("failures")));
    }

    [Fact]
    public async Task The_table_says_what_its_columns_mean()
    {
        Data();
        var ended = await EdgeAgent.RunAsync("bench", "recognition", _folder.Path, "--sets", "crops");
        Assert.Equal(ExitCode.Ok, ended.Code);
        Assert.Contains("95 % intervals (Wilson)", ended.Output, StringComparison.Ordinal);
        Assert.Contains("crops/us", ended.Output, StringComparison.Ordinal);
        Assert.Contains("gate of ", ended.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--sets", "scenes,craps", "known are scenes, crops, held-out, degraded, plate-free, footage, passages")]
    [InlineData("--evidence", "2", "--evidence 0.01 to 0.9999")]
    [InlineData("--failures", ".", "is not empty")]
    [InlineData("--passages", "nowhere", "--passages nowhere: no passages.tsv in it")]
    public async Task A_wrong_option_is_refused_with_what_would_be_right(string option, string value, string told)
    {
        var ended = await EdgeAgent.RunAsync("bench", "recognition", _folder.Path, option, value);
        Assert.Equal(ExitCode.Usage, ended.Code);
        Assert.Contains(told, ended.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_that_holds_none_of_the_sets_is_said()
    {
        var ended = await EdgeAgent.RunAsync("bench", "recognition", _folder.Path);
        Assert.Equal(ExitCode.Usage, ended.Code);
        Assert.Contains("holds none of these sets", ended.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("all", BenchSets.All)]
    [InlineData("scenes, plate-free", BenchSets.Scenes | BenchSets.PlateFree)]
    [InlineData("none", null)]
    [InlineData("Scenes", null)]
    [InlineData("", null)]
    public void Sets_are_named_as_help_names_them(string names, object? sets) =>
        Assert.Equal((BenchSets?)sets, BenchRecognitionCommand.SetsOf(names));

    public void Dispose() => _folder.Dispose();

    private void Data()
    {
        Directory.CreateDirectory(_folder.File("crops/us"));
        File.Copy(Shared.Need("data/crops/us/ak1165.jpg"), _folder.File("crops/us/ak1165.jpg"));
        File.WriteAllLines(_folder.File("crops/us.tsv"), File.ReadLines(Shared.Need("data/crops/us.tsv")).Take(2));
    }
}
