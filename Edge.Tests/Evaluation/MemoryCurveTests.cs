using Edge.Agent.Evaluation;

namespace Edge.Tests.Evaluation;

public sealed class MemoryCurveTests
{
    [Fact]
    public void The_slope_is_that_of_the_steady_part_and_one_burst_does_not_move_it()
    {
        var samples = Enumerable.Range(0, 91)
            .Select(second => ((double)second, second < 30 ? second * 10e6 : second == 60 ? 900e6 : 300e6 + second * 1000.0)).ToList();
        var curve = new MemoryCurve(samples);
        Assert.Equal(60_000, curve.Slope, 1.0);
        Assert.Equal(900e6, curve.Peak);
        Assert.Equal((300e6 + 30_000, 900e6), curve.Steady);
    }

    [Fact]
    public void Nothing_watched_is_nothing_said() => Assert.Equal((0, 0), (new MemoryCurve([]).Peak, new MemoryCurve([]).Slope));

    [Fact]
    public void This_process_has_memory_and_one_that_never_was_has_none()
    {
        Assert.True(MemoryCurve.Resident(Environment.ProcessId) > 10_000_000);
        Assert.InRange(MemoryCurve.Proportional(Environment.ProcessId), 10_000_000, 2 * MemoryCurve.Resident(Environment.ProcessId));
        Assert.Equal((0, 0), (MemoryCurve.Resident(int.MaxValue), MemoryCurve.Proportional(int.MaxValue)));
    }
}
