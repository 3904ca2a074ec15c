using System.Net.Sockets;
using System.Runtime.ExceptionServices;
using Edge.Agent.Device;
using Edge.Agent.Door;
using Edge.Agent.Hits;
using Edge.Vision;
using Edge.Vision.Capture;
using Edge.Vision.Onnx;
using Microsoft.Extensions.Logging;

namespace Edge.Agent.Seeing;

/// <summary>
/// The room that sees every plate: cameras, models, and what to look for, all as the agent says it at the door. It opens no file but models and
/// recordings, writes none, and says nothing but what <see cref="ToAgent"/> has words for. While the agent is away it goes on: what matches
/// nothing is wiped and counted, what matches waits (<see cref="WaitingHits"/>).
/// </summary>
/// <param name="witness">Sees every read; for the demo alone.</param>
internal sealed partial class SeeingRoom(TimeProvider time, PipelineProgress progress, ILoggerFactory logs, IReadWitness? witness) : IAsyncDisposable
{
    private readonly ILogger _log = logs.CreateLogger("vision");
    private readonly WatchedLists _lists = new(time);
    private readonly ReadCounter _counter = new();
    private readonly WaitingHits _waiting = new(time);
    private readonly TaskCompletionSource _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private OpenCameras? _cameras;
    private byte[] _configured = [];
    private Task<IReadOnlyList<OpenCamera>?>? _change; // to another configuration, while a link stands
    private long _framesBefore; // of cameras that were closed
    private (long Frames, long Discarded, long GivenUp) _tallied;

    /// <summary>Serves one door until it is bidden farewell; the cameras stop with it.</summary>
    /// <exception cref="CaptureException">A recording could not be read to its end.</exception>
    /// <exception cref="Exception">Whatever else ends a camera.</exception>
    public async Task ServeOnceAsync(Socket door, CancellationToken stop)
    {
        using var link = new DoorLink(door, DoorLimits.LargestToVision);
        await ServeAsync(link, endsWithDoor: true, stop);
        if (_cameras?.Failure is { } failure) ExceptionDispatchInfo.Throw(failure);
    }

    /// <summary>Knocks at the agent's door, again and again, until <paramref name="stop"/> fires.</summary>
    /// <param name="path">The agent's socket.</param>
    /// <exception cref="Exception">Whatever ends a camera, a recording's end excepted.</exception>
    public async Task KnockAsync(string path, CancellationToken stop)
    {
        for (var said = false; !stop.IsCancellationRequested;)
        {
            try
            {
                using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), stop);
                using var link = new DoorLink(socket, DoorLimits.LargestToVision);
                await ServeAsync(link, endsWithDoor: false, stop);
                said = false;
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                break;
            }
            catch (Exception away) when (away is SocketException or EndOfStreamException or DoorRefusedException or OperationCanceledException
                or TimeoutException)
            {
                if (!said)
                    _log.LogWarning("the agent is not at the door, {Waiting} hits wait: {Reason}", _waiting.Count,
                        away switch
                        {
                            SocketException => "nobody listens, or this user may not knock", EndOfStreamException => "it left",
                            DoorRefusedException { Refusal: DoorRefusal.WrongVersion } => "it speaks another version of the door: both must be of one",
                            DoorRefusedException => "it spoke out of turn", _ => "it does not answer",
                        });
                said = true;
            }
            GiveUp();
            // What was begun on the link that broke is done: cameras that were let go of are not left unread.
            if (_change is { } begun && await begun is { } next) await AdoptAsync(next, default);
            _change = null;
            // Whoever starts the agent anew plays a recording anew.
            if (_cameras is { IsOver: true } && _waiting.Count == 0) await CloseCamerasAsync();
            using var pause = CancellationTokenSource.CreateLinkedTokenSource(stop);
            await Task.WhenAny(Task.Delay(DoorLimits.KnockEvery, time, pause.Token), _failed.Task);
            await pause.CancelAsync();
            if (_failed.Task.IsFaulted) await _failed.Task;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await CloseCamerasAsync();
        _waiting.Dispose();
        _lists.Dispose();
    }

    private async Task ServeAsync(DoorLink link, bool endsWithDoor, CancellationToken stop)
    {
        using var greeting = CancellationTokenSource.CreateLinkedTokenSource(stop);
        using var late = time.CreateTimer(_ => greeting.Cancel(), null, DoorLimits.SilentFor + DoorLimits.ShutFor, Timeout.InfiniteTimeSpan);
        await link.WriteAsync(new ToAgent.Hello(DoorLimits.Version).Write(), greeting.Token);
        if (await Expect<ToVision.Welcome>(link, greeting.Token) is var welcome && welcome.Version != DoorLimits.Version)
        {
            throw new DoorRefusedException(DoorRefusal.WrongVersion);
        }
        await ConfigureAsync(await Expect<ToVision.Configure>(link, greeting.Token));
        _lists.Replace(await Expect<ToVision.Lists>(link, greeting.Token));
        late.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _waiting.Rewind();
        _cameras!.Start(Failed);
        await new Talk(this, link, endsWithDoor).RunAsync(stop);
    }

    private static async Task<T> Expect<T>(DoorLink link, CancellationToken cancel) where T : ToVision =>
        await link.ReadAsync<ToVision>(ToVision.Parse, cancel) switch
        {
            T expected => expected,
            null => throw new EndOfStreamException(),
            _ => throw new DoorRefusedException(DoorRefusal.OutOfOrder),
        };

    /// <summary>The same again leaves everything running: the agent was started anew.</summary>
    private async Task ConfigureAsync(ToVision.Configure wanted)
    {
        using var written = wanted.Write();
        if (_cameras is not null && written.Message.Span.SequenceEqual(_configured)) return;
        if (_cameras is not null && _cameras.ModelFolder == wanted.ModelFolder)
        {
            var next = await _cameras.NextAsync(wanted);
            await _cameras.EndOthersAsync(next, DoorLimits.PassedWithin);
            await AdoptAsync(next, written.Message);
            return;
        }
        await CloseCamerasAsync();
        _cameras = await OpenCameras.OpenAsync(wanted, (source, pipeline, name) => new CameraLoop(name, source, pipeline, _lists, _waiting, _counter, time,
            progress.Begin($"a frame of camera {name}", DoorLimits.LongestLook).Resting(), witness), time, logs);
        _configured = written.Message.ToArray();
    }

    /// <summary>Opens what another configuration asks for, and lets go of what it does not.</summary>
    /// <returns>Its cameras; null if they cannot be opened: then all is as it was.</returns>
    private async Task<IReadOnlyList<OpenCamera>?> PrepareAsync(ToVision.Configure wanted)
    {
        var cameras = _cameras!;
        try
        {
            if (cameras.ModelFolder != wanted.ModelFolder) return null; // other models need a start
            var next = await cameras.NextAsync(wanted);
            await cameras.EndOthersAsync(next, DoorLimits.PassedWithin);
            return next;
        }
        catch (Exception refused) when (refused is CaptureException or ModelException)
        {
            _log.LogError("another configuration is refused: {Reason}", refused.Message);
            return null;
        }
    }

    private async Task AdoptAsync(IReadOnlyList<OpenCamera> next, ReadOnlyMemory<byte> configured)
    {
        await _cameras!.AdoptAsync(next);
        Array.Clear(_configured);
        _configured = configured.ToArray();
        _cameras.Start(Failed);
    }

    private async Task CloseCamerasAsync()
    {
        if (_cameras is null) return;
        if (_change is { } begun && await begun is { } next) await _cameras.AdoptAsync(next); // so that what it opened is closed too
        _change = null;
        await _cameras.DisposeAsync();
        _framesBefore += _cameras.Frames;
        _cameras = null;
        Array.Clear(_configured);
        _configured = [];
    }

    // A recording that cannot be read stops no other camera; anything else is no state to go on in.
    private void Failed(Exception failure)
    {
        if (failure is CaptureException) _log.LogError("{Reason}", failure.Message);
        else _failed.TrySetException(failure);
    }

    private void GiveUp()
    {
        if (_waiting.GiveUp() is not (> 0 and var late)) return;
        _counter.Discarded(late);
        _log.LogError("{Count} hits waited {Minutes:0} minutes for the agent and are given up", late, DoorLimits.KeptFor.TotalMinutes);
    }

    private (long Frames, long Discarded, long GivenUp) Counted => (_framesBefore + (_cameras?.Frames ?? 0), _counter.Total.Discarded, _waiting.GivenUp);

    private TimeProvider Time => time;
}
