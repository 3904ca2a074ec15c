using System.Text;
using Edge.Agent.Governance;
using Edge.Agent.Hub;
using Edge.Storage.Keys;
using Edge.Storage.Sealing;
using Edge.Storage.Trust;
using Edge.Tests.Matching;
using Edge.Tests.Support;

namespace Edge.Tests.Hub;

/// <summary>An agency whose policy three people sign, two at a time.</summary>
public sealed class CeremonyTests : IDisposable
{
    private readonly TemporaryFolder _temporary = new();
    private readonly Keeper[] _keepers = [Make("keeper-1"), Make("keeper-2"), Make("keeper-3")];
    private readonly Agency _agency;
    private readonly TrustClient _box;

    public CeremonyTests()
    {
        _agency = Agency.Create(_temporary.File("agency"),
            new AgencyPlan { Agency = "riverton", Wanted = [Lists.Wanted("AB123")], Cost = Lists.Cheap, Keepers = _keepers }, Lists.Now, null, out _)!;
        _box = TrustClient.Open(_temporary.File("box"), File.ReadAllBytes(Path.Combine(_agency.TrustFolder, "1.root.json")), "riverton", "box-1");
        Update();
    }

    public void Dispose()
    {
        _agency.Dispose();
        foreach (var keeper in _keepers) keeper.Key.Dispose();
        _temporary.Dispose();
    }

    private static Keeper Make(string name)
    {
        var key = SigningKey.Create();
        return new Keeper(name, key, KeeperKey.Protect(key, "correct horse battery"u8, new BlindCost(7168, 5)));
    }

    private static string Id(Keeper keeper) => RoleKeys.KeyIdOf(keeper.Key.Public);

    private TrustedTargets Update() => _box.Update(TrustSource.Folder(_agency.TrustFolder), Lists.Now);

    private static Dictionary<string, byte[]> Operators(string text) => new() { [TrustPath.Operators] = Encoding.UTF8.GetBytes(text) };

    [Fact]
    public void No_keeper_s_key_stays_with_the_hub_in_the_clear()
    {
        Assert.Equal(["hotlists.key", "trust.key"], Directory.EnumerateFiles(_temporary.File("agency/keys"), "*.key")
            .Select(file => Path.GetFileName(file)).Where(name => !name.StartsWith("recipient", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
        Assert.Equal(3, Directory.EnumerateFiles(_temporary.File("agency/to-keepers")).Count());
        var seeds = _keepers.Select(keeper => keeper.Key.ExportSeed()).ToList();
        Assert.All(Directory.EnumerateFiles(_temporary.File("agency"), "*", SearchOption.AllDirectories),
            file => Assert.All(seeds, seed => Assert.True(File.ReadAllBytes(file).AsSpan().IndexOf(seed) < 0, file)));
        Assert.Equal((3, 2), (_agency.Ceremony.Keepers.Keys.Count, _agency.Ceremony.Keepers.Threshold));
    }

    [Fact]
    public void A_hotlist_and_a_timestamp_need_no_keeper()
    {
        Assert.NotNull(Lists.Replace(_agency, [Lists.Wanted("CD456", "C-9")]).Next);
        var set = Update();
        Assert.Equal((1, 2), (set.Versions[TrustPath.Targets], set.Versions["hotlists-riverton.json"]));
        _agency.RefreshTrust(Lists.Now);
        Assert.Equal(3, Update().Versions[TrustPath.Timestamp]);
    }

    [Fact]
    public void A_change_is_published_with_the_second_signature_and_not_before()
    {
        Assert.False(_agency.Ceremony.Propose(Operators("new operators"), Lists.Now));
        Assert.Equal(["operators.json"], _agency.Ceremony.Proposal.Changes);
        Assert.Equal(1, Update().Versions[TrustPath.Targets]);

        Assert.False(_agency.Ceremony.Sign(_keepers[2].Key, Lists.Now));
        Assert.False(_agency.Ceremony.Sign(_keepers[2].Key, Lists.Now)); // twice is once
        var waiting = Assert.Single(_agency.Ceremony.Proposal.Files);
        Assert.Equal((Id(_keepers[2]), 1), (Assert.Single(waiting.Signed), waiting.Missing));
        Assert.Equal(1, Update().Versions[TrustPath.Targets]);

        Assert.True(_agency.Ceremony.Sign(_keepers[0].Key, Lists.Now));
        var set = Update();
        Assert.Equal(("new operators", 2), (Encoding.UTF8.GetString(set.Operators.Span), set.Versions[TrustPath.Targets]));
        Assert.False(_agency.Ceremony.Proposal.IsWaiting);
        Assert.Throws<AgencyException>(() => _agency.Ceremony.Sign(_keepers[1].Key, Lists.Now));
    }

    [Fact]
    public void A_hotlist_goes_out_while_a_change_waits()
    {
        _agency.Ceremony.Propose(Operators("new operators"), Lists.Now);
        _agency.Ceremony.Sign(_keepers[0].Key, Lists.Now);
        Assert.NotNull(Lists.Replace(_agency, [Lists.Wanted("CD456", "C-9")]).Next);
        Assert.Equal(2, Update().Versions["hotlists-riverton.json"]);
        Assert.True(_agency.Ceremony.Sign(_keepers[1].Key, Lists.Now));
        Assert.Equal((2, 2), (Update().Versions[TrustPath.Targets], Update().Versions["hotlists-riverton.json"]));
    }

    [Fact]
    public void A_stranger_s_signature_a_second_change_and_an_expired_one_are_refused()
    {
        _agency.Ceremony.Propose(Operators("new operators"), Lists.Now);
        using var stranger = SigningKey.Create();
        Assert.Contains("not one that this change needs", Assert.Throws<AgencyException>(() => _agency.Ceremony.Sign(stranger, Lists.Now)).Message,
            StringComparison.Ordinal);
        Assert.Contains("another change waits", Assert.Throws<ChangeWaitsException>(() => _agency.Ceremony.Propose(Operators("x"), Lists.Now)).Message,
            StringComparison.Ordinal);
        _agency.Ceremony.Sign(_keepers[0].Key, Lists.Now);
        Assert.Contains("expired while it waited", Assert.Throws<TrustException>(() => _agency.Ceremony.Sign(_keepers[1].Key, Lists.Now.AddDays(91))).Message,
            StringComparison.Ordinal);
        Assert.Equal(1, Update().Versions[TrustPath.Targets]);
        _agency.Ceremony.Proposal.Discard();
        Assert.False(_agency.Ceremony.Proposal.IsWaiting);
    }

    [Fact]
    public void A_change_edited_after_a_signature_loses_that_signature()
    {
        _agency.Ceremony.Propose(Operators("new operators"), Lists.Now);
        _agency.Ceremony.Sign(_keepers[0].Key, Lists.Now);
        var path = _temporary.File("agency/pending/targets.json");
        File.WriteAllText(path, File.ReadAllText(path).Replace("\"version\":2", "\"version\":3", StringComparison.Ordinal));
        Assert.Equal((0, 2), (Assert.Single(_agency.Ceremony.Proposal.Files).Signed.Count, _agency.Ceremony.Proposal.Files[0].Missing));
    }

    [Fact]
    public void A_file_exchanged_after_the_keepers_signed_is_not_published()
    {
        _agency.Ceremony.Propose(Operators("new operators"), Lists.Now);
        _agency.Ceremony.Sign(_keepers[0].Key, Lists.Now);
        File.WriteAllText(_temporary.File("agency/pending/operators.json"), "my operators");
        Assert.Contains("is not the file that the keepers signed",
            Assert.Throws<TrustException>(() => _agency.Ceremony.Sign(_keepers[1].Key, Lists.Now)).Message, StringComparison.Ordinal);
        Assert.Equal(1, Update().Versions[TrustPath.Targets]);
    }

    [Fact]
    public void A_keeper_is_replaced_when_old_and_new_keepers_have_signed_and_boxes_follow()
    {
        var next = Make("keeper-4");
        using var key = next.Key;
        Assert.False(_agency.Ceremony.ProposeKeepers([key.Public], [Id(_keepers[0])], null, Lists.Now));
        Assert.Equal(["root.json", "targets.json"], _agency.Ceremony.Proposal.Files.Select(file => file.File));
        Assert.False(_agency.Ceremony.Sign(_keepers[0].Key, Lists.Now)); // who leaves may sign as one of the old
        Assert.False(_agency.Ceremony.Sign(key, Lists.Now)); // one of the new
        Assert.True(_agency.Ceremony.Sign(_keepers[1].Key, Lists.Now)); // old and new

        var set = Update();

        Assert.Equal((2, 2), (_box.RootVersion, set.Versions[TrustPath.Targets]));
        Assert.Equal(new[] { key.Public, _keepers[1].Key.Public, _keepers[2].Key.Public }.Select(RoleKeys.KeyIdOf).Order(StringComparer.Ordinal),
            _agency.Ceremony.Keepers.Keys.Select(RoleKeys.KeyIdOf).Order(StringComparer.Ordinal));
        _agency.Ceremony.Propose(Operators("later"), Lists.Now);
        Assert.Throws<AgencyException>(() => _agency.Ceremony.Sign(_keepers[0].Key, Lists.Now));
    }

    [Fact]
    public void Keepers_who_cannot_meet_the_threshold_and_unknown_ones_are_refused()
    {
        Assert.Throws<TrustException>(() => _agency.Ceremony.ProposeKeepers([], [Id(_keepers[0]), Id(_keepers[1])], null, Lists.Now));
        Assert.Throws<AgencyException>(() => _agency.Ceremony.ProposeKeepers([], [new string('a', 64)], null, Lists.Now));
        Assert.False(_agency.Ceremony.Proposal.IsWaiting);
    }

    [Fact]
    public void A_publication_cut_off_half_way_is_finished_by_the_next_signature()
    {
        using var key = SigningKey.Create();
        _agency.Ceremony.ProposeKeepers([key.Public], [Id(_keepers[0])], null, Lists.Now);
        _agency.Ceremony.Sign(_keepers[1].Key, Lists.Now);
        var pending = Directory.EnumerateFiles(_temporary.File("agency/pending")).ToDictionary(file => file, File.ReadAllBytes);
        Assert.True(_agency.Ceremony.Sign(_keepers[2].Key, Lists.Now));
        var root = File.ReadAllBytes(Path.Combine(_agency.TrustFolder, "2.root.json"));
        foreach (var (file, bytes) in pending) File.WriteAllBytes(file, bytes); // as if the power had failed before the end

        Assert.True(_agency.Ceremony.Sign(_keepers[2].Key, Lists.Now));

        Assert.Equal(root, File.ReadAllBytes(Path.Combine(_agency.TrustFolder, "2.root.json")));
        Update();
        Assert.Equal(2, _box.RootVersion);
    }

    [Fact]
    public void An_agency_with_its_own_unprotected_key_publishes_at_once()
    {
        using var alone = Agency.Create(_temporary.File("alone"), new AgencyPlan { Agency = "riverton", Cost = Lists.Cheap }, Lists.Now, null, out _)!;
        Assert.True(alone.Ceremony.Propose(Operators("new operators"), Lists.Now));
        Assert.Equal("new operators", File.ReadAllText(Path.Combine(alone.TrustFolder, "operators.json")));
    }

    private string KeyFile(string name) => _temporary.File($"agency/keys/{name}.key");

    private void Sign(int first, int second)
    {
        Assert.False(_agency.Ceremony.Sign(_keepers[first].Key, Lists.Now));
        Assert.True(_agency.Ceremony.Sign(_keepers[second].Key, Lists.Now));
    }

    [Fact]
    public void New_online_keys_are_used_once_the_keepers_have_signed_and_the_old_ones_are_gone()
    {
        var (trust, hotlists, id) = (File.ReadAllBytes(KeyFile("trust")), File.ReadAllBytes(KeyFile("hotlists")), _agency.TrustKeyId);
        Assert.False(_agency.Ceremony.ProposeOnlineKeys(Lists.Now));
        Assert.NotNull(Lists.Replace(_agency, [Lists.Wanted("CD456", "C-9")]).Next); // with the old ones
        Assert.Equal((1, id), (Update().Versions[TrustPath.Targets], _agency.TrustKeyId));

        Sign(0, 2);

        var set = Update();
        Assert.Equal((2, 2, 3), (_box.RootVersion, set.Versions[TrustPath.Targets], set.Versions["hotlists-riverton.json"]));
        Assert.NotEqual(id, _agency.TrustKeyId);
        Assert.Equal(["hotlists.key", "trust.key"], Directory.EnumerateFiles(_temporary.File("agency/keys"), "*.key")
            .Select(file => Path.GetFileName(file)).Where(name => !name.StartsWith("recipient", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
        foreach (var file in Directory.EnumerateFiles(_temporary.File("agency"), "*", SearchOption.AllDirectories))
            Assert.True(File.ReadAllBytes(file).AsSpan().IndexOf(trust) < 0 && File.ReadAllBytes(file).AsSpan().IndexOf(hotlists) < 0, file);

        using var again = Agency.Open(_temporary.File("agency"));
        Assert.NotNull(Lists.Replace(again, [Lists.Wanted("EF789", "C-10")]).Next);
        Assert.Equal(4, Update().Versions["hotlists-riverton.json"]);
    }

    [Fact]
    public void What_the_old_online_keys_sign_is_refused_after_they_were_replaced()
    {
        _agency.Ceremony.ProposeOnlineKeys(Lists.Now);
        _agency.RefreshTrust(Lists.Now);
        var timestamp = File.ReadAllBytes(Path.Combine(_agency.TrustFolder, TrustPath.Timestamp));
        Sign(0, 1);
        Update();
        Assert.Contains("timestamp.json", Assert.Throws<TrustException>(() => _box.Update(
            (path, most) => path == TrustPath.Timestamp ? timestamp : TrustSource.Folder(_agency.TrustFolder)(path, most), Lists.Now)).Message,
                StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_exchange_cut_off_between_destroying_and_renaming_is_finished_by_the_next_care()
    {
        _agency.Ceremony.ProposeOnlineKeys(Lists.Now);
        Sign(0, 1);
        File.Move(KeyFile("trust"), KeyFile("trust.next")); // as if the power had failed before the renaming
        using var again = Agency.Open(_temporary.File("agency"));
        again.Tend(Lists.Now.AddDays(1));
        Assert.True(File.Exists(KeyFile("trust")));
        Assert.False(File.Exists(KeyFile("trust.next")));
        _box.Update(TrustSource.Folder(_agency.TrustFolder), Lists.Now.AddDays(1));
    }

    [Fact]
    public void A_change_that_is_dropped_takes_the_keys_made_for_it_along()
    {
        _agency.Ceremony.ProposeOnlineKeys(Lists.Now);
        _agency.Ceremony.Discard();
        Assert.False(File.Exists(KeyFile("trust.next")) || File.Exists(KeyFile("hotlists.next")));
        var held = _agency.Epochs.Held.Count;
        Assert.False(_agency.Ceremony.ProposeEpochs(3, 7, Lists.Now));
        Assert.Equal(held + 3, _agency.Epochs.Held.Count);
        _agency.Ceremony.Discard();
        Assert.Equal(held, _agency.Epochs.Held.Count);
        Assert.Throws<AgencyException>(() => _agency.Ceremony.Discard());
        Update();
    }

    [Fact]
    public void A_keeper_signs_a_copy_on_a_machine_of_their_own()
    {
        _agency.Ceremony.Propose(Operators("new operators"), Lists.Now);
        var stick = _temporary.File("stick");
        _agency.Ceremony.Export(stick);
        Assert.Throws<AgencyException>(() => _agency.Ceremony.Export(stick));
        Assert.All(Directory.EnumerateFiles(stick, "*", SearchOption.AllDirectories), file => Assert.EndsWith(".json", file, StringComparison.Ordinal));
        CarriedChange.Open(stick).Sign(_keepers[1].Key);
        Assert.False(_agency.Ceremony.Sign(_keepers[0].Key, Lists.Now)); // meanwhile, at the hub

        Assert.True(_agency.Ceremony.Import(stick, Lists.Now, out var taken));

        Assert.Equal((1, "new operators"), (taken, Encoding.UTF8.GetString(Update().Operators.Span)));
    }

    [Fact]
    public void A_copy_that_is_another_change_or_signed_by_a_stranger_adds_nothing()
    {
        _agency.Ceremony.Propose(Operators("new operators"), Lists.Now);
        var stick = _temporary.File("stick");
        _agency.Ceremony.Export(stick);
        using var stranger = SigningKey.Create();
        Assert.Contains("not one that this change needs", Assert.Throws<AgencyException>(() => CarriedChange.Open(stick).Sign(stranger)).Message,
            StringComparison.Ordinal);
        CarriedChange.Open(stick).Sign(_keepers[1].Key);
        var targets = Path.Combine(stick, "pending", "targets.json");
        var signed = File.ReadAllText(targets);

        void Refused(string reason) => Assert.Contains(reason, Assert.Throws<TrustException>(() => _agency.Ceremony.Import(stick, Lists.Now, out _)).Message,
            StringComparison.Ordinal);
        File.WriteAllText(targets, signed.Replace("\"version\":2", "\"version\":3", StringComparison.Ordinal));
        Refused("targets.json: is not the one of the change that waits here");
        File.WriteAllText(targets, signed);
        File.WriteAllText(Path.Combine(stick, "pending", "operators.json"), "my operators");
        Refused("operators.json: is not the one of the change that waits here");
        Assert.Throws<TrustException>(() => CarriedChange.Open(stick).Sign(_keepers[2].Key)); // nor does it sign what it did not show
        File.WriteAllText(Path.Combine(stick, "pending", "operators.json"), "new operators");
        File.WriteAllText(Path.Combine(stick, "pending", "policy.json"), "{}");
        Refused("policy.json: is not the one of the change that waits here");
        File.Delete(Path.Combine(stick, "pending", "policy.json"));
        File.WriteAllText(Path.Combine(stick, "pending", "timestamp.json"), "{}");
        Refused("timestamp.json: is no file of a change");
        File.Delete(Path.Combine(stick, "pending", "timestamp.json"));
        // A signature broken on the way is left behind.
        var at = signed.IndexOf("\"sig\":\"", StringComparison.Ordinal) + 7;
        File.WriteAllText(targets, $"{signed[..at]}{(signed[at] == '0' ? '1' : '0')}{signed[(at + 1)..]}");
        Assert.False(_agency.Ceremony.Import(stick, Lists.Now, out var broken));
        Assert.Equal((0, 0), (broken, _agency.Ceremony.Proposal.Files[0].Signed.Count));
        File.WriteAllText(targets, signed);
        Assert.False(_agency.Ceremony.Import(stick, Lists.Now, out var taken));
        Assert.False(_agency.Ceremony.Import(stick, Lists.Now, out var again));
        Assert.Equal((1, 0), (taken, again));
        Assert.Equal(1, Update().Versions[TrustPath.Targets]);
    }

    [Fact]
    public void An_operator_whose_key_is_a_keeper_s_or_the_hub_s_is_refused()
    {
        Operator One(string account, VerifyingKey key) => new(account, Edge.Storage.Audit.AuditRole.Investigator, key, Lists.Now, Lists.Now.AddDays(365));
        Assert.Contains("an operator has a key of their own", Assert.Throws<AgencyException>(() =>
            _agency.Ceremony.ProposeOperator(One("a", _keepers[0].Key.Public), Lists.Now)).Message, StringComparison.Ordinal);
        using var own = SigningKey.Create();
        Assert.Contains("account: must be 1 to 64 of a-z",
            Assert.Throws<AgencyException>(() => _agency.Ceremony.ProposeOperator(One("Jane Doe", own.Public), Lists.Now)).Message, StringComparison.Ordinal);
        Assert.Contains("at most 366 days",
            Assert.Throws<AgencyException>(() =>
                _agency.Ceremony.ProposeOperator(One("a", own.Public) with { Expires = Lists.Now.AddDays(400) }, Lists.Now)).Message, StringComparison.Ordinal);
        Assert.Contains("no operator has the account", Assert.Throws<AgencyException>(() => _agency.Ceremony.ProposeRevocation("nobody", Lists.Now)).Message,
            StringComparison.Ordinal);
        Assert.False(_agency.Ceremony.Proposal.IsWaiting);
    }
}
