using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using Edge.Vision.Aiming;
using Edge.Vision.Capture;
using Edge.Vision.Detection;
using Edge.Vision.Onnx;
using Edge.Vision.Recognition;
using Edge.Vision.Tracking;
using OpenCvSharp;

namespace Edge.Vision;

/// <summary>The whole way from a frame to a passage: gate, detect, read, track, conclude. One pipeline a camera.</summary>
public sealed class PlatePipeline : IDisposable
{
    /// <summary>A text this many frames agree on is not waited for: the alert leaves while the vehicle is still in view.</summary>
    public const int SettledFrames = 6;
    private const double SettledShare = 0.8; // where every third frame reads something else, more frames are worth the wait

    // A vehicle that stands and was seen in so many frames has said most of what it has to say. One that was told of is held where it is, and looked at like
    // an empty street.
    private const int EnoughFrames = 2 * SettledFrames;
    // So often it is looked at where nothing moves: twice before a plate that is overlooked once would be lost.
    private static readonly TimeSpan StandingEvery = PlateTracker.Lost * 2 / 5;

    // A plate that is partly out of the picture reads like a shorter one, and surely. Its box ends at the edge or beyond it: of 937 photographs of such
    // plates, read well enough to be accepted, in all but 4 nearer than this share of its height, in all but 17 nearer than half of it, which is what
    // a photograph has to keep: it has one look.
    private const float LeastMargin = 0.1f;
    private const float LeastMarginOfStill = LeastMargin / 2;

    // A second look costs as much as five first ones: a wall of things that are almost plates must not take the time of those that are. The surest come first.
    private const int MostSecondLooks = 6;

    private static readonly TimeSpan BrightnessEvery = TimeSpan.FromSeconds(2);
    // A camera that sends nothing new for so long, stalled or frozen: what was followed has passed, and nobody's plate waits for its return.
    private static readonly TimeSpan Silent = TimeSpan.FromSeconds(3);

    private readonly PlateModels _models;
    private readonly bool _owned;
    private readonly PlateDetector _detector;
    private readonly PlateReader _reader;
    private readonly ReadJudge _judge;
    private readonly PipelineOptions _options;
    private readonly TimeProvider _time;
    private readonly MotionGate _motion = new();
    private readonly PlateTracker _tracker = new();
    private readonly RecentPlates _recent = new();
    private readonly Reading _reading = new();
    private readonly Reading _judged = new();
    private readonly PlatePatch _patch = new();
    private PlateDetection[] _detections = [];
    private long _frames;
    private TimeSpan _examined;
    private TimeSpan? _measured;
    private double _brightness = double.NaN;
    private readonly SeenPlates _seen = new();

    private PlatePipeline(PlateModels models, ReadJudge judge, PipelineOptions options, TimeProvider time, bool owned) =>
        (_models, _detector, _reader, _judge, _options, _time, _owned) = (models, models.Detector(), models.Reader(), judge, options, time, owned);

    /// <summary>Opens the models in <paramref name="modelFolder"/> for one camera.</summary>
    /// <exception cref="ModelException">A model is missing, is not what its manifest says, or cannot keep what the gate
    /// promises.</exception>
    /// <exception cref="CaptureException">OpenCV does not load.</exception>
    public static PlatePipeline Open(string modelFolder, PipelineOptions options)
    {
        var models = PlateModels.Open(modelFolder);
        try
        {
            return Open(models, options, TimeProvider.System, owned: true);
        }
        catch
        {
            models.Dispose();
            throw;
        }
    }

    /// <summary>The same with models that are open. Borrows them; the caller disposes them afterwards.</summary>
    /// <exception cref="ModelException">They cannot keep what the gate promises.</exception>
    /// <param name="time">Only asked how long a camera has been silent.</param>
    public static PlatePipeline Open(PlateModels models, PipelineOptions options, TimeProvider? time = null) =>
        Open(models, options, time ?? TimeProvider.System, owned: false);

    private static PlatePipeline Open(PlateModels models, PipelineOptions options, TimeProvider time, bool owned) =>
        new(models, ReadJudge.For(models.Manifest.Recogniser, options), options, time, owned);

    /// <summary>Frames taken from the source so far, skipped ones included.</summary>
    public long Frames => Interlocked.Read(ref _frames);

    /// <summary>Plates that are followed, and plates of the last seconds: those whose text it has.</summary>
    internal (int Followed, int Recent) Remembered => (_tracker.Open.Count, _recent.Count);

    /// <summary>Where somebody looks through this camera to aim it.</summary>
    public AimWindow Aim { get; } = new();

    /// <summary>Mean brightness of a picture that is at most some seconds old, 0 to 255: what an infrared lamp is switched by. Null before the
    /// first.</summary>
    public double? Brightness => Volatile.Read(ref _brightness) is var brightness && double.IsNaN(brightness) ? null : brightness;

    /// <summary>How the plates stand that were seen last, the middle of each value; null before the first.</summary>
    public PlateFigures? Plates => _seen.Middle;

    /// <summary>True while a plate is followed that has not left the picture. Any thread may ask.</summary>
    public bool IsFollowing => _tracker.Open.Count > 0;

    /// <summary>Plates read, and crops of them looked at.</summary>
    internal (long Plates, long Crops) Looks => _reader.Looks;

    /// <summary>Frames in which plates were looked for.</summary>
    internal long Examined { get; private set; }

    /// <summary>Where plates were found in the latest frame that was examined, read or not, best first; pixels of the part that is
    /// examined.</summary>
    public IReadOnlyList<PlateDetection> Detections => _detections;

    /// <summary>Passages as they conclude, accepted or not; the caller disposes each.</summary>
    /// <exception cref="CaptureException">The source cannot be opened, or breaks off: then after the passages of what it has shown.</exception>
    public async IAsyncEnumerable<Passage> ReadAsync(ICameraSource source, [EnumeratorCancellation] CancellationToken cancel)
    {
        var origin = default(DateTimeOffset);
        var (position, taken) = (TimeSpan.Zero, _time.GetTimestamp());
        using var leave = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        await using var frames = source.ReadAsync(leave.Token).GetAsyncEnumerator(leave.Token);
        var next = Task.FromResult(false);
        ExceptionDispatchInfo? broken = null;
        try
        {
            while (true)
            {
                if (source.IsLive && IsRemembering)
                {
                    next = NextAsync().AsTask();
                    while (ForgetsAfter(position) is { } due && await IsSilentAsync(next, due - _time.GetElapsedTime(taken), cancel))
                    {
                        var silent = _time.GetElapsedTime(taken);
                        if (silent >= Silent)
                            foreach (var passage in ConcludeAll(source, origin)) yield return passage;
                        Forget(position + silent);
                    }
                    if (!await next) break;
                }
                else if (!await NextAsync()) break;
                using var frame = frames.Current;
                Interlocked.Increment(ref _frames);
                Measure(frame);
                // Clips of hours apart in one recording: who stood there at the end of one is not who stands there at the beginning of the next.
                if (frame.Position - position > RecentPlates.Memory)
                    foreach (var passage in ConcludeAll(source, origin)) yield return passage;
                (position, taken) = (frame.Position, _time.GetTimestamp());
                origin = frame.CapturedAt - frame.Position;
                Examine(frame, source.IsStill);
                if (!IsRemembering) continue; // which is most of the time: then a frame makes no objects
                foreach (var passage in Conclude(frame.Position, source, origin)) yield return passage;
                Forget(frame.Position);
            }
        }
        finally
        {
            // Whoever stops listening while a frame is awaited leaves none behind.
            await leave.CancelAsync();
            await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (next.IsCompletedSuccessfully && await next) frames.Current.Dispose(); // again, where it was examined: that does nothing
        }
        foreach (var passage in ConcludeAll(source, origin)) yield return passage;
        _recent.Forget(TimeSpan.MaxValue); // no frame comes that would
        broken?.Throw();

        // A recording that breaks off has shown what it has shown. Pooled: this is asked for every frame of an empty street.
        [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
        async ValueTask<bool> NextAsync()
        {
            try
            {
                return await frames.MoveNextAsync();
            }
            catch (CaptureException fault)
            {
                broken = ExceptionDispatchInfo.Capture(fault);
                return false;
            }
        }
    }

    /// <summary>True while a plate is followed, or was told of a moment ago.</summary>
    private bool IsRemembering => _tracker.Open.Count > 0 || _recent.Count > 0;

    /// <summary>How long after the last frame something is to be forgotten though no other comes; null where nothing is remembered.</summary>
    private TimeSpan? ForgetsAfter(TimeSpan position) => _tracker.Open.Count > 0 ? Silent : _recent.OverAt - position;

    // What is followed and not yet told of was last seen a moment ago, and is asked about as of then.
    private void Forget(TimeSpan at)
    {
        foreach (var track in _tracker.Open)
            if (!track.Published && track.Last < at)
                at = track.Last;
        _recent.Forget(at);
    }

    private async Task<bool> IsSilentAsync(Task next, TimeSpan wait, CancellationToken cancel)
    {
        if (next.IsCompleted) return false;
        // Timers count whole milliseconds: rounded down, the last one would be waited for without end.
        wait = TimeSpan.FromMilliseconds(Math.Ceiling(wait.TotalMilliseconds));
        if (wait > TimeSpan.Zero) await ((Task)next).WaitAsync(wait, _time, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return !next.IsCompleted && !cancel.IsCancellationRequested;
    }

    private IEnumerable<Passage> ConcludeAll(ICameraSource source, DateTimeOffset origin)
    {
        foreach (var track in _tracker.TakeAll())
            using (track)
                if (Publish(track, source, origin) is { } passage)
                    yield return passage;
    }

    private void Examine(Frame frame, bool still)
    {
        var region = Part(frame, _options.Region);
        var nothingNew = _options.MotionGate && !still && !_motion.Opens(frame.Glance(region), frame.Position) && !IsDue(frame.Position);
        if (nothingNew) _tracker.Hold(_examined, frame.Position);
        var aimed = Aim.Wants(frame, still);
        if (nothingNew && !aimed) return;
        var found = nothingNew ? [] : Find(frame, region);
        if (aimed) Show(frame, region, found);
        if (nothingNew) return;
        (_detections, _examined) = (found, frame.Position);
        Examined++;
        var secondLooks = 0;
        try
        {
            foreach (var detection in _detections)
            {
                // A photograph has one look, so what is less sure is read there too, and refused. On the road such a plate comes nearer.
                if (!still && detection.Score < _options.Gate.Detector) continue;
                if (detection.Box.Height < _options.MinimumPlateHeight || _tracker.TryFollow(frame.Position, detection.Shift(region.X, region.Y))) continue;
                var whole = IsWhole(detection.Box, region.Size, still);
                if (!still && !whole)
                {
                    _tracker.Observe(frame.Position, detection.Shift(region.X, region.Y), reading: null);
                    continue;
                }
                var patch = _patch.Take(frame, region, _reader.Reach(detection), PlateCrop.Reach(detection.Box), out var origin);
                var inPatch = detection.Shift(-origin.X, -origin.Y);
                if (_reader.Read(patch, inPatch, _reading, again: secondLooks < MostSecondLooks)) secondLooks++;
                var readable = still || !_reading.IsPart; // of what is hidden a film shows all in a moment, or before
                var track = _tracker.Observe(frame.Position, detection.Shift(region.X, region.Y), _reading, votes: readable);
                if (!readable) continue;
                track.Cut |= !whole;
                KeepClearest(track, patch, inPatch.Box);
                _seen.Look(frame.Position, patch, inPatch);
            }
        }
        finally
        {
            _reading.Clear();
            _patch.Wipe();
        }
    }

    private PlateDetection[] Find(Frame frame, Rect region)
    {
        if (frame.IsPlanar && _detector.TakesLuma(region)) return _detector.Detect(frame.Glance(region));
        using var part = new Mat(_detector.NeedsColour ? frame.Colour : frame.Pixels, region);
        return _detector.Detect(part);
    }

    // A run of the detector of its own, in colour and down to less sure plates, so that looking changes nothing of what is read; what is read is painted over too.
    private void Show(Frame frame, Rect region, PlateDetection[] read)
    {
        using var part = new Mat(frame.Colour, region);
        Aim.Show(frame, region, _detector.Detect(part, AimPicture.LeastScore), IsPlate, [.. AimTurns.Find(_detector, part), .. read.Select(one => one.Box)]);
    }

    /// <summary>True where nothing moved and a plate is followed that is to be looked at all the same.</summary>
    private bool IsDue(TimeSpan at)
    {
        foreach (var track in _tracker.Open)
        {
            if (!track.Published && track.Frames < EnoughFrames) return true;
            // Told of and seen in the last look: held. Overlooked in it: looked for, before it is lost.
            if (at - _examined >= StandingEvery && (!track.Published || track.Last < _examined)) return true;
        }
        return false;
    }

    /// <summary>False where the picture's edge may cut the plate.</summary>
    internal static bool IsWhole(PixelBox plate, Size picture, bool still)
    {
        var margin = (still ? LeastMarginOfStill : LeastMargin) * plate.Height;
        return plate.Left > margin && plate.Top > margin && plate.Right < picture.Width - margin && plate.Bottom < picture.Height - margin;
    }

    private bool IsPlate(PlateDetection found) => found.Score >= MathF.Max(_detector.Threshold, _options.Gate.Detector);

    private void Measure(Frame frame)
    {
        if (_measured is { } last && frame.Position - last < BrightnessEvery) return;
        _measured = frame.Position;
        Volatile.Write(ref _brightness, frame.Glance(new Rect(0, 0, frame.Width, frame.Height)).Brightness());
    }

    private void KeepClearest(PlateTrack track, Mat patch, PixelBox box)
    {
        var worth = box.Width * (0.1f + _reading.Weakest);
        if (track.Published || worth <= track.CropWorth) return;
        track.Crop?.Dispose();
        (track.Crop, track.CropWorth) = (PlateCrop.Of(patch, box), worth);
    }

    private IEnumerable<Passage> Conclude(TimeSpan at, ICameraSource source, DateTimeOffset origin)
    {
        foreach (var track in source.IsStill ? _tracker.TakeAll() : _tracker.TakeOver(at))
            using (track)
                if (Publish(track, source, origin) is { } passage)
                    yield return passage;
        foreach (var track in _tracker.Open.Where(track => IsSettled(track) || IsSeenUnread(track, at)))
            if (Publish(track, source, origin) is { } passage)
                yield return passage;
    }

    private bool IsSettled(PlateTrack track) =>
        !track.Published && track.Reads >= SettledFrames && track.Agreed is var agreed && agreed >= SettledFrames && agreed >= SettledShare * track.Reads && Passes(track);

    // It stands partly out of the picture or hidden, and may for an hour: what was read of it before is told.
    private bool IsSeenUnread(PlateTrack track, TimeSpan at) =>
        !track.Published && track.Last == at && at - track.Read > PlateTracker.Lost && Passes(track);

    private bool Passes(PlateTrack track)
    {
        var verdict = _judge.Judge(track, still: false, _judged);
        _judged.Clear();
        return verdict.Refusal == Refusal.None;
    }

    private Passage? Publish(PlateTrack track, ICameraSource source, DateTimeOffset origin)
    {
        if (track.Published)
        {
            if (!source.IsStill) _recent.Extend(track, _judge);
            return null;
        }
        track.Published = true;
        var passage = Passage.Of(track, source.Name, _judge, source.IsStill, origin);
        if (passage is not null) Aim.Passed(track.Last, passage.Accepted);
        if (passage is null || source.IsStill || !passage.Accepted) return passage;
        // A track broken by a lorry, a lamp post or a jolt of the camera is still one vehicle, however long the first one has been open: say its plate once.
        foreach (var told in _tracker.Open)
            if (told.Published && told != track)
                _recent.Extend(told, _judge);
        if (_recent.Remember(passage.Plate, track.Known)) return passage;
        passage.Dispose();
        return null;
    }

    private static Rect Part(Frame picture, RegionOfInterest share)
    {
        var left = (int)(share.X * picture.Width);
        var top = (int)(share.Y * picture.Height);
        var width = Math.Clamp((int)Math.Round(share.Width * picture.Width), 1, picture.Width - left);
        var height = Math.Clamp((int)Math.Round(share.Height * picture.Height), 1, picture.Height - top);
        return new Rect(left, top, width, height);
    }

    public void Dispose()
    {
        _tracker.Dispose();
        _recent.Dispose();
        _reading.Dispose();
        _judged.Dispose();
        _patch.Dispose();
        _reader.Dispose();
        _detector.Dispose();
        if (_owned) _models.Dispose();
    }
}
