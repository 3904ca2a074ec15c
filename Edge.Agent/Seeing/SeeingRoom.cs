using System.Net.Sockets;
using System.Runtime.ExceptionServices;
using System.Threading.Channels;
using Edge.Agent.Device;
using Edge.Agent.Door;
using Edge.Agent.Hits;
using Edge.Vision;
using Edge.Vision.Aiming;
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
internal sealed class SeeingRoom(TimeProvider time, PipelineProgress progress, ILoggerFactory logs, IReadWitness? witness) : IAsyncDisposable
{
    private readonly ILogger _log = logs.CreateLogger("vision");
    private readonly WatchedLists _lists = new(time);
    private readonly ReadCounter _counter = new();
    private readonly WaitingHits _waiting = new(time);
    private readonly TaskCompletionSource _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private OpenCameras? _cameras;
    private byte[] _configured = [];
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
            catch (Exception away) when (away is SocketException or EndOfStreamException or DoorRefusedException or OperationCanceledException or TimeoutException)
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
        await CloseCamerasAsync();
        _cameras = await OpenCameras.OpenAsync(wanted, (place, source, pipeline, name) => new CameraLoop(place, source, pipeline, _lists, _waiting, _counter, time,
            progress.Begin($"a frame of camera {name}", DoorLimits.LongestLook).Resting(), witness), time, logs);
        _configured = written.Message.ToArray();
    }

    private async Task CloseCamerasAsync()
    {
        if (_cameras is null) return;
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

    /// <summary>One link after its greeting. All that is said is said by one task, in order.</summary>
    private sealed class Talk(SeeingRoom room, DoorLink link, bool endsWithDoor)
    {
        private readonly Channel<bool> _bell = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
        private readonly HitRate _rate = new(room.Time, share: 0.5);
        private readonly MessageRate _viewRate = new(room.Time, DoorLimits.ViewsPerMinute, share: 0.5);
        private readonly HashSet<int> _saidOver = [];
        private readonly (long Frames, long Discarded, long GivenUp) _base = room._tallied;
        private ToVision.Lists _said = new(0, []);
        private readonly Channel<(int Camera, AimView View)> _views =
            Channel.CreateBounded<(int, AimView)>(new BoundedChannelOptions(4) { FullMode = BoundedChannelFullMode.DropOldest });
        private readonly Dictionary<int, CancellationTokenSource> _aimed = [];
        private long? _lastTally;
        private volatile bool _farewell;

        public async Task RunAsync(CancellationToken stop)
        {
            using var gone = new CancellationTokenSource();
            room._waiting.Rung = Ring;
            var hearing = HearAsync(gone.Token);
            try
            {
                while (!_farewell && !stop.IsCancellationRequested && !hearing.IsCompleted)
                {
                    await SayAsync(gone.Token);
                    using var pause = new CancellationTokenSource();
                    using var told = stop.Register(Ring);
                    await Task.WhenAny(_bell.Reader.ReadAsync(pause.Token).AsTask(), Task.Delay(DoorLimits.TallyEvery, room.Time, pause.Token), hearing, room._failed.Task);
                    await pause.CancelAsync();
                    if (room._failed.Task.IsFaulted) await room._failed.Task;
                }
                if (hearing.IsCompleted) await hearing;
                if (!_farewell && !stop.IsCancellationRequested) throw new EndOfStreamException();
                if (endsWithDoor || stop.IsCancellationRequested) await room._cameras!.StopAsync();
                await LeaveAsync(hearing, gone.Token);
            }
            finally
            {
                room._waiting.Rung = null;
                await gone.CancelAsync();
                await hearing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                foreach (var camera in _aimed.Keys.ToList()) Close(camera); // whoever looked is on the other side of this link
            }
        }

        /// <summary>The last hits and the last tally; then the agent says what it has stored and ends the link.</summary>
        private async Task LeaveAsync(Task hearing, CancellationToken gone)
        {
            for (var since = room.Time.GetTimestamp(); room.Time.GetElapsedTime(since) < DoorLimits.FarewellWithin; await Task.Delay(DoorLimits.TallyEvery / 10, room.Time, gone))
            {
                await SayAsync(gone);
                if (room._waiting.Next() is null) break;
            }
            _lastTally = null;
            await SayAsync(gone);
            link.EndWriting();
            await hearing.WaitAsync(DoorLimits.FarewellWithin * 2, room.Time, CancellationToken.None);
        }

        private async Task SayAsync(CancellationToken gone)
        {
            room.GiveUp();
            if (room._lists.Current is var lists && !ReferenceEquals(lists, _said))
            {
                _said = lists;
                await link.WriteAsync(new ToAgent.ListsTaken(lists.Generation).Write(), gone);
            }
            await SayHitsAsync(gone);
            while (_views.Reader.TryRead(out var seen)) await SayViewAsync(seen.Camera, seen.View, gone);
            var over = room._waiting.Next() is null ? room._cameras!.Over.Where(camera => !_saidOver.Contains(camera.Place)).ToList() : [];
            if (over.Count > 0 || _lastTally is not { } last || room.Time.GetElapsedTime(last) >= DoorLimits.TallyEvery) await SayTallyAsync(gone);
            foreach (var (place, whole) in over)
            {
                _saidOver.Add(place);
                await link.WriteAsync(new ToAgent.Ended(place, whole).Write(), gone);
            }
        }

        private async Task SayHitsAsync(CancellationToken gone)
        {
            var spent = new HashSet<int>(); // a camera that has more than it may send at a time holds up no other
            while (room._waiting.Next(but: spent) is { } hit)
            {
                // Looked at anew: the lists may have changed while it waited, and so may what is in force.
                var places = room._lists.Match(_said, hit.What.Plate, hit.Asked);
                if (places.Count == 0)
                {
                    room._counter.Discarded();
                    room._waiting.Forget(hit);
                    continue;
                }
                if (!_rate.TrySpend(hit.Camera))
                {
                    spent.Add(hit.Camera);
                    continue;
                }
                await link.WriteAsync(new ToAgent.Hit(room._waiting.Number(hit), [.. places.Take(DoorLimits.MostEntriesOfHit)], hit.Camera, hit.Seen, hit.What).Write(), gone);
            }
        }

        private async Task SayViewAsync(int camera, AimView view, CancellationToken gone)
        {
            if (!_viewRate.TrySpend()) return;
            var age = room.Time.GetUtcNow() - view.At;
            var said = new ToAgent.View(camera, room.Time.Monotonic() - (age > TimeSpan.Zero && age < DoorLimits.LateView ? age : TimeSpan.Zero), view.Jpeg, view.Figures).Write();
            // What the agent would refuse is not worth the link.
            if (ToAgent.Parse(said.Message.Span[sizeof(int)..]) is ToAgent.View && CropPicture.IsPlain(view.Jpeg, DoorLimits.ViewWidth, DoorLimits.ViewHeight))
                await link.WriteAsync(said, gone);
            else said.Dispose();
        }

        /// <summary>Takes views of a camera for so long, in place of what was asked for it before.</summary>
        private void Aim(ToVision.AimAt asked)
        {
            Close(asked.Camera);
            if (asked.Seconds == 0 || room._cameras?.Aim(asked.Camera) is not { } window) return;
            var until = _aimed[asked.Camera] = new CancellationTokenSource(TimeSpan.FromSeconds(asked.Seconds), room.Time);
            _ = WatchAsync(asked.Camera, window, until.Token);
        }

        private void Close(int camera)
        {
            if (!_aimed.Remove(camera, out var looking)) return;
            looking.Cancel();
            looking.Dispose();
        }

        private async Task WatchAsync(int camera, AimWindow window, CancellationToken until)
        {
            try
            {
                await foreach (var view in window.WatchAsync(until))
                {
                    _views.Writer.TryWrite((camera, view));
                    Ring();
                }
            }
            catch (OperationCanceledException)
            {
                // Nobody looks any more.
            }
        }

        private async Task SayTallyAsync(CancellationToken gone)
        {
            var counted = room.Counted;
            await link.WriteAsync(new ToAgent.Tally(counted.Frames - _base.Frames, counted.Discarded - _base.Discarded, counted.GivenUp - _base.GivenUp,
                [.. room._cameras!.Health.Select(one => new ToAgent.CameraTally(one.Health.State, one.Health.Fault, one.Health.Frames, one.Health.Dropped, one.Health.Reconnects)
                {
                    Brightness = one.Brightness is { } mean ? (int)Math.Clamp(mean, 0, 255) : null,
                })]).Write(), gone);
            (room._tallied, _lastTally) = (counted, room.Time.GetTimestamp());
        }

        private async Task HearAsync(CancellationToken gone)
        {
            while (await link.ReadAsync<ToVision>(ToVision.Parse, gone) is { } message)
                switch (message)
                {
                    case ToVision.Lists lists:
                        room._lists.Replace(lists);
                        Ring();
                        break;
                    case ToVision.Stored stored:
                        room._waiting.Stored(stored.Number);
                        break;
                    case ToVision.AimAt asked:
                        Aim(asked);
                        break;
                    case ToVision.Farewell:
                        _farewell = true;
                        Ring();
                        break;
                    default: throw new DoorRefusedException(DoorRefusal.OutOfOrder);
                }
        }

        private void Ring() => _bell.Writer.TryWrite(true);
    }

    private TimeProvider Time => time;
}
