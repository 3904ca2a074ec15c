using System.Text.Json;
using Edge.Agent.Cli;
using Edge.Tests.Support;
using OpenCvSharp;

namespace Edge.Tests.Scenarios;

/// <summary>What goes wrong on a pole in the rain: each time one clear sentence, a documented exit code, and no plate in it.</summary>
public sealed class BadInputTests : IDisposable
{
    private const string Plate = "AB123CD";
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task No_model() =>
        AssertSays(ExitCode.Model, "no model manifest", await EdgeAgent.RunAsync("recognize", Picture(), "--models", _folder.Path));

    [Fact]
    public async Task A_model_with_another_hash()
    {
        foreach (var file in Directory.GetFiles(Repository.Models)) File.Copy(file, _folder.File(Path.GetFileName(file)));
        using (var model = File.OpenWrite(_folder.File("recogniser.onnx"))) model.WriteByte(0);
        AssertSays(ExitCode.Model, "the manifest says", await EdgeAgent.RunAsync("recognize", Picture(), "--models", _folder.Path));
    }

    [Fact]
    public async Task A_zero_byte_image()
    {
        File.WriteAllBytes(_folder.File("empty.jpg"), []);
        AssertSays(ExitCode.Capture, "empty", await EdgeAgent.RunAsync("recognize", _folder.File("empty.jpg")));
    }

    [Fact]
    public async Task A_picture_of_twenty_thousand_pixels_is_refused_before_it_is_decoded()
    {
        using (var wide = new Mat(8, 20_000, MatType.CV_8UC3, Scalar.Gray)) Assert.True(Cv2.ImWrite(_folder.File("wide.png"), wide));
        AssertSays(ExitCode.Capture, "20000", await EdgeAgent.RunAsync("recognize", _folder.File("wide.png")));
    }

    [Fact]
    public async Task One_bad_picture_does_not_hide_the_good_ones()
    {
        File.WriteAllBytes(_folder.File("a.jpg"), []);
        File.Copy(Picture(), _folder.File("b.png"));
        var ended = await EdgeAgent.RunAsync("recognize", _folder.Path, "--json");
        Assert.Equal(ExitCode.Capture, ended.Code);
        Assert.Equal(2, ended.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    [Fact]
    public async Task An_unknown_key_in_the_configuration_with_all_other_problems()
    {
        File.WriteAllText(_folder.File("edge.json"), """
            {"broker":{"host":"localhost"},"cameras":[{"name":"lane 1","source":"rtsp://x/"}],"keepEverything":true,"gate":{"frame":1}}
            """);
        var ended = await EdgeAgent.RunAsync("config", "check", _folder.File("edge.json"));
        AssertSays(ExitCode.Configuration, "keepEverything: unknown key", ended);
        Assert.Contains("cameras[0].name", ended.Error, StringComparison.Ordinal);
        Assert.Contains("did you mean frames", ended.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unreachable_broker()
    {
        Assert.Equal(ExitCode.Ok, (await EdgeAgent.RunAsync("hub", "init", _folder.File("city"), "--broker", "localhost:1")).Code);
        AssertSays(ExitCode.Broker, "localhost:1", await EdgeAgent.RunAsync("hub", "watch", _folder.File("city")));
    }

    [Theory]
    [InlineData("--look-for", Plate)]
    [InlineData("--look-for", Plate, "--case", " ", "--purpose", "stolen-vehicle")]
    public async Task A_hotlist_entry_without_a_case(params string[] wanted) =>
        AssertSays(ExitCode.Refused, "without case ID", await EdgeAgent.RunAsync(["hub", "init", _folder.File("city"), .. wanted]));

    [Theory]
    [InlineData("nonsense")]
    [InlineData("recognize")]
    [InlineData("demo", "--nonsense")]
    public async Task A_command_line_that_means_nothing(params string[] arguments) =>
        AssertSays(ExitCode.Usage, "--help", await EdgeAgent.RunAsync(arguments));

    [Fact]
    public async Task Unknown_verbs_and_bad_plates_are_not_repeated()
    {
        var ended = await EdgeAgent.RunAsync("demo", "--footage", Picture(), "--look-for", "AB_123_CD");
        AssertSays(ExitCode.Usage, "--look-for number 1", ended);
        Assert.DoesNotContain("AB_123_CD", ended.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("demo", "AB123CD")]
    [InlineData("AB123CD")]
    public async Task What_was_typed_by_mistake_is_not_repeated(params string[] arguments)
    {
        var ended = await EdgeAgent.RunAsync(arguments);
        AssertSays(ExitCode.Usage, "--help", ended); // which also asserts that the plate is not in it
    }

    [Fact]
    public async Task An_option_that_is_unknown_or_given_something_unknown_is_named()
    {
        AssertSays(ExitCode.Usage, "--threshold", await EdgeAgent.RunAsync("hub", "status", "city", "--threshold", Plate));
        AssertSays(ExitCode.Usage, "--until",
            await EdgeAgent.RunAsync("hub", "order", "hold", "city", "--box", "box-1", "--key", "x", "--case", "C-1", "--purpose", "p", "--until", Plate));
        AssertSays(ExitCode.Usage, "--until",
            await EdgeAgent.RunAsync("hub", "order", "hold", "", "--box", "box-1", "--key", "x", "--case", "C-1", "--purpose", "p", $"--until={Plate}"));
        AssertSays(ExitCode.Usage, "misread",
            await EdgeAgent.RunAsync("hub", "order", "disposition", "city", "--box", "box-1", "--key", "x", "--case", "C-1", "--purpose", "p",
            "--hit", "1", "--verdict", Plate));
    }

    [Fact]
    public async Task JSON_of_a_configuration_lists_every_problem()
    {
        File.WriteAllText(_folder.File("edge.json"), "{}");
        var ended = await EdgeAgent.RunAsync("config", "check", _folder.File("edge.json"), "--json");
        using var json = JsonDocument.Parse(ended.Output);
        Assert.Equal(["cameras", "broker"], json.RootElement.GetProperty("problems").EnumerateArray()
            .Select(problem => problem.GetProperty("path").GetString()));
    }

    public void Dispose() => _folder.Dispose();

    private string Picture()
    {
        var path = Path.Combine(Directory.CreateDirectory(_folder.File("pictures")).FullName, "grey.png");
        using var grey = new Mat(360, 640, MatType.CV_8UC3, Scalar.Gray);
        Assert.True(Cv2.ImWrite(path, grey));
        return path;
    }

    private static void AssertSays(ExitCode code, string words, EdgeAgent.Ended ended)
    {
        Assert.Equal((code, true), (ended.Code, ended.Error.Contains(words, StringComparison.OrdinalIgnoreCase)));
        Assert.DoesNotContain(Plate, ended.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", ended.Error, StringComparison.Ordinal);
    }
}
