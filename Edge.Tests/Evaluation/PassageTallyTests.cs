using Edge.Agent.Evaluation;

namespace Edge.Tests.Evaluation;

public sealed class PassageTallyTests
{
    private const string Truth = "AB123CD";

    [Fact]
    public void What_counts_is_the_read_with_the_most_evidence_accepted_or_not()
    {
        var outcome = PassageOutcome.Of(Truth,
            [StillReads.Of("A8123CD", 0.6f), StillReads.Of(Truth, 0.7f, accepted: false)],
            [StillReads.Of(Truth, 0.8f), StillReads.Of("AB123C0", 0.9f, accepted: false), StillReads.Of(Truth, 0.5f)]);
        Assert.Equal(new PassageOutcome(Together: true, Alone: false, Accepted: 1, Wrong: 1, FramesRead: 3, FramesRight: 2, Evidence: 0.7f), outcome);
    }

    [Fact]
    public void A_film_in_which_nothing_was_read_is_not_right() =>
        Assert.Equal(new PassageOutcome(false, false, 0, 0, 0, 0, 0), PassageOutcome.Of(Truth, [], []));

    [Fact]
    public void Rows_are_by_light_speed_and_rate_and_each_counts_every_film_once()
    {
        var (right, alone, wrong) = (Outcome(true, false, 1, 0), Outcome(false, true, 0, 0), Outcome(false, false, 2, 1));
        var rows = PassageTally.Of(
        [
            Row("night", 120, 15, "ours", right), Row("night", 120, 15, "peer", wrong),
            Row("day", 30, 15, "ours", alone), Row("day", 30, 15, "peer", right),
        ]).ToList();
        Assert.Equal(["night", "day", "30 km/h", "120 km/h", "15 frames a second", "all films"], rows.Select(row => row.Set).Distinct());
        Assert.Equal(12, rows.Count);
        Assert.Equal(new PassageTally("day", "ours", 1, 0, 1, 0, 1, 0, 0, 0), rows.Single(row => row is { Set: "day", Reader: "ours" }));
        Assert.Equal(new PassageTally("all films", "ours", 2, 1, 1, 1, 1, 1, 0, 0), rows[^2]);
        Assert.Equal(new PassageTally("all films", "peer", 2, 1, 0, 1, 0, 2, 1, 1), rows[^1]);
    }

    [Fact]
    public void No_film_makes_no_row() => Assert.Empty(PassageTally.Of([]));

    private static PassageOutcome Outcome(bool together, bool alone, int accepted, int wrong) => new(together, alone, accepted, wrong, 9, 5, 0.5f);

    private static FilmRow Row(string light, int speed, int rate, string reader, PassageOutcome outcome) =>
        new(new PassageFilm("a.mp4", Truth, light, speed, rate), reader, outcome);
}
