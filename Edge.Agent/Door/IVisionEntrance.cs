using System.Net.Sockets;

namespace Edge.Agent.Door;

/// <summary>Where the room that sees comes in: another process, or this one.</summary>
internal interface IVisionEntrance : IAsyncDisposable
{
    /// <summary>Waits for the next vision. The caller disposes the socket.</summary>
    /// <exception cref="DoorRefusedException">Somebody else came.</exception>
    /// <exception cref="Exception">Vision in this process ended; this is why.</exception>
    ValueTask<Socket> NextAsync(CancellationToken stop);

    /// <summary>Waits for the end of a vision that was bidden farewell, if it ends with the agent.</summary>
    /// <exception cref="Exception">What it could not do.</exception>
    Task EndedAsync();
}
