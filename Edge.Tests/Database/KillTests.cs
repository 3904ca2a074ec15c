using System.Diagnostics;
using System.Globalization;
using Edge.Storage.Database;
using Edge.Storage.Keys;
using Edge.Tests.Support;
using Microsoft.Extensions.Time.Testing;

namespace Edge.Tests.Database;

/// <summary>A process that commits as fast as it can is killed: everything it reported is there.</summary>
public sealed class KillTests
{
    private const string ChildFolder = "EDGE_TEST_COMMIT_UNTIL_KILLED";

    [Fact]
    public async Task What_was_committed_survives_kill_9()
    {
        using var folder = new TemporaryFolder();
        long reported = 0;
        for (var round = 0; round < 3; round++)
        {
            using var child = Start(folder.Path);
            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
            deadline.CancelAfter(TimeSpan.FromSeconds(60));
            try
            {
                var target = reported + 25 + round;
                while (reported < target && await child.StandardOutput.ReadLineAsync(deadline.Token) is { } line)
                    if (line.Contains("committed ", StringComparison.Ordinal))
                        reported = long.Parse(line[(line.LastIndexOf(' ') + 1)..], NumberStyles.None, CultureInfo.InvariantCulture);
                Assert.True(reported >= target, "the child ended by itself");
            }
            finally
            {
                child.Kill();
                await child.WaitForExitAsync(CancellationToken.None);
            }

            using var keys = KeyFolder.Open(folder.Path, null);
            using var database = StateDatabase.Open(folder.Path, keys.Hours, new FakeTimeProvider(StateFixture.Start));
            Assert.True(database.LastSequence >= reported, $"{reported} were reported, {database.LastSequence} are there");
            Assert.Equal(Enumerable.Range(1, (int)database.LastSequence).Select(number => (long)number),
                database.Hits.ReadAll().Select(hit => hit.Heading.Sequence));
            Assert.Equal(database.LastSequence, database.Outbox.Unlogged().Count);
            reported = database.LastSequence;
        }
    }

    [Fact(Explicit = true)]
    public void Child_that_commits_until_it_is_killed()
    {
        var folder = Environment.GetEnvironmentVariable(ChildFolder);
        Assert.SkipWhen(folder is null, "only the test above starts this");
        using var keys = KeyFolder.Open(folder!, null);
        using var database = StateDatabase.Open(folder!, keys.Hours, new FakeTimeProvider(StateFixture.Start));
        using var output = Console.OpenStandardOutput();
        var life = Stopwatch.StartNew(); // an orphan ends by itself
        while (life.Elapsed < TimeSpan.FromSeconds(60))
        {
            var sequence = database.Hits.Commit(number => new Edge.Storage.Hits.HitEntry(
                new Edge.Storage.Hits.NewHit("case", StateFixture.Start, StateFixture.Start.AddHours(24), new byte[3000]),
                new Edge.Storage.Outbox.OutboxMessage(number, Edge.Storage.Outbox.MessageKind.Hit, new byte[3000], StateFixture.Start.AddHours(24))));
            output.Write(System.Text.Encoding.ASCII.GetBytes($"committed {sequence}\n"));
            output.Flush();
        }
    }

    private static Process Start(string folder)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!)
        {
            RedirectStandardOutput = true,
            ArgumentList = { "-method", $"{typeof(KillTests).FullName}.{nameof(Child_that_commits_until_it_is_killed)}", "-explicit", "only" },
            Environment = { [ChildFolder] = folder },
        };
        return Process.Start(start)!;
    }
}
