using Edge.Agent.Cli;
using Edge.Agent.Fleet;
using Microsoft.Extensions.Time.Testing;

namespace Edge.Tests.Cli;

public sealed class FleetProgressLinesTests
{
    [Fact]
    public void In_a_pipe_each_step_says_how_far_it_came_at_last()
    {
        var (time, written) = (new FakeTimeProvider(), new StringWriter { NewLine = "\n" });
        var lines = new FleetProgressLines(written, time, inPlace: false);
        for (var done = 0; done <= 4; done++) lines.Report(new FleetProgress("boxes linked", done, 5, 0));
        lines.Report(new FleetProgress("hits", 0, 9, 0));
        lines.Report(new FleetProgress("hits", 1, 9, 1));
        time.Advance(TimeSpan.FromSeconds(10));
        lines.Report(new FleetProgress("hits", 2, 9, 1));
        lines.Report(new FleetProgress("hits", 9, 9, 8));
        Assert.Equal("boxes linked 0/5\nboxes linked 4/5\nhits 0/9\nhits 2/9, 1 hits opened by the hub\nhits 9/9, 8 hits opened by the hub\n",
            written.ToString());
    }
}
