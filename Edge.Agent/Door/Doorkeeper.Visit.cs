using System.Net.Sockets;
using System.Text;
using System.Threading.Channels;
using Edge.Agent.Hits;
using Edge.Storage.Audit;
using Edge.Vision.Aiming;
using Edge.Vision.Capture;
using Microsoft.Extensions.Logging;

namespace Edge.Agent.Door;

internal sealed partial class Doorkeeper
{
    /// <summary>One link from its greeting to its end.</summary>
    private sealed class Visit(Doorkeeper door, DoorLink link)
    {
        // Bounded by what may be refused for too many: one word for each hit, a list at a time, one farewell.
        private readonly Channel<ToVision> _toSay = Channel.CreateUnbounded<ToVision>(new UnboundedChannelOptions { SingleReader = true });
        private SentLists? _taken, _sent;
        private uint _generation;
        private long _lastNumber = -1;
        private readonly Channel<bool> _storedOne = Channel.CreateUnbounded<bool>();
        private int _unstored;
        private ToAgent.Tally? _tally;
        private readonly Lock _answer = new();
        private volatile Change? _change;
        private volatile bool _hungUp;

        public async Task RunAsync(CancellationToken stop)
        {
            using var ended = new CancellationTokenSource();
            using var patience = new CancellationTokenSource();
            var saying = SayAsync(patience, ended.Token);
            try
            {
                if (!await GreetAsync(stop)) return;
                door._open = true;
                door.Log.LogInformation("the service that sees is at the door");
                await using var farewell = stop.Register(() => Say(new ToVision.Farewell()));
                await using var hurry = stop.Register(() => patience.CancelAfter(DoorLimits.FarewellWithin));
                while (await ReadAsync(DoorLimits.SilentFor, patience.Token) is { } message)
                {
                    if (_hungUp)
                    {
                        (message as ToAgent.Hit)?.What.Dispose(); // it comes again
                        return;
                    }
                    HearOrRefuse(message);
                }
                await StoredAsync();
            }
            catch (Exception gone) when (gone is EndOfStreamException or SocketException or OperationCanceledException)
            {
                if (!stop.IsCancellationRequested) door.Log.LogWarning("the service that sees left in the middle of a word, or fell silent");
            }
            finally
            {
                _toSay.Writer.TryComplete();
                _change?.Done.TrySetResult(null);
                ended.CancelAfter(DoorLimits.KnockEvery);
                await saying.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        private async Task<bool> GreetAsync(CancellationToken stop)
        {
            if (await ReadAsync(DoorLimits.GreetedWithin, stop) is not { } first) return false;
            if (first is not ToAgent.Hello hello) throw new DoorRefusedException(DoorRefusal.OutOfOrder);
            Say(new ToVision.Welcome(DoorLimits.Version));
            if (hello.Version != DoorLimits.Version)
            {
                // It knocks each second: once is enough.
                if (door._otherVersion != hello.Version)
                    door.Log.LogWarning("the service that sees speaks version {Theirs} of the door, this agent {Ours}: both must be of one version",
                        hello.Version, DoorLimits.Version);
                door._otherVersion = hello.Version;
                return false;
            }
            door._otherVersion = null;
            List<int> aimed;
            lock (door._aiming) // what is in force does not change between being said here and by this visit
            {
                door._seen.Begin();
                Say(door._seen.Settings);
                SendLists();
                door._visit = this;
                aimed = [.. door._aiming.Where(one => one.Of == door._seen).Select(one => one.Camera).Distinct()];
            }
            aimed.ForEach(camera => door.Aim(door._seen, camera));
            return true;
        }

        /// <summary>What it says must not end the agent, whatever comes of it in the arithmetic below.</summary>
        private void HearOrRefuse(ToAgent message)
        {
            try
            {
                Hear(message);
            }
            catch (Exception unforeseen) when (unforeseen is ArithmeticException or ArgumentException)
            {
                throw new DoorRefusedException(DoorRefusal.Malformed);
            }
        }

        private void Hear(ToAgent message)
        {
            switch (message)
            {
                case ToAgent.ListsTaken taken when _sent is not null && taken.Generation == _generation:
                    (_taken, _sent) = (_sent, null);
                    break;
                case ToAgent.Hit hit:
                    using (hit.What) Hear(hit);
                    break;
                case ToAgent.Tally tally when _taken is not null:
                    Hear(tally);
                    if (AreStale(_taken)) SendLists();
                    break;
                case ToAgent.View view when _taken is not null:
                    Hear(view);
                    break;
                case ToAgent.Ended ended when _taken is not null:
                    Hear(ended);
                    break;
                case ToAgent.Configured configured when _change is { } change:
                    lock (_answer)
                    {
                        if (_hungUp) break; // too late: it was said that all is as it was
                        lock (door._aiming) // nobody is asked for by a place of the one configuration once the other is in force
                        {
                            _change = null;
                            if (configured.Taken) door.Adopt(change.Next);
                            else door.AimAnew();
                        }
                        // Counters of cameras begin anew, those of the link go on.
                        if (configured.Taken) _tally = _tally is null ? null : _tally with { Cameras = [] };
                        change.Done.TrySetResult(configured.Taken);
                    }
                    if (door._seen.AreOver) Say(new ToVision.Farewell());
                    break;
                default: throw new DoorRefusedException(DoorRefusal.OutOfOrder);
            }
        }

        private void Hear(ToAgent.Hit hit)
        {
            if (_taken is null || hit.Number <= _lastNumber) throw new DoorRefusedException(DoorRefusal.OutOfOrder);
            _lastNumber = hit.Number;
            if (hit.Camera >= door._seen.Count || door._seen.IsOver(hit.Camera)) throw new DoorRefusedException(DoorRefusal.UnknownCamera);
            var age = door.Time.Monotonic() - hit.Seen;
            if (age < TimeSpan.Zero || age > DoorLimits.OldestHit) throw new DoorRefusedException(DoorRefusal.BadTime);
            if (!CropPicture.IsPlain(hit.What.Crop)) throw new DoorRefusedException(DoorRefusal.BadCrop);
            if (Volatile.Read(ref _unstored) >= DoorLimits.MostWaiting || !door._rate.TrySpend(hit.Camera))
                throw new DoorRefusedException(DoorRefusal.TooManyHits);
            Judge(hit, age);
        }

        /// <summary>Who looks for the plate is asked here anew; what vision says of it must be true besides.</summary>
        private void Judge(ToAgent.Hit hit, TimeSpan age)
        {
            if (_taken!.At(hit.Entries) is not { } claimed) throw new DoorRefusedException(DoorRefusal.NotOnList);
            var (current, now) = (door.Trust(), door.Time.GetUtcNow());
            var matches = current?.Match(hit.What.Plate, now) ?? [];
            // Derived a second time only where something has ended or changed since it was sent.
            var certain = ReferenceEquals(current, _taken.Trust)
                && claimed.All(claim => matches.Any(match => match.For == claim.Agency && match.Entry.Id == claim.Entry.Id));
            if (!certain && !_taken.Name(hit.Entries, hit.What.Plate)) throw new DoorRefusedException(DoorRefusal.NotOnList);
            if (matches.Count == 0)
            {
                door.Counter.Discarded();
                Say(new ToVision.Stored(hit.Number));
                return;
            }
            Interlocked.Increment(ref _unstored);
            door.Recorder.Record(hit.What, door._seen.Settings.Cameras[hit.Camera].Name, now - age, matches, current!, now, () =>
            {
                Interlocked.Decrement(ref _unstored);
                _storedOne.Writer.TryWrite(true);
                Say(new ToVision.Stored(hit.Number));
            }, OriginOf(hit));
        }

        /// <summary>A hit that vision sends again, to this agent or to the next, is the same one: no two have camera, instant and picture in common.
        /// Nothing of the plate's text goes in: what is hashed here stands clear on the disk.</summary>
        private Sha256Hash OriginOf(ToAgent.Hit hit) =>
            Sha256Hash.Of([.. Encoding.UTF8.GetBytes($"{door._seen.Settings.Cameras[hit.Camera].Name}\n{hit.Seen.Ticks}\n"), .. hit.What.Crop]);

        private void Hear(ToAgent.Tally tally)
        {
            (var heard, _tally) = (door._heard.Take(tally, _tally, door._seen.Count), tally);
            foreach (var (i, camera) in tally.Cameras.Index()) door._seen.Take(i, camera);
            Interlocked.Add(ref door._frames, heard.Frames);
            door.Counter.Discarded(heard.Discarded);
            Interlocked.Add(ref door._givenUp, heard.GivenUp);
            if (heard.LostToSay > 0)
                door.Log.LogError("{Count} hits could not be handed over in time and are lost: is this machine too slow, or was the agent away?",
                    heard.LostToSay);
        }

        private void Hear(ToAgent.View view)
        {
            if (view.Camera >= door._seen.Count) throw new DoorRefusedException(DoorRefusal.UnknownCamera);
            var age = door.Time.Monotonic() - view.Seen;
            if (age < TimeSpan.Zero || age > DoorLimits.SilentFor) throw new DoorRefusedException(DoorRefusal.BadTime);
            if (!door._views.TrySpend()) throw new DoorRefusedException(DoorRefusal.TooManyMessages);
            if (!CropPicture.IsPlain(view.Jpeg, DoorLimits.ViewWidth, DoorLimits.ViewHeight)) throw new DoorRefusedException(DoorRefusal.BadCrop);
            door.Take(view.Camera, new AimView(door.Time.GetUtcNow() - age, view.Jpeg, view.Figures));
        }

        // A camera never is.
        private void Hear(ToAgent.Ended ended)
        {
            if (ended.Camera >= door._seen.Count || door._seen.IsOver(ended.Camera) || CameraSources.IsLive(door._seen.Settings.Cameras[ended.Camera].Source))
                throw new DoorRefusedException(DoorRefusal.UnknownCamera);
            door._seen.End(ended.Camera, ended.Whole);
            if (door._seen.AreOver && _change is null) Say(new ToVision.Farewell());
        }

        private bool AreStale(SentLists lists)
        {
            if (_sent is not null) return false; // not taken yet: one after the other
            var offset = door.Time.GetUtcNow() - DateTimeOffset.UnixEpoch - door.Time.Monotonic();
            return !ReferenceEquals(lists.Trust, door.Trust()) || (offset - lists.Offset).Duration() > ClockSlack;
        }

        private void SendLists()
        {
            _sent = SentLists.Of(door.Trust(), door.Time.GetUtcNow(), door.Time.Monotonic());
            Say(new ToVision.Lists(++_generation, _sent.Watched));
        }

        /// <summary>Another configuration was asked for and is not answered: what vision is told now it may hear when places are of that one.</summary>
        public bool IsChanging => _change is not null;

        /// <summary>Asks for another configuration.</summary>
        /// <returns>Whether it was taken; null if the link ended first.</returns>
        public async Task<bool?> ChangeAsync(ToVision.Configure next, CancellationToken cancel)
        {
            var change = new Change(next, new TaskCompletionSource<bool?>(TaskCreationOptions.RunContinuationsAsynchronously));
            lock (door._aiming)
            {
                _change = change;
                if (!_toSay.Writer.TryWrite(next)) return null; // it has just ended
            }
            try
            {
                return await change.Done.Task.WaitAsync(DoorLimits.ChangedWithin, door.Time, cancel);
            }
            catch (Exception given) when (given is TimeoutException or OperationCanceledException)
            {
                // An answer that came now would leave each side with another idea of what a place means.
                lock (_answer) _hungUp = !change.Done.Task.IsCompleted;
                return _hungUp ? null : await change.Done.Task;
            }
        }

        private sealed record Change(ToVision.Configure Next, TaskCompletionSource<bool?> Done);

        public void Say(ToVision message) => _toSay.Writer.TryWrite(message);

        /// <param name="deaf">Fired if vision does not listen: nothing is heard of it then, and what it would have to be told does not pile up.</param>
        private async Task SayAsync(CancellationTokenSource deaf, CancellationToken ended)
        {
            try
            {
                await foreach (var message in _toSay.Reader.ReadAllAsync(ended))
                {
                    using var patience = CancellationTokenSource.CreateLinkedTokenSource(ended);
                    patience.CancelAfter(DoorLimits.SilentFor);
                    await link.WriteAsync(message.Write(), patience.Token);
                }
            }
            catch (Exception gone) when (gone is SocketException or OperationCanceledException)
            {
                await deaf.CancelAsync();
            }
        }

        /// <summary>Vision has gone in order and still listens: it is told of every hit, so that none comes twice.</summary>
        private async Task StoredAsync()
        {
            using var patience = new CancellationTokenSource(DoorLimits.FarewellWithin, door.Time);
            while (Volatile.Read(ref _unstored) > 0) await _storedOne.Reader.ReadAsync(patience.Token);
        }

        private async ValueTask<ToAgent?> ReadAsync(TimeSpan within, CancellationToken cancel)
        {
            using var patience = new CancellationTokenSource(within, door.Time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancel);
            return await link.ReadAsync<ToAgent>(ToAgent.Parse, either.Token);
        }
    }
}
