using Edge.Vision.Tracking;

namespace Edge.Tests.Tracking;

public sealed class ReadGateTests
{
    [Theory]
    [InlineData(0.9f, 0.9f, 7, 2, false, true)]
    [InlineData(0.9f, 0.9f, 7, 1, true, true)]
    [InlineData(0.9f, 0.9f, 7, 1, false, false)] // one frame of a passage is not enough
    [InlineData(0.3f, 0.9f, 7, 5, false, false)] // the detector doubts
    [InlineData(0.9f, 0.7f, 7, 5, false, false)] // one character doubts
    [InlineData(0.9f, 0.9f, 3, 5, false, false)] // too short for a plate
    [InlineData(0.9f, 0.9f, 11, 5, false, false)] // too long for a plate
    public void Every_condition_must_hold(float score, float weakest, int length, int agreed, bool still, bool accepted) =>
        Assert.Equal(accepted, new ReadGate().Accepts(score, weakest, length, agreed, still));

    [Fact]
    public void Evidence_that_is_not_a_number_never_passes() =>
        Assert.False(new ReadGate().Accepts(float.NaN, float.NaN, 7, 5, still: false));
}
