namespace Edge.Vision.Capture;

/// <summary>The state and counters of one source; several threads write it, anybody reads a snapshot.</summary>
internal sealed class CameraVitals(TimeProvider time)
{
    private readonly Lock _gate = new();
    private CameraHealth _now = new(CameraState.Stopped, time.GetUtcNow(), 0, 0, 0, null);
    private long _frames;
    private long _dropped;

    public long Frames => Interlocked.Read(ref _frames);

    public CameraHealth Snapshot()
    {
        lock (_gate) return _now with { Frames = Frames, Dropped = Interlocked.Read(ref _dropped) };
    }

    /// <summary>Enters a state; true if that, or the reason, is news. The last error stays until the next one.</summary>
    public bool Become(CameraState state, string? error = null, CameraFault fault = CameraFault.Other)
    {
        lock (_gate)
        {
            var before = _now;
            if (before.State != state) _now = _now with { State = state, Since = time.GetUtcNow() };
            if (error is not null) _now = _now with { LastError = error, Fault = fault };
            return _now != before;
        }
    }

    /// <summary>Counts one frame and returns its index, from 0.</summary>
    public long CountFrame() => Interlocked.Increment(ref _frames) - 1;

    public void CountDropped() => Interlocked.Increment(ref _dropped);

    public void CountReconnect()
    {
        lock (_gate) _now = _now with { Reconnects = _now.Reconnects + 1 };
    }
}
