using System.Threading.Channels;
using Edge.Agent.Door;
using Edge.Vision.Aiming;

namespace Edge.Agent.Seeing;

internal sealed partial class SeeingRoom
{
    /// <summary>One link after its greeting. All that is said is said by one task, in order.</summary>
    private sealed class Talk(SeeingRoom room, DoorLink link, bool endsWithDoor)
    {
        private readonly Channel<bool> _bell = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
        private readonly HitRate _rate = new(room.Time, share: 0.5);
        private readonly MessageRate _viewRate = new(room.Time, DoorLimits.ViewsPerMinute, share: 0.5);
        private readonly HashSet<int> _saidOver = [];
        private readonly (long Frames, long Discarded, long GivenUp) _base = room._tallied;
        private ToVision.Lists _said = new(0, []);
        private readonly Channel<(int Camera, AimView View, CancellationToken Until)> _views =
            Channel.CreateBounded<(int, AimView, CancellationToken)>(new BoundedChannelOptions(4) { FullMode = BoundedChannelFullMode.DropOldest });
        private readonly Dictionary<int, CancellationTokenSource> _aimed = []; // locked: what is heard opens, what changes closes
        private volatile ToVision.Configure? _wanted; // another configuration, not answered yet
        private long? _lettingGo; // since when the last hits of the one before are sent
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
                    await ChangeAsync(gone.Token);
                    using var pause = new CancellationTokenSource();
                    using var told = stop.Register(Ring);
                    await Task.WhenAny(_bell.Reader.ReadAsync(pause.Token).AsTask(), Task.Delay(DoorLimits.TallyEvery, room.Time, pause.Token), hearing,
                        room._failed.Task,
                        room._change is { IsCompleted: false } change ? change : hearing);
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
                CloseAll(); // whoever looked is on the other side of this link
            }
        }

        /// <summary>The last hits and the last tally; then the agent says what it has stored and ends the link.</summary>
        private async Task LeaveAsync(Task hearing, CancellationToken gone)
        {
            for (var since = room.Time.GetTimestamp(); room.Time.GetElapsedTime(since) < DoorLimits.FarewellWithin;
                await Task.Delay(DoorLimits.TallyEvery / 10, room.Time, gone))
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
            while (_views.Reader.TryRead(out var seen))
                if (!seen.Until.IsCancellationRequested) await SayViewAsync(seen.Camera, seen.View, gone); // else its place may be another camera's now
            var over = room._waiting.Next() is null ? room._cameras!.Over.Where(camera => !_saidOver.Contains(camera.Place)).ToList() : [];
            if (over.Count > 0 || _lastTally is not { } last || room.Time.GetElapsedTime(last) >= DoorLimits.TallyEvery) await SayTallyAsync(gone);
            foreach (var (place, whole) in over)
            {
                _saidOver.Add(place);
                await link.WriteAsync(new ToAgent.Ended(place, whole).Write(), gone);
            }
        }

        /// <summary>To another configuration, in steps: what is new is opened and what goes is let go of while everything else goes on; then the last hits of
        /// what goes are said; then it is the configuration.</summary>
        private async Task ChangeAsync(CancellationToken gone)
        {
            if (_wanted is not { } wanted) return;
            room._change ??= Task.Run(() => room.PrepareAsync(wanted), CancellationToken.None);
            if (!room._change.IsCompleted) return;
            var next = await room._change;
            if (next is not null)
            {
                _lettingGo ??= room.Time.GetTimestamp();
                var stay = next.Select(camera => camera.Name).ToHashSet();
                if (room._waiting.Holds(but: stay) && room.Time.GetElapsedTime(_lettingGo.Value) < DoorLimits.FarewellWithin)
                {
                    return; // they have spent what they may send at a time, or the agent stores them still: at the next turn
                }
                CloseAll();
                using var written = wanted.Write();
                await room.AdoptAsync(next, written.Message);
                _saidOver.Clear();
            }
            (room._change, _lettingGo, _wanted) = (null, null, null);
            await link.WriteAsync(new ToAgent.Configured(next is not null).Write(), gone);
        }

        private async Task SayHitsAsync(CancellationToken gone)
        {
            var spent = new HashSet<string>(); // a camera that has more than it may send at a time holds up no other
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
                if (room._cameras!.PlaceOf(hit.Camera) is not { } camera)
                {
                    room._counter.Discarded();
                    room._waiting.Lose(hit);
                    continue;
                }
                if (!_rate.TrySpend(camera))
                {
                    spent.Add(hit.Camera);
                    continue;
                }
                await link.WriteAsync(new ToAgent.Hit(room._waiting.Number(hit), [.. places.Take(DoorLimits.MostEntriesOfHit)], camera, hit.Seen, hit.What)
                    .Write(), gone);
            }
        }

        private async Task SayViewAsync(int camera, AimView view, CancellationToken gone)
        {
            if (!_viewRate.TrySpend()) return;
            var age = room.Time.GetUtcNow() - view.At;
            var said = new ToAgent.View(camera, room.Time.Monotonic() - (age > TimeSpan.Zero && age < DoorLimits.LateView ? age : TimeSpan.Zero), view.Jpeg,
                view.Figures).Write();
            // What the agent would refuse is not worth the link.
            if (ToAgent.Parse(said.Message.Span[sizeof(int)..]) is ToAgent.View && CropPicture.IsPlain(view.Jpeg, DoorLimits.ViewWidth, DoorLimits.ViewHeight))
                await link.WriteAsync(said, gone);
            else said.Dispose();
        }

        /// <summary>Takes views of a camera for so long, in place of what was asked for it before.</summary>
        private void Aim(ToVision.AimAt asked)
        {
            lock (_aimed)
            {
                Close(asked.Camera);
                if (asked.Seconds == 0 || room._cameras?.Aim(asked.Camera) is not { } window) return;
                var until = _aimed[asked.Camera] = new CancellationTokenSource(TimeSpan.FromSeconds(asked.Seconds), room.Time);
                _ = WatchAsync(asked.Camera, window, until.Token);
            }
        }

        private void Close(int camera)
        {
            if (!_aimed.Remove(camera, out var looking)) return;
            looking.Cancel();
            looking.Dispose();
        }

        private void CloseAll()
        {
            lock (_aimed)
                foreach (var camera in _aimed.Keys.ToList()) Close(camera);
        }

        private async Task WatchAsync(int camera, AimWindow window, CancellationToken until)
        {
            try
            {
                await foreach (var view in window.WatchAsync(until))
                {
                    _views.Writer.TryWrite((camera, view, until));
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
                [.. room._cameras!.Loops.Select(Tally)]).Write(), gone);
            (room._tallied, _lastTally) = (counted, room.Time.GetTimestamp());
        }

        private static ToAgent.CameraTally Tally(CameraLoop camera)
        {
            var health = camera.Health;
            return new ToAgent.CameraTally(health.State, health.Fault, health.Frames, health.Dropped, health.Reconnects)
            {
                Brightness = camera.Brightness is { } mean ? (int)Math.Clamp(mean, 0, 255) : null,
                Plates = camera.Plates is { } plates ? ((int)Math.Clamp(plates.Height, 0, ushort.MaxValue), (int)Math.Clamp(100 * plates.Blur, 0, 255)) : null,
            };
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
                    case ToVision.Configure wanted when _wanted is null:
                        _wanted = wanted;
                        Ring();
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
}
