using Edge.Agent.Governance;
using Edge.Agent.Hub;
using Edge.Agent.Matching;
using Edge.Tests.Matching;

namespace Edge.Tests.Hub;

public sealed class HotlistRevisionTests
{
    private static readonly Hotlist Published = Lists.Blind(Lists.Policy, Lists.Wanted("AB123"), Lists.Wanted("CD456", "C-2"),
        Lists.Wanted("EF789", "C-3") with { Source = "sheriff" });

    private static HotlistOutcome Apply(HotlistChange change, DateTimeOffset? now = null, Policy? policy = null, Hotlist? published = null,
        IProgress<int>? progress = null) =>
        HotlistRevision.Apply(published ?? Published, change, policy ?? Lists.Policy, now ?? Lists.Now, (now ?? Lists.Now).AddDays(7), progress,
            TestContext.Current.CancellationToken);

    private static HotlistChange Add(params WantedPlate[] wanted) => new() { Wanted = wanted };

    private static string? CaseOf(Hotlist list, string text, DateTimeOffset? now = null)
    {
        using var plate = Lists.Plate(text);
        return new HotlistMatcher(list).Match(plate, now ?? Lists.Now) is [var first, ..] ? first.Entry.Case : null;
    }

    [Fact]
    public void One_more_plate_costs_one_derivation_and_leaves_the_others_as_they_stand()
    {
        var blinded = new List<int>();
        var outcome = Apply(Add(Lists.Wanted("GH012", "C-4")), progress: new Told(blinded.Add));
        Assert.Equal((1, 0, 3, 0), (outcome.Added, outcome.Removed, outcome.Carried, outcome.Expired));
        Assert.Equal([1], blinded);
        Assert.Equal(Published.Version + 1, outcome.Next!.Version);
        Assert.Equal(Published.Salt.ToArray(), outcome.Next.Salt.ToArray());
        Assert.Equal(Published.Entries, outcome.Next.Entries.Take(3));
        Assert.Equal(("C-1", "C-4"), (CaseOf(outcome.Next, "AB123"), CaseOf(outcome.Next, "GH012")));
        Assert.Equal(Lists.Now.AddDays(7), outcome.Next.Expires);
    }

    [Fact]
    public void A_list_that_carries_nothing_over_has_a_new_salt() => Assert.NotEqual(Published.Salt.ToArray(),
        Apply(new HotlistChange { Wanted = [Lists.Wanted("GH012")], Everything = true }).Next!.Salt.ToArray());

    [Fact]
    public void What_came_from_a_source_is_replaced_and_the_rest_stays()
    {
        var outcome = Apply(new HotlistChange
            { Wanted = [Lists.Wanted("GH012", "C-9") with { Source = "sheriff" }], Sources = new HashSet<string> { "sheriff" } });
        Assert.Equal((1, 1, 2), (outcome.Added, outcome.Removed, outcome.Carried));
        Assert.Equal(["C-1", "C-2", "C-9"], outcome.Next!.Entries.Select(entry => entry.Case));
    }

    [Fact]
    public void A_case_or_an_entry_that_is_removed_matches_no_more()
    {
        var outcome = Apply(new HotlistChange { Cases = new HashSet<string> { "C-2" }, Ids = new HashSet<string> { Published.Entries[2].Id } });
        Assert.Equal((2, 1), (outcome.Removed, outcome.Carried));
        Assert.Equal(("C-1", null, null), (CaseOf(outcome.Next!, "AB123"), CaseOf(outcome.Next!, "CD456"), CaseOf(outcome.Next!, "EF789")));
    }

    [Fact]
    public void An_expired_entry_is_left_behind_at_the_next_publication_and_counted()
    {
        var outcome = Apply(new HotlistChange(), Lists.Now.AddDays(2));
        Assert.Equal((0, 3, 0), (outcome.Carried, outcome.Expired, outcome.Next!.Entries.Count));
    }

    public static TheoryData<string, string> Refusals => new()
    {
        { "no-case", "case: must be text of 1 to 64 characters with a letter or digit in it" },
        { "purpose", "purpose: is not one the policy allows" },
        { "too-long", "expires: more than 30 days after notBefore" },
        { "expired", "expires: has passed" },
        { "backwards", "expires: must be after notBefore" },
        { "folded", "form: folded is not allowed by the policy" },
        { "other-agency", "agency: must be riverton, whose list this is" },
        { "unreadable", "plate: must have 4 to 10 characters to be read" },
        { "duplicate", "duplicate: the plate is in the list already, for the same case" },
        { "twice", "duplicate: the plate is in the list already, for the same case" },
    };

    private static WantedPlate Bad(string what) => what switch
    {
        "no-case" => Lists.Wanted("XX111", ""),
        "purpose" => Lists.Wanted("XX111") with { Purpose = "curiosity" },
        "too-long" => Lists.Wanted("XX111") with { Expires = Lists.Now.AddDays(31) },
        "expired" => Lists.Wanted("XX111") with { NotBefore = Lists.Now.AddDays(-2), Expires = Lists.Now },
        "backwards" => Lists.Wanted("XX111") with { Expires = Lists.Now },
        "folded" => Lists.Wanted("XX111", form: MatchForm.Folded),
        "other-agency" => Lists.Wanted("XX111") with { Agency = "elsewhere" },
        "unreadable" => Lists.Wanted("XX1"),
        "duplicate" => Lists.Wanted("AB123"),
        _ => Lists.Wanted("GH012", "C-4"),
    };

    [Theory, MemberData(nameof(Refusals))]
    public void A_plate_is_refused_alone_with_its_reason_unless_the_change_is_strict(string what, string reason)
    {
        WantedPlate[] wanted = [Lists.Wanted("GH012", "C-4"), Bad(what)];
        var outcome = Apply(Add(wanted));
        var refused = Assert.Single(outcome.Refused);
        Assert.Equal((1, reason), (refused.Index, refused.Reason));
        Assert.Equal(["C-1", "C-2", "C-3", "C-4"], outcome.Next!.Entries.Select(entry => entry.Case));
        // What is published here, a box takes up without a refusal.
        Assert.True(Hotlist.TryParse(outcome.Next.Write(), Lists.Policy, Lists.Now, out var onBox, out var refusedOnBox));
        Assert.Equal((4, 0), (onBox.Entries.Count, refusedOnBox.Count));

        Assert.Null(Apply(Add(wanted) with { Strict = true }).Next);
    }

    [Fact]
    public void Where_every_plate_is_refused_nothing_is_published() => Assert.Null(
        Apply(new HotlistChange { Wanted = [Bad("no-case"), Bad("purpose")], Sources = new HashSet<string> { "desk" } }).Next);

    [Fact]
    public void One_plate_may_be_wanted_in_two_cases() => Assert.Empty(Apply(Add(Lists.Wanted("AB123", "C-9"))).Refused);

    [Fact]
    public void What_is_too_many_for_the_policy_is_refused_one_by_one()
    {
        var outcome = Apply(Add(Lists.Wanted("GH012", "C-4"), Lists.Wanted("IJ345", "C-5")), policy: Lists.Policy with { LargestHotlist = 4 });
        Assert.Equal("entry 1 (no id): too-many: the policy allows a hotlist of 4 entries", Assert.Single(outcome.Refused).ToString());
        Assert.Equal(4, outcome.Next!.Entries.Count);
    }

    [Fact]
    public void No_refusal_repeats_a_plate_or_a_case() => Assert.DoesNotContain(
        Refusals.Select(row => Assert.Single(Apply(Add(Lists.Wanted("GH012", "C-4"), Bad(row.Data.Item1))).Refused).ToString()),
        said => said.Contains("XX1", StringComparison.Ordinal) || said.Contains("C-", StringComparison.Ordinal));

    private sealed class Told(Action<int> told) : IProgress<int>
    {
        public void Report(int value) => told(value);
    }
}
