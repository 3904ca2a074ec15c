using System.Diagnostics;
using System.Globalization;
using Edge.Storage.Audit;
using Edge.Storage.Files;
using Edge.Tests.Support;

namespace Edge.Tests.Audit;

/// <summary>A process that appends, and ends epochs, as fast as it can is killed at random: what it acknowledged is there, under the very root that it
/// said.</summary>
public sealed class AuditLogKillTests : IDisposable
{
    private const string ChildFolder = "EDGE_TEST_APPEND_UNTIL_KILLED";

    // More than a machine that is busy with other things needs to start a process.
    private static readonly TimeSpan Life = TimeSpan.FromMinutes(5);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public Task Nothing_acknowledged_is_missing_and_no_history_forks_though_the_writer_is_killed_three_times() => KillAsync(3);

    [Fact(Explicit = true)]
    public Task Nothing_acknowledged_is_missing_and_no_history_forks_though_the_writer_is_killed_a_thousand_times() =>
        KillAsync(int.Parse(Environment.GetEnvironmentVariable("EDGE_KILLS") ?? "1000", CultureInfo.InvariantCulture));

    [Fact(Explicit = true)]
    public void Child_that_appends_until_it_is_killed()
    {
        var folder = Environment.GetEnvironmentVariable(ChildFolder);
        Assert.SkipWhen(folder is null, "only the test above starts this");
        using var lab = new LogLab();
        using var log = AuditLog.Open(Path.Combine(folder!, "audit"), LogLab.Origin, lab.Key, TimeProvider.System, DurableSteps.Disk,
            lab.EpochKeys(DurableSteps.Disk, Path.Combine(folder!, "keys")));
        using var output = Console.OpenStandardOutput();
        var life = Stopwatch.StartNew(); // an orphan ends by itself
        var random = new Random((int)log.Latest.Size);
        while (life.Elapsed < Life)
        {
            if (random.Next(4) == 0 && log.Latest.Size > 0) log.BeginEpochAfter(TimeSpan.Zero);
            else log.AppendMany([.. LogLab.Entries(random.Next(1, random.Next(2) == 0 ? 4 : 300)).Select(Concealing)]);
            var line = string.Create(CultureInfo.InvariantCulture, $"acknowledged {log.Latest.Size} {log.Latest.Root}\n");
            output.Write(System.Text.Encoding.ASCII.GetBytes(line));
            output.Flush();
        }
    }

    // Some conceal a case: each has a file of its own to write.
    private static AuditEntry Concealing(AuditEntry entry, int index) => index < 5 ? entry : entry with { Case = null };

    private async Task KillAsync(int kills)
    {
        using var lab = new LogLab();
        var random = new Random(20261126);
        var acknowledged = new List<(long Size, string Root)>();
        var note = Array.Empty<byte>();
        for (var round = 0; round < kills; round++)
        {
            using var child = Start();
            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
            deadline.CancelAfter(Life);
            try
            {
                for (var left = random.Next(1, 12); left > 0; left--) Assert.True(await ReadAsync(child, deadline.Token), "the child ended by itself");
                await Task.Delay(TimeSpan.FromMilliseconds(random.NextDouble() * 20), TimeProvider.System, deadline.Token);
            }
            finally
            {
                child.Kill();
                await child.WaitForExitAsync(CancellationToken.None);
            }
            while (await ReadAsync(child, CancellationToken.None)) { } // what it said and nobody had read

            using (var log = AuditLog.Open(_folder.File("audit"), LogLab.Origin, lab.Key, TimeProvider.System, new UnsyncedSteps(),
                lab.EpochKeys(folder: _folder.File("keys"))))
            {
                Assert.True(log.Latest.Size >= acknowledged[^1].Size, $"round {round}: {acknowledged[^1].Size} were acknowledged, {log.Latest.Size} are there");
                foreach (var (size, root) in acknowledged.TakeLast(50)) Assert.Equal(root, log.RootAt(size).ToString());
                log.Append(new AuditEntry { Action = AuditAction.Boot });
            }
            if (round % 25 != 0 && round != kills - 1) continue;
            var report = AuditVerifier.Verify(_folder.File("audit"), lab.Vkey, round == 0 ? null : note, [],
                new NoteKey(LogLab.Origin, lab.EpochKeys(folder: _folder.File("keys")).First).ToString());
            Assert.True(report.Holds, string.Join('\n', report.Checks));
            note = await File.ReadAllBytesAsync(_folder.File("audit/checkpoint"), TestContext.Current.CancellationToken);
        }
        TestContext.Current.SendDiagnosticMessage("{0} kills, {1} steps acknowledged, {2} entries", kills, acknowledged.Count, acknowledged[^1].Size);

        async Task<bool> ReadAsync(Process child, CancellationToken cancel)
        {
            while (await child.StandardOutput.ReadLineAsync(cancel) is { } line)
            {
                // A line that was cut off acknowledged nothing.
                if (line.Split(' ') is not ["acknowledged", var size, { Length: 44 } root]) continue;
                acknowledged.Add((long.Parse(size, NumberStyles.None, CultureInfo.InvariantCulture), root));
                return true;
            }
            return false;
        }
    }

    private Process Start() => Process.Start(new ProcessStartInfo(Environment.ProcessPath!)
    {
        RedirectStandardOutput = true,
        ArgumentList = { "-method", $"{typeof(AuditLogKillTests).FullName}.{nameof(Child_that_appends_until_it_is_killed)}", "-explicit", "only" },
        Environment = { [ChildFolder] = _folder.Path },
    })!;
}
