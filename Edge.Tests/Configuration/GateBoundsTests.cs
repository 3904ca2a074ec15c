using Edge.Agent.Configuration;

namespace Edge.Tests.Configuration;

public sealed class GateBoundsTests
{
    [Theory]
    [InlineData(null, null, true)]
    [InlineData(0.001, 0.01, true)]
    [InlineData(0.5, 0.9999, true)]
    [InlineData(0.0009, null, false)]
    [InlineData(0.51, 0.9, false)]
    [InlineData(null, 1.0, false)]
    [InlineData(0.01, 0.009, false)]
    [InlineData(double.NaN, null, false)]
    public void A_gate_lies_within_both_bounds_or_is_not_set(double? rate, double? evidence, bool held) =>
        Assert.Equal(held, GateBounds.Hold(rate, evidence));

    [Fact]
    public void Bounds_are_said_as_they_are_typed() => Assert.Equal(("0.001 to 0.5", "0.01 to 0.9999"), (GateBounds.Rates, GateBounds.Evidences));
}
