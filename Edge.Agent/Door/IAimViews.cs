using Edge.Vision.Aiming;

namespace Edge.Agent.Door;

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
