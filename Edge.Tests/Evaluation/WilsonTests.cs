using CsCheck;
using Edge.Agent.Evaluation;

namespace Edge.Tests.Evaluation;

public sealed class WilsonTests
{
    // As R's prop.test(x, n, correct = FALSE) has them.
    [Theory]
    [InlineData(0, 10, 0, 0.2775)]
    [InlineData(10, 10, 0.7225, 1)]
    [InlineData(95, 100, 0.8882, 0.9785)]
    [InlineData(208, 218, 0.9176, 0.9749)]
    public void The_interval_is_the_published_one(int part, int whole, double low, double high)
    {
        var interval = Wilson.Of(part, whole);
        Assert.Equal((low, high), (Math.Round(interval.Low, 4), Math.Round(interval.High, 4)));
    }

    [Fact]
    public void Of_nothing_everything_is_possible() => Assert.Equal(new Wilson(0, 0, 1), Wilson.Of(0, 0));

    [Fact]
    public void The_share_lies_inside_and_more_data_says_more() =>
        Gen.Int[1, 500].SelectMany(whole => Gen.Int[0, whole].Select(part => (part, whole))).Sample(counted =>
        {
            var (few, many) = (Wilson.Of(counted.part, counted.whole), Wilson.Of(10 * counted.part, 10 * counted.whole));
            Assert.True(few.Low <= few.Share + 1e-12 && few.Share <= few.High + 1e-12 && few.Low >= 0 && few.High <= 1);
            Assert.True(many.High - many.Low < few.High - few.Low);
        });
}
