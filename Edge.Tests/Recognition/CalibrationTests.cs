using CsCheck;
using Edge.Vision.Recognition;

namespace Edge.Tests.Recognition;

public sealed class CalibrationTests
{
    private static readonly Calibration Measured = Calibrations.Of((0, 0.1, 0.4), (0.5, 0.5, 0.05), (0.9, 0.99, 0.01), (1, 1, 0.03f));

    [Theory]
    [InlineData(-1, 0.1)]
    [InlineData(0, 0.1)]
    [InlineData(0.25, 0.3)]
    [InlineData(0.5, 0.5)]
    [InlineData(0.7, 0.745)]
    [InlineData(2, 1)]
    [InlineData(double.NaN, 0.1)]
    public void Between_points_is_a_straight_line_and_outside_the_nearest_point(double evidence, double right) =>
        Assert.Equal(right, Measured.Right(evidence), 1e-9);

    [Theory]
    [InlineData(0.01, 0.9)]
    [InlineData(0.02, 0.9)]
    [InlineData(0.05, 0.5)]
    [InlineData(0.5, 0)]
    public void The_gate_is_the_lowest_point_that_promises_the_rate(double wrong, double evidence) =>
        Assert.Equal(evidence, Measured.EvidenceFor(wrong));

    [Fact]
    public void A_rate_that_was_not_measured_is_not_promised()
    {
        Assert.Null(Measured.EvidenceFor(0.005));
        Assert.Equal(0.01, Measured.LeastWrong);
    }

    [Fact]
    public void More_evidence_is_never_worth_less() => Gen.Select(Gen.Double[0, 1], Gen.Double[0, 1]).Sample((a, b) =>
        Assert.True(Measured.Right(Math.Min(a, b)) <= Measured.Right(Math.Max(a, b)) + 1e-9));
}
