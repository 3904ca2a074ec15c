using Edge.Vision.Capture;

namespace Edge.Tests.Capture;

/// <summary>Reads a source in the background as the pipeline does, and remembers what went by, not the pictures.</summary>
internal sealed class Watcher : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
    private readonly List<long> _indices = [];
    private readonly Task _watching;
    private (int Width, int Height) _size;

    public Watcher(ICameraSource source) => _watching = Task.Run(() => WatchAsync(source));

    public IReadOnlyList<long> Indices
    {
        get
        {
            lock (_indices) return [.. _indices];
        }
    }

    public int Count => Indices.Count;

    /// <summary>Of the last frame; 0 × 0 before the first.</summary>
    public (int Width, int Height) Size
    {
        get
        {
            lock (_indices) return _size;
        }
    }

    /// <summary>Stops and waits; a failure of the source, other than being stopped, comes out here.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        try
        {
            await _watching;
        }
        catch (OperationCanceledException)
        {
        }
        _stop.Dispose();
    }

    private async Task WatchAsync(ICameraSource source)
    {
        await foreach (var frame in source.ReadAsync(_stop.Token))
            using (frame)
            {
                lock (_indices)
                {
                    _size = (frame.Width, frame.Height);
                    _indices.Add(frame.Index);
                }
            }
    }
}
