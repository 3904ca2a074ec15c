using System.Runtime.CompilerServices;
using Edge.Vision.Aiming;

namespace Edge.Agent.LanConsole;

/// <summary>Asks to look through a camera for a while: a message, that may go to another process.</summary>
/// <param name="Camera">Its configured name.</param>
/// <param name="For">How long; at most <see cref="Longest"/>.</param>
internal sealed record AimRequest(string Camera, TimeSpan For)
{
    public static readonly TimeSpan Longest = TimeSpan.FromMinutes(5);
}

/// <summary>Whoever has the cameras: answers a request with pictures, newest first of all, until its time is over.</summary>
internal interface IAimViews
{
    IAsyncEnumerable<AimView> WatchAsync(AimRequest request, CancellationToken cancel);
}

/// <summary>The cameras of this process.</summary>
internal sealed class OwnCameras(Func<string, AimWindow?> find, TimeProvider time) : IAimViews
{
    public async IAsyncEnumerable<AimView> WatchAsync(AimRequest request, [EnumeratorCancellation] CancellationToken cancel)
    {
        if (find(request.Camera) is not { } window) yield break;
        using var over = new CancellationTokenSource(request.For < AimRequest.Longest ? request.For : AimRequest.Longest, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(over.Token, cancel);
        await using var views = window.WatchAsync(either.Token).GetAsyncEnumerator(CancellationToken.None);
        while (true)
        {
            try
            {
                if (!await views.MoveNextAsync()) yield break;
            }
            catch (OperationCanceledException) when (over.IsCancellationRequested && !cancel.IsCancellationRequested)
            {
                yield break;
            }
            yield return views.Current;
        }
    }
}
