using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text;
using System.Threading.Channels;
using Edge.Agent.Device;
using Edge.Agent.Governance;
using Edge.Agent.Hits;
using Edge.Agent.LanConsole;
using Edge.Agent.Publishing;
using Edge.Storage.Audit;
using Edge.Vision.Aiming;
using Edge.Vision.Capture;
using Microsoft.Extensions.Logging;

namespace Edge.Agent.Door;

/// <summary>
/// The agent's side of the door. Tells whoever sees what to watch and what to look for, and treats everything that comes back as
/// said by an enemy: what this folder's README does not allow ends the link, is counted, and is an incident. Only what is in force by
/// the agent's own judgement goes on to the <see cref="HitRecorder"/>.
/// </summary>
/// <param name="report">Told of each refusal.</param>
internal sealed class Doorkeeper(
    IVisionEntrance entrance, ToVision.Configure settings, Func<ActiveTrust?> trust, HitRecorder recorder, ReadCounter counter,
    Action<IncidentKind, string> report, TimeProvider time, ILogger log) : IAimViews, IAsyncDisposable
{
    private static readonly TimeSpan ClockSlack = TimeSpan.FromSeconds(1);

    private readonly CameraLook[] _cameras = [.. settings.Cameras.Select(camera =>
        new CameraLook(camera.Name, new CameraHealth(CameraState.Starting, time.GetUtcNow(), 0, 0, 0, "waiting for the service that sees")))];
    private readonly bool[] _over = new bool[settings.Cameras.Count];
    private readonly HitRate _rate = new(time, share: 1);
    private readonly int?[] _brightness = new int?[settings.Cameras.Count];
    private readonly List<(int Camera, Channel<AimView> Views, long Until)> _aiming = [];
    private readonly Dictionary<int, long> _aimedAt = []; // until when a view of a camera may still be under way
    private Visit? _visit;
    private long _frames, _givenUp, _refused;
    private readonly HeardCounts _heard = new(time, settings.Cameras.Count);
    private readonly MessageRate _views = new(time, DoorLimits.ViewsPerMinute);
    private volatile bool _open;
    private string? _broken;
    private int? _otherVersion;

    /// <summary>Frames taken from the cameras since the agent started.</summary>
    public long Frames => Interlocked.Read(ref _frames);

    /// <summary>How the door is.</summary>
    public DoorLook Look => new(_open, Interlocked.Read(ref _refused), Interlocked.Read(ref _givenUp));

    /// <summary>Every camera as vision last said.</summary>
    public IReadOnlyList<CameraLook> Cameras
    {
        get
        {
            lock (_cameras) return [.. _cameras];
        }
    }

    /// <summary>Mean brightness over the cameras, 0 to 255; null before the first picture.</summary>
    public double? Brightness
    {
        get
        {
            lock (_cameras) return _brightness.Average();
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<AimView> WatchAsync(AimRequest request, [EnumeratorCancellation] CancellationToken cancel)
    {
        var camera = settings.Cameras.Index().Where(one => one.Item.Name == request.Camera).Select(one => (int?)one.Index).FirstOrDefault();
        if (camera is not { } place) yield break;
        var lasts = request.For < AimRequest.Longest ? request.For : AimRequest.Longest;
        using var over = new CancellationTokenSource(lasts, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(over.Token, cancel);
        var watcher = (place, Channel.CreateBounded<AimView>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest }),
            time.GetTimestamp() + (long)(lasts.TotalSeconds * time.TimestampFrequency));
        lock (_aiming) _aiming.Add(watcher);
        Aim(place);
        try
        {
            await using var views = watcher.Item2.Reader.ReadAllAsync(either.Token).GetAsyncEnumerator(CancellationToken.None);
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
        finally
        {
            lock (_aiming) _aiming.Remove(watcher);
            Aim(place);
        }
    }

    /// <summary>Asks whoever is at the door for views of a camera as long as the last who looks may look, or for none.</summary>
    private void Aim(int camera)
    {
        lock (_aiming)
        {
            var now = time.GetTimestamp();
            var left = _aiming.Where(one => one.Camera == camera && one.Until > now).Select(one => time.GetElapsedTime(now, one.Until)).DefaultIfEmpty().Max();
            _aimedAt[camera] = now + (long)((left + DoorLimits.LateView).TotalSeconds * time.TimestampFrequency);
            _visit?.Say(new ToVision.AimAt(camera, Math.Min(DoorLimits.LongestAim, (int)Math.Ceiling(left.TotalSeconds))));
        }
    }

    private void Take(int camera, AimView view)
    {
        lock (_aiming)
        {
            if (_aimedAt.GetValueOrDefault(camera) < time.GetTimestamp()) throw new DoorRefusedException(DoorRefusal.OutOfOrder); // nobody asked
            foreach (var one in _aiming.Where(one => one.Camera == camera)) one.Views.Writer.TryWrite(view);
        }
    }

    /// <summary>The same for a summary.</summary>
    public IReadOnlyList<CameraReport> Reports() =>
        [.. Cameras.Select(camera => new CameraReport(camera.Name, camera.Health.State, camera.Health.Frames, camera.Health.Dropped, camera.Health.Reconnects))];

    /// <summary>Runs until every recording is over or <paramref name="stop"/> fires; then every hit that came in is stored.</summary>
    /// <exception cref="CaptureException">A recording could not be read to its end; what came before is stored.</exception>
    public async Task RunAsync(CancellationToken stop)
    {
        try
        {
            while (!_over.All(over => over))
            {
                stop.ThrowIfCancellationRequested();
                if (await AdmitAsync(stop) is { } shutFor) await Task.Delay(shutFor, time, stop);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Told to stop: whoever was here was bidden farewell.
        }
        await entrance.EndedAsync();
        if (_broken is not null) throw new CaptureException($"camera {_broken}: its recording could not be read to its end; the log of the service that sees says why");
    }

    public ValueTask DisposeAsync() => entrance.DisposeAsync();

    /// <summary>Serves the next vision to its end.</summary>
    /// <returns>How long nobody is let in now.</returns>
    private async Task<TimeSpan?> AdmitAsync(CancellationToken stop)
    {
        // What came over earlier links and is not on the disk yet leaves no room for another's.
        if (recorder.Waiting > 2 * DoorLimits.MostWaiting) return DoorLimits.KnockEvery;
        try
        {
            using var link = new DoorLink(await entrance.NextAsync(stop), DoorLimits.LargestToAgent);
            await new Visit(this, link).RunAsync(stop);
            return _over.All(over => over) ? null : DoorLimits.KnockEvery;
        }
        catch (SocketException failing)
        {
            log.LogWarning("nobody could be let in ({Failure}); trying again", failing.SocketErrorCode); // too many open files, say
            return DoorLimits.KnockEvery;
        }
        catch (DoorRefusedException refused)
        {
            Interlocked.Increment(ref _refused);
            var word = DoorRefusedException.Word(refused.Refusal);
            log.LogError("what came from the service that sees was refused ({Word}); nobody is let in for {Seconds:0} s", word, DoorLimits.ShutFor.TotalSeconds);
            report(IncidentKind.VisionRefused, word);
            return DoorLimits.ShutFor;
        }
        finally
        {
            lock (_aiming) _visit = null;
            Unsee();
            _open = false;
        }
    }

    /// <summary>Nobody says any more how the cameras are: what was said last is not repeated as if it were so.</summary>
    private void Unsee()
    {
        lock (_cameras)
            for (var i = 0; i < _cameras.Length; i++)
            {
                _brightness[i] = null;
                if (_over[i] || _cameras[i].Health is { State: CameraState.Starting } or { State: CameraState.Stopped }) continue;
                _cameras[i] = _cameras[i] with
                {
                    Health = _cameras[i].Health with { State = CameraState.Starting, Since = time.GetUtcNow(), Fault = CameraFault.None, LastError = "waiting for the service that sees" },
                };
            }
    }

    private void Take(int camera, ToAgent.CameraTally said)
    {
        lock (_cameras)
        {
            var (name, before) = (_cameras[camera].Name, _cameras[camera].Health);
            _cameras[camera] = new CameraLook(name, new CameraHealth(said.State, before.State == said.State ? before.Since : time.GetUtcNow(),
                said.Frames, said.Dropped, said.Reconnects, CameraFaults.Sentence(said.Fault) is { } sentence ? $"camera {name}: {sentence}" : null) { Fault = said.Fault });
            _brightness[camera] = said.Brightness;
        }
    }

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
                while (await ReadAsync(DoorLimits.SilentFor, patience.Token) is { } message) Hear(message);
                await StoredAsync();
            }
            catch (Exception gone) when (gone is EndOfStreamException or SocketException or OperationCanceledException)
            {
                if (!stop.IsCancellationRequested) door.Log.LogWarning("the service that sees left in the middle of a word, or fell silent");
            }
            finally
            {
                _toSay.Writer.TryComplete();
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
                    door.Log.LogWarning("the service that sees speaks version {Theirs} of the door, this agent {Ours}: both must be of one version", hello.Version, DoorLimits.Version);
                door._otherVersion = hello.Version;
                return false;
            }
            (door._broken, door._otherVersion) = (null, null);
            Array.Clear(door._over); // a vision that was started anew plays recordings anew; one that was not says it again
            Say(door.Settings);
            SendLists();
            List<int> aimed;
            lock (door._aiming)
            {
                door._visit = this;
                aimed = [.. door._aiming.Select(one => one.Camera).Distinct()];
            }
            aimed.ForEach(door.Aim);
            return true;
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
                default: throw new DoorRefusedException(DoorRefusal.OutOfOrder);
            }
        }

        private void Hear(ToAgent.Hit hit)
        {
            if (_taken is null || hit.Number <= _lastNumber) throw new DoorRefusedException(DoorRefusal.OutOfOrder);
            _lastNumber = hit.Number;
            if (hit.Camera >= door._over.Length || door._over[hit.Camera]) throw new DoorRefusedException(DoorRefusal.UnknownCamera);
            var age = door.Time.Monotonic() - hit.Seen;
            if (age < TimeSpan.Zero || age > DoorLimits.OldestHit) throw new DoorRefusedException(DoorRefusal.BadTime);
            if (!CropPicture.IsPlain(hit.What.Crop)) throw new DoorRefusedException(DoorRefusal.BadCrop);
            if (Volatile.Read(ref _unstored) >= DoorLimits.MostWaiting || !door._rate.TrySpend(hit.Camera)) throw new DoorRefusedException(DoorRefusal.TooManyHits);
            Judge(hit, age);
        }

        /// <summary>Who looks for the plate is asked here anew; what vision says of it must be true besides.</summary>
        private void Judge(ToAgent.Hit hit, TimeSpan age)
        {
            if (_taken!.At(hit.Entries) is not { } claimed) throw new DoorRefusedException(DoorRefusal.NotOnList);
            var (current, now) = (door.Trust(), door.Time.GetUtcNow());
            var matches = current?.Match(hit.What.Plate, now) ?? [];
            // Derived a second time only where something has ended or changed since it was sent.
            var certain = ReferenceEquals(current, _taken.Trust) && claimed.All(claim => matches.Any(match => match.For == claim.Agency && match.Entry.Id == claim.Entry.Id));
            if (!certain && !_taken.Name(hit.Entries, hit.What.Plate)) throw new DoorRefusedException(DoorRefusal.NotOnList);
            if (matches.Count == 0)
            {
                door.Counter.Discarded();
                Say(new ToVision.Stored(hit.Number));
                return;
            }
            Interlocked.Increment(ref _unstored);
            door.Recorder.Record(hit.What, door.Settings.Cameras[hit.Camera].Name, now - age, matches, current!, now, () =>
            {
                Interlocked.Decrement(ref _unstored);
                _storedOne.Writer.TryWrite(true);
                Say(new ToVision.Stored(hit.Number));
            }, OriginOf(hit));
        }

        /// <summary>A hit that vision sends again, to this agent or to the next, is the same one: no two have camera, instant and picture in common.
        /// Nothing of the plate's text goes in: what is hashed here stands clear on the disk.</summary>
        private Sha256Hash OriginOf(ToAgent.Hit hit) => Sha256Hash.Of([.. Encoding.UTF8.GetBytes($"{door.Settings.Cameras[hit.Camera].Name}\n{hit.Seen.Ticks}\n"), .. hit.What.Crop]);

        private void Hear(ToAgent.Tally tally)
        {
            (var heard, _tally) = (door._heard.Take(tally, _tally), tally);
            foreach (var (i, camera) in tally.Cameras.Index()) door.Take(i, camera);
            Interlocked.Add(ref door._frames, heard.Frames);
            door.Counter.Discarded(heard.Discarded);
            Interlocked.Add(ref door._givenUp, heard.GivenUp);
            if (heard.LostToSay > 0)
                door.Log.LogError("{Count} hits could not be handed over in time and are lost: is this machine too slow, or was the agent away?",
                    heard.LostToSay);
        }

        private void Hear(ToAgent.View view)
        {
            if (view.Camera >= door._over.Length) throw new DoorRefusedException(DoorRefusal.UnknownCamera);
            var age = door.Time.Monotonic() - view.Seen;
            if (age < TimeSpan.Zero || age > DoorLimits.SilentFor) throw new DoorRefusedException(DoorRefusal.BadTime);
            if (!door._views.TrySpend()) throw new DoorRefusedException(DoorRefusal.TooManyMessages);
            if (!CropPicture.IsPlain(view.Jpeg, DoorLimits.ViewWidth, DoorLimits.ViewHeight)) throw new DoorRefusedException(DoorRefusal.BadCrop);
            door.Take(view.Camera, new AimView(door.Time.GetUtcNow() - age, view.Jpeg, view.Figures));
        }

        // A camera never is.
        private void Hear(ToAgent.Ended ended)
        {
            if (ended.Camera >= door._over.Length || door._over[ended.Camera] || CameraSources.IsLive(door.Settings.Cameras[ended.Camera].Source))
                throw new DoorRefusedException(DoorRefusal.UnknownCamera);
            door._over[ended.Camera] = true;
            if (!ended.Whole) door._broken ??= door.Settings.Cameras[ended.Camera].Name;
            if (door._over.All(over => over)) Say(new ToVision.Farewell());
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

    private ToVision.Configure Settings => settings;

    private TimeProvider Time => time;

    private ILogger Log => log;

    private HitRecorder Recorder => recorder;

    private ReadCounter Counter => counter;

    private Func<ActiveTrust?> Trust => trust;
}
