using Edge.Agent.Governance;
using Edge.Agent.Hub;
using Edge.Storage.Keys;
using Edge.Storage.Sealing;
using Edge.Storage.Trust;
using Edge.Tests.Matching;
using Edge.Tests.Support;

namespace Edge.Tests.Hub;

/// <summary>What two agencies hand each other, and what their desks refuse.</summary>
public sealed class GrantBookTests : IDisposable
{
    private readonly TwoAgencies _agencies = new(Jurisdiction.Local, Jurisdiction.Federal);

    public void Dispose() => _agencies.Dispose();

    private GrantBook City => _agencies.Riverton.Grants;

    private GrantBook Sheriff => _agencies.Sheriff.Grants;

    [Fact]
    public void An_offer_reads_back_as_it_was_written_and_names_boxes_only_to_an_agency_with_a_grant()
    {
        using var box = new RoadsideBox(_agencies.Riverton, _agencies.File("box"));
        _agencies.Carry();
        var (before, _) = City.OfferFor("sheriff", Lists.Now);
        Assert.Empty(before.Boxes);
        Assert.Null(before.Pass);

        City.Add(_agencies.Grant(), Lists.Now);
        var taken = _agencies.CarryBack().Offer;
        Assert.Equal(City.OfferFor("sheriff", Lists.Now).Offer.Fingerprint.Length, taken.Fingerprint.Length);
        Assert.Equal("box-1", Assert.Single(taken.Boxes).Key);
        Assert.Equal("riverton", Assert.Single(Sheriff.Offers).Agency);
        Assert.Equal("sheriff@hub", Sheriff.LinkTo("riverton", null).ClientId);
    }

    [Fact]
    public void An_offer_for_another_agency_or_an_older_one_is_refused()
    {
        var (_, folder) = Sheriff.OfferFor("elsewhere", Lists.Now);
        Assert.Contains("is from sheriff for elsewhere; this is riverton", Assert.Throws<AgencyException>(() => City.Take(folder, Lists.Now)).Message,
            StringComparison.Ordinal);
        _agencies.Carry(Lists.Now.AddHours(1));
        Assert.Contains("was made before the one known", Assert.Throws<AgencyException>(() => _agencies.Carry(Lists.Now)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void No_grant_without_the_other_agency_s_keys_or_against_the_policy()
    {
        Assert.Contains("the keys of sheriff are not known", Assert.Throws<AgencyException>(() => City.Add(_agencies.Grant(), Lists.Now)).Message,
            StringComparison.Ordinal);
        _agencies.Carry();
        Assert.Contains("shares with no state agency", Assert.Throws<AgencyException>(() => City.Add(_agencies.Grant(Jurisdiction.State), Lists.Now)).Message,
            StringComparison.Ordinal);
        Assert.Contains("shares with no foreign agency",
            Assert.Throws<AgencyException>(() => City.Add(_agencies.Grant(Jurisdiction.Foreign), Lists.Now)).Message, StringComparison.Ordinal);
        Assert.Contains("this is riverton", Assert.Throws<AgencyException>(() => City.Add(_agencies.Grant() with { Agency = "riverton" }, Lists.Now)).Message,
            StringComparison.Ordinal);
        Assert.Empty(City.Published.All);
    }

    [Fact]
    public void A_grant_with_the_same_id_replaces_and_what_has_ended_leaves_the_file()
    {
        _agencies.Carry();
        City.Add(_agencies.Grant(), Lists.Now);
        City.Add(_agencies.Grant(Jurisdiction.Local, "S-9"), Lists.Now);
        Assert.Equal(["S-9"], Assert.Single(City.Published.All).Cases);
        City.Add(_agencies.Grant() with { Id = "next", NotBefore = Lists.Now.AddDays(2), Expires = Lists.Now.AddDays(3) }, Lists.Now.AddDays(2));
        Assert.Equal(("next", 3), (Assert.Single(City.Published.All).Id, City.Published.Version));
    }

    [Fact]
    public void Neither_a_draft_nor_a_grant_that_is_not_there_can_be_signed_or_taken_back_twice()
    {
        _agencies.Carry();
        City.Add(_agencies.Grant(Jurisdiction.Federal), Lists.Now);
        Assert.Equal("sheriff-1", Assert.Single(City.Drafts).Id);
        City.Revoke("sheriff-1", Lists.Now);
        Assert.Empty(City.Drafts);
        Assert.Throws<AgencyException>(() => City.Revoke("sheriff-1", Lists.Now));
        Assert.Throws<AgencyException>(() => City.Countersign("sheriff-1", _agencies.Overseer, Lists.Now));
    }

    [Fact]
    public void The_same_list_twice_is_no_new_one_and_the_list_for_another_agency_carries_its_entries_over()
    {
        _agencies.Share();
        Assert.Null(_agencies.Carry().List);
        var outcome = _agencies.Sheriff.Hotlists.Change("riverton", new HotlistChange { Wanted = [Lists.Wanted("EF789", TwoAgencies.Case)] }, Lists.Now, null,
            TestContext.Current.CancellationToken);
        Assert.Equal((1, 1), (outcome.Added, outcome.Carried));
        var taken = _agencies.Carry();
        Assert.Equal((2, 2), (taken.List!.Version, taken.InUse!.Matcher.Hotlist.Entries.Count));
        Assert.NotEqual(_agencies.Sheriff.Hotlists.Published(out _).Salt.ToArray(), _agencies.Sheriff.Hotlists.Published(out _, "riverton").Salt.ToArray());
        Assert.Single(_agencies.Sheriff.Hotlists.Published(out _).Entries); // its own list knows nothing of it
    }

    [Fact]
    public void Keepers_sign_a_grant_and_a_revocation_ends_its_list_before_they_have()
    {
        Keeper[] keepers = [Make("one"), Make("two")];
        using var city = Agency.Create(_agencies.File("kept"), new AgencyPlan
        {
            Agency = "kept", Policy = Lists.Policy with { Agency = "kept", Sharing = [Jurisdiction.Local] }, Cost = Lists.Cheap,
            Wanted = [Lists.Wanted("AB123")], Keepers = keepers,
        }, Lists.Now, null, out _)!;
        void Carry() => city.Grants.Take(Sheriff.OfferFor("kept", Lists.Now).Folder, Lists.Now);
        Carry();
        Assert.Equal(GrantStep.WaitsForKeepers, city.Grants.Add(_agencies.Grant(), Lists.Now));
        Assert.Equal("sheriff-1", Assert.Single(city.Grants.Proposed!.All).Id);
        Assert.False(city.Ceremony.Sign(keepers[0].Key, Lists.Now));
        Assert.True(city.Ceremony.Sign(keepers[1].Key, Lists.Now));
        Assert.Null(city.Grants.Proposed);

        _agencies.Sheriff.Hotlists.Change("kept", new HotlistChange { Wanted = [Lists.Wanted("CD456", TwoAgencies.Case)] }, Lists.Now, null,
            TestContext.Current.CancellationToken);
        Carry();
        var box = TrustClient.Open(_agencies.File("client"), File.ReadAllBytes(Path.Combine(city.TrustFolder, TrustPath.Root)), "kept", "box-1");
        TrustedTargets Update() => box.Update(TrustSource.Folder(city.TrustFolder), Lists.Now);
        Assert.Single(Update().OtherHotlists);

        Assert.Equal(GrantStep.WaitsForKeepers, city.Grants.Revoke("sheriff-1", Lists.Now));
        Assert.Empty(Update().OtherHotlists);
        foreach (var keeper in keepers) city.Ceremony.Sign(keeper.Key, Lists.Now);
        Assert.Empty(Update().RefusedHotlists);
        foreach (var keeper in keepers) keeper.Key.Dispose();
    }

    [Fact]
    public void A_newer_offer_changes_no_key_until_a_grant_for_that_agency_is_signed_anew()
    {
        _agencies.Share();
        var delegated = TrustRepositoryWriter.Others(_agencies.Riverton.TrustFolder, "riverton")["sheriff"];
        using var thief = SigningKey.Create();
        var forged = new Offer("sheriff", "riverton", Lists.Now.AddHours(1), thief.Public, _agencies.Grant().Recipients,
            new Dictionary<string, VerifyingKey>());
        Directory.CreateDirectory(_agencies.File("forged"));
        File.WriteAllBytes(_agencies.File("forged/offer.json"), forged.Write());
        City.Take(_agencies.File("forged"), Lists.Now);

        using var bureau = SigningKey.Create();
        File.WriteAllBytes(_agencies.File("forged/offer.json"), (forged with { Agency = "bureau", Hotlist = bureau.Public }).Write());
        City.Take(_agencies.File("forged"), Lists.Now);
        City.Add(_agencies.Grant() with { Id = "bureau-1", Agency = "bureau" }, Lists.Now);
        Assert.Equal(delegated.Keys.Keys, TrustRepositoryWriter.Others(_agencies.Riverton.TrustFolder, "riverton")["sheriff"].Keys.Keys);
        City.Add(_agencies.Grant(), Lists.Now);
        Assert.Equal(thief.Public, Assert.Single(TrustRepositoryWriter.Others(_agencies.Riverton.TrustFolder, "riverton")["sheriff"].Keys).Value);
    }

    private static Keeper Make(string name)
    {
        var key = SigningKey.Create();
        return new Keeper(name, key, KeeperKey.Protect(key, "correct horse battery"u8, new BlindCost(7168, 5)));
    }
}
