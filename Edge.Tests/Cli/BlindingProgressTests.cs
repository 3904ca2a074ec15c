using Edge.Agent.Cli;
using Microsoft.Extensions.Time.Testing;

namespace Edge.Tests.Cli;

public sealed class BlindingProgressTests
{
    [Fact]
    public void It_says_count_rate_and_time_left() => Assert.Equal("blinding plates 10000/50000, 125 a second, 5:20 left  ",
        BlindingProgress.Line(10_000, 50_000, TimeSpan.FromSeconds(80)));

    [Fact]
    public void It_speaks_twice_a_second_and_at_the_end()
    {
        var (time, terminal) = (new FakeTimeProvider(), new StringWriter());
        var progress = new BlindingProgress(100, time, terminal, isShown: true);
        for (var done = 1; done <= 100; done++)
        {
            time.Advance(TimeSpan.FromMilliseconds(10));
            progress.Report(done);
        }
        var said = terminal.ToString().Split('\r', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal((3, "blinding plates 100/100, 100 a second, 0:00 left  \n"), (said.Length, said[^1]));
    }

    [Theory]
    [InlineData(100, false)]
    [InlineData(3, true)]
    public void It_is_silent_where_nobody_sees_it_and_for_a_few_plates(int count, bool isShown)
    {
        var terminal = new StringWriter();
        new BlindingProgress(count, new FakeTimeProvider(), terminal, isShown).Report(count);
        Assert.Empty(terminal.ToString());
    }
}
