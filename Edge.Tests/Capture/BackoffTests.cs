using CsCheck;
using Edge.Vision.Capture;

namespace Edge.Tests.Capture;

public sealed class BackoffTests
{
    [Fact]
    public void The_first_attempt_does_not_wait() => Assert.Equal(TimeSpan.Zero, Backoff.Spacing(0, 0.5));

    [Theory]
    [InlineData(1, 0.5)]
    [InlineData(2, 1)]
    [InlineData(3, 2)]
    [InlineData(4, 4)]
    [InlineData(5, 8)]
    [InlineData(6, 8)]
    [InlineData(int.MaxValue, 8)]
    public void Spacing_doubles_from_half_a_second_to_eight(int failures, double seconds)
    {
        Assert.Equal(TimeSpan.FromSeconds(seconds), Backoff.Spacing(failures, 0));
        Assert.Equal(TimeSpan.FromSeconds(seconds / 2), Backoff.Spacing(failures, 1));
    }

    [Fact]
    public void Spacing_stays_between_a_quarter_of_a_second_and_eight() =>
        Gen.Select(Gen.Int[1, int.MaxValue], Gen.Double[0, 1]).Sample((failures, chance) =>
            Backoff.Spacing(failures, chance) >= Backoff.First / 2 && Backoff.Spacing(failures, chance) <= Backoff.Longest);
}
