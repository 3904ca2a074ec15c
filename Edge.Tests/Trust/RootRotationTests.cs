using Edge.Storage.Keys;
using Edge.Storage.Trust;

namespace Edge.Tests.Trust;

public sealed class RootRotationTests
{
    private static readonly DateTimeOffset Now = TrustLab.Start.AddHours(1);

    [Fact]
    public void A_box_follows_a_chain_of_roots_to_new_keys_and_the_old_key_is_worthless()
    {
        var old = SigningKey.Create();
        using var lab = new TrustLab(TrustSigners.OneKey(old));
        var box = lab.NewBox();
        box.Update(lab.Fetch, Now);
        var middle = TrustSigners.OneKey(SigningKey.Create());
        var next = TrustSigners.OneKey(SigningKey.Create());
        lab.Writer = lab.Writer.RotateRoot(middle, TrustLab.Start).RotateRoot(next, TrustLab.Start);

        box.Update(lab.Fetch, Now);

        Assert.Equal(3, box.RootVersion);
        Assert.Equal(3, lab.OpenBox(1).RootVersion);
        Assert.Null(lab.OpenBox(1).Damage);
        new TrustRepositoryWriter(lab.Repository, TrustLab.Agency, TrustSigners.OneKey(old)).Renew(TrustLab.Start);
        Assert.Equal("timestamp.json: signature threshold not met (0 valid of 1 needed)",
            Assert.Throws<TrustException>(() => box.Update(lab.Fetch, Now)).Message);
    }

    [Fact]
    public void A_root_that_the_old_root_did_not_sign_is_refused()
    {
        using var lab = new TrustLab();
        using var thief = new TrustLab();
        thief.Writer.RotateRoot(thief.Signers, TrustLab.Start);
        var refusal = Assert.Throws<TrustException>(() => lab.NewBox().Update(thief.Fetch, Now));
        Assert.Equal("2.root.json: signature threshold not met (0 valid of 1 needed)", refusal.Message);
    }

    [Fact]
    public void A_root_that_skips_or_repeats_a_version_is_refused()
    {
        using var lab = new TrustLab();
        var files = lab.Copy();
        files["2.root.json"] = files["1.root.json"];
        Assert.Equal("2.root.json: is version 1, not 2",
            Assert.Throws<TrustException>(() => lab.NewBox().Update(TrustLab.From(files), Now)).Message);
    }

    [Fact]
    public void Versions_fall_with_the_online_keys_so_that_a_huge_version_cannot_block_the_repository()
    {
        var root = SigningKey.Create();
        var stolen = TrustSigners.OneKey(SigningKey.Create()) with { Root = TrustLab.Role(1, root) };
        using var lab = new TrustLab(stolen);
        var box = lab.NewBox();
        var before = lab.Copy();
        for (var i = 0; i < 5; i++) lab.Writer.Renew(TrustLab.Start); // fast-forwarded by a thief
        box.Update(lab.Fetch, Now);
        foreach (var (path, bytes) in before) File.WriteAllBytes(Path.Combine(lab.Repository, path), bytes);

        lab.Writer.RotateRoot(TrustSigners.OneKey(SigningKey.Create()) with { Root = TrustLab.Role(1, root) }, TrustLab.Start);

        Assert.Equal(2, box.Update(lab.Fetch, Now).Versions[TrustPath.Timestamp]);
    }

    [Fact]
    public void The_first_root_must_be_signed_by_its_own_keys()
    {
        using var lab = new TrustLab();
        for (var i = 0; i < lab.FirstRoot.Length; i++)
        {
            var damaged = (byte[])lab.FirstRoot.Clone();
            damaged[i] ^= 1;
            var refusal = Assert.Throws<TrustException>(() => TrustClient.Open(lab.BoxFolder(7), damaged, TrustLab.Agency, "box-1"));
            Assert.Equal(TrustPath.Root, refusal.File);
        }
    }

    [Fact]
    public void A_root_is_never_overwritten_by_a_first_one()
    {
        using var lab = new TrustLab();
        Assert.Throws<InvalidOperationException>(() => lab.Writer.WriteFirstRoot(TrustLab.Start));
    }

    [Fact]
    public void A_strangers_set_or_root_put_on_the_disk_is_not_believed()
    {
        using var ours = new TrustLab();
        using var theirs = new TrustLab();
        ours.OpenBox(1).Update(ours.Fetch, TrustLab.Start);
        theirs.OpenBox(1).Update(theirs.Fetch, TrustLab.Start);
        foreach (var file in Directory.EnumerateFiles(theirs.BoxFolder(1)))
            File.Copy(file, Path.Combine(ours.BoxFolder(1), Path.GetFileName(file)), overwrite: true);

        var box = ours.OpenBox(1);
        Assert.Null(box.Current);
        Assert.Equal(TrustPath.Root, box.Damage!.File);
        Assert.Throws<TrustException>(() => box.Update(theirs.Fetch, TrustLab.Start));
    }
}
