using Edge.Agent.Hub;
using Edge.Tests.Matching;

namespace Edge.Tests.Hub;

/// <summary>When the private half of an epoch's key must go: not an hour too soon, not an hour late.</summary>
public sealed class EpochLedgerTests
{
    private static readonly DateTimeOffset Day0 = Lists.Now;
    private static readonly Epoch Week = new("kid", Day0, Day0.AddDays(7));

    private static DateTimeOffset LastNeeded(params IReadOnlyList<RetentionTerm> terms) => new EpochLedger([Week], terms).LastNeeded(Week);

    private static RetentionTerm Term(double day, int hours) => new(Day0.AddDays(day), hours);

    private static readonly RetentionTerm Always24 = new(DateTimeOffset.UnixEpoch, 24);

    [Fact]
    public void A_key_is_needed_for_as_long_as_the_policy_keeps_what_was_sealed_last() =>
        Assert.Equal(Week.Expires.AddHours(24), LastNeeded(Always24));

    [Fact]
    public void A_longer_retention_during_the_epoch_counts_for_all_of_it() =>
        Assert.Equal(Week.Expires.AddHours(72), LastNeeded(Always24, Term(3, 72)));

    [Fact]
    public void A_shorter_one_later_does_not_shorten_what_was_promised_before() =>
        Assert.Equal(Week.Expires.AddHours(72), LastNeeded(new RetentionTerm(DateTimeOffset.UnixEpoch, 72), Term(3, 24)));

    [Fact]
    public void A_policy_that_was_replaced_counts_while_a_box_out_of_reach_may_still_use_it()
    {
        var old = new RetentionTerm(DateTimeOffset.UnixEpoch, 72);
        Assert.Equal(Week.Expires.AddHours(72), LastNeeded(old, Term(-29, 24)));
        Assert.Equal(Week.Expires.AddHours(24), LastNeeded(old, Term(-31, 24)));
    }

    [Fact]
    public void A_hold_that_a_later_policy_allows_counts_while_a_hit_is_still_there_to_be_held()
    {
        Assert.Equal(Week.Expires.AddHours(504), LastNeeded(Always24, Term(7.9, 504)));
        Assert.Equal(Week.Expires.AddHours(24), LastNeeded(Always24, Term(8.1, 504)));
    }

    [Fact]
    public void What_was_allowed_before_the_ledger_began_is_taken_to_be_the_most_that_a_policy_can_allow()
    {
        Assert.Equal(Week.Expires.AddHours(504), LastNeeded());
        Assert.Equal(Week.Expires.AddHours(504), LastNeeded(Term(1, 24)));
        Assert.Equal(Week.Expires.AddHours(24), LastNeeded(Term(-31, 24)));
    }

    [Fact]
    public void The_longest_hold_of_a_policy_counts_where_it_is_longer_than_its_retention()
    {
        Assert.Equal(24, RetentionTerm.Of(Lists.Policy, Day0).Hours);
        Assert.Equal(100, RetentionTerm.Of(Lists.Policy with { LongestHoldHours = 100 }, Day0).Hours);
    }

    [Fact]
    public void A_ledger_reads_back_as_it_was_written()
    {
        var ledger = new EpochLedger([Week], [Always24, Term(3, 72)]);
        Assert.True(EpochLedger.TryParse(ledger.Write(), out var read, out _));
        Assert.Equal(ledger.Epochs, read.Epochs);
        Assert.Equal(ledger.Terms, read.Terms);
        Assert.False(EpochLedger.TryParse("{}"u8.ToArray(), out _, out _));
    }
}
