using System.Text.Json;
using Edge.Agent.Cli;
using Edge.Tests.Evaluation;
using Edge.Tests.Support;

namespace Edge.Tests.Cli;

public sealed class RecognizeCropsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData("file\tstate\ttext", "al1156.jpg\tal\tQRS9876")]
    [InlineData("file\ttext", "al1156.jpg\tQRS9876")]
    public async Task A_crop_is_read_whole_and_scored_by_its_text(string header, string row)
    {
        File.Copy(Shared.Need("data/crops/us/al1156.jpg"), _folder.File("al1156.jpg"));
        File.WriteAllLines(_folder.File("labels.tsv"), [header, row]);
        var ended = await EdgeAgent.RunAsync("recognize", "--crops", _folder.Path, "--truth", _folder.File("labels.tsv"), "--json");
        Assert.Equal(ExitCode.Ok, ended.Code);
        var lines = ended.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement).ToList();
        var read = Assert.Single(lines[0].GetProperty("reads").EnumerateArray());
        Assert.Equal([0, 0], read.GetProperty("box").EnumerateArray().Take(2).Select(side => side.GetInt32()));
        Assert.Equal((1, 1), (lines[1].GetProperty("plates").GetInt32(), lines[1].GetProperty("found").GetInt32()));
    }

    [Fact]
    public async Task A_table_that_names_two_plates_of_a_crop_is_refused()
    {
        File.WriteAllLines(_folder.File("labels.tsv"), ["file\tx\ty\twidth\theight\ttext", "a.jpg\t1\t2\t30\t8\tQRS98", "a.jpg\t1\t20\t30\t8\tQRS99"]);
        var ended = await EdgeAgent.RunAsync("recognize", "--crops", _folder.Path, "--truth", _folder.File("labels.tsv"));
        Assert.Equal(ExitCode.Usage, ended.Code);
        Assert.Contains("names several plates of one picture", ended.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("QRS", ended.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_table_without_boxes_is_one_of_crops()
    {
        Specimens.Blank(_folder.File("a.jpg"));
        File.WriteAllLines(_folder.File("labels.tsv"), ["file\ttext", "a.jpg\tAB123CD"]);
        var ended = await EdgeAgent.RunAsync("recognize", _folder.File("a.jpg"), "--truth", _folder.File("labels.tsv"));
        Assert.Equal(ExitCode.Usage, ended.Code);
        Assert.Contains("add --crops", ended.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_recording_is_no_crop()
    {
        File.WriteAllText(_folder.File("lane.mp4"), "not looked into");
        var ended = await EdgeAgent.RunAsync("recognize", "--crops", _folder.File("lane.mp4"));
        Assert.Equal(ExitCode.Capture, ended.Code);
        Assert.Contains("no picture", ended.Error, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();
}
