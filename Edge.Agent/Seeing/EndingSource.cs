using System.Runtime.CompilerServices;
using Edge.Vision.Capture;

namespace Edge.Agent.Seeing;

/// <summary>A camera that can be let go of without forgetting the vehicle before it: asked to end, it ends as a recording does, once nothing is
/// followed.</summary>
/// <param name="isFollowing">Whether the pipeline follows a plate that has not left the picture.</param>
internal sealed class EndingSource(ICameraSource source, Func<bool> isFollowing) : ICameraSource
{
    private readonly CancellationTokenSource _now = new();
    private volatile bool _ending;

    public string Name => source.Name;

    public bool IsLive => source.IsLive;

    public bool IsStill => source.IsStill;

    public CameraHealth Health => source.Health;

    /// <summary>Ends with the first frame after which nothing is followed.</summary>
    public void End()
    {
        _ending = true;
        if (!isFollowing()) EndNow(); // it may be silent, and never bring that frame
    }

    /// <summary>Ends with the frame in hand.</summary>
    public void EndNow() => _now.Cancel();

    public async IAsyncEnumerable<Frame> ReadAsync([EnumeratorCancellation] CancellationToken cancel)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, _now.Token);
        await using var frames = source.ReadAsync(either.Token).GetAsyncEnumerator(either.Token);
        while (!_ending || isFollowing())
        {
            try
            {
                if (!await frames.MoveNextAsync()) yield break;
            }
            catch (OperationCanceledException) when (_now.IsCancellationRequested && !cancel.IsCancellationRequested)
            {
                yield break;
            }
            yield return frames.Current;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await source.DisposeAsync();
        _now.Dispose();
    }
}
