using Edge.Agent.Door;
using Edge.Agent.Hits;

namespace Edge.Agent.Seeing;

/// <summary>Hits on their way through the door, in memory until the agent has stored them: bounded in number, so that a recording waits and a live camera's
/// next ones are given up, and in time, so that nothing waits for an agent that does not come. Thread-safe.</summary>
internal sealed class WaitingHits(TimeProvider time) : IDisposable
{
    private readonly LinkedList<Waiting> _waiting = [];
    private readonly SemaphoreSlim _room = new(DoorLimits.MostWaiting);
    private long _numbered, _givenUp;
    private volatile bool _full; // one has waited for room in vain, and none was made since

    /// <summary>Rung when one more waits.</summary>
    public Action? Rung { get; set; }

    /// <summary>Hits that waited too long and were wiped.</summary>
    public long GivenUp => Interlocked.Read(ref _givenUp);

    public int Count
    {
        get
        {
            lock (_waiting) return _waiting.Count;
        }
    }

    /// <summary>Takes one in, once there is room. Owns <paramref name="seen"/> from here on: where it is not taken in, it is wiped and counted as given
    /// up.</summary>
    /// <param name="camera">Its name: its place may be another by the time it is sent.</param>
    /// <param name="age">How long ago it was seen; a recording's own times may lie anywhere.</param>
    /// <param name="asked">What the lists have said of it.</param>
    /// <param name="within">How long it waits for room, unless another has in vain: of a camera whose vehicles do not wait. Null: until there is room.</param>
    /// <returns>False where there was none in time.</returns>
    public async ValueTask<bool> AddAsync(string camera, TimeSpan age, Sighting seen, WatchedLists.Asked? asked, TimeSpan? within, CancellationToken cancel)
    {
        try
        {
            if (!await HasRoomAsync(within, cancel))
            {
                GiveUp(seen);
                return false;
            }
        }
        catch
        {
            GiveUp(seen);
            throw;
        }
        var ago = TimeSpan.FromTicks(Math.Clamp(age.Ticks, 0, DoorLimits.LongestLook.Ticks));
        lock (_waiting) _waiting.AddLast(new Waiting(camera, time.Monotonic() - ago, time.Monotonic(), seen, asked));
        Rung?.Invoke();
        return true;
    }

    /// <summary>The first that was not sent on this link; null if there is none. It stays here.</summary>
    /// <param name="but">Cameras whose hits are passed over.</param>
    public Waiting? Next(IReadOnlySet<string>? but = null)
    {
        lock (_waiting) return _waiting.FirstOrDefault(one => one.Number is null && but?.Contains(one.Camera) != true);
    }

    /// <summary>Whether hits of other cameras than these are not stored yet, sent or not.</summary>
    public bool Holds(IReadOnlySet<string> but)
    {
        lock (_waiting) return _waiting.Any(one => !but.Contains(one.Camera));
    }

    /// <summary>Gives it its number on this link.</summary>
    public long Number(Waiting hit)
    {
        lock (_waiting) return (hit.Number = ++_numbered).Value;
    }

    /// <summary>A new link: everything is sent anew.</summary>
    public void Rewind()
    {
        lock (_waiting)
            foreach (var hit in _waiting) hit.Number = null;
    }

    /// <summary>The hit of this number is stored: it is wiped.</summary>
    public void Stored(long number)
    {
        lock (_waiting)
            if (_waiting.FirstOrDefault(one => one.Number == number) is { } hit) Drop(hit);
    }

    /// <summary>Nobody looks for it any more: it is wiped.</summary>
    public void Forget(Waiting hit)
    {
        lock (_waiting) Drop(hit);
    }

    /// <summary>No configured camera has seen it any more, so that nobody would know where it was: it is wiped, and counted as given up.</summary>
    public void Lose(Waiting hit)
    {
        lock (_waiting)
        {
            Drop(hit);
            _givenUp++;
        }
    }

    /// <summary>Wipes what has waited too long.</summary>
    /// <returns>How many.</returns>
    public int GiveUp()
    {
        lock (_waiting)
        {
            var old = _waiting.Where(hit => time.Monotonic() - hit.Since > DoorLimits.KeptFor).ToList();
            foreach (var hit in old) Drop(hit);
            _givenUp += old.Count;
            return old.Count;
        }
    }

    public void Dispose()
    {
        lock (_waiting)
            while (_waiting.First is { } first) Drop(first.Value);
        _room.Dispose();
    }

    private async ValueTask<bool> HasRoomAsync(TimeSpan? within, CancellationToken cancel)
    {
        // Being told to stop does not lose a hit for which there is room.
        if (_room.Wait(0, CancellationToken.None)) return true;
        if (within is not { } patience)
        {
            await _room.WaitAsync(cancel);
            return true;
        }
        if (_full) return false;
        using var over = new CancellationTokenSource(patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(over.Token, cancel);
        try
        {
            await _room.WaitAsync(either.Token);
            return true;
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            _full = true;
            return false;
        }
    }

    private void GiveUp(Sighting seen)
    {
        seen.Dispose();
        lock (_waiting) _givenUp++;
    }

    private void Drop(Waiting hit)
    {
        if (!_waiting.Remove(hit)) return;
        hit.What.Dispose();
        _full = false;
        _room.Release();
    }

    /// <summary>One of them.</summary>
    /// <param name="Seen">By the monotonic clock.</param>
    /// <param name="Since">When it began to wait.</param>
    internal sealed class Waiting(string camera, TimeSpan seen, TimeSpan since, Sighting what, WatchedLists.Asked? asked)
    {
        public string Camera { get; } = camera;
        public TimeSpan Seen { get; } = seen;
        public TimeSpan Since { get; } = since;
        public Sighting What { get; } = what;
        public WatchedLists.Asked? Asked { get; } = asked;
        public long? Number { get; set; }
    }
}
