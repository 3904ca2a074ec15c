using System.Diagnostics;
using Edge.Agent.Hub;
using Edge.Storage.Keys;
using Edge.Storage.Trust;
using Edge.Tests.Matching;
using Edge.Tests.Support;

namespace Edge.Tests.Trust;

/// <summary>What the writer writes is TUF to somebody else's client, and the other way round. Runs where <c>EDGE_TUF_JS</c>
/// names a folder with <c>interop/package-lock.json</c> installed: <c>build.sh test</c> makes one where node and npm are.</summary>
public sealed class TufJsTests
{
    private static readonly string[] AllTargets = ["policy.json", "operators.json", "recipients.json", "hotlists/riverton.json"];

    [Fact]
    public async Task Tuf_js_accepts_the_repository_after_a_root_rotation_and_refuses_a_changed_hotlist()
    {
        var now = TimeProvider.System.GetUtcNow(); // tuf-js judges expiry by the real clock
        var role = TrustLab.Role(2, SigningKey.Create(), SigningKey.Create(), SigningKey.Create());
        using var lab = new TrustLab(new TrustSigners(role, role, role, role, role));
        lab.Writer = lab.Writer.RotateRoot(TrustSigners.OneKey(SigningKey.Create()), now);
        lab.Publish("é \"two\"", now);

        var (exit, output) = await RunAsync(lab);
        Assert.True(exit == 0, output);
        Assert.Contains("policy.json: policy é \"two\"\n", output, StringComparison.Ordinal);
        Assert.Contains("hotlists/riverton.json: hotlist é \"two\"\n", output, StringComparison.Ordinal);

        var hotlist = Path.Combine(lab.Repository, "hotlists/riverton.json");
        var bytes = await File.ReadAllBytesAsync(hotlist, TestContext.Current.CancellationToken);
        bytes[3] ^= 1;
        await File.WriteAllBytesAsync(hotlist, bytes, TestContext.Current.CancellationToken);
        Assert.Equal(1, (await RunAsync(lab)).Exit);
    }

    [Fact]
    public async Task Tuf_js_accepts_a_new_repository_with_keys_of_its_own_for_every_role()
    {
        var now = TimeProvider.System.GetUtcNow();
        SigningRole Two() => TrustLab.Role(2, SigningKey.Create(), SigningKey.Create(), SigningKey.Create());
        using var lab = new TrustLab(TrustSigners.OneKey(SigningKey.Create()) with { Root = Two(), Targets = Two() });
        lab.Publish("first", now);
        var (exit, output) = await RunAsync(lab);
        Assert.True(exit == 0, output);
        Assert.Contains("recipients.json: recipients first\n", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tuf_js_follows_an_agency_that_exchanged_its_online_keys()
    {
        var now = TimeProvider.System.GetUtcNow();
        using var folder = new TemporaryFolder();
        using var agency = Agency.Create(folder.File("agency"), new AgencyPlan { Agency = "riverton", Cost = Lists.Cheap }, now, null, out _)!;
        Assert.True(agency.Ceremony.ProposeOnlineKeys(now));
        Assert.True(agency.Ceremony.ProposeEpochs(2, 7, now));
        var (exit, output) = await NodeAsync("tuf-js-check.cjs", Home(), agency.TrustFolder, [Path.Combine(agency.TrustFolder, "1.root.json"), .. AllTargets]);
        Assert.True(exit == 0, output);
    }

    [Fact]
    public async Task Tuf_js_accepts_grants_and_the_delegated_list_of_another_agency()
    {
        var now = TimeProvider.System.GetUtcNow();
        using var sheriff = SigningKey.Create();
        using var lab = new TrustLab();
        lab.Publish("first", now);
        var folder = Directory.CreateTempSubdirectory("edge-tufjs-").FullName;
        try
        {
            var proposal = new TrustProposal(Path.Combine(folder, "pending"), lab.Repository, TrustLab.Agency);
            proposal.Propose(new Dictionary<string, byte[]> { [TrustPath.Grants] = TrustLab.Bytes("the grants") }, now,
                new Dictionary<string, RoleKeys> { ["sheriff"] = RoleKeys.Of(1, sheriff.Public) });
            proposal.Sign(lab.Signers.Targets.Keys[0]);
            Assert.True(proposal.TryPublish([lab.Signers.Snapshot.Keys[0]], now));
            OtherHotlist.Write(folder, "sheriff", TrustLab.Agency, sheriff, TrustLab.Bytes("the sheriff's list"), now);
            lab.Writer.Take("sheriff", TrustSource.Folder(folder), now);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
        var (exit, output) = await RunAsync(lab, "grants.json", "hotlists/sheriff.json");
        Assert.True(exit == 0, output);
        Assert.Contains("grants.json: the grants\n", output, StringComparison.Ordinal);
        Assert.Contains("hotlists/sheriff.json: the sheriff's list\n", output, StringComparison.Ordinal);
        Assert.Contains("hotlists/riverton.json: hotlist first\n", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_box_accepts_what_tufjs_models_writes_after_a_root_rotation_and_refuses_a_changed_policy()
    {
        var home = Home();
        var folder = Directory.CreateTempSubdirectory("edge-tufjs-").FullName;
        try
        {
            var (exit, output) = await NodeAsync("tufjs-write.cjs", home, Path.Combine(folder, "repository"), "riverton");
            Assert.True(exit == 0, output);
            var files = Directory.EnumerateFiles(Path.Combine(folder, "repository"), "*", SearchOption.AllDirectories)
                .ToDictionary(path => Path.GetRelativePath(Path.Combine(folder, "repository"), path), File.ReadAllBytes);
            var now = TimeProvider.System.GetUtcNow(); // the script dates by the real clock
            TrustClient Box(string name) => TrustClient.Open(Path.Combine(folder, name), files["1.root.json"], "riverton", "box-1");

            var box = Box("one");
            var set = box.Update(TrustLab.From(files), now);

            Assert.Equal(2, box.RootVersion);
            Assert.Equal((9, 3, 5), (set.Versions[TrustPath.Timestamp], set.Versions[TrustPath.Targets], set.Versions["hotlists-riverton.json"]));
            Assert.Equal("hotlists/riverton.json by tufjs, é \"quoted\"", System.Text.Encoding.UTF8.GetString(set.Hotlist.Span));
            files[TrustPath.Policy][0] ^= 1;
            Assert.Equal(TrustPath.Policy, Assert.Throws<TrustException>(() => Box("two").Update(TrustLab.From(files), now)).File);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static Task<(int Exit, string Output)> RunAsync(TrustLab lab, params IReadOnlyList<string> more) =>
        NodeAsync("tuf-js-check.cjs", Home(), lab.Repository,
        [Path.Combine(lab.Repository, "1.root.json"), .. AllTargets, .. more]);

    private static string Home()
    {
        var home = Environment.GetEnvironmentVariable("EDGE_TUF_JS");
        if (home is null) Assert.Skip("EDGE_TUF_JS names no folder with tuf-js in it: ./build.sh test makes one where node and npm are");
        return home;
    }

    private static async Task<(int Exit, string Output)> NodeAsync(string script, string home, string repository, params IReadOnlyList<string> rest)
    {
        using var node = Process.Start(new ProcessStartInfo("node", [Path.Combine(AppContext.BaseDirectory, "Trust", script), home, repository, .. rest])
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
        })!;
        var cancel = TestContext.Current.CancellationToken;
        var output = node.StandardOutput.ReadToEndAsync(cancel);
        var errors = node.StandardError.ReadToEndAsync(cancel);
        await node.WaitForExitAsync(cancel);
        return (node.ExitCode, await output + await errors);
    }
}
