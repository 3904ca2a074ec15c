using System.Text;
using System.Text.Json;
using Edge.Agent.Cli;
using Edge.Agent.Hub;
using Edge.Storage.Trust;
using Edge.Tests.Support;

namespace Edge.Tests.Cli;

/// <summary>Runs the real program.</summary>
public sealed class HubSignCommandTests : IDisposable
{
    private readonly TemporaryFolder _temporary = new();

    public void Dispose() => _temporary.Dispose();

    private string Phrase(int keeper)
    {
        var file = _temporary.File($"phrase-{keeper}");
        File.WriteAllText(file, $"passphrase of keeper {keeper}\n");
        return file;
    }

    [Fact]
    public async Task Two_of_three_keepers_sign_with_their_passphrases_and_the_change_is_published()
    {
        var folder = _temporary.File("agency");
        var init = await EdgeAgent.RunAsync("hub", "init", folder, "--agency", "riverton",
            "--passphrase-file", Phrase(1), "--passphrase-file", Phrase(2), "--passphrase-file", Phrase(3), "--json");
        Assert.True(init.Code == ExitCode.Ok, init.Error);
        using (var agency = Agency.Open(folder))
            Assert.False(agency.Ceremony.Propose(new Dictionary<string, byte[]> { [TrustPath.Operators] = Encoding.UTF8.GetBytes("{}") },
                TimeProvider.System.GetUtcNow()));
        string Key(int keeper) => Path.Combine(folder, "to-keepers", $"keeper-{keeper}.key");

        var wrong = await EdgeAgent.RunAsync("hub", "sign", folder, "--key", Key(1), "--passphrase-file", Phrase(2));
        Assert.Equal(ExitCode.Configuration, wrong.Code);
        Assert.Contains("does not open", wrong.Error, StringComparison.Ordinal);
        var prompt = await EdgeAgent.RunAsync("hub", "sign", folder, "--key", Key(1));
        Assert.Contains("no terminal to ask for the passphrase", prompt.Error, StringComparison.Ordinal);

        var first = await EdgeAgent.RunAsync("hub", "sign", folder, "--key", Key(1), "--passphrase-file", Phrase(1));
        Assert.True(first.Code == ExitCode.Ok, first.Error);
        var twice = await EdgeAgent.RunAsync("hub", "sign", folder, "--key", Key(1), "--passphrase-file", Phrase(1));
        Assert.Contains("you had signed already", twice.Output, StringComparison.Ordinal);
        var shown = await EdgeAgent.RunAsync("hub", "key", "show", Key(2));
        Assert.Contains($"not by    {shown.Output.Split('\n')[0][10..]}  keeper-2\n", twice.Output, StringComparison.Ordinal);
        var status = JsonDocument.Parse((await EdgeAgent.RunAsync("hub", "status", folder, "--json")).Output).RootElement;
        Assert.Equal(1, status.GetProperty("pending")[0].GetProperty("missing").GetInt32());
        Assert.Equal("operators.json", status.GetProperty("changes")[0].GetString());

        var second = await EdgeAgent.RunAsync("hub", "sign", folder, "--key", Key(3), "--passphrase-file", Phrase(3));
        Assert.Contains($"signed and published; boxes do not have it yet, now: edge-agent hub push {folder}", second.Output, StringComparison.Ordinal);
        Assert.Equal("{}", await File.ReadAllTextAsync(Path.Combine(folder, "trust", "operators.json"), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_new_keeper_is_proposed_by_a_key_file_without_its_passphrase()
    {
        var folder = _temporary.File("agency");
        await EdgeAgent.RunAsync("hub", "init", folder, "--passphrase-file", Phrase(1), "--passphrase-file", Phrase(2), "--passphrase-file", Phrase(3));
        var made = await EdgeAgent.RunAsync("hub", "key", _temporary.File("new.key"), "--passphrase-file", Phrase(4));
        Assert.True(made.Code == ExitCode.Ok, made.Error);
        var rotate = await EdgeAgent.RunAsync("hub", "root", "rotate", folder, "--add", _temporary.File("new.key"));
        Assert.True(rotate.Code == ExitCode.Ok, rotate.Error);
        Assert.StartsWith("a keeper  ", made.Output, StringComparison.Ordinal);
        Assert.Contains($"not by    {made.Output.Split('\n')[0][10..]}  new\n", rotate.Output, StringComparison.Ordinal);
        Assert.Contains("root.json 2", rotate.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_keeper_sees_the_others_names_on_a_copy_too()
    {
        var (folder, copy) = (_temporary.File("agency"), _temporary.File("copy"));
        await EdgeAgent.RunAsync("hub", "init", folder, "--passphrase-file", Phrase(1), "--passphrase-file", Phrase(2), "--passphrase-file", Phrase(3));
        await EdgeAgent.RunAsync("hub", "keys", "rotate", folder);
        await EdgeAgent.RunAsync("hub", "export", folder, copy);
        string[] sign = ["hub", "sign", copy, "--key", Path.Combine(folder, "to-keepers", "keeper-2.key"), "--passphrase-file", Phrase(2)];
        var signed = await EdgeAgent.RunAsync(sign);
        Assert.Contains("  keeper-1\n", signed.Output, StringComparison.Ordinal);
        Assert.Contains("you had signed already; carry the folder back", (await EdgeAgent.RunAsync(sign)).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_policy_that_is_published_can_be_taken_changed_and_proposed()
    {
        var folder = _temporary.File("agency");
        await EdgeAgent.RunAsync("hub", "init", folder, "--keepers", "0");
        var source = await EdgeAgent.RunAsync("hub", "policy", "show", folder, "--source");
        Assert.Contains("\n  \"version\": 1", source.Output, StringComparison.Ordinal);
        await File.WriteAllTextAsync(_temporary.File("policy.json"), source.Output.Replace("\"version\": 1", "\"version\": 2", StringComparison.Ordinal)
            .Replace("\"hitRetentionHours\": 24", "\"hitRetentionHours\": 12", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        var set = await EdgeAgent.RunAsync("hub", "policy", "set", folder, _temporary.File("policy.json"));
        Assert.True(set.Code == ExitCode.Ok, set.Error);
        Assert.Contains("narrower", set.Output, StringComparison.Ordinal);
        Assert.Contains("edge-agent hub push", set.Output, StringComparison.Ordinal);
    }
}
