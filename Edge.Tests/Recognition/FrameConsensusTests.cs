using CsCheck;
using Edge.Vision.Recognition;

namespace Edge.Tests.Recognition;

public sealed class FrameConsensusTests
{
    private static readonly Gen<(string Text, float Sure, double Weight)> Vote =
        Gen.Select(Gen.String[Gen.Char[Reading.Alphabet], 1, 10], Gen.Float[0.05f, 0.9999f], Gen.Double[0.01, 1]);

    [Fact]
    public void One_frame_keeps_the_evidence_it_had_so_that_what_was_measured_on_stills_holds() => Vote.Sample(vote =>
    {
        using var alone = Readings.Of(vote.Text, vote.Sure);
        using var conclusion = Conclude((vote.Text, vote.Sure, vote.Weight));
        Assert.Equal(Readings.TextOf(alone), Readings.TextOf(conclusion));
        Assert.Equal(alone.Evidence, conclusion.Evidence, 1e-4f);
    });

    [Theory]
    [InlineData(0.9f)]
    [InlineData(0.997f)] // what the other 35 have lies below the floor
    [InlineData(0.9999f)]
    public void One_frame_is_no_surer_for_what_its_other_characters_hardly_had(float sure)
    {
        using var alone = Readings.Of("AB123CD", sure);
        using var conclusion = Conclude(("AB123CD", sure, 1));
        Assert.Equal(alone.Evidence, conclusion.Evidence, 1e-4f);
    }

    [Fact]
    public void The_order_of_frames_does_not_matter_and_evidence_is_never_more_than_certain() => Vote.List[1, 12].Sample(votes =>
    {
        using var forward = Conclude([.. votes]);
        using var backward = Conclude([.. votes.AsEnumerable().Reverse()]);
        Assert.InRange(forward.Evidence, 0, 1.0001f);
        Assert.Equal(forward.Evidence, backward.Evidence, 1e-3f);
    });

    [Fact]
    public void A_frame_that_agrees_and_is_as_sure_as_any_never_lowers_the_evidence() =>
        Gen.Select(Gen.String[Gen.Char[Reading.Alphabet], 4, 8], Gen.Select(Gen.Float[0.3f, 0.99f], Gen.Double[0.01, 1]).List[1, 8], Gen.Double[0.01, 1])
            .Sample((text, frames, weight) =>
            {
                (string, float, double)[] before = [.. frames.Select(frame => (text, frame.Item1, frame.Item2))];
                using var less = Conclude(before);
                using var more = Conclude([.. before, (text, frames.Max(frame => frame.Item1), weight)]);
                Assert.True(more.Evidence >= less.Evidence - 1e-5f);
            });

    [Fact]
    public void Agreement_is_worth_something_and_never_more_than_two_independent_frames()
    {
        using var one = Conclude(("AB123CD", 0.8f, 1));
        using var two = Conclude(("AB123CD", 0.8f, 1), ("AB123CD", 0.8f, 1));
        using var many = Conclude([.. Enumerable.Repeat(("AB123CD", 0.8f, 1.0), 500)]);
        Assert.True(two.Evidence > one.Evidence && many.Evidence > two.Evidence);
        // Odds of 0.8 against each of 35 others, squared.
        Assert.True(many.Evidence <= MathF.Pow(1 / (1 + 35 * MathF.Pow(0.2f / 35 / 0.8f, 2)), 7) + 1e-4f);
    }

    [Fact]
    public void A_misread_of_one_place_is_outvoted_by_as_many_looks_however_many_frames_it_had()
    {
        using var conclusion = ConcludeOf(("A8123CD", New: true, Frames: 1), ("A8123CD", New: false, Frames: 1000), ("AB123CD", New: true, Frames: 20));
        using var sure = Conclude([.. Enumerable.Repeat(("AB123CD", 0.95f, 1.0), 20)]);
        Assert.Equal("AB123CD", Readings.TextOf(conclusion));
        Assert.InRange(conclusion.Evidence, 0.93f * sure.Evidence, sure.Evidence); // one look of twenty-one
    }

    [Fact]
    public void What_frames_of_one_place_say_is_their_mean()
    {
        using var later = Readings.Of("AB123CD", 0.95f);
        using var conclusion = ConcludeOf(("A8123CD", New: true, Frames: 1), ("AB123CD", New: false, Frames: 400));
        Assert.Equal("AB123CD", Readings.TextOf(conclusion));
        Assert.InRange(conclusion.Evidence, 0.95f * later.Evidence, later.Evidence + 1e-3f);
    }

    [Fact]
    public void One_sure_frame_of_four_that_reads_another_character_takes_its_share_off()
    {
        using var doubted = Conclude(("AB123CD", 0.9999f, 1), ("AB123CD", 0.9999f, 1), ("AB123CD", 0.9999f, 1), ("A8123CD", 0.9999f, 1));
        Assert.Equal("AB123CD", Readings.TextOf(doubted));
        Assert.InRange(doubted.Evidence, 0.7f, 0.76f);
    }

    [Fact]
    public void A_frame_that_hardly_reads_the_plate_takes_less_off_than_a_sure_one()
    {
        using var sure = Conclude(("AB123CD", 0.97f, 1), ("AB123CD", 0.97f, 1));
        using var doubted = Conclude(("AB123CD", 0.97f, 1), ("AB123CD", 0.97f, 1), ("A8123CD", 0.97f, 1));
        using var hardly = Conclude(("AB123CD", 0.97f, 1), ("AB123CD", 0.97f, 1), ("A8123CD", 0.6f, 1));
        Assert.Equal("AB123CD", Readings.TextOf(hardly));
        Assert.True(doubted.Evidence < hardly.Evidence && hardly.Evidence < sure.Evidence);
        // A third of the frames prefer another character by 0.6; were they all alike, a fifth would be gone.
        Assert.True(hardly.Evidence > 0.88f * sure.Evidence, $"{hardly.Evidence} of {sure.Evidence}");
    }

    [Fact]
    public void Frames_of_another_length_take_their_share_off_too()
    {
        using var doubted = Conclude(("AB123", 0.95f, 1), ("AB123", 0.95f, 1), ("AB1234", 0.95f, 1));
        using var sure = Conclude(("AB123", 0.95f, 1), ("AB123", 0.95f, 1));
        Assert.Equal("AB123", Readings.TextOf(doubted));
        Assert.True(doubted.Evidence < 0.75f * sure.Evidence);
    }

    [Fact]
    public void A_frame_that_doubts_its_own_length_still_concludes_on_it()
    {
        using var faint = new Reading();
        Assert.True(faint.TryAppend(out var row));
        row[7] = 0.02f;
        using var consensus = new FrameConsensus();
        consensus.Add(faint);
        using var conclusion = new Reading();
        consensus.Conclude(conclusion);
        Assert.Equal("7", Readings.TextOf(conclusion));
        Assert.InRange(conclusion.Evidence, 0, 0.05f);
    }

    [Fact]
    public void What_is_not_a_number_is_not_counted()
    {
        using var broken = Readings.Of("AB123CD");
        broken.Evident(0).Fill(float.NaN);
        using var good = Readings.Of("AB123CD");
        using var consensus = new FrameConsensus();
        consensus.Add(broken);
        consensus.Add(good);
        using var conclusion = new Reading();
        consensus.Conclude(conclusion);
        Assert.Equal("AB123CD", Readings.TextOf(conclusion));
        Assert.False(float.IsNaN(conclusion.Evidence));
    }

    [Fact]
    public void Nothing_seen_concludes_nothing()
    {
        using var conclusion = Conclude();
        Assert.Equal((0, 0f, 0f), (conclusion.Length, conclusion.Evidence, conclusion.Weakest));
    }

    [Fact]
    public void A_cleared_consensus_has_no_memory()
    {
        using var consensus = new FrameConsensus();
        using var conclusion = new Reading();
        using (var before = Readings.Of("AB123CD")) consensus.Add(before);
        consensus.Clear();
        using (var after = Readings.Of("XY987")) consensus.Add(after);
        consensus.Conclude(conclusion);
        using var alone = Readings.Of("XY987");
        Assert.Equal("XY987", Readings.TextOf(conclusion));
        Assert.Equal(alone.Evidence, conclusion.Evidence, 0.01f);
    }

    /// <summary>Of frames that each look at a new place, or again at the one before.</summary>
    private static Reading ConcludeOf(params (string Text, bool New, int Frames)[] said)
    {
        using var consensus = new FrameConsensus();
        foreach (var (text, isNew, frames) in said)
        {
            using var reading = Readings.Of(text, 0.95f);
            for (var frame = 0; frame < frames; frame++) consensus.Add(reading, weight: isNew ? 1 : 0.1, look: isNew ? 1 : 0);
        }
        var conclusion = new Reading();
        consensus.Conclude(conclusion);
        return conclusion;
    }

    private static Reading Conclude(params (string Text, float Sure, double Weight)[] votes)
    {
        using var consensus = new FrameConsensus();
        foreach (var (text, sure, weight) in votes)
        {
            using var reading = Readings.Of(text, sure);
            consensus.Add(reading, weight);
        }
        var conclusion = new Reading();
        consensus.Conclude(conclusion);
        return conclusion;
    }
}
