using CsCheck;
using Edge.Vision.Recognition;

namespace Edge.Tests.Recognition;

public sealed class ConsensusTests
{
    [Fact]
    public void One_doubtful_vote_does_not_change_what_two_sure_ones_say()
    {
        using var conclusion = Conclude(Readings.Of("AB123CD"), Readings.Of("A8123CD", 0.5f), Readings.Of("AB123CD"));
        Assert.Equal("AB123CD", Readings.TextOf(conclusion));
    }

    [Fact]
    public void A_reading_of_another_length_lowers_the_evidence_for_every_character()
    {
        using var sure = Conclude(Readings.Of("AB123"), Readings.Of("AB123"));
        using var doubted = Conclude(Readings.Of("AB123"), Readings.Of("AB123"), Readings.Of("AB1234"));
        Assert.Equal("AB123", Readings.TextOf(doubted));
        Assert.True(doubted.Weakest < 0.75f * sure.Weakest);
    }

    [Fact]
    public void Who_sees_nothing_lowers_the_evidence_and_is_outvoted_or_outvotes()
    {
        using var consensus = new Consensus();
        using var conclusion = new Reading();
        using var read = Readings.Of("AB123");
        consensus.Add(read);
        consensus.Conclude(conclusion);
        var alone = conclusion.Weakest;
        consensus.AddNothing(0.5f);
        consensus.Conclude(conclusion);
        Assert.Equal("AB123", Readings.TextOf(conclusion));
        Assert.InRange(conclusion.Weakest, 0.6f * alone, 0.7f * alone);
        consensus.AddNothing(0.9f);
        consensus.Conclude(conclusion);
        Assert.Equal(0, conclusion.Length);
    }

    [Fact]
    public void The_least_certain_character_lies_between_0_and_1_and_order_does_not_matter() =>
        Gen.Select(Gen.String[Gen.Char[Reading.Alphabet], 1, 10], Gen.Float[0.05f, 1f]).List[1, 12].Sample(votes =>
        {
            using var forward = Conclude([.. votes.Select(vote => Readings.Of(vote.Item1, vote.Item2))]);
            using var backward = Conclude([.. votes.AsEnumerable().Reverse().Select(vote => Readings.Of(vote.Item1, vote.Item2))]);
            Assert.InRange(forward.Weakest, 0, 1.0001f);
            Assert.Equal(forward.Weakest, backward.Weakest, 1e-3f);
        });

    [Fact]
    public void Nothing_seen_concludes_nothing()
    {
        using var conclusion = Conclude();
        Assert.Equal((0, 0f, 0f), (conclusion.Length, conclusion.Evidence, conclusion.Weakest));
        Assert.Null(conclusion.ToPlate());
    }

    [Fact]
    public void A_cleared_consensus_has_no_memory()
    {
        using var consensus = new Consensus();
        using var conclusion = new Reading();
        consensus.Add(Readings.Of("AB123CD"));
        consensus.Clear();
        consensus.Add(Readings.Of("XY987"));
        consensus.Conclude(conclusion);
        Assert.Equal("XY987", Readings.TextOf(conclusion));
    }

    private static Reading Conclude(params Reading[] votes)
    {
        using var consensus = new Consensus();
        foreach (var vote in votes)
            using (vote)
                consensus.Add(vote);
        var conclusion = new Reading();
        consensus.Conclude(conclusion);
        return conclusion;
    }
}
