using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Edge.Agent.Device;
using Edge.Agent.Governance;
using Edge.Agent.Hits;
using Edge.Agent.Publishing;
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
internal sealed partial class Doorkeeper(
    IVisionEntrance entrance, ToVision.Configure settings, Func<ActiveTrust?> trust, HitRecorder recorder, ReadCounter counter,
    Action<IncidentKind, string> report, TimeProvider time, ILogger log) : IAimViews, IAsyncDisposable
{
    private static readonly TimeSpan ClockSlack = TimeSpan.FromSeconds(1);

    private volatile SeenCameras _seen = new(settings, time);
    private readonly HitRate _rate = new(time, share: 1);
    private readonly List<(SeenCameras Of, int Camera, Channel<AimView> Views, long Until)> _aiming = [];
    private readonly Dictionary<int, long> _aimedAt = []; // until when a view of a camera may still be under way
    private Visit? _visit;
    private long _frames, _givenUp, _refused;
    private readonly HeardCounts _heard = new(time);
    private readonly MessageRate _views = new(time, DoorLimits.ViewsPerMinute);
    private volatile bool _open;
    private int? _otherVersion;

    /// <summary>Frames taken from the cameras since the agent started.</summary>
    public long Frames => Interlocked.Read(ref _frames);

    /// <summary>How the door is.</summary>
    public DoorLook Look => new(_open, Interlocked.Read(ref _refused), Interlocked.Read(ref _givenUp));

    /// <summary>Every camera as vision last said.</summary>
    public IReadOnlyList<CameraLook> Cameras => _seen.Looks;

    /// <summary>Mean brightness over the cameras, 0 to 255; null before the first picture.</summary>
    public double? Brightness => _seen.Brightness;

    /// <inheritdoc/>
    public async IAsyncEnumerable<AimView> WatchAsync(AimRequest request, [EnumeratorCancellation] CancellationToken cancel)
    {
        var seen = _seen;
        var camera = seen.Settings.Cameras.Index().Where(one => one.Item.Name == request.Camera).Select(one => (int?)one.Index).FirstOrDefault();
        if (camera is not { } place) yield break;
        var lasts = request.For < AimRequest.Longest ? request.For : AimRequest.Longest;
        using var over = new CancellationTokenSource(lasts, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(over.Token, cancel);
        var watcher = (seen, place, Channel.CreateBounded<AimView>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest }),
            time.GetTimestamp() + (long)(lasts.TotalSeconds * time.TimestampFrequency));
        lock (_aiming) _aiming.Add(watcher);
        Aim(seen, place);
        try
        {
            await using var views = watcher.Item3.Reader.ReadAllAsync(either.Token).GetAsyncEnumerator(CancellationToken.None);
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
            Aim(seen, place);
        }
    }

    /// <summary>Asks whoever is at the door for views of a camera as long as the last who looks may look, or for none.</summary>
    private void Aim(SeenCameras seen, int camera)
    {
        lock (_aiming)
        {
            if (seen != _seen || _visit is { IsChanging: true }) return; // that place is another camera's now, or may be when this is heard
            var now = time.GetTimestamp();
            var left = _aiming.Where(one => one.Of == seen && one.Camera == camera && one.Until > now).Select(one => time.GetElapsedTime(now, one.Until))
                .DefaultIfEmpty().Max();
            _aimedAt[camera] = now + (long)((left + DoorLimits.LateView).TotalSeconds * time.TimestampFrequency);
            _visit?.Say(new ToVision.AimAt(camera, Math.Min(DoorLimits.LongestAim, (int)Math.Ceiling(left.TotalSeconds))));
        }
    }

    /// <summary>Tells whoever is at the door what was kept back while it might have changed over.</summary>
    private void AimAnew()
    {
        lock (_aiming)
            foreach (var camera in _aimedAt.Keys.Union(_aiming.Where(one => one.Of == _seen).Select(one => one.Camera)).ToList()) Aim(_seen, camera);
    }

    private void Take(int camera, AimView view)
    {
        lock (_aiming)
        {
            if (_aimedAt.GetValueOrDefault(camera) < time.GetTimestamp()) throw new DoorRefusedException(DoorRefusal.OutOfOrder); // nobody asked
            foreach (var one in _aiming.Where(one => one.Of == _seen && one.Camera == camera)) one.Views.Writer.TryWrite(view);
        }
    }

    /// <summary>The same for a summary.</summary>
    public IReadOnlyList<CameraReport> Reports() =>
        [.. Cameras.Select(camera => new CameraReport(camera.Name, camera.Health.State, camera.Health.Frames, camera.Health.Dropped,
            camera.Health.Reconnects))];

    /// <summary>Has vision go over to another configuration; those cameras that it leaves as they are go on, and of the others no vehicle is forgotten that is
    /// before them now. One at a time.</summary>
    /// <returns>Null once it is the one in force; else why it is not, and all is as it was.</returns>
    public async Task<string?> ChangeAsync(ToVision.Configure next, CancellationToken cancel)
    {
        Visit? visit;
        lock (_aiming)
        {
            visit = _visit;
            if (visit is null)
            {
                // Whoever comes is told.
                Adopt(next);
                return null;
            }
        }
        return await visit.ChangeAsync(next, cancel) switch
        {
            true => null,
            false => "the service that sees cannot open a camera as it is configured; its journal says which",
            null => "the service that sees left, or did not answer, while it was to change",
        };
    }

    private void Adopt(ToVision.Configure next)
    {
        lock (_aiming)
        {
            foreach (var one in _aiming) one.Views.Writer.TryComplete();
            _aimedAt.Clear();
            _seen = new SeenCameras(next, time, _seen);
        }
    }

    /// <summary>Runs until every recording is over or <paramref name="stop"/> fires; then every hit that came in is stored.</summary>
    /// <exception cref="CaptureException">A recording could not be read to its end; what came before is stored.</exception>
    public async Task RunAsync(CancellationToken stop)
    {
        try
        {
            while (!_seen.AreOver)
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
        if (_seen.Broken is { } broken)
            throw new CaptureException($"camera {broken}: its recording could not be read to its end; the log of the service that sees says why");
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
            return _seen.AreOver ? null : DoorLimits.KnockEvery;
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
            log.LogError("what came from the service that sees was refused ({Word}); nobody is let in for {Seconds:0} s", word,
                DoorLimits.ShutFor.TotalSeconds);
            report(IncidentKind.VisionRefused, word);
            return DoorLimits.ShutFor;
        }
        finally
        {
            lock (_aiming) _visit = null;
            _seen.Unsee();
            _open = false;
        }
    }

    private TimeProvider Time => time;

    private ILogger Log => log;

    private HitRecorder Recorder => recorder;

    private ReadCounter Counter => counter;

    private Func<ActiveTrust?> Trust => trust;
}
