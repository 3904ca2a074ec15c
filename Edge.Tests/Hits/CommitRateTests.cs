using System.Diagnostics;
using Edge.Tests.Database;

namespace Edge.Tests.Hits;

/// <summary>How many hits a second become durable here, beside the cheapest durable thing there is. Run by name.</summary>
public sealed class CommitRateTests
{
    private const int Count = 300;

    [Fact(Explicit = true)]
    public void Commits_a_second()
    {
        using var state = new StateFixture();
        var body = new string('x', 6000);
        state.Commit(body: body);

        var clock = Stopwatch.StartNew();
        for (var i = 0; i < Count; i++) state.Commit(body: body);
        var commits = Count / clock.Elapsed.TotalSeconds;

        clock.Restart();
        for (var i = 1; i <= Count; i++) state.Outbox.MarkLogged(i, i);
        var marks = Count / clock.Elapsed.TotalSeconds;

        clock.Restart();
        for (var i = 1; i <= Count; i++) state.Outbox.Acknowledge(i);
        var acknowledgements = Count / clock.Elapsed.TotalSeconds;

        using var file = new FileStream(Path.Combine(state.Directory, "raw"), FileMode.CreateNew);
        clock.Restart();
        for (var i = 0; i < Count; i++)
        {
            file.Write(new byte[12_000]);
            file.Flush(flushToDisk: true);
        }
        var raw = Count / clock.Elapsed.TotalSeconds;
        TestContext.Current.SendDiagnosticMessage(
            $"a second: {commits:F0} commits, {marks:F0} marked logged, {acknowledgements:F0} acknowledged; append + fsync {raw:F0}");
        Assert.True(commits > 0);
    }
}
