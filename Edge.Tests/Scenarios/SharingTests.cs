using Edge.Agent.Governance;
using Edge.Agent.Hits;
using Edge.Agent.Hub;
using Edge.Agent.Publishing;
using Edge.Storage.Audit;
using Edge.Storage.Trust;
using Edge.Tests.Matching;
using Edge.Tests.Support;

namespace Edge.Tests.Scenarios;

/// <summary>Two agencies, one box beside the road, real stored hits: who can open what, and when that ends.</summary>
public sealed class SharingTests : IDisposable
{
    private readonly List<IDisposable> _made = [];

    public void Dispose()
    {
        foreach (var made in Enumerable.Reverse(_made)) made.Dispose();
    }

    private (TwoAgencies Agencies, RoadsideBox Box) Town(params IReadOnlyList<Jurisdiction> shares)
    {
        var agencies = new TwoAgencies(shares.Count > 0 ? shares : [Jurisdiction.Local]);
        _made.Add(agencies);
        var box = new RoadsideBox(agencies.Riverton, agencies.File("box"));
        _made.Add(box);
        return (agencies, box);
    }

    /// <summary>What an agency's hub makes of everything that left the box: the cases that it could open.</summary>
    private static List<ReceivedMessage> Received(Agency agency, RoadsideBox box)
    {
        var verifier = agency.Verifier();
        return [.. box.Leaving().Select(message => verifier.Verify(message.Topic, message.Payload.Span, box.Time.GetUtcNow()))];
    }

    private static List<string> Opened(Agency agency, RoadsideBox box) =>
        [.. Received(agency, box).OfType<ReceivedMessage.Hit>().Select(hit => hit.Body.Text)];

    // Requirement 10: no default sharing; opt-in with written justification

    [Fact]
    public async Task No_default_sharing_a_second_agency_s_list_is_refused_without_a_grant_and_nothing_is_sealed_to_it()
    {
        var (agencies, box) = Town();
        agencies.Want(Lists.Wanted("CD456", TwoAgencies.Case));
        var refused = Assert.Throws<TrustException>(() => agencies.Carry());
        Assert.Contains("no grant names it", refused.Message, StringComparison.Ordinal);
        box.Refresh();
        await box.SeeAsync("CD456");
        Assert.Equal((0, new ReadCounts(0, 1, 0)), (box.State.Hits.Count, box.Counter.Total));
    }

    [Fact]
    public async Task No_default_sharing_a_list_that_keepers_let_in_without_a_grant_is_refused_by_the_box_and_never_matches()
    {
        var (agencies, box) = Town();
        agencies.Share();
        // The delegation stays, the grant goes: what a desk in a hurry could sign.
        agencies.Riverton.Ceremony.Propose(new Dictionary<string, byte[]> { [TrustPath.Grants] = new Grants("riverton", 9, []).Write() }, Lists.Now);
        box.Refresh();
        Assert.Contains("sheriff", box.Trust!.Targets.OtherHotlists.Keys);
        Assert.Empty(box.Trust.Granted);
        await box.SeeAsync("CD456");
        Assert.Equal(0, box.State.Hits.Count);
        var entry = Assert.Single(box.Logged(AuditAction.HotlistRefused));
        Assert.Equal(("sheriff", "no-grant"), (entry.Agency, entry.Outcome.Reason));
    }

    [Fact]
    public async Task A_grant_opens_that_case_s_hits_and_no_other()
    {
        var (agencies, box) = Town();
        agencies.Share(null, Lists.Wanted("CD456", TwoAgencies.Case), Lists.Wanted("EF789", "S-other"));
        box.Refresh();
        foreach (var plate in new[] { "CD456", "EF789", "AB123", "ZZ999" }) await box.SeeAsync(plate);

        Assert.Equal(["AB123"], Opened(agencies.Riverton, box));
        Assert.Equal(["CD456"], Opened(agencies.Sheriff, box));
        Assert.Equal(new ReadCounts(0, 2, 2), box.Counter.Total);
        var refused = Assert.Single(box.Logged(AuditAction.HotlistEntryRefused));
        Assert.Equal(("sheriff", "grant"), (refused.Agency, refused.Outcome.Reason));
    }

    [Fact]
    public async Task Every_share_is_a_log_entry_before_the_message_may_leave()
    {
        var (agencies, box) = Town();
        agencies.Share();
        box.Refresh();
        await box.SeeAsync("CD456");
        var message = Assert.Single(box.State.Outbox.Ready(8));
        Assert.True(box.State.Hits.TryRead(message.Sequence, out var stored));
        var (hit, share) = (Assert.Single(box.Logged(AuditAction.HitStored)), Assert.Single(box.Logged(AuditAction.HitShared)));
        Assert.Equal((message.Sequence, Sha256Hash.Of(stored.Record.Span), "sheriff", "local", "stolen-vehicle"),
            (share.Sequence!.Value, share.Digest!.Value, share.Agency, share.Kind, share.Purpose));
        Assert.Equal((hit.Sequence, hit.Digest, "sheriff"), (share.Sequence, share.Digest, hit.Agency));
        Assert.NotNull(share.Case);
    }

    [Fact]
    public async Task A_share_that_a_crash_cut_off_from_the_log_gets_both_entries_at_the_next_start()
    {
        var (agencies, box) = Town();
        agencies.Share();
        box.Refresh();
        await box.SeeAsync("CD456");
        // The same record under another number, as it lies on the disk when the power goes before the log.
        Assert.True(box.State.Hits.TryRead(1, out var stored));
        box.State.Hits.Commit(new Storage.Hits.NewHit(stored.Heading.CasePseudonym, Lists.Now, stored.Heading.Expires, stored.Record),
            sequence => new Storage.Outbox.OutboxMessage(sequence, Storage.Outbox.MessageKind.Hit, new byte[] { 1 }, stored.Heading.Expires));
        box.Recorder().Reconcile(box.Trust!.Sharing);
        box.Recorder().Reconcile(box.Trust.Sharing);
        Assert.Equal([1L, 2L], box.Logged(AuditAction.HitStored).Select(entry => entry.Sequence!.Value));
        Assert.Equal([("sheriff", "local"), ("sheriff", "local")], box.Logged(AuditAction.HitShared).Select(entry => (entry.Agency, entry.Kind)));
    }

    [Fact]
    public async Task Every_share_is_a_line_in_the_signed_summary()
    {
        var (agencies, box) = Town();
        agencies.Share();
        box.Refresh();
        foreach (var plate in new[] { "CD456", "AB123", "CD456" }) await box.SeeAsync(plate);
        var summary = box.Summary();
        summary.Write();
        summary.Write();
        var counted = Received(agencies.Riverton, box).OfType<ReceivedMessage.Summary>().Select(one => one.Counters).ToList();
        Assert.Equal([new SharedHits("sheriff", Jurisdiction.Local, 2)], counted[0].Shared);
        Assert.Equal((3, 3, 0), (counted[0].Reads, counted[0].Hits, counted[1].Shared.Count));
    }

    [Fact]
    public async Task The_agency_whose_box_it_is_learns_of_a_share_and_cannot_open_it()
    {
        var (agencies, box) = Town();
        agencies.Share();
        box.Refresh();
        await box.SeeAsync("CD456");
        var shared = Assert.IsType<ReceivedMessage.SharedHit>(Assert.Single(Received(agencies.Riverton, box)));
        Assert.Equal("sheriff", shared.Header.For);
        Assert.Equal("edge/v1/riverton/box-1/hit/sheriff", box.Leaving()[0].Topic);
    }

    // Requirement 10: a grant that ends stops at once

    [Fact]
    public async Task A_grant_that_ends_stops_at_once_with_nothing_new_signed()
    {
        var (agencies, box) = Town();
        agencies.Share();
        box.Refresh();
        box.Time.Advance(TimeSpan.FromDays(1) - TimeSpan.FromTicks(1));
        Assert.Equal([("sheriff", TwoAgencies.Case)], box.WhoLooksFor("CD456"));
        box.Time.Advance(TimeSpan.FromTicks(1));
        Assert.Empty(box.WhoLooksFor("CD456"));
        await box.SeeAsync("CD456");
        Assert.Equal(0, box.State.Hits.Count);
    }

    [Fact]
    public void A_grant_that_has_not_begun_matches_nothing_until_its_instant()
    {
        var (agencies, box) = Town();
        agencies.Share(agencies.Grant() with { NotBefore = Lists.Now.AddHours(2) });
        box.Refresh();
        box.Time.Advance(TimeSpan.FromHours(2) - TimeSpan.FromTicks(1));
        Assert.Empty(box.WhoLooksFor("CD456"));
        box.Time.Advance(TimeSpan.FromTicks(1));
        Assert.Single(box.WhoLooksFor("CD456"));
    }

    [Fact]
    public void A_grant_that_is_revoked_stops_at_the_box_s_next_look()
    {
        var (agencies, box) = Town();
        agencies.Share();
        box.Refresh();
        Assert.Single(box.WhoLooksFor("CD456"));
        Assert.Equal(GrantStep.Published, agencies.Riverton.Grants.Revoke("sheriff-1", Lists.Now));
        box.Refresh();
        Assert.Empty(box.WhoLooksFor("CD456"));
        Assert.Equal([("riverton", "C-1")], box.WhoLooksFor("AB123"));
        Assert.False(File.Exists(Path.Combine(agencies.Riverton.TrustFolder, "hotlists/sheriff.json")));
    }

    [Fact]
    public void A_grant_whose_policy_stops_sharing_with_its_class_is_refused_and_its_entries_stop()
    {
        var (agencies, box) = Town();
        agencies.Share();
        agencies.Riverton.Ceremony.Propose(new Dictionary<string, byte[]>
            { [TrustPath.Policy] = (Lists.Policy with { Version = 2, Sharing = [] }).Write() }, Lists.Now);
        box.Refresh();
        Assert.Empty(box.WhoLooksFor("CD456"));
        Assert.Equal("jurisdiction", Assert.Single(box.Logged(AuditAction.GrantRefused)).Outcome.Reason);
    }

    [Fact]
    public void The_boxes_agency_s_policy_binds_the_other_one_s_entries_too()
    {
        var (agencies, box) = Town();
        agencies.Share(null, Lists.Wanted("CD456", TwoAgencies.Case), Lists.Wanted("EF789", TwoAgencies.Case) with { Purpose = "missing-person" });
        agencies.Riverton.Ceremony.Propose(new Dictionary<string, byte[]>
        {
            [TrustPath.Policy] = (agencies.Riverton.Policy with { Version = 2, Purposes = [new Purpose("stolen-vehicle", "law")] }).Write(),
        }, Lists.Now);
        box.Refresh();
        Assert.Single(box.WhoLooksFor("CD456"));
        Assert.Empty(box.WhoLooksFor("EF789"));
    }

    // Requirement 11: no federal access unless approved, logged, disclosed

    [Theory]
    [InlineData(Jurisdiction.Federal)]
    [InlineData(Jurisdiction.Foreign)]
    public void No_federal_access_without_the_oversight_role_s_signature(Jurisdiction jurisdiction)
    {
        var (agencies, box) = Town(Jurisdiction.Local, Jurisdiction.Federal, Jurisdiction.Foreign);
        var grant = agencies.Grant(jurisdiction);
        agencies.Carry();
        Assert.Equal(GrantStep.WaitsForOversight, agencies.Riverton.Grants.Add(grant, Lists.Now));
        Assert.Empty(agencies.Riverton.Grants.Published.All);

        // Whoever publishes it all the same is refused by the box, with a log entry.
        agencies.Share(agencies.Grant());
        foreach (var forged in new[] { grant, grant.Countersign("riverton", agencies.Investigator), grant.Countersign("elsewhere", agencies.Overseer) })
        {
            var before = box.Logged(AuditAction.GrantRefused).Count();
            agencies.Riverton.Ceremony.Propose(new Dictionary<string, byte[]> { [TrustPath.Grants] = new Grants("riverton", 9, [forged]).Write() }, Lists.Now);
            box.Refresh();
            Assert.Empty(box.WhoLooksFor("CD456"));
            Assert.Equal("oversight", box.Logged(AuditAction.GrantRefused).Skip(before).Single().Outcome.Reason);
        }
    }

    [Fact]
    public async Task Federal_access_that_is_approved_is_logged_and_counted_as_federal_and_ends_with_whoever_approved_it()
    {
        var (agencies, box) = Town(Jurisdiction.Federal);
        agencies.Carry();
        agencies.Riverton.Grants.Add(agencies.Grant(Jurisdiction.Federal), Lists.Now);
        Assert.Throws<AgencyException>(() => agencies.Riverton.Grants.Countersign("sheriff-1", agencies.Investigator, Lists.Now));
        Assert.Equal(GrantStep.Published, agencies.Riverton.Grants.Countersign("sheriff-1", agencies.Overseer, Lists.Now));
        Assert.Empty(agencies.Riverton.Grants.Drafts);
        agencies.Want(Lists.Wanted("CD456", TwoAgencies.Case));
        agencies.Carry();
        agencies.CarryBack();
        box.Refresh();
        await box.SeeAsync("CD456");
        Assert.Equal("federal", Assert.Single(box.Logged(AuditAction.HitShared)).Kind);
        Assert.Equal([new SharedHits("sheriff", Jurisdiction.Federal, 1)], box.Counter.TakeShared());
        Assert.Equal(["CD456"], Opened(agencies.Sheriff, box));

        agencies.Operators((agencies.Investigator, AuditRole.Investigator));
        box.Refresh();
        Assert.Empty(box.WhoLooksFor("CD456"));
    }

    [Fact]
    public async Task Federal_access_ends_at_once_when_whoever_approved_it_is_revoked_at_the_box_and_a_newer_list_does_not_bring_it_back()
    {
        var (agencies, box) = Town(Jurisdiction.Federal);
        agencies.Carry();
        agencies.Riverton.Grants.Add(agencies.Grant(Jurisdiction.Federal), Lists.Now);
        agencies.Riverton.Grants.Countersign("sheriff-1", agencies.Overseer, Lists.Now);
        agencies.Want(Lists.Wanted("CD456", TwoAgencies.Case));
        agencies.Carry();
        agencies.CarryBack();
        box.Refresh();
        Assert.Equal([("sheriff", TwoAgencies.Case)], box.WhoLooksFor("CD456"));

        box.Revoked.Add(agencies.Overseer.Public.KeyId);
        Assert.Empty(box.WhoLooksFor("CD456"));
        await box.SeeAsync("CD456");
        Assert.Empty(box.Logged(AuditAction.HitShared));

        agencies.Want(Lists.Wanted("CD457", TwoAgencies.Case));
        agencies.Carry();
        box.Refresh();
        Assert.Empty(box.WhoLooksFor("CD456"));
    }

    // Requirement 12: strict separation between agencies

    [Fact]
    public async Task Agency_B_s_keys_open_nothing_of_agency_A_s_and_the_reverse()
    {
        var (agencies, box) = Town();
        agencies.Share();
        box.Refresh();
        await box.SeeAsync("AB123");
        await box.SeeAsync("CD456");
        foreach (var (agency, other) in new[] { (agencies.Riverton, "CD456"), (agencies.Sheriff, "AB123") })
        {
            foreach (var heading in box.State.Hits.List())
            {
                Assert.True(box.State.Hits.TryRead(heading.Sequence, out var stored));
                Assert.True(SealedHit.TryParse(stored.Record.Span, out var hit, out _));
                var ours = hit.Header.For == agency.Name;
                Assert.Equal(ours, agency.Epochs.LoadHeld().Any(key => hit.TryOpen(key, out _)));
            }
            Assert.DoesNotContain(other, Opened(agency, box));
        }
    }

    [Fact]
    public async Task One_plate_that_both_agencies_look_for_is_one_hit_read_and_a_hit_for_each_sealed_to_it_alone()
    {
        var (agencies, box) = Town();
        agencies.Share(null, Lists.Wanted("AB123", TwoAgencies.Case));
        box.Refresh();
        await box.SeeAsync("AB123");
        Assert.Equal((2, new ReadCounts(0, 0, 1)), (box.State.Hits.Count, box.Counter.Total));
        Assert.All(new[] { agencies.Riverton, agencies.Sheriff }, agency => Assert.Equal(["AB123"], Opened(agency, box)));
        Assert.Equal(2, box.State.Hits.List().Select(heading => heading.CasePseudonym).Distinct().Count());
    }

    [Fact]
    public async Task Two_agencies_cases_of_the_same_name_are_two_cases_on_the_disk()
    {
        var (agencies, box) = Town();
        agencies.Share(agencies.Grant(Jurisdiction.Local, "C-1"), Lists.Wanted("AB123", "C-1"));
        box.Refresh();
        await box.SeeAsync("AB123");
        Assert.Equal(2, box.State.Hits.List().Select(heading => heading.CasePseudonym).Distinct().Count());
    }

    [Fact]
    public async Task A_hit_for_one_agency_passed_on_as_another_one_s_is_refused_by_both()
    {
        var (agencies, box) = Town();
        agencies.Share();
        box.Refresh();
        await box.SeeAsync("CD456");
        await box.SeeAsync("AB123");
        var now = box.Time.GetUtcNow();
        foreach (var (topic, payload) in box.Leaving())
        {
            var swapped = topic.EndsWith("/hit", StringComparison.Ordinal) ? $"{topic}/sheriff" : topic[..^"/sheriff".Length];
            Assert.All(new[] { agencies.Riverton, agencies.Sheriff },
                agency => Assert.IsType<ReceivedMessage.Refused>(agency.Verifier().Verify(swapped, payload.Span, now)));
        }
    }

    [Fact]
    public async Task A_broken_list_of_the_other_agency_costs_it_its_own_entries_and_this_one_nothing()
    {
        var (agencies, box) = Town();
        agencies.Share();
        box.Refresh();
        var list = Path.Combine(agencies.Riverton.TrustFolder, "hotlists/sheriff.json");
        var bytes = await File.ReadAllBytesAsync(list, TestContext.Current.CancellationToken);
        await File.WriteAllBytesAsync(list, [.. bytes, (byte)' '], TestContext.Current.CancellationToken);
        agencies.Riverton.RefreshTrust(Lists.Now);
        box.Refresh();
        Assert.Equal(("C-1", 0), (box.WhoLooksFor("AB123").Single().Case, box.WhoLooksFor("CD456").Count()));
        Assert.Equal("not-verified", box.Logged(AuditAction.HotlistRefused).Last().Outcome.Reason);

        await File.WriteAllBytesAsync(list, bytes, TestContext.Current.CancellationToken);
        box.Refresh();
        Assert.Single(box.WhoLooksFor("CD456"));
    }

    [Fact]
    public void A_list_that_says_it_is_another_agency_s_is_refused()
    {
        var (agencies, box) = Town();
        agencies.Share();
        var list = Lists.Blind(AgencyPlan.ExamplePolicy("riverton"), Lists.Wanted("CD456", TwoAgencies.Case)) with { Agency = "riverton" };
        using var key = Storage.Keys.SigningKey.FromSeed(File.ReadAllBytes(agencies.File("sheriff/keys/hotlists.key")));
        OtherHotlist.Write(agencies.File("sheriff/shares/riverton"), "sheriff", "riverton", key, list.Write(), Lists.Now);
        Assert.Contains("agency: must be sheriff", Assert.Throws<TrustException>(() => agencies.Carry()).Message, StringComparison.Ordinal);
        box.Refresh();
        Assert.Single(box.WhoLooksFor("CD456")); // the list before it

        agencies.Riverton.Writer().Take("sheriff", TrustSource.Folder(agencies.File("sheriff/shares/riverton")), Lists.Now); // a hub that does not look
        box.Refresh();
        Assert.Equal("agency", box.Logged(AuditAction.HotlistRefused).Last().Outcome.Reason);
        Assert.Empty(box.WhoLooksFor("CD456"));
        Assert.Equal([("riverton", "C-1")], box.WhoLooksFor("AB123"));
    }
}
