using System.Text;
using Edge.Storage.Keys;
using Edge.Storage.Trust;

namespace Edge.Tests.Trust;

public sealed class TrustClientTests
{
    private static readonly DateTimeOffset Now = TrustLab.Start.AddHours(1);

    private static TrustException Refused(TrustClient box, TrustFetch fetch, DateTimeOffset? now = null) =>
        Assert.Throws<TrustException>(() => box.Update(fetch, now ?? Now));

    private static string Text(ReadOnlyMemory<byte> bytes) => Encoding.UTF8.GetString(bytes.Span);

    [Fact]
    public void A_box_takes_the_four_files_whole_and_keeps_them_over_a_restart()
    {
        using var lab = new TrustLab();
        var box = lab.NewBox();
        Assert.Null(box.Current);

        var set = box.Update(lab.Fetch, Now);

        Assert.Equal(["policy one", "operators one", "recipients one", "hotlist one"],
            [Text(set.Policy), Text(set.Operators), Text(set.Recipients), Text(set.Hotlist)]);
        Assert.Equal(1, set.Versions[TrustPath.Targets]);
        Assert.Equal(TrustLab.Start.AddDays(7), set.Expires);
        var reopened = lab.OpenBox(1);
        Assert.Null(reopened.Damage);
        Assert.Equal("hotlist one", Text(reopened.Current!.Hotlist));
    }

    [Fact]
    public void News_replaces_the_set_and_no_news_keeps_the_same_object()
    {
        using var lab = new TrustLab();
        var box = lab.NewBox();
        var first = box.Update(lab.Fetch, Now);
        Assert.Same(first, box.Update(lab.Fetch, Now));
        lab.Publish("two");
        Assert.Equal("hotlist two", Text(box.Update(lab.Fetch, Now).Hotlist));
        Assert.Equal(2, box.Current!.Versions[TrustPath.Timestamp]);
    }

    [Fact]
    public void A_refreshed_timestamp_extends_the_set_without_new_targets()
    {
        using var lab = new TrustLab();
        var box = lab.NewBox();
        box.Update(lab.Fetch, Now);
        lab.Writer.Refresh(TrustLab.Start.AddDays(6));
        var set = box.Update(lab.Fetch, TrustLab.Start.AddDays(8));
        Assert.Equal(TrustLab.Start.AddDays(13), set.Expires);
        Assert.Equal(1, set.Versions[TrustPath.Snapshot]);
    }

    [Fact]
    public void Any_byte_changed_in_any_file_is_refused_naming_that_file()
    {
        using var lab = new TrustLab(ThreeKeysOfWhichTwo());
        lab.Writer = lab.Writer.RotateRoot(lab.Signers, TrustLab.Start);
        var good = lab.Copy();
        var walked = good.Keys.Where(path => path is not ("1.root.json" or "root.json")).ToList();
        Assert.Equal(9, walked.Count);
        foreach (var path in walked)
        {
            var box = lab.NewBox();
            for (var i = 0; i < good[path].Length; i++)
            {
                var damaged = (byte[])good[path].Clone();
                damaged[i] ^= 1;
                var refusal = Refused(box, TrustLab.From(new Dictionary<string, byte[]>(good) { [path] = damaged }));
                Assert.Equal(path, refusal.File);
            }
            Assert.Null(box.Current);
            box.Update(TrustLab.From(good), Now); // the box was never confused by any of it
        }
    }

    [Fact]
    public void Bytes_that_mean_the_same_are_still_not_the_bytes_that_were_signed()
    {
        using var lab = new TrustLab();
        var files = lab.Copy();
        files[TrustPath.Timestamp] = [.. files[TrustPath.Timestamp], (byte)'\n'];
        Assert.Contains("canonical", Refused(lab.NewBox(), TrustLab.From(files)).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_message_names_what_failed()
    {
        using var lab = new TrustLab();
        var good = lab.Copy();
        var hotlist = TrustPath.Hotlist(TrustLab.Agency);
        Assert.Equal("hotlists/riverton.json: SHA-256 is not the one hotlists-riverton.json names",
            Refused(lab.NewBox(), TrustLab.From(new Dictionary<string, byte[]>(good) { [hotlist] = TrustLab.Bytes("hotlist 0ne") })).Message);
        Assert.Equal("hotlists/riverton.json: missing", Refused(lab.NewBox(), (path, _) => path == hotlist ? null : lab.Fetch(path, 1 << 20)).Message);

        using var other = new TrustLab();
        Assert.Equal("timestamp.json: signature threshold not met (0 valid of 1 needed)",
            Refused(lab.NewBox(), other.Fetch).Message);
    }

    [Fact]
    public void Rollback_is_refused_even_after_a_restart_and_even_if_the_newer_set_never_became_active()
    {
        using var lab = new TrustLab();
        var old = lab.Copy();
        lab.Publish("two");
        var broken = lab.Copy();
        broken[TrustPath.Policy] = TrustLab.Bytes("policy tw0");
        var box = lab.NewBox();
        Assert.Equal(TrustPath.Policy, Refused(box, TrustLab.From(broken)).File);
        Assert.Null(box.Current);

        var refusal = Refused(lab.OpenBox(1), TrustLab.From(old));

        Assert.Equal("timestamp.json: rollback: version 1 is older than version 2 seen before", refusal.Message);
    }

    [Fact]
    public void A_failed_update_leaves_the_whole_old_set_in_use()
    {
        using var lab = new TrustLab();
        var box = lab.NewBox();
        var first = box.Update(lab.Fetch, Now);
        lab.Publish("two");
        var files = lab.Copy();
        files.Remove(TrustPath.Hotlist(TrustLab.Agency));
        Refused(box, TrustLab.From(files));
        Assert.Same(first, box.Current);
        Assert.Equal("policy one", Text(lab.OpenBox(1).Current!.Policy));
    }

    [Fact]
    public void A_signed_set_that_the_box_cannot_act_on_does_not_become_active()
    {
        using var lab = new TrustLab();
        var box = lab.NewBox();
        box.Update(lab.Fetch, Now);
        lab.Publish("two");
        Assert.Throws<TrustException>(() => box.Update(lab.Fetch, Now,
            set => throw new TrustException(TrustPath.Policy, $"cannot act on {Text(set.Policy)}")));
        Assert.Equal("policy one", Text(box.Current!.Policy));
        Assert.Equal("policy one", Text(lab.OpenBox(1).Current!.Policy));
    }

    [Fact]
    public void An_expired_timestamp_is_a_freeze_and_is_refused()
    {
        using var lab = new TrustLab();
        var box = lab.NewBox();
        box.Update(lab.Fetch, Now);
        Assert.Equal("timestamp.json: expired at 2026-11-08T12:00:00Z", Refused(box, lab.Fetch, TrustLab.Start.AddDays(7)).Message);
        Assert.NotNull(box.Current);
    }

    [Theory]
    [InlineData(30, 1, 1, "snapshot.json")]
    [InlineData(30, 9, 1, "hotlists-riverton.json")]
    [InlineData(1, 9, 9, "targets.json")]
    public void A_fresh_timestamp_over_expired_metadata_is_refused(int targets, int snapshot, int hotlists, string file)
    {
        using var lab = new TrustLab();
        var day = TimeSpan.FromDays(1);
        lab.Writer = new TrustRepositoryWriter(lab.Repository, TrustLab.Agency, lab.Signers,
            new TrustLifetimes(day * 365, day * 7, day * snapshot, day * targets, day * hotlists));
        lab.Publish("two");
        lab.Writer.Refresh(TrustLab.Start + day * 2);
        Assert.Equal(file, Refused(lab.NewBox(), lab.Fetch, TrustLab.Start + day * 2).File);
    }

    [Fact]
    public void An_expired_root_is_refused()
    {
        using var lab = new TrustLab();
        lab.Publish("two", TrustLab.Start.AddDays(366));
        Assert.Equal(TrustPath.Root, Refused(lab.NewBox(), lab.Fetch, TrustLab.Start.AddDays(366)).File);
    }

    [Theory]
    [InlineData("snapshot.json", "snapshot.json")]
    [InlineData("targets.json", "targets.json")]
    [InlineData("hotlists-riverton.json", "hotlists-riverton.json")]
    [InlineData("policy.json", "policy.json")]
    [InlineData("hotlists/riverton.json", "hotlists/riverton.json")]
    public void Old_and_new_files_mixed_are_refused_at_the_first_that_does_not_belong(string old, string named)
    {
        using var lab = new TrustLab();
        var before = lab.Copy();
        lab.Publish("two");
        var mixed = lab.Copy();
        mixed[old] = before[old];
        Assert.Equal(named, Refused(lab.NewBox(), TrustLab.From(mixed)).File);
    }

    [Fact]
    public void A_missing_delegation_is_refused()
    {
        using var lab = new TrustLab();
        var box = TrustClient.Open(lab.BoxFolder(9), lab.FirstRoot, "elsewhere", "box-1");
        Assert.Equal("targets.json: delegates no role hotlists-elsewhere", Refused(box, lab.Fetch).Message);
    }

    [Fact]
    public void The_hotlist_role_cannot_be_signed_by_a_key_that_targets_did_not_delegate_to()
    {
        var (main, hotlist, thief) = (SigningKey.Create(), SigningKey.Create(), SigningKey.Create());
        var signers = TrustSigners.OneKey(main) with { Hotlists = TrustLab.Role(1, hotlist) };
        using var lab = new TrustLab(signers);
        lab.NewBox().Update(lab.Fetch, Now);

        // The thief holds the online keys, but not the one delegated to: the delegation itself still names that one.
        var targets = lab.Copy()[TrustPath.Targets];
        new TrustRepositoryWriter(lab.Repository, TrustLab.Agency, signers with { Hotlists = TrustLab.Role(1, thief) }).Renew(TrustLab.Start);
        var forged = lab.Copy();
        var snapshot = new SnapshotMetadata(2, TrustLab.Start.AddDays(30), new Dictionary<string, FileClaim>
        {
            [TrustPath.Targets] = FileClaim.Of(1, targets),
            [TrustPath.HotlistMetadata(TrustLab.Agency)] = FileClaim.Of(2, forged[TrustPath.HotlistMetadata(TrustLab.Agency)]),
        });
        forged[TrustPath.Targets] = targets;
        forged[TrustPath.Snapshot] = SignedFile.Sign(snapshot.Write(), [main]);
        forged[TrustPath.Timestamp] = SignedFile.Sign(new TimestampMetadata(2, TrustLab.Start.AddDays(7),
            FileClaim.Of(2, forged[TrustPath.Snapshot])).Write(), [main]);

        Assert.Equal("hotlists-riverton.json: signature threshold not met (0 valid of 1 needed)",
            Refused(lab.NewBox(), TrustLab.From(forged)).Message);
    }

    [Fact]
    public void A_threshold_of_two_needs_two_different_keys()
    {
        var (a, b, c) = (SigningKey.Create(), SigningKey.Create(), SigningKey.Create());
        var signers = TrustSigners.OneKey(a) with { Targets = TrustLab.Role(2, b, c) };
        using var lab = new TrustLab(signers);
        lab.NewBox().Update(lab.Fetch, Now);
        new TrustRepositoryWriter(lab.Repository, TrustLab.Agency, signers with { Targets = TrustLab.Role(1, b) }).Renew(TrustLab.Start);
        Assert.Equal("targets.json: signature threshold not met (1 valid of 2 needed)", Refused(lab.NewBox(), lab.Fetch).Message);
    }

    [Fact]
    public void A_target_for_another_box_is_refused()
    {
        var key = SigningKey.Create();
        using var lab = new TrustLab(TrustSigners.OneKey(key));
        var files = lab.Copy();
        var claim = FileClaim.Of(1, files[TrustPath.Hotlist(TrustLab.Agency)]);
        var role = new TargetsMetadata(2, TrustLab.Start.AddDays(9), new Dictionary<string, TargetClaim>
        {
            [TrustPath.Hotlist(TrustLab.Agency)] = new(claim.Length, claim.Sha256, TrustLab.Agency, ["box-2"]),
        }, null);
        var name = TrustPath.HotlistMetadata(TrustLab.Agency);
        files[name] = SignedFile.Sign(role.Write(), [key]);
        files[TrustPath.Snapshot] = SignedFile.Sign(new SnapshotMetadata(2, TrustLab.Start.AddDays(9), new Dictionary<string, FileClaim>
        {
            [TrustPath.Targets] = FileClaim.Of(1, files[TrustPath.Targets]), [name] = FileClaim.Of(2, files[name]),
        }).Write(), [key]);
        files[TrustPath.Timestamp] = SignedFile.Sign(new TimestampMetadata(2, TrustLab.Start.AddDays(9),
            FileClaim.Of(2, files[TrustPath.Snapshot])).Write(), [key]);
        Assert.Equal("hotlists/riverton.json: is not for this box, box-1", Refused(lab.NewBox(), TrustLab.From(files)).Message);
    }

    [Fact]
    public void A_version_signed_twice_with_different_content_is_refused()
    {
        using var lab = new TrustLab();
        var box = lab.NewBox();
        box.Update(lab.Fetch, Now);
        foreach (var file in Directory.EnumerateFiles(lab.Repository).Where(file => !file.EndsWith("root.json", StringComparison.Ordinal)))
            File.Delete(file);
        lab.Publish("other one"); // a hub restored from an old backup starts counting again
        Assert.Equal("timestamp.json: version 1 was signed before with other content; publish a higher version",
            Refused(box, lab.Fetch).Message);
    }

    [Fact]
    public void A_damaged_active_set_is_not_used_is_named_and_is_replaced_by_the_next_update()
    {
        using var lab = new TrustLab();
        lab.NewBox().Update(lab.Fetch, Now);
        var path = Path.Combine(lab.BoxFolder(1), "active.json");
        var bytes = File.ReadAllBytes(path);
        for (var i = 0; i < bytes.Length; i += 97)
        {
            var damaged = (byte[])bytes.Clone();
            damaged[i] = damaged[i] == (byte)'A' ? (byte)'B' : (byte)'A';
            File.WriteAllBytes(path, damaged);
            var box = lab.OpenBox(1);
            Assert.Null(box.Current);
            Assert.NotNull(box.Damage);
        }
        lab.OpenBox(1).Update(lab.Fetch, Now);
        Assert.NotNull(lab.OpenBox(1).Current);
    }

    [Fact]
    public void Larger_than_allowed_is_refused_before_parsing()
    {
        using var lab = new TrustLab();
        var files = lab.Copy();
        files[TrustPath.Timestamp] = new byte[TrustPath.MaxBytes(TrustPath.Timestamp) + 1];
        Assert.Equal("timestamp.json: is larger than 16384 bytes", Refused(lab.NewBox(), TrustLab.From(files)).Message);
        File.WriteAllBytes(Path.Combine(lab.Repository, TrustPath.Timestamp), files[TrustPath.Timestamp]);
        Assert.Equal("timestamp.json: is larger than 16384 bytes", Refused(lab.NewBox(), lab.Fetch).Message);
    }

    private static TrustSigners ThreeKeysOfWhichTwo()
    {
        var role = TrustLab.Role(2, SigningKey.Create(), SigningKey.Create(), SigningKey.Create());
        return new TrustSigners(role, role, role, role, role);
    }
}
