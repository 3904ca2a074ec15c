using System.Text;
using CsCheck;
using Edge.Agent.Matching;
using Edge.Agent.Publishing;
using Edge.Storage.Sealing;
using Edge.Vision.Recognition;

namespace Edge.Tests.Matching;

public sealed class HotlistMatcherTests
{
    private static HotlistMatch? Ask(Hotlist list, string text, DateTimeOffset? now = null) => All(list, text, now) is [var first, ..] ? first : null;

    private static IReadOnlyList<HotlistMatch> All(Hotlist list, string text, DateTimeOffset? now = null)
    {
        using var plate = Lists.Plate(text);
        return new HotlistMatcher(list).Match(plate, now ?? Lists.Now);
    }

    [Fact]
    public void A_plate_that_two_cases_look_for_matches_both()
    {
        var list = Lists.Blind(Lists.FoldingPolicy, Lists.Wanted("AB123"), Lists.Wanted("CD456", "other"), Lists.Wanted("A8123", "C-2", MatchForm.Folded),
            Lists.Wanted("AB123", "C-3"));
        Assert.Equal([("C-1", MatchForm.Exact), ("C-3", MatchForm.Exact), ("C-2", MatchForm.Folded)],
            All(list, "AB123").Select(match => (match.Entry.Case, match.Form)));
    }

    [Fact]
    public void A_case_that_looks_for_a_plate_in_both_forms_matches_once_and_exactly()
    {
        var list = Lists.Blind(Lists.FoldingPolicy, Lists.Wanted("B0B1", form: MatchForm.Folded), Lists.Wanted("BOB1"));
        Assert.Equal(MatchForm.Exact, Assert.Single(All(list, "BOB1")).Form);
    }

    [Fact]
    public void A_wanted_plate_matches_its_entry_and_no_other_plate_matches()
    {
        var list = Lists.Blind(Lists.Policy, Lists.Wanted("AB-123"), Lists.Wanted("CD456", "C-2"));
        Assert.Equal(("C-2", MatchForm.Exact), (Ask(list, "CD456")!.Entry.Case, Ask(list, "cd 456")!.Form));
        Assert.All(new[] { "AB124", "A8123", "CD45", "CD4567" }, other => Assert.Null(Ask(list, other)));
    }

    [Fact]
    public void Look_alikes_match_only_an_entry_that_was_folded_and_the_match_says_so()
    {
        var list = Lists.Blind(Lists.FoldingPolicy, Lists.Wanted("OI5BZ", form: MatchForm.Folded), Lists.Wanted("SS111", "C-2"));
        Assert.Equal(MatchForm.Folded, Ask(list, "015B2")!.Form);
        Assert.Equal(MatchForm.Folded, Ask(list, "QIS8Z")!.Form);
        Assert.Null(Ask(list, "55111"));
        Assert.Equal(MatchForm.Exact, Ask(list, "SS111")!.Form);
    }

    [Fact]
    public void An_exact_entry_comes_before_a_folded_one()
    {
        var list = Lists.Blind(Lists.FoldingPolicy, Lists.Wanted("B0B1", "folded", MatchForm.Folded), Lists.Wanted("BOB1", "exact"));
        Assert.Equal("exact", Ask(list, "BOB1")!.Entry.Case);
        Assert.Equal("folded", Ask(list, "8OB1")!.Entry.Case);
    }

    [Fact]
    public void An_entry_matches_from_its_start_until_just_before_its_expiry()
    {
        var list = Lists.Blind(Lists.Policy, Lists.Wanted("AB123")) with { Expires = Lists.Now.AddDays(9) };
        Assert.Null(Ask(list, "AB123", Lists.Now.AddTicks(-1)));
        Assert.NotNull(Ask(list, "AB123", Lists.Now));
        Assert.NotNull(Ask(list, "AB123", Lists.Now.AddDays(2).AddTicks(-1)));
        Assert.Null(Ask(list, "AB123", Lists.Now.AddDays(2)));
    }

    [Fact]
    public void An_expired_entry_does_not_hide_a_later_one_for_the_same_plate()
    {
        var list = Lists.Blind(Lists.Policy, Lists.Wanted("AB123", "old") with { Expires = Lists.Now.AddHours(1) }, Lists.Wanted("AB123", "new"));
        Assert.Equal(["old", "new"], All(list, "AB123").Select(match => match.Entry.Case));
        Assert.Equal("new", Ask(list, "AB123", Lists.Now.AddHours(1))!.Entry.Case);
    }

    [Fact]
    public void A_list_past_its_own_expiry_matches_nothing()
    {
        var list = Lists.Blind(Lists.Policy, Lists.Wanted("AB123"));
        Assert.NotNull(Ask(list, "AB123", Lists.Now.AddDays(1).AddTicks(-1)));
        Assert.Null(Ask(list, "AB123", Lists.Now.AddDays(1)));
    }

    [Fact]
    public void The_tag_is_the_documented_one()
    {
        var list = Lists.Blind(Lists.Policy, Lists.Wanted("AB123"));
        var tag = new byte[16];
        BlindTag.Derive("AB123"u8, list.Salt.Span, Lists.Cheap, tag);
        Assert.Equal(tag, list.Entries[0].Tag.ToArray());
    }

    [Fact]
    public void Two_lists_of_the_same_plate_share_no_tag() => Assert.NotEqual(
        Lists.Blind(Lists.Policy, Lists.Wanted("AB123")).Entries[0].Tag.ToArray(),
        Lists.Blind(Lists.Policy, Lists.Wanted("AB123")).Entries[0].Tag.ToArray());

    [Fact]
    public void Folding_keeps_the_length_is_idempotent_and_leaves_none_of_the_look_alikes() =>
        Gen.Char["ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"].Array[1, PlateText.MaxLength].Sample(characters =>
        {
            var (once, twice) = (new byte[characters.Length], new byte[characters.Length]);
            Assert.Equal(characters.Length, PlateFolding.Fold(Encoding.ASCII.GetBytes(characters), once));
            PlateFolding.Fold(once, twice);
            Assert.Equal(once, twice);
            Assert.DoesNotContain(Encoding.ASCII.GetString(once), character => "OQDIZSB".Contains(character, StringComparison.Ordinal));
        });
}
