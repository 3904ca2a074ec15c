using Edge.Agent.Governance;
using Edge.Agent.Hub;
using Edge.Agent.Incidents;
using Edge.Storage.Audit;
using Edge.Storage.Keys;
using Edge.Storage.Trust;
using Edge.Storage.Witnessing;
using Edge.Tests.Matching;
using Edge.Tests.Support;

namespace Edge.Tests.Scenarios;

/// <summary>Under a policy that asks for it, nothing is looked for that was not published in a log under witnesses.</summary>
public sealed class PublishedHotlistTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly List<IDisposable> _made = [];

    public void Dispose()
    {
        foreach (var made in Enumerable.Reverse(_made)) made.Dispose();
        _folder.Dispose();
    }

    private (Agency Agency, RoadsideBox Box, PublicationWitnesses Witnesses) Town(int witnesses = 1)
    {
        var agency = Made(Agency.Create(_folder.File("agency"), new AgencyPlan { Agency = "riverton", Cost = Lists.Cheap, Wanted = [Lists.Wanted("AB123")] },
            Lists.Now, null, out _)!);
        var box = Made(new RoadsideBox(agency, _folder.File("box")));
        return (agency, box, Made(new PublicationWitnesses(agency, _folder.File("witnesses"), box.Time, witnesses)));
    }

    private T Made<T>(T made) where T : IDisposable
    {
        _made.Add(made);
        return made;
    }

    private static string ProofFile(Agency agency, string whose = "riverton") => Path.Combine(agency.TrustFolder, TrustPath.Proof(whose));

    private static List<string?> Refusals(RoadsideBox box) => [.. box.Logged(AuditAction.HotlistRefused).Select(entry => entry.Outcome.Reason)];

    private static List<long?> Activated(RoadsideBox box) => [.. box.Logged(AuditAction.HotlistActivated).Select(entry => entry.Version)];

    [Fact]
    public void Under_a_policy_that_names_no_publication_log_or_no_witness_the_hub_s_signature_is_enough()
    {
        var (agency, box, witnesses) = Town();
        box.Refresh();
        Assert.Single(box.WhoLooksFor("AB123"));
        witnesses.Require(needed: 0);
        Lists.Replace(agency, [Lists.Wanted("CD456")]);
        box.Refresh();
        Assert.Single(box.WhoLooksFor("CD456"));
        witnesses.Publish(policy => policy with { PublicationLog = null, Witnesses = new Witnesses(witnesses.Keys, 1) });
        Lists.Replace(agency, [Lists.Wanted("EF789")]);
        box.Refresh();
        Assert.Single(box.WhoLooksFor("EF789"));
        Assert.Empty(Refusals(box));
    }

    [Fact]
    public void A_hotlist_becomes_active_only_with_a_proof_that_its_publication_stands_in_a_witnessed_log()
    {
        var (agency, box, witnesses) = Town();
        box.Refresh();
        witnesses.Require(needed: 1);
        Lists.Replace(agency, [Lists.Wanted("CD456")]);
        box.Refresh();
        Assert.Equal((2, 1), (box.Trust!.Policy.Version, box.Trust.Matcher.Hotlist.Version)); // the policy does not wait
        Assert.Single(box.WhoLooksFor("AB123"));
        Assert.Empty(box.WhoLooksFor("CD456"));
        Assert.Equal(["no-proof"], Refusals(box));
        Assert.Equal([1L, 1L], Activated(box));

        var awaited = Assert.Single(witnesses.Log.Awaited());
        Assert.Equal(("riverton", 2, 0, 1), (awaited.Agency, awaited.Version, awaited.Cosigned, awaited.Needed));
        Assert.Empty(witnesses.Cosign(1));
        Assert.Empty(witnesses.Log.Awaited());
        box.Refresh(); // the same timestamp
        Assert.Empty(box.WhoLooksFor("AB123"));
        Assert.Single(box.WhoLooksFor("CD456"));
        Assert.Equal(2, Activated(box)[^1]);
        Assert.Empty(box.Trust!.Waiting);
    }

    [Fact]
    public void The_list_in_force_stays_until_its_own_end_and_no_longer()
    {
        var (agency, box, witnesses) = Town();
        box.Refresh();
        witnesses.Require(needed: 1);
        var ends = box.Trust!.HotlistExpires;
        agency.Hotlists.Change(new HotlistChange(), Lists.Now.AddHours(12), null, TestContext.Current.CancellationToken); // a renewal is a publication too
        box.Refresh();
        Assert.Equal(ends, box.Trust.HotlistExpires);
        box.Time.Advance(TimeSpan.FromDays(1));
        Assert.Single(box.WhoLooksFor("AB123"));
        box.Time.Advance(ends - box.Time.GetUtcNow());
        Assert.Empty(box.WhoLooksFor("AB123"));
    }

    [Fact]
    public void A_box_that_had_no_list_before_matches_nothing_until_the_proof_is_there()
    {
        var (_, box, witnesses) = Town();
        witnesses.Require(needed: 1);
        box.Refresh();
        Assert.Empty(box.WhoLooksFor("AB123"));
        Assert.Equal(0, box.Trust!.Matcher.Hotlist.Version);
        Assert.Empty(Activated(box));
        Assert.Empty(witnesses.Cosign(1));
        box.Refresh();
        Assert.Single(box.WhoLooksFor("AB123"));
    }

    [Fact]
    public void What_waits_and_what_stays_in_force_survive_a_restart()
    {
        var (agency, box, witnesses) = Town();
        box.Refresh();
        witnesses.Require(needed: 1);
        Lists.Replace(agency, [Lists.Wanted("CD456")]);
        box.Refresh();
        box.Restart();
        Assert.Single(box.WhoLooksFor("AB123"));
        Assert.Empty(box.WhoLooksFor("CD456"));
        witnesses.Cosign(1);
        box.Refresh();
        box.Restart();
        Assert.Single(box.WhoLooksFor("CD456"));
        Assert.Empty(box.WhoLooksFor("AB123"));
        Assert.Empty(box.Trust!.Waiting);
    }

    [Fact]
    public void A_list_signed_by_a_replaced_key_does_not_stay_in_force()
    {
        var (agency, box, witnesses) = Town();
        box.Refresh();
        witnesses.Require(needed: 1);
        Assert.True(agency.Ceremony.ProposeOnlineKeys(Lists.Now));
        using var again = Agency.Open(_folder.File("agency"));
        Lists.Replace(again, [Lists.Wanted("CD456")]);
        box.Refresh();
        Assert.Empty(box.WhoLooksFor("AB123"));
        Assert.Empty(box.WhoLooksFor("CD456"));
    }

    [Fact]
    public void A_bad_proof_is_one_refusal_and_takes_no_good_one_away()
    {
        var (agency, box, witnesses) = Town();
        box.Refresh();
        witnesses.Require(needed: 1);
        Lists.Replace(agency, [Lists.Wanted("CD456")]);
        box.Refresh();
        witnesses.Cosign(1);
        var good = File.ReadAllBytes(ProofFile(agency));
        File.WriteAllBytes(ProofFile(agency), [.. good[..^3], good[^3] == (byte)'A' ? (byte)'B' : (byte)'A', .. good[^2..]]);
        for (var i = 0; i < 3; i++) box.Refresh();
        Assert.Single(box.Logged(AuditAction.TrustRefused));
        Assert.Empty(box.WhoLooksFor("CD456"));
        File.WriteAllBytes(ProofFile(agency), good);
        box.Refresh();
        Assert.Single(box.WhoLooksFor("CD456"));

        File.WriteAllText(ProofFile(agency), "nothing");
        agency.RefreshTrust(Lists.Now.AddHours(1));
        box.Refresh();
        Assert.Single(box.WhoLooksFor("CD456"));
        Assert.Empty(box.Trust!.Waiting);
    }

    [Fact]
    public void The_proof_of_an_older_list_and_of_too_few_witnesses_let_no_newer_one_in()
    {
        var (agency, box, witnesses) = Town(3);
        witnesses.Require(needed: 2);
        Assert.Empty(witnesses.Cosign(2));
        box.Refresh();
        Assert.Single(box.WhoLooksFor("AB123"));
        Lists.Replace(agency, [Lists.Wanted("CD456")]);
        box.Refresh(); // with the proof of the one before
        Assert.Equal(["proof-of-another-list"], Refusals(box));
        var awaited = Assert.Single(witnesses.Cosign(1));
        Assert.Equal((1, 2), (awaited.Cosigned, awaited.Needed));
        box.Refresh();
        Assert.Empty(box.WhoLooksFor("CD456"));
        Assert.Empty(witnesses.Cosign(3));
        box.Refresh();
        Assert.Single(box.WhoLooksFor("CD456"));
    }

    [Fact]
    public void A_policy_that_asks_for_another_witness_lets_the_list_in_force_stay_until_that_one_has_cosigned()
    {
        var (agency, box, witnesses) = Town(2);
        witnesses.Publish(policy => policy with { PublicationLog = witnesses.Log.PublicKey(), Witnesses = new Witnesses([witnesses.Keys[0]], 1) });
        witnesses.Cosign(1);
        box.Refresh();
        witnesses.Publish(policy => policy with { Witnesses = new Witnesses([witnesses.Keys[1]], 1) });
        box.Refresh();
        Assert.Single(box.WhoLooksFor("AB123"));
        Assert.Equal(["too-few-witnesses"], Refusals(box));
        witnesses.Ask(1, out var note);
        witnesses.Log.Take([note!]);
        Assert.Empty(witnesses.Log.Prove());
        box.Refresh();
        Assert.Empty(box.Trust!.Waiting);
        Assert.Single(box.WhoLooksFor("AB123"));
        Assert.Empty(agency.Publications.Awaited());
    }

    [Fact]
    public void A_log_that_is_set_back_gets_no_cosignature_for_what_it_publishes_then_and_the_hub_says_so()
    {
        var (agency, box, witnesses) = Town();
        witnesses.Require(needed: 1);
        witnesses.Cosign(1);
        CopyFolder(_folder.File("agency/publications"), _folder.File("image"));
        Lists.Replace(agency, [Lists.Wanted("CD456")]);
        witnesses.Cosign(1);
        box.Refresh();
        witnesses.Ask(0, out var newest);

        // The entry of the list with CD456 is to vanish, and another takes its place.
        Directory.Delete(_folder.File("agency/publications"), recursive: true);
        CopyFolder(_folder.File("image"), _folder.File("agency/publications"));
        Lists.Replace(agency, [Lists.Wanted("EF789")]);
        Assert.Equal(WitnessVerdict.Forked, witnesses.Ask(0, out _).Verdict);
        Lists.Replace(agency, [Lists.Wanted("GH012")]);
        Assert.NotEqual(WitnessVerdict.Consistent, witnesses.Ask(0, out _).Verdict);
        Assert.Throws<AuditDamagedException>(() => witnesses.Log.Take([newest!]));
        Assert.Single(witnesses.Log.Prove());
        box.Refresh();
        Assert.Empty(box.WhoLooksFor("GH012"));
        Assert.Single(box.WhoLooksFor("CD456"));
    }

    [Fact]
    public void A_log_of_one_s_own_making_proves_nothing_and_the_hub_refuses_to_make_proofs_with_it()
    {
        var (agency, box, witnesses) = Town();
        using var other = SigningKey.Create();
        witnesses.Require(needed: 1, new NoteKey(PublicationLog.OriginOf("riverton"), other.Public));
        Assert.Contains("hub publications key", Assert.Throws<AgencyException>(() => witnesses.Log.Prove()).Message, StringComparison.Ordinal);
        box.Refresh();
        Assert.Empty(box.WhoLooksFor("AB123"));
        Assert.Single(agency.Publications.Awaited());
    }

    [Fact]
    public void The_list_of_another_agency_needs_its_publication_in_the_log_of_the_agency_whose_boxes_look_for_it()
    {
        var agencies = Made(new TwoAgencies(Jurisdiction.Local));
        var box = Made(new RoadsideBox(agencies.Riverton, agencies.File("box")));
        var witnesses = Made(new PublicationWitnesses(agencies.Riverton, _folder.File("witnesses"), box.Time, 1));
        witnesses.Require(needed: 1);
        agencies.Share();
        Assert.Empty(witnesses.Cosign(1));
        box.Refresh();
        Assert.Equal([("sheriff", TwoAgencies.Case)], box.WhoLooksFor("CD456"));

        agencies.Want(Lists.Wanted("CD456", TwoAgencies.Case), Lists.Wanted("EF789", TwoAgencies.Case));
        agencies.Carry();
        box.Refresh();
        Assert.Equal([("sheriff", TwoAgencies.Case)], box.WhoLooksFor("CD456")); // the list before
        Assert.Empty(box.WhoLooksFor("EF789"));
        var refused = box.Logged(AuditAction.HotlistRefused).Last();
        Assert.Equal(("sheriff", "proof-of-another-list"), (refused.Agency, refused.Outcome.Reason));
        box.Restart();
        Assert.Equal([("sheriff", TwoAgencies.Case)], box.WhoLooksFor("CD456"));
        Assert.Empty(witnesses.Cosign(1));
        box.Refresh();
        Assert.Single(box.WhoLooksFor("EF789"));
        var report = AuditVerifier.Verify(Path.Combine(agencies.Riverton.Folder, "publications"), witnesses.Log.PublicKey().ToString(), null,
            [witnesses.Keys[0].ToString()]);
        Assert.True(report.Holds, string.Join('\n', report.Checks));
        Assert.Equal(3, report.Checkpoint?.Size);
    }

    [Fact]
    public void The_log_of_publications_holds_no_plate_no_case_and_each_list_once()
    {
        var (agency, _, witnesses) = Town();
        witnesses.Require(needed: 1);
        for (var i = 0; i < 3; i++) witnesses.Log.RecordAll();
        Lists.Replace(agency, [Lists.Wanted("CD456", "C-77")]);
        for (var i = 0; i < 3; i++) witnesses.Log.RecordAll();
        var bytes = Directory.EnumerateFiles(_folder.File("agency/publications"), "*", SearchOption.AllDirectories).SelectMany(File.ReadAllText).ToArray();
        Assert.Equal(2, witnesses.Log.Standing().Size);
        Assert.All(["CD456", "AB123", "C-77"], text => Assert.DoesNotContain(text, new string(bytes), StringComparison.Ordinal));
    }

    private static void CopyFolder(string from, string to)
    {
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }
}
