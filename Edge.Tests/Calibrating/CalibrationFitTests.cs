using CsCheck;
using Edge.Vision.Calibrating;
using Edge.Vision.Recognition;

namespace Edge.Tests.Calibrating;

public sealed class CalibrationFitTests
{
    [Theory]
    [InlineData(0, 299, 0.00997)]
    [InlineData(0, 10, 0.2589)]
    [InlineData(1, 100, 0.0466)]
    [InlineData(5, 100, 0.1023)]
    [InlineData(10, 10, 1)]
    public void The_bound_is_that_of_Clopper_and_Pearson(int wrong, int all, double bound) =>
        Assert.Equal(bound, CalibrationFit.UpperBound(wrong, all), 2e-4);

    [Fact]
    public void Whatever_was_read_the_curves_are_ones_a_manifest_may_hold() =>
        Gen.Select(Gen.Double[0, 1], Gen.Bool).Array[40, 400].Sample(reads =>
        {
            var fitted = CalibrationFit.Of([.. reads.Select((read, i) => new Outcome(read.Item1, read.Item2, i % Outcome.Folds))], "a test");
            Assert.Null(fitted.Problem());
            Assert.All(fitted.Points, point => Assert.True(point.WrongAbove >= reads.Where(read => read.Item1 >= point.Evidence)
                .Select(read => read.Item2 ? 0.0 : 1.0).DefaultIfEmpty(0).Average()));
        });

    [Fact]
    public void An_honest_reader_is_left_as_it_is()
    {
        var random = new Random(7);
        var fitted = CalibrationFit.Of([.. Honest(random, 4000)], "a test");
        Assert.All(new[] { 0.2, 0.5, 0.8, 0.95 }, evidence => Assert.Equal(evidence, fitted.Right(evidence), 0.06));
    }

    [Fact]
    public void A_promise_is_kept_on_plates_that_were_not_measured()
    {
        var random = new Random(11);
        var fitted = CalibrationFit.Of([.. Honest(random, 4000)], "a test");
        var gate = fitted.EvidenceFor(0.1)!.Value;
        var others = Honest(random, 4000).Where(outcome => outcome.Evidence >= gate).ToList();
        Assert.True(others.Count > 200);
        Assert.True(others.Average(outcome => outcome.Right ? 0.0 : 1.0) <= 0.1);
    }

    [Fact]
    public void The_promise_the_gate_chooses_among_sixty_four_is_broken_no_more_often_than_once_in_twenty()
    {
        // Wrong as often as the rate whatever the evidence: every threshold that is promised breaks the promise.
        var random = new Random(13);
        var broken = Enumerable.Range(0, 200).Count(_ => CalibrationFit.Of([.. Enumerable.Range(0, 400).Select(i =>
            new Outcome((i + 1) / 400.0, random.NextDouble() >= 0.1001, i % Outcome.Folds))], "a test").EvidenceFor(0.1) is not null);
        Assert.InRange(broken, 0, 10);
    }

    [Fact]
    public void Every_sequence_of_looser_gates_ends_at_the_first_that_fails()
    {
        // The worst reads lie just below where the first sequence begins: what lies below them is good, and not believed.
        var fitted = CalibrationFit.Of([.. Enumerable.Range(0, 3200).Select(i =>
            new Outcome((i + 1) / 3200.0, i is < 600 or >= 800, i % Outcome.Folds))], "a test");
        Assert.InRange(fitted.EvidenceFor(0.05)!.Value, 0.21, 0.22); // 100 wrong among 2,500; a step further 125 among 2,525
        Assert.All(fitted.Points.Where(point => point.Evidence < 0.18), point => Assert.True(point.WrongAbove >= 0.08)); // alone 200 of 3,200 would be 0.071
    }

    [Fact]
    public void Eighteen_hundred_plates_can_promise_one_in_a_hundred()
    {
        var fitted = CalibrationFit.Of([.. Enumerable.Range(0, 1800).Select(i =>
            new Outcome((i + 1) / 1800.0, i >= 1100 || i % 5 > 0, i % Outcome.Folds))], "a test");
        Assert.InRange(fitted.EvidenceFor(0.01)!.Value, 0.6, 0.65);
    }

    [Fact]
    public void Pictures_of_one_plate_stand_on_the_same_side()
    {
        Assert.True(PlateText.TryParse("AB 123 CD", out var one) & PlateText.TryParse("ab-123-cd", out var again) & PlateText.TryParse("B108ABC",
            out var other));
        Assert.Equal((2, 2, 0), (Outcome.FoldOf(one!), Outcome.FoldOf(again!), Outcome.FoldOf(other!)));
        // One is always misread, the other never: what either is worth is said by the other alone.
        var outcomes = Enumerable.Range(0, 200).Select(i => new Outcome((i + 1) / 200.0, i % 2 == 0, i % 2)).ToList();
        Assert.InRange(Reliability.CrossValidated(outcomes).Error, 0.9, 1);
    }

    [Fact]
    public void Too_few_plates_and_plates_all_alike_are_no_measurement()
    {
        Assert.Throws<ArgumentException>(() => CalibrationFit.Of([.. Honest(new Random(1), 39)], "a test"));
        Assert.Throws<ArgumentException>(() => CalibrationFit.Of([.. Enumerable.Repeat(new Outcome(0, true, 0), 100)], "a test"));
    }

    [Fact]
    public void What_was_fitted_on_few_plates_is_not_judged_by_the_same_ones()
    {
        Assert.NotNull(CalibrationFit.Of([.. Honest(new Random(1), 45)], "a test"));
        Assert.Empty(Reliability.CrossValidated([.. Honest(new Random(1), 45)]).Bins);
        Assert.Equal(55, Reliability.CrossValidated([.. Honest(new Random(1), 55)]).Bins.Sum(bin => bin.Count));
    }

    [Fact]
    public void Calibration_brings_an_overconfident_reader_s_error_down()
    {
        var random = new Random(3);
        // Right with the square of what it claims.
        var outcomes = Honest(random, 2000).Select(outcome => outcome with { Evidence = Math.Sqrt(outcome.Evidence) }).ToList();
        var before = Reliability.Of(outcomes.Select(outcome => (outcome.Evidence, outcome.Right))).Error;
        Assert.InRange(before, 0.1, 0.3);
        Assert.InRange(Reliability.CrossValidated(outcomes).Error, 0, 0.04);
    }

    private static IEnumerable<Outcome> Honest(Random random, int count) => Enumerable.Range(0, count).Select(i =>
        random.NextDouble() is var share ? new Outcome(share, random.NextDouble() < share, i % Outcome.Folds) : default);
}
