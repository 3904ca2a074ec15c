using Edge.Storage.Audit;
using Edge.Storage.Audit.Bundles;
using Edge.Storage.Keys;

namespace Edge.Agent.Fleet;

/// <summary>The audit log alone: how fast it takes entries, each durable and signed for when its append returns, and how fast a stranger verifies
/// many.</summary>
/// <param name="folder">An empty folder on the disk that is to be measured.</param>
internal sealed class LogBench(string folder, IProgress<FleetProgress> progress, TimeProvider time)
{
    private const int Threads = 64;
    private const int Batch = 100;
    private const int Alone = 200;
    private const int Together = 50;
    private const int Bulk = 5000;

    /// <summary>Measures all of it.</summary>
    /// <param name="entries">How many are verified.</param>
    /// <exception cref="AuditException">The disk refused.</exception>
    public async Task<LogBenchResult> RunAsync(int entries, CancellationToken stop)
    {
        using var key = SigningKey.Create();
        const string origin = "bench/log";
        double alone, together, batched;
        using (var log = AuditLog.Open(Path.Combine(folder, "appended"), origin, key, time))
        {
            log.AppendMany(Made(0, Batch)); // warms up
            alone = PerSecond(Alone, () =>
            {
                for (var i = 0; i < Alone; i++) log.Append(Made(i, 1)[0]);
            });
            progress.Report(new FleetProgress("appended one by one", Alone, Alone, 0));
            stop.ThrowIfCancellationRequested();
            var since = time.GetTimestamp();
            await Task.WhenAll(Enumerable.Range(0, Threads).Select(thread => Task.Factory.StartNew(() =>
            {
                for (var i = 0; i < Together; i++) log.Append(Made(i, 1)[0]);
            }, stop, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
            together = Threads * Together / time.GetElapsedTime(since).TotalSeconds;
            progress.Report(new FleetProgress("appended by many threads", Threads * Together, Threads * Together, 0));
            batched = PerSecond(Batch * Batch, () =>
            {
                for (var i = 0; i < Batch; i++) log.AppendMany(Made(i * Batch, Batch));
            });
            progress.Report(new FleetProgress("appended in batches", Batch * Batch, Batch * Batch, 0));
        }

        var large = Path.Combine(folder, "verified");
        using (var log = AuditLog.Open(large, origin, key, time))
            for (var from = 0; from < entries; from += Bulk)
            {
                stop.ThrowIfCancellationRequested();
                log.AppendMany(Made(from, Math.Min(Bulk, entries - from)));
                progress.Report(new FleetProgress("entries to verify", from, entries, 0));
            }
        var vkey = new NoteKey(origin, key.Public);
        var (verified, report) = Timed(() => AuditVerifier.Verify(large, vkey.ToString()));
        progress.Report(new FleetProgress("entries verified", entries, entries, 0));
        var tar = Path.Combine(folder, "public.tar");
        var (exported, _) = Timed(() => BundleExport.Write(large, tar, new BundleForm(Auditor: null, Archive: true)));
        using var bundle = Bundle.Open(tar);
        var (bundleVerified, bundleReport) = Timed(() => bundle.Verify(vkey, null, [], out LogGaps _));
        var (searched, _) = Timed(() => AuditSearch.In(bundle, new AuditQuery { Actions = [AuditAction.SweepDone], Done = false }).Count());
        var bytes = Directory.EnumerateFiles(large, "*", SearchOption.AllDirectories).Sum(file => new FileInfo(file).Length);
        return new LogBenchResult(alone, together, batched, entries, report.Holds && bundleReport.Holds, verified, exported, bundleVerified, searched,
            Environment.ProcessorCount,
            System.Diagnostics.Process.GetCurrentProcess().PeakWorkingSet64, bytes, new DriveInfo(folder).DriveFormat);
    }

    // The mix of a box: most are hits, with the digest of a case that is not kept here.
    private static List<AuditEntry> Made(int from, int count) => [.. Enumerable.Range(from, count).Select(i => (i % 10) switch
    {
        0 => new AuditEntry { Action = AuditAction.IntervalSummary, Frames = 9000, Reads = 1200, Discarded = 1200, Hits = 0 },
        1 => new AuditEntry { Action = AuditAction.SweepDone, Count = i % 100 },
        _ => new AuditEntry
        {
            Action = AuditAction.HitStored, Sequence = i, Digest = Sha256Hash.Of(BitConverter.GetBytes(i)), Purpose = "stolen-vehicle", Agency = "springfield",
            Case = new ConcealedValue(ConcealedValue.Case("bench").Digest),
        },
    })];

    private (TimeSpan Took, T Made) Timed<T>(Func<T> work)
    {
        var begun = time.GetTimestamp();
        var made = work();
        return (time.GetElapsedTime(begun), made);
    }

    private double PerSecond(int count, Action action)
    {
        var since = time.GetTimestamp();
        action();
        return count / time.GetElapsedTime(since).TotalSeconds;
    }
}

/// <summary>What was measured.</summary>
/// <param name="Alone">Appends a second, each waiting for the one before.</param>
/// <param name="Together">Appends a second by 64 threads.</param>
/// <param name="Batched">Entries a second, 100 in a step.</param>
/// <param name="Verified">How long it took to verify <paramref name="Entries"/>.</param>
/// <param name="Exported">How long the same took as a public bundle, one file.</param>
/// <param name="BundleVerified">How long that took to verify.</param>
/// <param name="Searched">How long a search of it took for an action that was refused, of which there is none.</param>
/// <param name="PeakBytes">Most memory of this process, which wrote the log too.</param>
/// <param name="LogBytes">Of all files of the log that was verified.</param>
/// <param name="FileSystem">Of the folder.</param>
internal sealed record LogBenchResult(double Alone, double Together, double Batched, int Entries, bool Holds, TimeSpan Verified,
    TimeSpan Exported, TimeSpan BundleVerified, TimeSpan Searched, int Processors,
    long PeakBytes, long LogBytes, string FileSystem);
