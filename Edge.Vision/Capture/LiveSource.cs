using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace Edge.Vision.Capture;

/// <summary>
/// Keeps one live camera going: reads it on a thread of its own, hands over the newest frame and drops the rest,
/// notices when it stops, stalls or freezes, cuts it and connects again, for ever.
/// </summary>
/// <param name="connect">Makes a connection without touching the camera yet.</param>
/// <param name="jitter">Spreads reconnects; used by one task at a time.</param>
internal sealed class LiveSource(
    CameraOptions options, Func<ILiveFeed> connect, TimeProvider time, ILogger log, Random jitter) : ICameraSource
{
    // A feed that outlives its cut is waited for while the source lives, but not when the agent wants to stop.
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(2);

    private readonly FreezeDetector _freeze = new(options.FreezeAfter);
    private readonly CameraVitals _vitals = new(time);
    private readonly CancellationTokenSource _closing = new();
    private readonly long _origin = time.GetTimestamp();
    private Task _farewell = Task.CompletedTask;
    private int _reading;

    public string Name => options.Name;

    public bool IsLive => true;

    public bool IsStill => false;

    public CameraHealth Health => _vitals.Snapshot();

    internal FramePool Pool { get; } = new();

    public async IAsyncEnumerable<Frame> ReadAsync([EnumeratorCancellation] CancellationToken cancel)
    {
        ObjectDisposedException.ThrowIf(_closing.IsCancellationRequested, this);
        if (Interlocked.Exchange(ref _reading, 1) != 0)
            throw new InvalidOperationException($"{options} is already being read");
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel, _closing.Token);
        var newest = Channel.CreateBounded<Frame>(
            new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true },
            overtaken =>
            {
                overtaken.Dispose();
                _vitals.CountDropped();
            });
        var supervision = SuperviseAsync(newest.Writer, stop.Token);
        try
        {
            await foreach (var frame in newest.Reader.ReadAllAsync(CancellationToken.None)) yield return frame;
            cancel.ThrowIfCancellationRequested();
        }
        finally
        {
            await stop.CancelAsync();
            await supervision;
            while (newest.Reader.TryRead(out var unread)) unread.Dispose();
            Volatile.Write(ref _reading, 0);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        await _farewell;
        Pool.Dispose();
    }

    private async Task SuperviseAsync(ChannelWriter<Frame> newest, CancellationToken stop)
    {
        var farewell = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _farewell = farewell.Task;
        _vitals.Become(CameraState.Starting);
        try
        {
            for (var failures = 0; ; _vitals.CountReconnect())
            {
                var began = time.GetTimestamp();
                var steady = await AttemptAsync(newest, stop);
                failures = steady ? 0 : failures + 1;
                // Measured from the start of the attempt: one that hung long enough has waited already.
                var wait = Backoff.Spacing(failures, jitter.NextDouble()) - time.GetElapsedTime(began);
                if (wait > TimeSpan.Zero) await Task.Delay(wait, time, stop);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
        }
        finally
        {
            newest.TryComplete();
            _vitals.Become(CameraState.Stopped);
            farewell.SetResult();
        }
    }

    /// <summary>One connection from first to last byte; true if it ran long enough to start the backoff afresh.</summary>
    private async Task<bool> AttemptAsync(ChannelWriter<Frame> newest, CancellationToken stop)
    {
        var attempt = new Attempt(this, connect(), newest);
        attempt.Start();
        try
        {
            while (!attempt.Ended.IsCompleted)
            {
                var left = attempt.Patience();
                if (left <= TimeSpan.Zero)
                {
                    _vitals.Become(CameraState.Stalled, $"camera {Name}: no picture for {(attempt.HasFrame
                        ? options.StallAfter : options.ConnectWithin).TotalSeconds:0.#} s; check its power and network",
                        CameraFault.Silent);
                    log.LogWarning("camera {Camera} stalled after {Frames} frames", Name, _vitals.Frames);
                    break;
                }
                // Look again before a first frame's own deadline could pass unseen.
                await WaitAsync(attempt.Ended, left < options.StallAfter ? left : options.StallAfter, stop);
            }
            attempt.Cut();
            // A driver that hangs for good is not opened twice: threads and devices stay bounded.
            await attempt.Ended.WaitAsync(stop);
        }
        catch (OperationCanceledException)
        {
            attempt.Cut();
            await WaitAsync(attempt.Ended, Farewell, CancellationToken.None);
            throw;
        }
        return attempt.WasSteady;
    }

    private async Task WaitAsync(Task task, TimeSpan longest, CancellationToken stop)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(stop);
        await Task.WhenAny(task, Task.Delay(longest, time, enough.Token));
        await enough.CancelAsync();
        stop.ThrowIfCancellationRequested();
    }

    /// <summary>A connection and the thread that reads it. Once cut, nothing it still brings is taken.</summary>
    private sealed class Attempt(LiveSource source, ILiveFeed feed, ChannelWriter<Frame> newest)
    {
        private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly long _began = source.Now();
        private long _firstFrame;
        private long _lastFrame;
        private volatile bool _cut;

        public Task Ended => _ended.Task;

        public bool HasFrame => Volatile.Read(ref _lastFrame) != 0;

        public bool WasSteady => HasFrame && source.Since(_firstFrame) >= Backoff.Longest;

        /// <summary>How much longer to wait for the next frame.</summary>
        public TimeSpan Patience() => HasFrame
            ? source.Allowed.StallAfter - source.Since(Volatile.Read(ref _lastFrame))
            : source.Allowed.ConnectWithin - source.Since(_began);

        public void Start() => new Thread(Read) { IsBackground = true, Name = $"camera {source.Name}" }.Start();

        public void Cut()
        {
            _cut = true;
            feed.Cut();
        }

        private void Read()
        {
            try
            {
                using (feed)
                    while (!_cut && Take()) { }
            }
            catch (CaptureException failure)
            {
                if (!_cut) source.Failed(failure.Message, failure.Fault);
            }
            catch (Exception surprise)
            {
                // Its text may quote anything; its type may not.
                if (!_cut) source.Failed($"the connection failed ({surprise.GetType().Name})");
            }
            finally
            {
                _ended.SetResult();
            }
        }

        private bool Take()
        {
            var pixels = feed.Read(source.Pool);
            if (_cut)
            {
                source.Pool.Return(pixels);
                return false;
            }
            Volatile.Write(ref _lastFrame, source.Now());
            if (_firstFrame == 0) _firstFrame = _lastFrame;
            if (source.Arrived(pixels) is not { } frame) return source.Since(_firstFrame) < source.Allowed.FreezeAfter;
            if (!newest.TryWrite(frame)) frame.Dispose();
            return true;
        }
    }

    private CameraOptions Allowed => options;

    // Never 0, which stands for "not yet".
    private long Now() => Math.Max(1, time.GetTimestamp());

    private TimeSpan Since(long timestamp) => time.GetElapsedTime(timestamp);

    /// <summary>Counts a picture; null if it is one more of a frozen one.</summary>
    private Frame? Arrived(OpenCvSharp.Mat pixels)
    {
        var position = Since(_origin);
        var index = _vitals.CountFrame();
        if (_freeze.Observe(Fingerprint.Of(pixels), position))
        {
            Pool.Return(pixels);
            var reason = $"camera {Name}: the same picture for {options.FreezeAfter.TotalSeconds:0.#} s; restart the camera";
            if (_vitals.Become(CameraState.Frozen, reason, CameraFault.Frozen))
                log.LogWarning("camera {Camera} frozen after {Frames} frames", Name, index);
            return null;
        }
        if (_vitals.Become(CameraState.Running)) log.LogInformation("camera {Camera} running", Name);
        return new Frame(pixels, index, position, time.GetUtcNow(), Pool);
    }

    private void Failed(string reason, CameraFault fault = CameraFault.Other)
    {
        if (_vitals.Become(CameraState.Starting, reason, fault)) log.LogWarning("camera {Camera}: {Reason}", Name, reason);
    }
}
