using System.Security.Cryptography;
using Edge.Agent.Door;

namespace Edge.Agent.Seeing;

/// <summary>One camera from open to closed, and how it was asked for.</summary>
/// <param name="asked">The camera's part of the configuration as it goes over the door: equal bytes are the same camera, read the same way. It may hold a
/// password.</param>
internal sealed class OpenCamera(string name, byte[] asked, CameraLoop loop) : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private Task? _running;
    private volatile bool _ending;

    public string Name => name;

    public CameraLoop Loop => loop;

    /// <summary>True for a recording that is over; a camera that was let go of is not.</summary>
    public bool IsOver => !_ending && !_stop.IsCancellationRequested && _running is { IsCompleted: true };

    /// <summary>Whether the recording that is over was read to its end.</summary>
    public bool IsWhole => _running is { IsCompletedSuccessfully: true };

    public bool IsAskedAs(ReadOnlySpan<byte> other) => other.SequenceEqual(asked);

    /// <summary>Reads frames; a second call does nothing.</summary>
    public void Start(Func<CameraLoop, CancellationToken, Task> run) => _running ??= Task.Run(() => run(loop, _stop.Token), CancellationToken.None);

    /// <summary>Reads no more, once who is before it has passed.</summary>
    /// <param name="within">After so long without waiting for that; after as long again without waiting for room for its hit either.</param>
    public async Task EndAsync(TimeSpan within, TimeProvider time)
    {
        _ending = true;
        if (_running is null) return;
        loop.End(now: false);
        await _running.WaitAsync(within, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        loop.End(now: true);
        await _running.WaitAsync(within, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await StopAsync(); // where too many hits wait, nobody makes room while this is waited for
    }

    /// <summary>Reads no more; what is being tracked is forgotten unread.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        // Waited for also after a failure: what it uses must not be closed under it.
        if (_running is not null) await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await loop.DisposeAsync();
        _stop.Dispose();
        CryptographicOperations.ZeroMemory(asked);
    }
}
