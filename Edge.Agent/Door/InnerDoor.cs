using System.Net.Sockets;
using System.Runtime.InteropServices;
using Edge.Agent.Seeing;

namespace Edge.Agent.Door;

/// <summary>The door to a vision in this process: the same bytes over a pair of sockets. For the demo, tests and a machine without units: what
/// keeps the rooms apart then is the code alone.</summary>
internal sealed partial class InnerDoor(SeeingRoom room) : IVisionEntrance
{
    private readonly CancellationTokenSource _leave = new();
    private Task? _vision;

    public async ValueTask<Socket> NextAsync(CancellationToken stop)
    {
        if (_vision is not null)
        {
            await _vision;
            throw new InvalidOperationException("the room that sees ended by itself");
        }
        var (ours, theirs) = Pair();
        _vision = Task.Run(() => room.ServeOnceAsync(theirs, _leave.Token), CancellationToken.None);
        return ours;
    }

    public Task EndedAsync() => _vision ?? Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _leave.CancelAsync();
        await EndedAsync().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await room.DisposeAsync();
        _leave.Dispose();
    }

    /// <summary>Two connected sockets; socketpair(2), which .NET does not have.</summary>
    internal static unsafe (Socket, Socket) Pair()
    {
        const int Unix = 1, StreamCloseOnExec = 1 | 0x80000;
        var ends = stackalloc int[2];
        if (SocketPair(Unix, StreamCloseOnExec, 0, ends) != 0) throw new SocketException(Marshal.GetLastPInvokeError());
        return (new Socket(new SafeSocketHandle(ends[0], ownsHandle: true)), new Socket(new SafeSocketHandle(ends[1], ownsHandle: true)));
    }

    [LibraryImport("libc", EntryPoint = "socketpair", SetLastError = true)]
    private static unsafe partial int SocketPair(int domain, int type, int protocol, int* ends);
}
