using System.Text.Json;
using System.Text.Json.Nodes;
using Edge.Agent.Cli;
using Edge.Agent.Governance;
using Edge.Agent.Hub;
using Edge.Storage.Audit;
using Edge.Storage.Json;
using Edge.Storage.Keys;
using Edge.Storage.Trust;
using Edge.Tests.Support;

namespace Edge.Tests.Scenarios;

/// <summary>An agency's desk as its people use it, with the real program: three keepers, two of whom sign whatever boxes obey.</summary>
public sealed class CeremonyTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Agency => _folder.File("agency");

    public void Dispose() => _folder.Dispose();

    private string Phrase(string name)
    {
        File.WriteAllText(_folder.File($"{name}.phrase"), $"passphrase of {name}\n");
        return _folder.File($"{name}.phrase");
    }

    private static async Task<JsonElement> OkAsync(params string[] arguments)
    {
        var ended = await EdgeAgent.RunAsync([.. arguments, "--json"]);
        Assert.True(ended.Code == ExitCode.Ok, ended.Error);
        return JsonElement.Parse(ended.Output);
    }

    private static async Task RefusedAsync(ExitCode code, string reason, params string[] arguments)
    {
        var ended = await EdgeAgent.RunAsync(arguments);
        Assert.Equal(code, ended.Code);
        Assert.Contains(reason, ended.Error, StringComparison.Ordinal);
    }

    private Task<JsonElement> InitAsync() => OkAsync("hub", "init", Agency, "--agency", "riverton",
        "--passphrase-file", Phrase("keeper-1"), "--passphrase-file", Phrase("keeper-2"), "--passphrase-file", Phrase("keeper-3"));

    private async Task<bool> SignAsync(int keeper, string? copy = null) =>
        (await OkAsync("hub", "sign", copy ?? Agency, "--key", Path.Combine(Agency, "to-keepers", $"keeper-{keeper}.key"), "--passphrase-file",
            Phrase($"keeper-{keeper}")))
            .GetProperty("published").GetBoolean();

    private async Task<string> KeyAsync(string name)
    {
        var made = await EdgeAgent.RunAsync("hub", "key", _folder.File($"{name}.key"), "--passphrase-file", Phrase(name));
        Assert.True(made.Code == ExitCode.Ok, made.Error);
        return _folder.File($"{name}.key");
    }

    private string Policy(Action<JsonObject> change)
    {
        var policy = JsonNode.Parse(File.ReadAllBytes(Path.Combine(Agency, "trust", "policy.json")))!.AsObject();
        change(policy);
        File.WriteAllText(_folder.File("policy.json"), policy.ToJsonString());
        return _folder.File("policy.json");
    }

    private TrustClient Box() => TrustClient.Open(_folder.File("box"), File.ReadAllBytes(Path.Combine(Agency, "trust", "1.root.json")), "riverton", "box-1");

    private static ActiveTrust Take(TrustClient box, string folder)
    {
        var now = TimeProvider.System.GetUtcNow();
        return ActiveTrust.From(box.Update(TrustSource.Folder(folder), now), now);
    }

    [Fact]
    public async Task A_policy_and_an_operator_are_proposed_signed_by_two_taken_by_a_box_and_a_revocation_cannot_be_taken_back()
    {
        await InitAsync();
        var trust = Path.Combine(Agency, "trust");
        var box = Box();
        Assert.Equal(24, Take(box, trust).Policy.HitRetentionHours);

        // The policy: at the hub, one keeper after the other.
        var set = await OkAsync("hub", "policy", "set", Agency, Policy(policy => { policy["version"] = 2; policy["hitRetentionHours"] = 48; }));
        Assert.Equal(("wider", false), (set.GetProperty("policyChanges")[0].GetProperty("direction").GetString(), set.GetProperty("published").GetBoolean()));
        Assert.False(await SignAsync(1));
        Assert.Equal(24, Take(box, trust).Policy.HitRetentionHours);
        Assert.True(await SignAsync(3));
        Assert.Equal(48, Take(box, trust).Policy.HitRetentionHours);

        // The operator: a copy goes to a keeper's own machine and comes back.
        var key = await KeyAsync("desk-7");
        await OkAsync("hub", "operator", "add", Agency, "--account", "investigator-7", "--role", "investigator", "--key", key);
        var stick = _folder.File("stick");
        await OkAsync("hub", "export", Agency, stick);
        Assert.False(await SignAsync(2, stick));
        var import = await OkAsync("hub", "import", Agency, stick);
        Assert.Equal((1, false), (import.GetProperty("signatures").GetInt32(), import.GetProperty("published").GetBoolean()));
        Assert.True(await SignAsync(1));
        Assert.True(KeeperKey.TryParse(await File.ReadAllBytesAsync(key, TestContext.Current.CancellationToken), out var known, out _));
        var one = Take(box, trust).Operators.WithKey(known.Public.KeyId);
        Assert.Equal(("investigator-7", AuditRole.Investigator), (one!.Account, one.Role));
        Assert.Equal("in force", (await OkAsync("hub", "operator", "show", Agency)).GetProperty("state").GetString());

        // The revocation: with it on a box, the list of before is never taken back.
        var before = _folder.File("before");
        Directory.CreateDirectory(Path.Combine(before, "hotlists"));
        foreach (var file in Directory.EnumerateFiles(trust, "*", SearchOption.AllDirectories))
            File.Copy(file, Path.Combine(before, Path.GetRelativePath(trust, file)));
        var revoke = await EdgeAgent.RunAsync("hub", "operator", "revoke", Agency, "investigator-7");
        Assert.Contains("a box out of reach goes on obeying until", revoke.Output, StringComparison.Ordinal);
        await SignAsync(2);
        Assert.NotNull(Take(box, trust).Operators.WithKey(known.Public.KeyId));
        await SignAsync(3);
        Assert.Null(Take(box, trust).Operators.WithKey(known.Public.KeyId));
        Assert.Contains("rollback", Assert.Throws<TrustException>(() => Take(box, before)).Message, StringComparison.Ordinal);
        Assert.True(box.Current!.Operators.Span.IndexOf("investigator-7"u8) < 0);
    }

    [Fact]
    public async Task New_online_keys_and_epochs_reach_a_box_and_a_dropped_change_does_not()
    {
        await InitAsync();
        var trust = Path.Combine(Agency, "trust");
        var box = Box();
        Take(box, trust);

        await OkAsync("hub", "keys", "rotate", Agency);
        await RefusedAsync(ExitCode.Busy, "another change waits for signatures", "hub", "recipients", "rotate", Agency);
        await RefusedAsync(ExitCode.Usage, "give --yes", "hub", "discard", Agency);
        Assert.False(await SignAsync(1));
        Assert.True(await SignAsync(2));
        Take(box, trust);
        Assert.Equal(2, box.RootVersion);

        var rotate = await OkAsync("hub", "recipients", "rotate", Agency, "--epochs", "2", "--days", "3");
        Assert.Equal(2, rotate.GetProperty("epochs").GetArrayLength());
        await OkAsync("hub", "discard", Agency, "--yes");
        await RefusedAsync(ExitCode.Configuration, "no change waits", "hub", "discard", Agency, "--yes");
        await OkAsync("hub", "recipients", "rotate", Agency, "--epochs", "1");
        Assert.False(await SignAsync(1));
        Assert.True(await SignAsync(2));
        Assert.Equal(15, Take(box, trust).Recipients.Keys.Count);
        var shown = await EdgeAgent.RunAsync("hub", "recipients", "show", Agency);
        Assert.Equal((2, 15), (Lines(shown, "destroyed"), Lines(shown, "needed until")));

        static int Lines(EdgeAgent.Ended ended, string state) => ended.Output.Split('\n').Count(line => line.Contains(state, StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_boxes_would_refuse_is_refused_at_the_desk_with_every_reason()
    {
        await InitAsync();
        await RefusedAsync(ExitCode.Configuration, "version: must be 2, one more than what is published: write \"version\": 2", "hub", "policy", "set", Agency,
            Policy(policy => policy["version"] = 5));
        var all = await EdgeAgent.RunAsync("hub", "policy", "set", Agency,
            Policy(policy => { policy["agency"] = "elsewhere"; policy["expires"] = "2020-01-01T00:00:00Z"; }));
        Assert.Equal(3, all.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        await RefusedAsync(ExitCode.Configuration, "hitRetentionHours: must be a whole number from 1 to 504", "hub", "policy", "set", Agency,
            Policy(policy => { policy["version"] = 2; policy["hitRetentionHours"] = 505; }));
        await RefusedAsync(ExitCode.Configuration, "nothing to propose", "hub", "policy", "set", Agency, Policy(policy => policy["version"] = 2));
        await RefusedAsync(ExitCode.Configuration, "an operator has a key of their own", "hub", "operator", "add", Agency, "--account", "a", "--role",
            "investigator",
            "--key", Path.Combine(Agency, "to-keepers", "keeper-1.key"));
        await RefusedAsync(ExitCode.Usage, "--role must be one of technician", "hub", "operator", "add", Agency, "--account", "a", "--role", "mayor",
            "--key", "x");
        Assert.False(File.Exists(Path.Combine(Agency, "pending", "targets.json")));

        using (var process = EdgeAgent.Start("hub", "hotlist", "add", Agency, "--case", "C-1", "--purpose", "stolen-vehicle", "--basis", "report",
            "--source", "desk",
            "--issuer", "sgt-1", "--expires", JsonTime.Write(TimeProvider.System.GetUtcNow().AddDays(2))))
        {
            await process.StandardInput.WriteLineAsync("EDGE001");
            process.StandardInput.Close();
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.Equal((int)ExitCode.Ok, process.ExitCode);
        }
        var warned = await EdgeAgent.RunAsync("hub", "policy", "set", Agency,
            Policy(policy => { policy["version"] = 2; policy["purposes"]!.AsArray().RemoveAt(0); }));
        Assert.Equal(ExitCode.Ok, warned.Code);
        Assert.Contains("under it: purpose: is not one the policy allows", warned.Error, StringComparison.Ordinal);
        Assert.Contains("narrower  no plate may be looked for any more because of: stolen vehicle", warned.Output, StringComparison.Ordinal);
        Assert.Contains("- Stolen vehicle", warned.Output, StringComparison.Ordinal);
        var show = await EdgeAgent.RunAsync("hub", "policy", "show", Agency);
        Assert.Contains("stolen vehicle", show.Output, StringComparison.Ordinal); // what is published, not what waits
    }

    [Fact]
    public async Task The_care_of_a_day_is_a_line_of_JSON()
    {
        await InitAsync();
        var tend = await OkAsync("hub", "tend", Agency);
        Assert.Equal((0, 0), (tend.GetProperty("done").GetArrayLength(), tend.GetProperty("overdue").GetArrayLength()));
        await RefusedAsync(ExitCode.Configuration, "no such file or folder", "hub", "tend", _folder.File("nothing"));
        await RefusedAsync(ExitCode.Broker, "localhost:1", "hub", "push", Agency, "--broker", "localhost:1");
    }
}
