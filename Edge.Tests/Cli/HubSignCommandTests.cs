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
            Assert.False(agency.Ceremony.Propose(new Dictionary<string, byte[]> { [TrustPath.Operators] = Encoding.UTF8.GetBytes("{}") }, TimeProvider.System.GetUtcNow()));
        string Key(int keeper) => Path.Combine(folder, "to-keepers", $"keeper-{keeper}.key");

        var wrong = await EdgeAgent.RunAsync("hub", "sign", folder, "--key", Key(1), "--passphrase-file", Phrase(2));
        Assert.Equal(ExitCode.Configuration, wrong.Code);
        Assert.Contains("does not open", wrong.Error, StringComparison.Ordinal);
        var prompt = await EdgeAgent.RunAsync("hub", "sign", folder, "--key", Key(1));
        Assert.Contains("no terminal to ask for the passphrase", prompt.Error, StringComparison.Ordinal);

        var first = await EdgeAgent.RunAsync("hub", "sign", folder, "--key", Key(1), "--passphrase-file", Phrase(1));
        Assert.True(first.Code == ExitCode.Ok, first.Error);
        var status = JsonDocument.Parse((await EdgeAgent.RunAsync("hub", "status", folder, "--json")).Output).RootElement;
        Assert.Equal(1, status.GetProperty("pending")[0].GetProperty("missing").GetInt32());
        Assert.Equal("operators.json", status.GetProperty("changes")[0].GetString());

        var second = await EdgeAgent.RunAsync("hub", "sign", folder, "--key", Key(3), "--passphrase-file", Phrase(3));
        Assert.Contains("signed and published", second.Output, StringComparison.Ordinal);
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
        Assert.Contains($"not by    {made.Output.Split('\n')[0][10..]}", rotate.Output, StringComparison.Ordinal);
        Assert.Contains("root.json 2", rotate.Output, StringComparison.Ordinal);
    }
}
