using CsCheck;
using Edge.Agent.Publishing;

namespace Edge.Tests.Publishing;

public sealed class BackoffTests
{
    [Fact]
    public void Waits_grow_from_one_second_to_a_minute_and_are_never_more() => Gen.Int.Sample(seed =>
    {
        var backoff = new Backoff(new Random(seed));
        foreach (var ceiling in new[] { 1, 2, 4, 8, 16, 32, 60, 60, 60 })
            Assert.InRange(backoff.Next().TotalSeconds, ceiling / 2.0, ceiling);
        backoff.Reset();
        Assert.InRange(backoff.Next().TotalSeconds, 0.5, 1);
    });
}
