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

        using var file = new FileStream(Path.Combine(state.Directory, "raw"), FileMode.CreateNew);
        Stopwatch commits = new(), marks = new(), acknowledgements = new(), raw = new();
        for (var i = 0; i < Count; i++)
        {
            // In turns: a shared disk is ten times slower in one minute than in the next.
            long sequence = 0;
            Time(commits, () => sequence = state.Commit(body: body));
            Time(raw, () =>
            {
                file.Write(new byte[12_000]);
                file.Flush(flushToDisk: true);
            });
            Time(marks, () => state.Outbox.MarkLogged(sequence, i));
            Time(acknowledgements, () => state.Outbox.Acknowledge(sequence));
        }
        TestContext.Current.SendDiagnosticMessage($"a second: {Rate(commits)} commits, {Rate(marks)} marked logged, " +
            $"{Rate(acknowledgements)} acknowledged; append + fsync {Rate(raw)}");
        Assert.Equal(Count + 1, state.Hits.Count);
    }

    private static void Time(Stopwatch clock, Action step)
    {
        clock.Start();
        step();
        clock.Stop();
    }

    private static string Rate(Stopwatch clock) =>
        (Count / clock.Elapsed.TotalSeconds).ToString("F0", System.Globalization.CultureInfo.InvariantCulture);
}
