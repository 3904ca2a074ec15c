using System.Text.Json;
using Edge.Agent.Cli;
using Edge.Agent.Enrolment;
using Edge.Agent.Hub;
using Edge.Storage.Trust;
using Edge.Tests.Matching;
using Edge.Tests.Support;

namespace Edge.Tests.Cli;

public sealed class PolicyCommandTests : IDisposable
{
    private static readonly string Example = Path.Combine(Repository.Root, "docs", "policy.example.json");

    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task Check_of_a_good_policy_says_so()
    {
        var ended = await EdgeAgent.RunAsync("policy", "check", Example);
        Assert.Equal((ExitCode.Ok, $"{Example}: good, version 1 of riverton, 2 purposes\n", ""), (ended.Code, ended.Output, ended.Error));
    }

    [Fact]
    public async Task Check_lists_every_problem_with_its_path_and_what_to_do()
    {
        var file = Write("""{"agency":"a","version":1,"purposes":[{"name":"a"}],"roles":{"technician":["search"],"mayor":[]},"hitRetentionHour":24}""");
        string[] expected =
        [
            "purposes[0].basis: missing",
            "roles.technician[0]: must be one of view-aim, decommission; no other verb is ever this role's",
            "roles.mayor: unknown key; remove it",
            "hitRetentionHour: unknown key; did you mean hitRetentionHours?",
        ];
        var ended = await EdgeAgent.RunAsync("policy", "check", file);
        Assert.Equal((ExitCode.Configuration, ""), (ended.Code, ended.Output));
        Assert.Equal(expected.Select(problem => $"{file}: {problem}"), ended.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));

        var json = await EdgeAgent.RunAsync("policy", "check", file, "--json");
        Assert.Equal(ExitCode.Configuration, json.Code);
        Assert.Equal(expected, JsonDocument.Parse(json.Output).RootElement.GetProperty("problems").EnumerateArray()
            .Select(problem => $"{problem.GetProperty("path").GetString()}: {problem.GetProperty("reason").GetString()}"));
    }

    [Fact]
    public async Task Check_refuses_a_policy_that_has_run_out_and_a_file_that_is_not_there()
    {
        var file = Write("""{"agency":"a","version":1,"purposes":[{"name":"a","basis":"b"}],"expires":"2020-01-01T00:00:00Z"}""");
        var ended = await EdgeAgent.RunAsync("policy", "check", file);
        Assert.Equal((ExitCode.Configuration, $"{file}: expires: has passed: no order would be taken; name a later time\n" +
            $"{file}: residents read this, and it names no office for complaints\n"), (ended.Code, ended.Error));
        Assert.Equal((ExitCode.Configuration, $"{file}.no: no such file\n"),
            await EdgeAgent.RunAsync("policy", "check", $"{file}.no") is var missing ? (missing.Code, missing.Error) : default);
    }

    [Fact]
    public async Task Show_prints_text_HTML_or_JSON()
    {
        var text = await EdgeAgent.RunAsync("policy", "show", Example);
        Assert.Equal((ExitCode.Ok, ""), (text.Code, text.Error));
        Assert.StartsWith("Plate readers of Riverton\n=====", text.Output, StringComparison.Ordinal);

        var html = await EdgeAgent.RunAsync("policy", "show", Example, "--html");
        Assert.StartsWith("<!doctype html>", html.Output, StringComparison.Ordinal);

        var json = JsonDocument.Parse((await EdgeAgent.RunAsync("policy", "show", Example, "--json")).Output).RootElement;
        Assert.Equal("riverton", json.GetProperty("agency").GetString());
        Assert.Contains(json.GetProperty("sections").EnumerateArray(), section => section.GetProperty("id").GetString() == "complaints");

        Assert.Equal(ExitCode.Usage, (await EdgeAgent.RunAsync("policy", "show", Example, "--html", "--text")).Code);
    }

    [Fact]
    public async Task Show_without_a_file_shows_the_policy_that_verified_on_this_box()
    {
        var plan = new AgencyPlan { Agency = "riverton", Cost = Lists.Cheap, Policy = Lists.Policy with { Version = 7, HitRetentionHours = 3 } };
        using var agency = Agency.Create(_folder.File("riverton"), plan, Lists.Now, null, out _)!;
        var enrolment = Path.Combine(agency.PrepareBox("box-1", Lists.Now), "enrolment");
        var config = _folder.File("edge-agent.json");
        File.WriteAllText(config, JsonSerializer.Serialize(new
        {
            stateFolder = _folder.File("state"), enrolmentFolder = enrolment, broker = new { host = "localhost" },
            cameras = new[] { new { name = "north-lane", source = "/dev/video0" } },
        }));
        var before = await EdgeAgent.RunAsync("policy", "show", "--config", config);
        Assert.Equal(ExitCode.Configuration, before.Code);
        Assert.Contains("no policy is in force yet", before.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder.File("state")));

        TrustClient.Open(Path.Combine(_folder.File("state"), "trust"), new EnrolmentFolder(enrolment).Root(), "riverton", "box-1")
            .Update(TrustSource.Folder(agency.TrustFolder), Lists.Now);
        var ended = await EdgeAgent.RunAsync("policy", "show", "--config", config);
        Assert.Equal((ExitCode.Ok, ""), (ended.Code, ended.Error));
        Assert.Contains("This page is version 7 of the rules", ended.Output, StringComparison.Ordinal);
        Assert.Contains("- How long a found plate is kept: 3 hours\n", ended.Output, StringComparison.Ordinal);
        Assert.Contains("- north-lane\n", ended.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Show_of_what_is_no_policy_lists_its_problems()
    {
        var ended = await EdgeAgent.RunAsync("policy", "show", Write("{}"));
        Assert.Equal((ExitCode.Configuration, ""), (ended.Code, ended.Output));
        Assert.Contains("agency: missing", ended.Error, StringComparison.Ordinal);
        Assert.Contains("purposes: missing", ended.Error, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private string Write(string policy)
    {
        var file = _folder.File("policy.json");
        File.WriteAllText(file, policy);
        return file;
    }
}
