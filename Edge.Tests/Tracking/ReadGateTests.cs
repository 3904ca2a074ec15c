using Edge.Tests.Recognition;
using Edge.Vision.Onnx;
using Edge.Vision.Tracking;

namespace Edge.Tests.Tracking;

public sealed class ReadGateTests
{
    private static readonly Edge.Vision.Recognition.Calibration Measured = Calibrations.Of((0, 0.2, 0.3), (0.8, 0.98, 0.01), (0.99, 1, 0.004));

    [Theory]
    [InlineData(0.01, 0.8)]
    [InlineData(0.02, 0.8)]
    [InlineData(0.005, 0.99)]
    [InlineData(0.3, 0)]
    public void The_rate_a_technician_sets_becomes_the_least_evidence_that_keeps_it(double rate, double least)
    {
        Assert.True(new ReadGate { MaximumWrongReadRate = rate }.TryEvidence(Measured, out var evidence, out _));
        Assert.Equal(least, evidence);
    }

    [Fact]
    public void A_rate_the_model_was_not_measured_to_is_refused_and_the_best_is_named()
    {
        Assert.False(new ReadGate { MaximumWrongReadRate = 0.001 }.TryEvidence(Measured, out var evidence, out var problem));
        Assert.Contains("gate.maximumWrongReadRate", problem, StringComparison.Ordinal);
        Assert.Contains("0.004", problem, StringComparison.Ordinal);
        Assert.Equal(double.PositiveInfinity, evidence);
    }

    [Fact]
    public void A_model_without_a_calibration_needs_the_evidence_set()
    {
        Assert.False(new ReadGate().TryEvidence(null, out _, out var problem));
        Assert.Contains("gate.evidence: needed", problem, StringComparison.Ordinal);
        Assert.True(new ReadGate { Evidence = 0.9 }.TryEvidence(null, out var evidence, out _));
        Assert.Equal(0.9, evidence);
    }

    [Fact]
    public void A_model_with_a_calibration_takes_no_other_evidence()
    {
        Assert.False(new ReadGate { Evidence = 0.1 }.TryEvidence(Measured, out _, out var problem));
        Assert.Contains("gate.maximumWrongReadRate instead", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_closed_gate_goes_with_any_model()
    {
        Assert.True(ReadGate.Closed.TryEvidence(null, out var evidence, out _) & ReadGate.Closed.TryEvidence(Measured, out _, out _));
        Assert.Equal(double.PositiveInfinity, evidence);
    }

    [Fact]
    public void Nothing_is_judged_on_a_promise_that_cannot_be_kept() =>
        Assert.Throws<ModelException>(() => Judges.Of(new ReadGate { MaximumWrongReadRate = 0.001 }, Measured));
}
