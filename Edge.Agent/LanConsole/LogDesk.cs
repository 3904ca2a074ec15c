using System.Security.Cryptography;
using Edge.Agent.Orders;
using Edge.Agent.Transparency;
using Edge.Agent.UsePolicy;
using Edge.Storage.Audit;
using Edge.Storage.Audit.Bundles;
using Edge.Storage.Files;
using Edge.Storage.Sealing;

namespace Edge.Agent.LanConsole;

/// <summary>What came of verifying the whole log, and of counting one quarter on the way.</summary>
/// <param name="Report">Null until it is done.</param>
/// <param name="Box">The quarter's figures; null until it is done, and if the log does not verify.</param>
/// <param name="Failure">Why it could not be done; null otherwise.</param>
internal sealed record LogCheck(ReportPeriod Period, DateTimeOffset Began, AuditReport? Report, ReportedBox? Box, string? Failure)
{
    public bool IsDone => Report is not null || Failure is not null;
}

/// <summary>What an auditor does with the log, one piece of work at a time: the reader comes first.</summary>
internal sealed class LogDesk(ConsoleBox box, ConsoleDiary diary) : IAsyncDisposable
{
    /// <summary>Entries that one search shows: the newest.</summary>
    public const int MostShown = 200;

    /// <summary>A check that takes longer is given up: a million entries take minutes on the slowest board.</summary>
    public static readonly TimeSpan LongestCheck = TimeSpan.FromMinutes(30);

    private const string ExportPrefix = "export-";

    private readonly SemaphoreSlim _alone = new(1);
    private readonly SemaphoreSlim _handing = new(1);
    private volatile LogCheck? _check;
    private CancellationTokenSource? _checking;
    private Task _working = Task.CompletedTask;
    private long _seen;

    /// <summary>The last check, done or not; null before the first.</summary>
    public LogCheck? Check => _check;

    /// <summary>Entries that the check under way has verified.</summary>
    public long Seen => Interlocked.Read(ref _seen);

    /// <summary>Removes what a power cut left of a copy.</summary>
    public void Sweep()
    {
        if (!Directory.Exists(box.Folder)) return;
        foreach (var left in Directory.EnumerateFiles(box.Folder, $"{ExportPrefix}*")) File.Delete(left);
    }

    /// <summary>The newest entries that a query asks for, newest first, and how many there are in all.</summary>
    /// <returns>Null while somebody else is at work.</returns>
    /// <exception cref="AuditException">The log cannot be read.</exception>
    /// <exception cref="OperationCanceledException">Whoever asked is gone.</exception>
    public async Task<(IReadOnlyList<AuditRecord> Newest, long All)?> SearchAsync(AuditQuery query, CancellationToken cancel)
    {
        if (!_alone.Wait(0, CancellationToken.None)) return null;
        try
        {
            return await WhileWrittenAsync(() =>
            {
                using var log = Bundle.Open(box.AuditFolder);
                var newest = new Queue<AuditRecord>();
                var all = 0L;
                foreach (var match in AuditSearch.In(log, query).Where(match => match.Entry is not null))
                {
                    cancel.ThrowIfCancellationRequested();
                    all++;
                    newest.Enqueue(match.Record);
                    if (newest.Count > MostShown) newest.Dequeue();
                }
                return ((IReadOnlyList<AuditRecord>)[.. newest.Reverse()], all);
            }, _ => null, cancel);
        }
        finally
        {
            _alone.Release();
        }
    }

    /// <summary>Begins to verify the log and to count a quarter; the page asks again for what came of it.</summary>
    /// <returns>False while somebody else is at work.</returns>
    public bool BeginCheck(ReportPeriod period)
    {
        if (!_alone.Wait(0)) return false;
        Interlocked.Exchange(ref _seen, 0);
        var check = _check = new LogCheck(period, box.Time.GetUtcNow(), null, null, null);
        var checking = _checking = new CancellationTokenSource(LongestCheck, box.Time);
        _working = Task.Run(async () =>
        {
            try
            {
                _check = await VerifyAsync(check, checking.Token);
            }
            finally
            {
                _checking = null;
                checking.Dispose();
                _alone.Release();
            }
        }, CancellationToken.None);
        return true;
    }

    /// <summary>Ends the check under way, if there is one; what it has seen so far is worth nothing.</summary>
    public void StopCheck()
    {
        try
        {
            _checking?.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It has just ended by itself.
        }
    }

    /// <summary>Whether there is room for a copy, beside what hits need.</summary>
    /// <exception cref="IOException">The disk does not say.</exception>
    public bool HasRoom() => box.FreeSpace() >= box.Audit.BytesOfCopy() + LogCopies.Reserve;

    /// <summary>Makes a copy of the log for whoever verifies it elsewhere; disposing it removes it from the disk.</summary>
    /// <param name="to">The auditor that what is concealed is sealed to; null for the public.</param>
    /// <returns>Null while somebody else is at work, or another copy is still being handed out: each takes as much of the disk as the log.</returns>
    /// <exception cref="IOException">The disk refused, or the log did.</exception>
    public LogCopy? Export(Session session, RecipientPublicKey? to)
    {
        if (!_handing.Wait(0)) return null;
        LogCopy? copy = null;
        try
        {
            return copy = Make(session, to);
        }
        finally
        {
            if (copy is null) _handing.Release();
        }
    }

    private LogCopy? Make(Session session, RecipientPublicKey? to)
    {
        if (!_alone.Wait(0)) return null;
        try
        {
            diary.Exports(session, full: to is not null);
            DurableFile.MakeFolder(box.Folder);
            var path = Path.Combine(box.Folder, $"{ExportPrefix}{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))}.tar");
            var manifest = BundleExport.Write(box.AuditFolder, path,
                new BundleForm(to, Archive: true, box.LogKey, [.. box.Trust()?.Policy.Witnesses.Keys ?? []]));
            var file = new FileStream(path,
                new FileStreamOptions { Mode = FileMode.Open, Access = FileAccess.Read, Options = FileOptions.SequentialScan | FileOptions.Asynchronous });
            File.Delete(path); // while it is open: whatever happens to the download, nothing stays
            return new LogCopy(file, manifest.Size, _handing);
        }
        finally
        {
            _alone.Release();
        }
    }

    /// <summary>The report of a quarter that was counted, as a page.</summary>
    public static string Page(LogCheck check, ReportedBox counted) => PageHtml.Write(ReportPage.Of(new TransparencyReport(check.Period, [counted])));

    public async ValueTask DisposeAsync()
    {
        StopCheck();
        await _working;
        _alone.Dispose();
        _handing.Dispose();
    }

    private async Task<LogCheck> VerifyAsync(LogCheck check, CancellationToken stop)
    {
        try
        {
            var (report, tally) = await WhileWrittenAsync(() =>
            {
                using var log = Bundle.Open(box.AuditFolder);
                var tally = new BoxTally(check.Period);
                return (log.Verify(box.LogKey, null, [], out _, box.LogEpochKey, (_, entry) =>
                {
                    stop.ThrowIfCancellationRequested();
                    tally.Look(entry);
                }, new Count(this)), tally);
            }, found => found.Item1, stop);
            return check with
            {
                Report = report,
                Box = report.Holds && report.Checkpoint is { } checkpoint
                    ? new ReportedBox(box.Name.LogOrigin, checkpoint.Size, checkpoint.Root.ToString(), $"{box.LogKey.Id:x8}", report.Witnessed, tally.Covered,
                        tally.Figures()) : null,
            };
        }
        catch (OperationCanceledException)
        {
            return check with { Failure = "it was stopped, or took longer than half an hour: take a copy and verify it elsewhere" };
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or BundleException)
        {
            return check with { Failure = unreadable.Message };
        }
    }

    /// <summary>Reads the log, which goes on meanwhile.</summary>
    private Task<T> WhileWrittenAsync<T>(Func<T> read, Func<T, AuditReport?> report, CancellationToken stop) =>
        LiveLog.ReadAsync(() => LiveLog.CheckpointOf(box.AuditFolder), read, found => report(found)?.Holds != false, found => report(found)!.IsUnfinished,
            box.Time, stop);

    /// <summary>A copy while it is handed out.</summary>
    /// <param name="File">It has no name any more.</param>
    /// <param name="Size">Entries.</param>
    internal sealed record LogCopy(FileStream File, long Size, SemaphoreSlim Place) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await File.DisposeAsync();
            try
            {
                Place.Release();
            }
            catch (ObjectDisposedException)
            {
                // The console has closed meanwhile.
            }
        }
    }

    private sealed class Count(LogDesk desk) : IProgress<long>
    {
        public void Report(long value) => Interlocked.Exchange(ref desk._seen, value);
    }
}
