using System.Text;
using System.Text.Json.Nodes;
using Edge.Storage.Keys;
using Edge.Storage.Trust;

namespace Edge.Tests.Trust;

/// <summary>The attacks of the TUF specification (§1.5.2) against a box: each test is named after one. The agency has a key
/// of its own for every role, so that a test says exactly which keys its attacker holds.</summary>
public sealed class TufAttackTests : IDisposable
{
    private static readonly DateTimeOffset Now = TrustLab.Start.AddHours(1);
    private static readonly string HotlistMetadata = TrustPath.HotlistMetadata(TrustLab.Agency);
    private static readonly string Hotlist = TrustPath.Hotlist(TrustLab.Agency);

    private readonly SigningKey[] _root = Keys(3);
    private readonly SigningKey[] _targets = Keys(3);
    private readonly SigningKey _timestamp = SigningKey.Create();
    private readonly SigningKey _snapshot = SigningKey.Create();
    private readonly SigningKey _hotlists = SigningKey.Create();
    private readonly SigningKey _thief = SigningKey.Create();
    private readonly TrustLab _lab;

    public TufAttackTests() => _lab = new TrustLab(new TrustSigners(new SigningRole([.. _root], 2), TrustLab.Role(1, _timestamp),
        TrustLab.Role(1, _snapshot), new SigningRole([.. _targets], 2), TrustLab.Role(1, _hotlists)));

    public void Dispose() => _lab.Dispose();

    private static SigningKey[] Keys(int count) => [.. Enumerable.Range(0, count).Select(_ => SigningKey.Create())];

    private static string Refused(TrustClient box, TrustFetch fetch, DateTimeOffset? now = null) => Refusal(box, fetch, now).Message;

    private static TrustException Refusal(TrustClient box, TrustFetch fetch, DateTimeOffset? now = null) =>
        Assert.Throws<TrustException>(() => box.Update(fetch, now ?? Now));

    private static string Text(ReadOnlyMemory<byte> bytes) => Encoding.UTF8.GetString(bytes.Span);

    private TrustClient UpToDateBox()
    {
        var box = _lab.NewBox();
        box.Update(_lab.Fetch, Now);
        return box;
    }

    private TrustForge Forge() => new(_lab);

    private RootMetadata NextRoot(int version = 2, RoleKeys? root = null, RoleKeys? timestamp = null, RoleKeys? snapshot = null,
        DateTimeOffset? expires = null) => new(version, expires ?? Now.AddDays(300), root ?? RoleKeys.Of(2, _root.Select(key => key.Public)),
        timestamp ?? RoleKeys.Of(1, _timestamp.Public), snapshot ?? RoleKeys.Of(1, _snapshot.Public),
        RoleKeys.Of(2, _targets.Select(key => key.Public)));

    // Arbitrary installation

    [Theory]
    [InlineData("policy.json")]
    [InlineData("operators.json")]
    [InlineData("recipients.json")]
    [InlineData("hotlists/riverton.json")]
    public void Arbitrary_installation_of_a_file_nobody_signed_is_refused(string path)
    {
        var box = UpToDateBox();
        var forged = Forge();
        forged.Files[path] = TrustLab.Bytes("my own words");
        Assert.StartsWith(path, Refused(_lab.NewBox(), forged.Fetch), StringComparison.Ordinal);
        Assert.Equal("policy one", Text(box.Update(forged.Fetch, Now).Policy));
    }

    [Fact]
    public void Arbitrary_installation_with_every_online_key_but_not_the_offline_ones_is_refused()
    {
        var box = UpToDateBox();
        var forged = Forge();
        forged.Files[TrustPath.Policy] = TrustLab.Bytes("everything is allowed");
        forged.Targets(2, null, _timestamp, _snapshot, _hotlists).Above(2, 2, 1);
        Assert.Equal("targets.json: signature threshold not met (0 valid of 2 needed)", Refused(box, forged.Fetch));
        Assert.Equal("policy one", Text(box.Current!.Policy));
    }

    [Fact]
    public void Arbitrary_installation_of_a_policy_by_the_hotlist_key_changes_no_policy()
    {
        var box = UpToDateBox();
        var forged = Forge();
        forged.Files["evil.json"] = TrustLab.Bytes("everything is allowed");
        forged.Hotlists(2, new Dictionary<string, TargetClaim>
        {
            [Hotlist] = forged.Target(Hotlist), [TrustPath.Policy] = forged.Target("evil.json"),
        }, _hotlists).Above(2, 1, 2);
        Assert.Equal("policy one", Text(box.Update(forged.Fetch, Now).Policy));
    }

    // §5.6.7 searches in pre-order: a client that follows it to the letter would find this one before the delegated one.
    [Fact]
    public void Arbitrary_installation_of_a_hotlist_by_the_targets_role_itself_is_refused()
    {
        var forged = Forge();
        var targets = new[] { TrustPath.Policy, TrustPath.Operators, TrustPath.Recipients, Hotlist }
            .ToDictionary(path => path, path => forged.Target(path));
        forged.Targets(2, targets, _lab.Signers.Hotlists.Public, TrustLab.Agency, _targets).Above(2, 2, 1);
        Assert.Contains("targets.json: signed.targets: hotlists/riverton.json is for its delegated role to name",
            Refused(UpToDateBox(), forged.Fetch), StringComparison.Ordinal);
    }

    // Rollback

    [Fact]
    public void Rollback_of_the_timestamp_is_refused()
    {
        var old = _lab.Copy();
        _lab.Writer.Refresh(TrustLab.Start);
        var box = UpToDateBox();
        Assert.Equal("timestamp.json: rollback: version 1 is older than version 2 seen before", Refused(box, TrustLab.From(old)));
    }

    [Fact]
    public void Rollback_of_the_snapshot_under_a_newer_timestamp_is_refused()
    {
        var forged = Forge();
        _lab.Publish("two");
        var box = UpToDateBox();
        forged.Timestamp(3, forged.Claim(TrustPath.Snapshot, 1));
        Assert.Equal("snapshot.json: rollback: version 1 is older than version 2 seen before", Refused(box, forged.Fetch));
    }

    [Theory]
    [InlineData(1, 2, "targets.json")]
    [InlineData(2, 1, "hotlists-riverton.json")]
    public void Rollback_of_targets_under_a_newer_snapshot_is_refused(int targets, int hotlists, string rolledBack)
    {
        var old = _lab.Copy();
        _lab.Publish("two");
        var box = UpToDateBox();
        var forged = Forge();
        if (targets == 1) forged.Files[TrustPath.Targets] = old[TrustPath.Targets];
        if (hotlists == 1) forged.Files[HotlistMetadata] = old[HotlistMetadata];
        forged.Above(3, targets, hotlists);
        Assert.Equal($"{rolledBack}: rollback: version 1 is older than version 2 seen before", Refused(box, forged.Fetch));
    }

    [Fact]
    public void Rollback_hidden_behind_a_false_version_number_is_refused()
    {
        var old = _lab.Copy();
        _lab.Publish("two");
        var forged = Forge();
        forged.Files[TrustPath.Targets] = old[TrustPath.Targets];
        forged.Above(3, 3, 2);
        Assert.Equal("targets.json: is version 1; snapshot.json names version 3", Refused(UpToDateBox(), forged.Fetch));
    }

    [Fact]
    public void Rollback_of_root_is_refused()
    {
        _lab.Writer = _lab.Writer.RotateRoot(_lab.Signers, TrustLab.Start);
        var box = UpToDateBox();
        var forged = Forge();
        forged.Files["3.root.json"] = forged.Files["1.root.json"];
        Assert.StartsWith("3.root.json", Refused(box, forged.Fetch), StringComparison.Ordinal);
        Assert.Equal(2, box.RootVersion);
    }

    // Freeze

    [Fact]
    public void Freeze_with_an_expired_timestamp_is_refused_and_the_set_in_use_says_when_it_ended()
    {
        var box = UpToDateBox();
        Assert.Equal("timestamp.json: expired at 2026-11-08T12:00:00Z", Refused(box, _lab.Fetch, TrustLab.Start.AddDays(7)));
        Assert.Equal(TrustLab.Start.AddDays(7), box.Current!.Expires);
    }

    [Fact]
    public void Freeze_by_holding_back_only_the_snapshot_is_refused()
    {
        var old = _lab.Copy();
        var box = UpToDateBox();
        _lab.Publish("two");
        var held = _lab.Copy();
        held[TrustPath.Snapshot] = old[TrustPath.Snapshot];
        Assert.StartsWith("snapshot.json: ", Refused(box, TrustLab.From(held)), StringComparison.Ordinal);
    }

    // Fast-forward, and the way back (§5.3.11)

    [Fact]
    public void Fast_forward_by_stolen_online_keys_ends_when_root_replaces_them()
    {
        var box = _lab.NewBox();
        var forged = Forge();
        forged.Targets(int.MaxValue, null, _targets)
            .Hotlists(int.MaxValue, new Dictionary<string, TargetClaim> { [Hotlist] = forged.Target(Hotlist) }, _hotlists)
            .Above(int.MaxValue, int.MaxValue, int.MaxValue);
        box.Update(forged.Fetch, Now);
        Assert.Contains("rollback", Refused(box, _lab.Fetch), StringComparison.Ordinal);

        var next = _lab.Signers with { Timestamp = TrustLab.Role(1, SigningKey.Create()), Snapshot = TrustLab.Role(1, SigningKey.Create()) };
        _lab.Writer = _lab.Writer.RotateRoot(next, TrustLab.Start);

        Assert.Equal(2, box.Update(_lab.Fetch, Now).Versions[TrustPath.Targets]);
        Assert.Contains("threshold not met", Refused(box, WithRootsOf(forged)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void Fast_forward_ends_when_only_one_of_the_two_online_keys_is_replaced(bool timestamp, bool snapshot)
    {
        var box = _lab.NewBox();
        var forged = Forge().Above(int.MaxValue, 1, 1);
        box.Update(forged.Fetch, Now);
        var next = _lab.Signers with
        {
            Timestamp = timestamp ? TrustLab.Role(1, SigningKey.Create()) : _lab.Signers.Timestamp,
            Snapshot = snapshot ? TrustLab.Role(1, SigningKey.Create()) : _lab.Signers.Snapshot,
        };
        _lab.Writer.RotateRoot(next, TrustLab.Start);
        Assert.Equal(2, box.Update(_lab.Fetch, Now).Versions[TrustPath.Snapshot]);
    }

    [Fact]
    public void Fast_forward_is_undone_too_when_the_two_online_roles_change_keys_with_each_other()
    {
        var box = _lab.NewBox();
        box.Update(Forge().Above(int.MaxValue, 1, 1).Fetch, Now);
        _lab.Writer.RotateRoot(_lab.Signers with { Timestamp = _lab.Signers.Snapshot, Snapshot = _lab.Signers.Timestamp }, TrustLab.Start);
        Assert.Equal(2, box.Update(_lab.Fetch, Now).Versions[TrustPath.Snapshot]);
    }

    [Fact]
    public void Rollback_is_not_made_possible_by_a_root_that_keeps_the_online_keys()
    {
        var old = _lab.Copy();
        _lab.Publish("two");
        var box = UpToDateBox();
        _lab.Writer.RotateRoot(_lab.Signers with { Root = TrustLab.Role(1, SigningKey.Create()) }, TrustLab.Start);
        old["2.root.json"] = _lab.Copy()["2.root.json"];
        Assert.Contains("rollback", Refused(box, TrustLab.From(old)), StringComparison.Ordinal);
    }

    // Mix-and-match

    [Theory]
    [InlineData("snapshot.json")]
    [InlineData("targets.json")]
    [InlineData("hotlists-riverton.json")]
    [InlineData("policy.json")]
    [InlineData("operators.json")]
    [InlineData("recipients.json")]
    [InlineData("hotlists/riverton.json")]
    public void Mix_and_match_of_two_true_sets_is_refused_at_the_file_that_does_not_belong(string path)
    {
        var old = _lab.Copy();
        var box = UpToDateBox();
        _lab.Publish("two");
        var mixed = _lab.Copy();
        mixed[path] = old[path];
        Assert.StartsWith($"{path}: ", Refused(box, TrustLab.From(mixed)), StringComparison.Ordinal);
        Assert.Equal("policy one", Text(box.Current!.Policy));
    }

    // Wrong target

    [Fact]
    public void Wrong_target_of_the_right_length_is_refused_by_its_hash()
    {
        var forged = Forge();
        forged.Files[TrustPath.Policy] = TrustLab.Bytes("policy 0ne");
        Assert.Equal("policy.json: SHA-256 is not the one targets.json names", Refused(_lab.NewBox(), forged.Fetch));
    }

    [Theory]
    [InlineData("policy on", "policy.json: is 9 bytes; targets.json names 10")]
    [InlineData("policy one, and more", "policy.json: is larger than 10 bytes")]
    public void Wrong_target_of_another_length_is_refused(string text, string refusal)
    {
        var forged = Forge();
        forged.Files[TrustPath.Policy] = TrustLab.Bytes(text);
        Assert.Equal(refusal, Refused(_lab.NewBox(), forged.Fetch));
    }

    [Fact]
    public void Wrong_target_under_the_name_of_another_is_refused()
    {
        var forged = Forge();
        (forged.Files[TrustPath.Policy], forged.Files[TrustPath.Operators]) = (forged.Files[TrustPath.Operators], forged.Files[TrustPath.Policy]);
        Assert.StartsWith("policy.json: ", Refused(_lab.NewBox(), forged.Fetch), StringComparison.Ordinal);
    }

    [Fact]
    public void Wrong_metadata_under_the_name_of_another_role_is_refused()
    {
        using var oneKey = new TrustLab();
        var forged = new TrustForge(oneKey);
        forged.Files[TrustPath.Timestamp] = forged.Files[TrustPath.Snapshot];
        Assert.Contains("_type: must be timestamp", Refused(oneKey.NewBox(), forged.Fetch), StringComparison.Ordinal);
        forged = new TrustForge(oneKey);
        forged.Files[TrustPath.Targets] = forged.Files[HotlistMetadata];
        forged.Above(2, 1, 1);
        Assert.Contains("delegations: missing", Refused(oneKey.NewBox(), forged.Fetch), StringComparison.Ordinal);
    }

    [Fact]
    public void Wrong_target_for_another_agency_is_refused()
    {
        var forged = Forge();
        forged.Hotlists(2, new Dictionary<string, TargetClaim> { [Hotlist] = forged.Target(Hotlist, "elsewhere") }, _hotlists).Above(2, 1, 2);
        Assert.Equal("hotlists/riverton.json: is for agency elsewhere; this box belongs to riverton", Refused(UpToDateBox(), forged.Fetch));
    }

    [Fact]
    public void Wrong_target_for_another_box_is_refused()
    {
        var forged = Forge();
        forged.Hotlists(2, new Dictionary<string, TargetClaim> { [Hotlist] = forged.Target(Hotlist, TrustLab.Agency, "box-2", "box-3") }, _hotlists)
            .Above(2, 1, 2);
        Assert.Equal("hotlists/riverton.json: is not for this box, box-1", Refused(UpToDateBox(), forged.Fetch));
    }

    // Role removal

    [Fact]
    public void Role_removal_of_targets_from_the_snapshot_is_refused()
    {
        var forged = Forge();
        forged.Snapshot(2, new Dictionary<string, FileClaim> { [HotlistMetadata] = forged.Claim(HotlistMetadata, 1) });
        forged.Timestamp(2, forged.Claim(TrustPath.Snapshot, 2));
        Assert.Contains("does not name targets.json", Refused(UpToDateBox(), forged.Fetch), StringComparison.Ordinal);
        Assert.Contains("does not name targets.json", Refused(_lab.NewBox(), forged.Fetch), StringComparison.Ordinal);
    }

    [Fact]
    public void Role_removal_of_the_hotlists_from_the_snapshot_is_refused()
    {
        var forged = Forge();
        forged.Snapshot(2, new Dictionary<string, FileClaim> { [TrustPath.Targets] = forged.Claim(TrustPath.Targets, 1) });
        forged.Timestamp(2, forged.Claim(TrustPath.Snapshot, 2));
        Assert.Equal("snapshot.json: rollback: no longer names hotlists-riverton.json", Refused(UpToDateBox(), forged.Fetch));
        Assert.Contains("does not name it", Refused(_lab.NewBox(), forged.Fetch), StringComparison.Ordinal);
    }

    [Fact]
    public void Role_removal_of_the_delegation_from_targets_is_refused()
    {
        var forged = Forge();
        forged.Targets(2, new Dictionary<string, TargetClaim>(), _lab.Signers.Hotlists.Public, "elsewhere", _targets).Above(2, 2, 1);
        Assert.Equal("targets.json: delegates no role hotlists-riverton", Refused(UpToDateBox(), forged.Fetch));
    }

    [Fact]
    public void Role_removal_from_root_is_refused()
    {
        var forged = Forge();
        var root = NextRoot().Write();
        root["roles"]!.AsObject().Remove("snapshot");
        forged.Files["2.root.json"] = SignedFile.Sign(root, _root);
        Assert.Contains("roles.snapshot: missing", Refused(UpToDateBox(), forged.Fetch), StringComparison.Ordinal);
    }

    // Signatures that do not count

    [Fact]
    public void Duplicate_signature_key_ids_count_once()
    {
        var forged = Forge();
        forged.Targets(2, null, _targets[0]);
        var file = JsonNode.Parse(forged.Files[TrustPath.Targets])!;
        file["signatures"]!.AsArray().Add(file["signatures"]![0]!.DeepClone());
        forged.Files[TrustPath.Targets] = CanonicalJson.Write(file);
        forged.Above(2, 2, 1);
        Assert.Equal("targets.json: signature threshold not met (1 valid of 2 needed)", Refused(UpToDateBox(), forged.Fetch));
    }

    [Fact]
    public void One_key_under_two_ids_is_refused_and_so_never_counts_twice()
    {
        var forged = Forge();
        var root = NextRoot().Write();
        var id = RoleKeys.KeyIdOf(_timestamp.Public);
        var alias = new string('a', 64);
        root["keys"]![alias] = root["keys"]![id]!.DeepClone();
        root["roles"]!["timestamp"] = new JsonObject { ["keyids"] = new JsonArray(id, alias), ["threshold"] = 2 };
        forged.Files["2.root.json"] = SignedFile.Sign(root, _root);
        Assert.Contains("is not the key its key id names", Refused(UpToDateBox(), forged.Fetch), StringComparison.Ordinal);
    }

    [Fact]
    public void One_key_id_named_twice_by_a_role_is_refused()
    {
        var forged = Forge();
        var root = NextRoot().Write();
        var id = RoleKeys.KeyIdOf(_timestamp.Public);
        root["roles"]!["timestamp"] = new JsonObject { ["keyids"] = new JsonArray(id, id), ["threshold"] = 2 };
        forged.Files["2.root.json"] = SignedFile.Sign(root, _root);
        Assert.Contains("stands here twice", Refused(UpToDateBox(), forged.Fetch), StringComparison.Ordinal);
    }

    [Fact]
    public void Threshold_not_met_is_refused_for_every_role()
    {
        Assert.Equal("targets.json: signature threshold not met (1 valid of 2 needed)",
            Refused(UpToDateBox(), Forge().Targets(2, null, _targets[0]).Above(2, 2, 1).Fetch));
        Assert.Equal("targets.json: signature threshold not met (1 valid of 2 needed)",
            Refused(UpToDateBox(), Forge().Targets(2, null, _targets[0], _thief).Above(2, 2, 1).Fetch));
        var forged = Forge();
        forged.Hotlists(2, new Dictionary<string, TargetClaim> { [Hotlist] = forged.Target(Hotlist) }, _thief).Above(2, 1, 2);
        Assert.Equal("hotlists-riverton.json: signature threshold not met (0 valid of 1 needed)", Refused(UpToDateBox(), forged.Fetch));
        Assert.Equal("2.root.json: signature threshold not met (1 valid of 2 needed)",
            Refused(UpToDateBox(), Forge().Root(NextRoot(), _root[0]).Fetch));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    public void Threshold_that_nobody_or_anybody_could_meet_is_refused(int threshold)
    {
        var forged = Forge();
        var root = NextRoot().Write();
        root["roles"]!["root"]!["threshold"] = threshold;
        forged.Files["2.root.json"] = SignedFile.Sign(root, _root);
        Assert.Contains("roles.root.threshold", Refused(UpToDateBox(), forged.Fetch), StringComparison.Ordinal);
    }

    // Endless data

    [Fact]
    public void Endless_data_is_asked_for_up_to_a_cap_and_refused_before_it_is_parsed()
    {
        foreach (var endless in _lab.Copy().Keys.Where(path => path is not ("root.json" or "1.root.json")).Append("2.root.json"))
        {
            var asked = new Dictionary<string, int>();
            var refusal = Refused(_lab.NewBox(), (path, maxBytes) =>
            {
                asked[path] = maxBytes;
                return path == endless ? [.. Enumerable.Repeat((byte)'{', maxBytes + 1)] : _lab.Fetch(path, maxBytes);
            });
            Assert.Equal($"{endless}: is larger than {asked[endless]} bytes", refusal);
            Assert.InRange(asked[endless], 1, TrustPath.MaxBytes(endless));
        }
    }

    [Fact]
    public void Endless_data_that_metadata_itself_allows_is_refused()
    {
        var forged = Forge();
        var claim = forged.Target(Hotlist) with { Length = TrustPath.MaxBytes(Hotlist) + 1 };
        forged.Hotlists(2, new Dictionary<string, TargetClaim> { [Hotlist] = claim }, _hotlists).Above(2, 1, 2);
        Assert.Contains($"length: must be a whole number from 1 to {TrustPath.MaxBytes(Hotlist)}", Refused(UpToDateBox(), forged.Fetch),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Endless_roots_are_walked_a_bounded_number_at_a_time()
    {
        var forged = Forge();
        for (var version = 2; version <= 70; version++) forged.Root(NextRoot(version), _root[0], _root[1]);
        var asked = 0;
        var box = _lab.NewBox();
        box.Update((path, maxBytes) =>
        {
            if (path.EndsWith(".root.json", StringComparison.Ordinal)) asked++;
            return forged.Fetch(path, maxBytes);
        }, Now);
        Assert.Equal((64, 65), (asked, box.RootVersion));
        box.Update(forged.Fetch, Now);
        Assert.Equal(70, box.RootVersion);
    }

    // Partial bundles; slow and missing files

    [Fact]
    public void Partial_bundle_activates_nothing_whichever_file_is_missing()
    {
        var box = UpToDateBox();
        var first = box.Current;
        _lab.Publish("two");
        foreach (var path in _lab.Copy().Keys.Where(path => !path.EndsWith("root.json", StringComparison.Ordinal)))
        {
            var partial = _lab.Copy();
            partial.Remove(path);
            Assert.Equal($"{path}: missing", Refused(box, TrustLab.From(partial)));
            Assert.Equal($"{path}: missing", Refused(_lab.NewBox(), TrustLab.From(partial)));
            Assert.Same(first, box.Current);
            Assert.Equal("hotlist one", Text(_lab.OpenBox(1).Current!.Hotlist));
        }
        Assert.Equal("policy two", Text(box.Update(_lab.Fetch, Now).Policy));
    }

    [Fact]
    public void Partial_bundle_in_sending_order_is_the_old_set_until_the_last_file_and_never_a_mixture()
    {
        var arriving = _lab.Copy();
        var box = UpToDateBox();
        _lab.Publish("two");
        var order = TrustRepositoryWriter.SendingOrder(_lab.Repository, TrustLab.Agency);
        foreach (var path in order)
        {
            arriving[path] = _lab.Copy()[path];
            var set = box.Update(TrustLab.From(arriving), Now);
            var text = path == order[^1] ? "two" : "one";
            Assert.Equal([$"policy {text}", $"operators {text}", $"recipients {text}", $"hotlist {text}"],
                [Text(set.Policy), Text(set.Operators), Text(set.Recipients), Text(set.Hotlist)]);
        }
    }

    [Fact]
    public void Slow_retrieval_that_breaks_off_changes_nothing_and_the_next_attempt_starts_afresh()
    {
        var box = UpToDateBox();
        _lab.Publish("two");
        foreach (var path in _lab.Copy().Keys.Where(path => !path.EndsWith("root.json", StringComparison.Ordinal)))
        {
            Assert.Throws<TimeoutException>(() => box.Update((name, maxBytes) =>
                name == path ? throw new TimeoutException() : _lab.Fetch(name, maxBytes), Now));
            Assert.Equal("policy one", Text(box.Current!.Policy));
        }
        Assert.Equal("policy two", Text(box.Update(_lab.Fetch, Now).Policy));
    }

    [Fact]
    public void Missing_files_of_a_repository_that_holds_nothing_are_refused()
    {
        Assert.Equal("timestamp.json: missing", Refused(_lab.NewBox(), (_, _) => null));
        var box = UpToDateBox();
        Assert.Equal("timestamp.json: missing", Refused(box, (_, _) => null));
        Assert.NotNull(box.Current);
    }

    // Key rotation

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    public void Key_rotation_is_followed_by_one_step_and_by_many_even_over_roots_that_have_expired_since(int steps)
    {
        var before = _lab.NewBox();
        var keys = _root;
        var forged = Forge();
        for (var i = 0; i < steps; i++)
        {
            var next = Keys(3);
            // §5.3.10: only the last root has to be fresh.
            var expires = i == steps - 1 ? Now.AddDays(30) : Now.AddDays(-1);
            forged.Root(NextRoot(i + 2, RoleKeys.Of(2, next.Select(key => key.Public)), expires: expires), keys[0], keys[2], next[1], next[2]);
            keys = next;
        }
        before.Update(forged.Fetch, Now);
        Assert.Equal(steps + 1, before.RootVersion);
        Assert.Equal(steps + 1, _lab.OpenBox(1).RootVersion);
        Assert.Contains($"{steps + 2}.root.json: signature threshold not met",
            Refused(before, forged.Root(NextRoot(steps + 2), _root).Fetch), StringComparison.Ordinal);
    }

    [Fact]
    public void Key_rotation_that_skips_a_version_is_not_followed()
    {
        var box = UpToDateBox();
        box.Update(Forge().Root(NextRoot(3), _root[0], _root[1]).Fetch, Now); // 2.root.json is not there: there is no news
        Assert.Equal(1, box.RootVersion);
        var forged = Forge();
        forged.Files["2.root.json"] = SignedFile.Sign(NextRoot(3).Write(), _root);
        Assert.Equal("2.root.json: is version 3, not 2", Refused(box, forged.Fetch));
    }

    [Fact]
    public void Root_signed_by_the_old_threshold_but_not_by_the_new_is_refused()
    {
        var next = Keys(3);
        var root = NextRoot(root: RoleKeys.Of(2, next.Select(key => key.Public)));
        Assert.Equal("2.root.json: signature threshold not met (1 valid of 2 needed)",
            Refused(UpToDateBox(), Forge().Root(root, _root[0], _root[1], next[0]).Fetch));
    }

    [Fact]
    public void Root_signed_by_the_new_threshold_but_not_by_the_old_is_refused()
    {
        var next = Keys(3);
        var root = NextRoot(root: RoleKeys.Of(2, next.Select(key => key.Public)));
        Assert.Equal("2.root.json: signature threshold not met (1 valid of 2 needed)",
            Refused(UpToDateBox(), Forge().Root(root, _root[0], next[0], next[1]).Fetch));
    }

    [Fact]
    public void Root_that_lowers_its_own_threshold_still_needs_the_old_one()
    {
        var root = NextRoot(root: RoleKeys.Of(1, _root[0].Public));
        var box = UpToDateBox();
        Assert.Contains("threshold not met", Refused(box, Forge().Root(root, _root[0]).Fetch), StringComparison.Ordinal);
        box.Update(Forge().Root(root, _root[0], _root[1]).Fetch, Now);
        Assert.Equal(2, box.RootVersion);
    }

    private TrustFetch WithRootsOf(TrustForge forged) => (path, maxBytes) =>
        path.EndsWith("root.json", StringComparison.Ordinal) ? _lab.Fetch(path, maxBytes) : forged.Fetch(path, maxBytes);
}
