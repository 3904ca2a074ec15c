using System.Threading.Channels;

namespace Edge.Agent.Device;

/// <summary>A service that another may take the place of while the box runs.</summary>
/// <param name="first">Runs until told to stop; it ends before only by failing.</param>
internal sealed class ReplaceableService(Func<CancellationToken, Task> first)
{
    private readonly Channel<Func<CancellationToken, Task>> _next = Channel.CreateBounded<Func<CancellationToken, Task>>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest });

    /// <summary>Serves nobody.</summary>
    public static Task None(CancellationToken stop) => new TaskCompletionSource().Task.WaitAsync(stop);

    /// <summary>The one that runs stops, and <paramref name="next"/> begins.</summary>
    public void Replace(Func<CancellationToken, Task> next) => _next.Writer.TryWrite(next);

    public async Task RunAsync(CancellationToken stop)
    {
        for (var now = first; ;)
        {
            using var over = CancellationTokenSource.CreateLinkedTokenSource(stop);
            var (running, next) = (now(over.Token), _next.Reader.ReadAsync(stop).AsTask());
            await Task.WhenAny(running, next);
            await over.CancelAsync();
            try
            {
                await running;
            }
            catch (OperationCanceledException)
            {
                // Told to.
            }
            now = await next.ConfigureAwait(false);
        }
    }
}
