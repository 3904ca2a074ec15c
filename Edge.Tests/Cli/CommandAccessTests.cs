using System.CommandLine;
using System.Diagnostics;
using System.Text;
using Edge.Agent.Cli;
using Edge.Agent.Enrolment;
using Edge.Agent.Governance;
using Edge.Agent.Hub;
using Edge.Agent.Publishing;
using Edge.Storage.Audit;
using Edge.Storage.Json;
using Edge.Storage.Keys;
using Edge.Storage.Trust;
using Edge.Tests.Matching;
using Edge.Tests.Support;

namespace Edge.Tests.Cli;

/// <summary>Every verb of the command line, and what it takes to use it; a verb without a row fails the tests. What each class promises is tried with the real
/// program.</summary>
public sealed class CommandAccessTests : IDisposable
{
    private const string Passphrase = "correct horse battery";

    /// <summary>What a verb asks of whoever uses it.</summary>
    private enum Needs
    {
        /// <summary>Reads public files, or checks a file of one's own.</summary>
        Nothing,
        /// <summary>Shows plates or measures: not on an enrolled box.</summary>
        AnotherMachine,
        /// <summary>The state folder of a box: its user, or root.</summary>
        ThisBox,
        /// <summary>An operator's key and its passphrase, in a role that has the verb.</summary>
        OperatorAndPassphrase,
        /// <summary>Proposes alone; boxes obey it once as many keepers as the root names have signed, each with key and passphrase.</summary>
        Keepers,
        /// <summary>A keeper's or an overseer's key and its passphrase.</summary>
        KeyAndPassphrase,
        /// <summary>The agency's folder with its online keys: whoever may read it.</summary>
        TheHub,
    }

    private static readonly Dictionary<string, Needs> Table = new()
    {
        ["demo"] = Needs.AnotherMachine, ["prove-forgetting"] = Needs.AnotherMachine, ["recognize"] = Needs.AnotherMachine,
        ["models calibrate"] = Needs.AnotherMachine,
        ["bench"] = Needs.AnotherMachine, ["bench alert"] = Needs.AnotherMachine, ["bench growth"] = Needs.AnotherMachine,
        ["bench recognition"] = Needs.AnotherMachine, ["bench box"] = Needs.AnotherMachine, ["bench hub"] = Needs.AnotherMachine,
        ["bench log"] = Needs.AnotherMachine,
        ["hub simulate"] = Needs.AnotherMachine,
        ["setup"] = Needs.ThisBox, ["run"] = Needs.ThisBox, ["vision"] = Needs.ThisBox, ["decommission"] = Needs.ThisBox, ["support-bundle"] = Needs.ThisBox,
        ["status"] = Needs.ThisBox, ["doctor"] = Needs.ThisBox, ["order"] = Needs.ThisBox, ["stick"] = Needs.ThisBox,
        ["config check"] = Needs.Nothing, ["policy check"] = Needs.Nothing, ["policy show"] = Needs.Nothing, ["models list"] = Needs.Nothing,
        ["models check"] = Needs.Nothing,
        ["audit verify"] = Needs.Nothing, ["audit search"] = Needs.Nothing, ["audit export"] = Needs.Nothing, ["audit report"] = Needs.Nothing,
        ["audit note"] = Needs.Nothing,
        ["audit key"] = Needs.Nothing, ["hub key"] = Needs.Nothing, ["hub key show"] = Needs.Nothing, ["hub init"] = Needs.Nothing,
        ["hub order search"] = Needs.OperatorAndPassphrase, ["hub order hold"] = Needs.OperatorAndPassphrase,
        ["hub order release"] = Needs.OperatorAndPassphrase,
        ["hub order disposition"] = Needs.OperatorAndPassphrase, ["hub order export"] = Needs.OperatorAndPassphrase,
        ["hub order revoke"] = Needs.OperatorAndPassphrase,
        ["hub order decommission"] = Needs.OperatorAndPassphrase,
        ["hub policy set"] = Needs.Keepers, ["hub operator add"] = Needs.Keepers, ["hub operator revoke"] = Needs.Keepers,
        ["hub recipients rotate"] = Needs.Keepers,
        ["hub root rotate"] = Needs.Keepers, ["hub keys rotate"] = Needs.Keepers, ["hub console admit"] = Needs.Keepers, ["hub console extend"] = Needs.Keepers,
        ["hub console revoke"] = Needs.Keepers, ["hub grant add"] = Needs.Keepers, ["hub grant revoke"] = Needs.Keepers,
        ["hub sign"] = Needs.KeyAndPassphrase, ["hub grant countersign"] = Needs.KeyAndPassphrase,
        ["hub watch"] = Needs.TheHub, ["hub witness"] = Needs.TheHub, ["hub witness key"] = Needs.TheHub, ["hub witness admit"] = Needs.TheHub,
        ["hub tend"] = Needs.TheHub,
        ["hub push"] = Needs.TheHub, ["hub enrol"] = Needs.TheHub, ["hub renew"] = Needs.TheHub, ["hub status"] = Needs.TheHub, ["hub box key"] = Needs.TheHub,
        ["hub export"] = Needs.TheHub, ["hub import"] = Needs.TheHub, ["hub discard"] = Needs.TheHub, ["hub policy show"] = Needs.TheHub,
        ["hub operator show"] = Needs.TheHub,
        ["hub recipients show"] = Needs.TheHub, ["hub hotlist publish"] = Needs.TheHub, ["hub hotlist add"] = Needs.TheHub,
        ["hub hotlist remove"] = Needs.TheHub,
        ["hub hotlist show"] = Needs.TheHub, ["hub publications"] = Needs.TheHub, ["hub publications key"] = Needs.TheHub, ["hub grant offer"] = Needs.TheHub,
        ["hub grant take"] = Needs.TheHub, ["hub grant show"] = Needs.TheHub, ["hub order show"] = Needs.TheHub, ["hub console show"] = Needs.TheHub,
        ["hub console certify"] = Needs.TheHub,
    };

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private string Home => _folder.File("agency");

    public static TheoryData<string> Proposals => [.. Table.Where(row => row.Value == Needs.Keepers).Select(row => row.Key)];

    [Fact]
    public void The_table_is_every_verb_of_the_command_tree() =>
        Assert.Equal(Verbs(CommandTable.Build(), "").Order(), Table.Keys.Order());

    [Fact]
    public void Every_verb_that_an_enrolled_box_refuses_says_so_in_its_help() =>
        Assert.Equal(Table.Where(row => row.Value == Needs.AnotherMachine).Select(row => row.Key).Order(),
            Described(CommandTable.Build(), "").Where(verb => verb.Text.Contains("refused on an enrolled box", StringComparison.Ordinal))
            .Select(verb => verb.Path).Order());

    [Fact]
    public async Task An_enrolled_box_has_no_verb_that_shows_plates_not_for_root_either()
    {
        // A machine of its own as far as these folders go: a private mount namespace in which /var/lib is empty but for a box's state.
        Assert.SkipUnless(await InABoxAsync("true") is (0, _), "needs unshare(1) with user and mount namespaces");
        foreach (var verb in Table.Where(row => row.Value == Needs.AnotherMachine).Select(row => row.Key))
        {
            var (code, error) = await InABoxAsync([EdgeAgent.Program, .. verb.Split(' '), .. Arguments(verb)]);
            Assert.Equal((verb, (int)ExitCode.Refused), (verb, code));
            Assert.Contains("enrolled", error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task An_order_leaves_the_hub_only_with_an_operators_key_and_its_passphrase_in_a_role_that_has_it()
    {
        MakeAgency(keepers: 0);
        var verbs = Table.Where(row => row.Value == Needs.OperatorAndPassphrase).Select(row => row.Key);
        foreach (var (verb, role) in verbs.SelectMany(verb => Duties.Roles.Keys.Select(role => (verb, role))))
        {
            var may = Duties.Least(Duties.Roles[role]).Contains(Duties.Verbs[verb.Split(' ')[^1]]);
            string[] order = [.. verb.Split(' '), Home, "--box", "box-1", "--anyway", "--out", _folder.File("the.order"), .. About(verb)];
            var what = $"{verb} by {role}";
            Assert.Equal((what, ExitCode.Usage), (what, await RunAsync(order)));
            Assert.Equal((what, ExitCode.Configuration),
                (what, await RunAsync([.. order, "--key", _folder.File($"{role}.key"), "--passphrase-file", Phrase("another passphrase")])));
            Assert.NotEqual((what, ExitCode.Ok),
                (what, await RunAsync([.. order, "--key", _folder.File("stranger.key"), "--passphrase-file", Phrase(Passphrase)])));
            Assert.False(File.Exists(_folder.File("the.order")), what);
            Assert.Equal((what, may ? ExitCode.Ok : ExitCode.Refused),
                (what, await RunAsync([.. order, "--key", _folder.File($"{role}.key"), "--passphrase-file", Phrase(Passphrase)])));
            Assert.Equal((what, may), (what, File.Exists(_folder.File("the.order"))));
            File.Delete(_folder.File("the.order"));
        }
    }

    [Theory, MemberData(nameof(Proposals))]
    public async Task What_boxes_obey_changes_with_two_keepers_and_not_with_one_or_with_one_twice(string verb)
    {
        MakeAgency(keepers: 3);
        var trust = Path.Combine(Home, "trust");
        if (Before(verb) is { } first)
        {
            Assert.Equal(ExitCode.Ok, await RunAsync(first));
            if (verb == "hub grant revoke") await CountersignAsync();
            await SignAsync(1);
            await SignAsync(2);
        }
        if (verb == "hub console extend") EnrolBox("box-2");
        var before = Fingerprint(trust);
        Assert.Equal(ExitCode.Ok, await RunAsync([..verb.Split(' '), Home, .. About(verb)]));
        // A share with a federal agency needs the overseer besides; its keepers are not asked before.
        if (verb == "hub grant add") await CountersignAsync();
        Assert.Equal(before, Fingerprint(trust));
        Assert.Equal(ExitCode.Configuration,
            await RunAsync("hub", "sign", Home, "--key", _folder.File("keeper-1.key"), "--passphrase-file", Phrase("another passphrase")));
        Assert.NotEqual(ExitCode.Ok, await RunAsync("hub", "sign", Home, "--key", _folder.File("stranger.key"), "--passphrase-file", Phrase(Passphrase)));
        await SignAsync(1);
        Assert.Equal(before, Fingerprint(trust));
        await SignAsync(1);
        Assert.Equal(before, Fingerprint(trust));
        await SignAsync(2);
        Assert.NotEqual(before, Fingerprint(trust));
    }

    private async Task CountersignAsync()
    {
        string[] sign = ["hub", "grant", "countersign", Home, "the-grant", "--passphrase-file", Phrase(Passphrase), "--key"];
        foreach (var other in Duties.Roles.Keys.Except(["oversight"]).Append("stranger"))
            Assert.NotEqual(ExitCode.Ok, await RunAsync([.. sign, _folder.File($"{other}.key")]));
        Assert.Equal(ExitCode.Ok, await RunAsync([.. sign, _folder.File("oversight.key")]));
    }

    private Task<ExitCode> SignAsync(int keeper) =>
        RunAsync("hub", "sign", Home, "--key", _folder.File($"keeper-{keeper}.key"), "--passphrase-file", Phrase(Passphrase));

    // Keys at the least cost: what is tried is who may, and there are hundreds of tries.
    private void MakeAgency(int keepers)
    {
        var now = TimeProvider.System.GetUtcNow();
        var people = Enumerable.Range(1, keepers).Select(number => Key($"keeper-{number}")).ToList();
        using var agency = Agency.Create(Home, new AgencyPlan
        {
            Agency = "riverton", Cost = Lists.Cheap, Policy = Lists.Policy with { Version = 1, Sharing = [Jurisdiction.Federal] },
            Keepers = [.. people.Select(one => new Keeper(one.Name, one.Key, one.File))],
        }, now, null, out _)!;
        var operators = Duties.Roles.Keys.Select(role =>
        {
            using var key = Key(role).Key;
            return new Operator($"{role}-1", Duties.Roles[role], key.Public, now.AddMinutes(-1), now.AddDays(30));
        });
        agency.Ceremony.Propose(new Dictionary<string, byte[]> { [TrustPath.Operators] = new Operators("riverton", 2, [.. operators]).Write() }, now);
        foreach (var one in people.Take(2)) agency.Ceremony.Sign(one.Key, now);
        Assert.Equal(5, agency.PublishedOperators.All.Count);
        Key("stranger").Key.Dispose();
        foreach (var one in people) one.Key.Dispose();
        EnrolBox(agency, "box-1", now);
        TakeOffer(agency, now);
    }

    private void EnrolBox(string box)
    {
        using var agency = Agency.Open(Home);
        EnrolBox(agency, box, TimeProvider.System.GetUtcNow());
    }

    private void EnrolBox(Agency agency, string box, DateTimeOffset now)
    {
        using var keys = KeyFolder.Open(_folder.File($"{box}/state"), credentialsDirectory: null);
        agency.Enrol(new EnrolmentFolder(_folder.File($"{box}/enrolment")).Prepare(new BoxName("riverton", box), keys), now);
    }

    private void TakeOffer(Agency agency, DateTimeOffset now)
    {
        using var sheriff = Agency.Create(_folder.File("sheriff"), new AgencyPlan { Agency = "sheriff", Cost = Lists.Cheap }, now, null, out _)!;
        agency.Grants.Take(sheriff.Grants.OfferFor("riverton", now).Folder, now);
    }

    private (string Name, SigningKey Key, KeeperKey File) Key(string name)
    {
        var key = SigningKey.Create();
        var file = KeeperKey.Protect(key, Encoding.UTF8.GetBytes(Passphrase), Lists.Cheap);
        File.WriteAllBytes(_folder.File($"{name}.key"), file.Write());
        return (name, key, file);
    }

    private string Phrase(string passphrase)
    {
        var file = _folder.File($"{passphrase.Replace(' ', '-')}.phrase");
        File.WriteAllText(file, passphrase + "\n");
        return file;
    }

    private string[]? Before(string verb) => verb switch
    {
        "hub operator revoke" => ["hub", "operator", "add", Home, .. About("hub operator add")],
        "hub grant revoke" => ["hub", "grant", "add", Home, .. About("hub grant add")],
        "hub console revoke" or "hub console extend" => ["hub", "console", "admit", Home, .. About("hub console admit")],
        _ => null,
    };

    private string[] About(string verb) => verb switch
    {
        "hub order search" or "hub order release" => ["--case", "C-1", "--purpose", "stolen-vehicle"],
        "hub order hold" => ["--case", "C-1", "--purpose", "stolen-vehicle", "--until", "2030-01-01T00:00:00Z"],
        "hub order disposition" => ["--case", "C-1", "--purpose", "stolen-vehicle", "--hit", "1", "--verdict", "misread"],
        "hub order revoke" => ["--account", "hub-1"],
        "hub order decommission" => ["--yes"],
        "hub operator add" => ["--account", "new-1", "--role", "auditor", "--key", _folder.File("stranger.key")],
        "hub operator revoke" => ["new-1"],
        "hub policy set" => [NextPolicy()],
        "hub grant add" => ["--agency", "sheriff", "--jurisdiction", "federal", "--case", "S-2026-7", "--justification",
            "A joint task force on stolen vehicles.",
            "--expires", JsonTime.Write(TimeProvider.System.GetUtcNow().AddDays(20)), "--disclosure", "2027-01-15", "--id", "the-grant"],
        "hub grant revoke" => ["the-grant"],
        "hub console admit" => ["tech-7", "--role", "technician", "--out", _folder.File("tech-7.p12"), "--passphrase-file", Phrase(Passphrase)],
        "hub console extend" or "hub console revoke" => ["tech-7"],
        _ => [],
    };

    private string NextPolicy()
    {
        using var agency = Agency.Open(Home);
        File.WriteAllBytes(_folder.File("policy.json"), (agency.Policy with { Version = 2, HitRetentionHours = 12 }).Write());
        return _folder.File("policy.json");
    }

    private static string[] Arguments(string verb) => verb switch
    {
        "models calibrate" => ["models", "--truth", "none.tsv", "none.png"],
        "recognize" => ["none.png"],
        "prove-forgetting" => ["--footage", "none.mp4"],
        "bench recognition" => ["none"],
        "bench box" => ["none.mp4"],
        _ => [],
    };

    private static string Fingerprint(string trust) =>
        string.Join('\n', Directory.EnumerateFiles(trust, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
        .Select(file => $"{Path.GetRelativePath(trust, file)} {Sha256Hash.Of(File.ReadAllBytes(file))}"));

    // In this process: there are hundreds of tries.
    private static async Task<ExitCode> RunAsync(params string[] arguments)
    {
        var parsed = CommandTable.Build().Parse(arguments);
        return parsed.Errors.Count > 0 ? ExitCode.Usage
            : (ExitCode)await parsed.InvokeAsync(new InvocationConfiguration { Output = TextWriter.Null, Error = TextWriter.Null },
                TestContext.Current.CancellationToken);
    }

    private static async Task<(int Code, string Error)> InABoxAsync(params string[] command)
    {
        using var process = Process.Start(new ProcessStartInfo("unshare",
            ["--user", "--map-root-user", "--mount", "sh", "-c", "mount -t tmpfs none /var/lib && mkdir /var/lib/edge-agent && exec \"$@\"", "sh", .. command])
        {
            RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true,
        })!;
        var cancel = TestContext.Current.CancellationToken;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(cancel), process.StandardError.ReadToEndAsync(cancel));
        await process.WaitForExitAsync(cancel);
        await output;
        return (process.ExitCode, await error);
    }

    private static IEnumerable<(string Path, string Text)> Described(Command command, string path)
    {
        foreach (var verb in command.Subcommands)
        {
            var own = path.Length == 0 ? verb.Name : $"{path} {verb.Name}";
            if (verb.Action is not null) yield return (own, verb.Description ?? "");
            foreach (var below in Described(verb, own)) yield return below;
        }
    }

    private static IEnumerable<string> Verbs(Command command, string path) => Described(command, path).Select(verb => verb.Path);
}
