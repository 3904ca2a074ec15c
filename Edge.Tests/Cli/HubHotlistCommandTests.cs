using System.Globalization;
using System.Text.Json;
using Edge.Agent.Cli;
using Edge.Agent.Hub;
using Edge.Storage.Json;
using Edge.Tests.Matching;
using Edge.Tests.Support;

namespace Edge.Tests.Cli;

/// <summary>Runs the real program on an agency with two plates.</summary>
public sealed class HubHotlistCommandTests : IDisposable
{
    private readonly TemporaryFolder _temporary = new();
    private readonly DateTimeOffset _now = TimeProvider.System.GetUtcNow(); // the program has the real clock

    public HubHotlistCommandTests() => Agency.Create(Folder, new AgencyPlan
    {
        Agency = "riverton", Cost = Lists.Cheap, Wanted = [Wanted("AB123", "C-1", "desk"), Wanted("CD456", "C-2", "sheriff")],
    }, _now, null, out _)!.Dispose();

    public void Dispose() => _temporary.Dispose();

    private string Folder => _temporary.File("agency");

    private string Soon => JsonTime.Write(_now.AddDays(2));

    private WantedPlate Wanted(string plate, string caseId, string source) =>
        Lists.Wanted(plate, caseId) with { Source = source, NotBefore = _now, Expires = _now.AddDays(2) };

    private string File(string name, string text)
    {
        System.IO.File.WriteAllText(_temporary.File(name), text);
        return _temporary.File(name);
    }

    private async Task<EdgeAgent.Ended> RunAsync(string verb, string? typed, params string[] arguments)
    {
        using var process = EdgeAgent.Start(["hub", "hotlist", verb, Folder, .. arguments]);
        var cancel = TestContext.Current.CancellationToken;
        if (typed is not null) await process.StandardInput.WriteLineAsync(typed);
        process.StandardInput.Close();
        var (output, error) = (process.StandardOutput.ReadToEndAsync(cancel), process.StandardError.ReadToEndAsync(cancel));
        await process.WaitForExitAsync(cancel);
        return new EdgeAgent.Ended((ExitCode)process.ExitCode, await output, await error);
    }

    private async Task<IReadOnlyList<string>> CasesAsync()
    {
        var shown = await RunAsync("show", null, "--json");
        Assert.True(shown.Code == ExitCode.Ok, shown.Error);
        return [.. shown.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => JsonElement.Parse(line).GetProperty("case").GetString()!)];
    }

    private static (bool Published, int Added, int Removed, int Carried, int Refused) Counts(string output)
    {
        var said = JsonElement.Parse(output);
        return (said.GetProperty("published").GetBoolean(), said.GetProperty("added").GetInt32(), said.GetProperty("removed").GetInt32(),
            said.GetProperty("carried").GetInt32(), said.GetProperty("refused").GetArrayLength());
    }

    [Fact]
    public async Task A_plate_is_added_from_standard_input_and_neither_it_nor_a_mistake_is_repeated()
    {
        string[] facts = ["--case", "C-7", "--purpose", "stolen-vehicle", "--basis", "report 7", "--source", "desk", "--issuer", "sgt-1", "--expires", Soon];
        var ended = await RunAsync("add", "QX-98765", [.. facts, "--json"]);
        Assert.True(ended.Code == ExitCode.Ok, ended.Error);
        Assert.Equal((true, 1, 0, 2, 0), Counts(ended.Output));
        Assert.DoesNotContain("98765", ended.Output + ended.Error, StringComparison.Ordinal);
        Assert.Equal(["C-1", "C-2", "C-7"], await CasesAsync());

        ended = await RunAsync("add", "QX_98765", facts);
        Assert.Equal(ExitCode.Usage, ended.Code);
        Assert.DoesNotContain("98765", ended.Output + ended.Error, StringComparison.Ordinal);
        ended = await RunAsync("add", null, [.. facts, "QX98765"]);
        Assert.Equal(ExitCode.Usage, ended.Code);
        Assert.DoesNotContain("98765", ended.Output + ended.Error, StringComparison.Ordinal);
        ended = await RunAsync("add", "QX98765", [.. facts, "--purpose", "curiosity"]);
        Assert.NotEqual(ExitCode.Ok, ended.Code);
        Assert.Equal(["C-1", "C-2", "C-7"], await CasesAsync());
    }

    [Fact]
    public async Task A_purpose_that_the_policy_does_not_allow_is_refused()
    {
        var ended = await RunAsync("add", "QX98765", "--case", "C-7", "--purpose", "curiosity", "--basis", "b", "--source", "desk",
            "--issuer", "sgt-1", "--expires", Soon);
        Assert.Equal(ExitCode.Refused, ended.Code);
        Assert.Contains("refused, the plate: purpose: is not one the policy allows", ended.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_list_replaces_its_source_the_good_rows_are_published_and_the_others_named_by_line()
    {
        var list = File("list.csv", "plate,case,purpose,basis,source,issuer,expires\n" +
            $"QX98761,C-11,stolen-vehicle,report,desk,sgt-1,{Soon}\n" +
            $"QX98762,,stolen-vehicle,report,desk,sgt-1,{Soon}\n" +
            $"QX98763,C-13,curiosity,report,desk,sgt-1,{Soon}\n" +
            $"QX98764,C-14,stolen-vehicle,report,desk,sgt-1,{JsonTime.Write(_now.AddDays(99))}\n" +
            $"QX98761,C-11,stolen-vehicle,report,desk,sgt-1,{Soon}\n");
        var strict = await RunAsync("publish", null, "--from", list, "--strict", "--json");
        Assert.Equal((ExitCode.Refused, (false, 0, 0, 0, 1)), (strict.Code, Counts(strict.Output)));
        Assert.Equal(["C-1", "C-2"], await CasesAsync());

        var ended = await RunAsync("publish", null, "--from", list);
        Assert.Equal(ExitCode.Refused, ended.Code);
        Assert.All((string[])[
            "list.csv: line 3.case: missing", "list.csv, line 4: purpose: is not one the policy allows",
            "list.csv, line 5: expires: more than 30 days after notBefore",
            "list.csv, line 6: duplicate: the plate is in the list already, for the same case",
        ], reason => Assert.Contains(reason, ended.Error, StringComparison.Ordinal));
        Assert.Contains("1 added, 1 removed, 0 expired, 1 carried over, 4 refused", ended.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("QX9876", ended.Output + ended.Error, StringComparison.Ordinal);
        Assert.Equal(["C-2", "C-11"], await CasesAsync());
    }

    [Fact]
    public async Task Of_an_extract_only_the_files_named_are_taken()
    {
        var extract = File("extract.txt", "MKE|LIC|OCA|ORI\nEV|QX98761|26-1|CA0190000\nGANG|QX98762|26-2|CA0190000\nEV|QX98763||CA0190000\n");
        var ended = await RunAsync("publish", null, "--from", extract, "--format", "ncic", "--files", "stolen-vehicle", "--json");
        Assert.Equal((ExitCode.Refused, (true, 1, 0, 2, 1)), (ended.Code, Counts(ended.Output)));
        Assert.Equal(1, JsonElement.Parse(ended.Output).GetProperty("leftOut").GetProperty("gang").GetInt32());
        Assert.Equal(["C-1", "C-2", "26-1"], await CasesAsync());

        Assert.Equal(ExitCode.Usage, (await RunAsync("publish", null, "--from", extract, "--format", "ncic", "--files", "everything")).Code);
        Assert.Equal(ExitCode.Usage, (await RunAsync("publish", null, "--from", extract, "--files", "gang")).Code);
    }

    [Fact]
    public async Task A_case_is_removed_and_one_that_is_not_there_changes_nothing()
    {
        var wrong = await RunAsync("remove", null, "--case", "C-1", "--case", "C-9");
        Assert.Equal((ExitCode.Usage, true), (wrong.Code, wrong.Error.Contains("--case number 2 is not in the hotlist", StringComparison.Ordinal)));
        Assert.Equal(ExitCode.Usage, (await RunAsync("remove", null)).Code);
        Assert.Equal(["C-1", "C-2"], await CasesAsync());

        var ended = await RunAsync("remove", null, "--case", "C-1", "--json");
        Assert.Equal((ExitCode.Ok, (true, 0, 1, 1, 0)), (ended.Code, Counts(ended.Output)));
        Assert.Equal(["C-2"], await CasesAsync());
    }

    [Fact]
    public async Task Show_tells_each_entry_and_never_a_plate()
    {
        var shown = await RunAsync("show", null);
        Assert.Equal(ExitCode.Ok, shown.Code);
        Assert.All((string[])["C-1", "C-2", "in force", "2 entries"], word => Assert.Contains(word, shown.Output, StringComparison.Ordinal));
        Assert.DoesNotContain("AB123", shown.Output, StringComparison.Ordinal);
        using var agency = Agency.Open(Folder);
        foreach (var entry in agency.Hotlists.Published(out _).Entries) // in a pipe each entry is one line, and its id whole
            Assert.Contains(shown.Output.Split('\n'),
                line => line.Contains(entry.Id, StringComparison.Ordinal) && line.Contains("in force", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_is_published_has_yet_to_be_pushed_and_the_verb_says_so()
    {
        var ended = await RunAsync("remove", null, "--case", "C-1");
        Assert.True(ended.Code == ExitCode.Ok, ended.Error);
        Assert.Contains($"now: edge-agent hub push {Folder}", ended.Output, StringComparison.Ordinal);
    }
}
