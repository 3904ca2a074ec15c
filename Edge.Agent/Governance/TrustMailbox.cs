using System.Threading.Channels;
using Edge.Agent.Hits;
using Edge.Agent.Orders;
using Edge.Storage.Trust;
using Microsoft.Extensions.Logging;

namespace Edge.Agent.Governance;

/// <summary>Trust files as they come one by one over the broker, until they make a set. They are looked at once no more have come
/// for a moment; what did not change since the set in use need not come again. Thread-safe.</summary>
internal sealed class TrustMailbox(TrustWatch trust, TimeProvider time, ILogger log)
{
    /// <summary>A publication comes file by file: it is looked at after a silence of this.</summary>
    public static readonly TimeSpan Quiet = TimeSpan.FromSeconds(2);

    /// <summary>However much goes on coming, it is looked at after this: a drip of files must not keep a revocation out.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Most files kept until they were looked at; a repository has a dozen, and one for each other agency.</summary>
    public const int MaxFiles = 256;

    /// <summary>Most bytes kept until they were looked at.</summary>
    public const int MaxBytes = 48 * 1024 * 1024;

    /// <summary>Nothing waits longer for a look, also where the disk refuses one.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(15);

    private static readonly TimeSpan TryAgainAfter = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, ReadOnlyMemory<byte>> _files = new(StringComparer.Ordinal);
    private readonly Channel<bool> _arrived = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private TaskCompletionSource _look = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _came, _lookedAt;

    /// <summary>Keeps a file. One that no trust repository has, or that is larger than it may be, is dropped.</summary>
    public void Put(string file, ReadOnlyMemory<byte> bytes)
    {
        if (bytes.Length == 0 || !TrustPath.IsFile(file) || bytes.Length > TrustPath.MaxBytes(file)) return;
        lock (_gate)
        {
            _files[file] = bytes;
            if (_files.Count > MaxFiles || _files.Values.Sum(kept => (long)kept.Length) > MaxBytes)
            {
                _files.Clear();
                log.LogError("more than {Files} trust files or {Most} bytes of them came that made no set: they were dropped; publish them again",
                    MaxFiles, MaxBytes);
                return;
            }
            _came++;
        }
        _arrived.Writer.TryWrite(true);
    }

    /// <summary>Completes once all that has come by now was looked at, at once if nothing has, and after <see cref="LongestWait"/> in any
    /// case. What was ordered after a publication is to be judged by it.</summary>
    public async Task LookedAtAsync(CancellationToken cancel)
    {
        var (since, came) = (time.GetTimestamp(), Came());
        while (NextLook(came) is { } next && LongestWait - time.GetElapsedTime(since) is var rest && rest > TimeSpan.Zero)
            await next.WaitAsync(rest, time, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancel.ThrowIfCancellationRequested();
    }

    private long Came()
    {
        lock (_gate) return _came;
    }

    /// <summary>The next look, or null if there was one since <paramref name="came"/> files had come.</summary>
    private Task? NextLook(long came)
    {
        lock (_gate) return _lookedAt >= came ? null : _look.Task;
    }

    private void LookedAt(long came)
    {
        lock (_gate)
        {
            _lookedAt = came;
            _look.SetResult();
            _look = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    /// <summary>Looks at what came, as often as something comes, until told to stop.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        while (true)
        {
            await _arrived.Reader.WaitToReadAsync(stop);
            var since = time.GetTimestamp();
            do
            {
                _arrived.Reader.TryRead(out _);
                await Task.Delay(Quiet, time, stop);
            }
            while (_arrived.Reader.TryPeek(out _) && time.GetElapsedTime(since) < Patience);
            if (!Look()) await Task.Delay(TryAgainAfter, time, stop);
        }
    }

    /// <summary>False if the disk refused: then it is worth another look.</summary>
    private bool Look()
    {
        try
        {
            while (true)
            {
                var came = Came(); // before the files: what comes between the two is looked at again
                var files = Files();
                var (settled, refused) = (true, (string?)null);
                // Whatever nobody foresaw costs what came, all of it: a broker brings again what it retains, to a box that was started again too.
                if (!Intake.TryTake(() => settled = trust.Refresh(new TrustParcel(files, trust.Current?.Targets), time.GetUtcNow(), out refused),
                    "what came of trust files", log)) Clear(files);
                // Only what was refused goes: whoever can put one bad file there must not take the good ones away with it.
                if (refused is not null && files.TryGetValue(refused, out var bad))
                {
                    Clear(new() { [refused] = bad });
                    continue;
                }
                // Without a timestamp the set in use verifies once more, and says nothing about what came.
                if (settled && files.ContainsKey(TrustPath.Timestamp)) Clear(files);
                LookedAt(came);
                return true;
            }
        }
        catch (IOException refused) when (refused.MayPass())
        {
            log.LogError("{Reason}", refused.Message);
            _arrived.Writer.TryWrite(true);
            return false;
        }
    }

    private Dictionary<string, ReadOnlyMemory<byte>> Files()
    {
        lock (_gate) return new Dictionary<string, ReadOnlyMemory<byte>>(_files, StringComparer.Ordinal);
    }

    // What came meanwhile stays.
    private void Clear(Dictionary<string, ReadOnlyMemory<byte>> seen)
    {
        lock (_gate)
            foreach (var (file, bytes) in seen)
                if (_files.TryGetValue(file, out var kept) && kept.Equals(bytes)) _files.Remove(file);
    }
}
