using System.Text.Json;
using Edge.Agent.Cli;
using Edge.Storage.Audit;
using Edge.Storage.Keys;
using Edge.Tests.Audit;
using Edge.Tests.Transparency;

namespace Edge.Tests.Cli;

public sealed class AuditExportCommandTests : IDisposable
{
    private readonly LogLab _lab = new();

    public AuditExportCommandTests() => _lab.Fill(300);

    public void Dispose() => _lab.Dispose();

    private string At(string name) => Path.GetFullPath(Path.Combine(_lab.Directory, "..", name));

    [Fact]
    public async Task An_export_for_an_auditor_is_made_verified_and_searched_with_the_auditor_s_own_key()
    {
        await File.WriteAllTextAsync(At("words"), "correct horse battery staple\n", TestContext.Current.CancellationToken);
        Assert.Equal(ExitCode.Ok, (await Run("audit", "key", At("auditor.key"), "--passphrase-file", At("words"))).Code);
        Assert.Equal(ExitCode.Ok, (await Run("audit", "export", _lab.Directory, At("full.tar"), "--full", "--to", At("auditor.key"), "--key", _lab.Vkey)).Code);
        var verified = await Run("audit", "verify", At("full.tar"), "--key", _lab.Vkey, "--auditor-key", At("auditor.key"), "--passphrase-file",
            At("words"), "--json");
        Assert.Equal(ExitCode.Ok, verified.Code);
        Assert.Equal("full", JsonDocument.Parse(verified.Output).RootElement.GetProperty("kind").GetString());
        string[] search = ["audit", "search", At("full.tar"), "--case", "2026-25", "--json", "--key", _lab.Vkey];
        Assert.Empty((await Run(search)).Output);
        var found = await Run([.. search, "--auditor-key", At("auditor.key"), "--passphrase-file", At("words"), "--disclose"]);
        using var line = JsonDocument.Parse(found.Output);
        Assert.Equal((25, "2026-25"), (line.RootElement.GetProperty("index").GetInt64(),
            line.RootElement.GetProperty("disclosed").GetProperty("case").GetString()));
    }

    [Fact]
    public async Task A_public_export_verifies_since_an_older_checkpoint_and_is_never_overwritten()
    {
        File.Copy(Path.Combine(_lab.Directory, "checkpoint"), At("older"));
        _lab.Fill(20);
        Assert.Equal(ExitCode.Ok, (await Run("audit", "export", _lab.Directory, At("public.tar"), "--public")).Code);
        Assert.Equal(ExitCode.Usage, (await Run("audit", "export", _lab.Directory, At("public.tar"), "--public")).Code);
        var verified = await Run("audit", "verify", At("public.tar"), "--key", _lab.Vkey, "--since", At("older"));
        Assert.Equal(ExitCode.Ok, verified.Code);
        Assert.Contains("only appended to since 300 entries", verified.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verify_search_and_report_take_the_first_epoch_s_key_from_the_second_line_of_the_key_file()
    {
        using var lab = new LogLab();
        using (var log = lab.OpenEpochs())
        {
            log.AppendMany(LogLab.Entries(10));
            lab.Time.Advance(TimeSpan.FromDays(1));
            Assert.True(log.BeginEpochAfter(TimeSpan.FromDays(1)));
        }
        using var other = SigningKey.Create();
        var wrong = new NoteKey(LogLab.Origin, other.Public).ToString();
        await File.WriteAllTextAsync(At("right.vkey"), $"{lab.Vkey}\n{lab.EpochVkey}\n", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(At("wrong.vkey"), $"{lab.Vkey}\n{wrong}\n", TestContext.Current.CancellationToken);
        Assert.Equal(ExitCode.Ok, (await Run("audit", "export", lab.Directory, At("epochs.tar"), "--public")).Code);
        string[][] verbs = [["verify"], ["search", "--count"], ["report", "--quarter", "2026Q1"]];
        foreach (var verb in verbs)
        {
            Assert.Equal(ExitCode.Ok, (await Run(["audit", .. verb, At("epochs.tar"), "--key", At("right.vkey")])).Code);
            Assert.Equal(ExitCode.Verification, (await Run(["audit", .. verb, At("epochs.tar"), "--key", At("wrong.vkey")])).Code);
        }
        foreach (var verb in verbs.Where(verb => verb[0] != "search"))
        {
            Assert.Equal(ExitCode.Ok, (await Run(["audit", .. verb, At("epochs.tar"), "--key", lab.Vkey, "--epoch-key", lab.EpochVkey])).Code);
            Assert.Equal(ExitCode.Verification, (await Run(["audit", .. verb, At("epochs.tar"), "--key", lab.Vkey, "--epoch-key", wrong])).Code);
            // The log's own key signs every checkpoint: as an epoch's it would prove nothing.
            Assert.Equal(ExitCode.Usage, (await Run(["audit", .. verb, At("epochs.tar"), "--key", lab.Vkey, "--epoch-key", lab.Vkey])).Code);
        }
    }

    [Fact]
    public async Task A_hostile_bundle_is_refused_with_exit_code_6()
    {
        await File.WriteAllBytesAsync(At("hostile.tar"), new byte[3000], TestContext.Current.CancellationToken);
        var (code, output, error) = await Run("audit", "verify", At("hostile.tar"), "--key", _lab.Vkey, "--json");
        Assert.Equal(ExitCode.Verification, code);
        Assert.Contains("may not be read", error, StringComparison.Ordinal);
        Assert.False(JsonDocument.Parse(output).RootElement.GetProperty("verified").GetBoolean());
    }

    [Fact]
    public async Task A_search_prints_a_table_counts_and_says_when_nothing_is_there()
    {
        Assert.Equal("60", (await Run("audit", "search", _lab.Directory, "--action", "hit.*", "--count")).Output.Trim());
        var table = await Run("audit", "search", _lab.Directory, "--outcome", "no-case", "--last", "2");
        Assert.Equal(3, table.Output.Trim().Split('\n').Length);
        Assert.Contains("refused:no-case", table.Output, StringComparison.Ordinal);
        Assert.Contains("nothing found", (await Run("audit", "search", _lab.Directory, "--from", "2030-01-01")).Output, StringComparison.Ordinal);
        Assert.DoesNotContain("2026-25", (await Run("audit", "search", _lab.Directory, "--case", "2026-25")).Output, StringComparison.Ordinal);
    }

    private static Task<(ExitCode Code, string Output, string Error)> Run(params string[] args) => TransparencyReportTests.Run(args);
}
