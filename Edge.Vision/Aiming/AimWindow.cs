using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Edge.Vision.Capture;
using Edge.Vision.Detection;
using OpenCvSharp;

namespace Edge.Vision.Aiming;

/// <summary>Where somebody looks through a camera to aim it. While nobody does, nothing is drawn, measured or kept. Whoever looks slower than the
/// camera sees the newest picture. Thread-safe.</summary>
public sealed class AimWindow
{
    /// <summary>A picture so often, by the camera's own time: enough to turn a screw by, and little beside reading.</summary>
    public static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(250);

    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly List<Channel<AimView>> _watchers = [];
    private readonly Queue<(TimeSpan At, PlateFigures Plate)> _plates = new();
    private readonly Queue<(TimeSpan At, bool Read)> _vehicles = new();
    private readonly AimMask _mask = new();
    private TimeSpan? _since;
    private TimeSpan _shown;

    /// <summary>True while somebody looks.</summary>
    public bool IsOpen
    {
        get { lock (_gate) return _watchers.Count > 0; }
    }

    /// <summary>Pictures as they come, until <paramref name="cancel"/> fires: how long anybody may look is for whoever asks to say.</summary>
    public async IAsyncEnumerable<AimView> WatchAsync([EnumeratorCancellation] CancellationToken cancel)
    {
        var views = Channel.CreateBounded<AimView>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest });
        lock (_gate) _watchers.Add(views);
        try
        {
            await foreach (var view in views.Reader.ReadAllAsync(cancel)) yield return view;
        }
        finally
        {
            lock (_gate)
            {
                _watchers.Remove(views);
                if (_watchers.Count == 0) Forget();
            }
        }
    }

    /// <summary>Whether the frame of this moment is to be shown.</summary>
    internal bool Wants(Frame frame, bool still)
    {
        lock (_gate) return _watchers.Count > 0 && (still || _since is null || (frame.Position - _shown).Duration() >= Pace);
    }

    /// <param name="examined">The part that the detector looked at.</param>
    /// <param name="found">What it found there, down to <see cref="AimPicture.LeastScore"/>, in pixels of that part.</param>
    /// <param name="isPlate">Which of it counts as a plate.</param>
    /// <param name="turned">Where else plates are, in pixels of that part: painted over, and not measured.</param>
    /// <remarks>Borrows the frame.</remarks>
    internal void Show(Frame frame, Rect examined, IReadOnlyList<PlateDetection> found, Predicate<PlateDetection> isPlate,
        IReadOnlyList<PixelBox>? turned = null)
    {
        lock (_gate)
        {
            if (_watchers.Count == 0) return;
            var now = frame.Position;
            if (_since is null || now < _shown) Forget();
            _since ??= now;
            _shown = now;
            var hidden = _mask.Next(now, [.. found.Select(one => one.Box).Concat(turned ?? []).Select(box => box.Shift(examined.Left, examined.Top))]);
            Drop(_plates, one => now - one.At > Minute);
            Drop(_vehicles, one => now - one.At > Minute);
            using var part = new Mat(frame.Colour, examined);
            var plates = found.Where(one => isPlate(one)).ToList();
            var largest = plates.Count == 0 ? null : PlateMeasure.Of(part, plates.MaxBy(one => one.Box.Height));
            if (largest is not null) _plates.Enqueue((now, largest));
            var figures = new AimFigures
            {
                Width = frame.Width, Height = frame.Height, Brightness = Brightness(part), Plates = plates.Count, Now = largest,
                Minute = PlateFigures.MiddleOf(Nearest()), FramesWithPlate = _plates.Count,
                Seconds = Math.Min(Minute.TotalSeconds, (now - _since.Value).TotalSeconds), Reads = _vehicles.Count(one => one.Read),
                Unread = _vehicles.Count(one => !one.Read),
            };
            var view = new AimView(frame.CapturedAt, AimPicture.Draw(frame.Colour, examined, hidden), figures);
            foreach (var watcher in _watchers) watcher.Writer.TryWrite(view);
        }
    }

    /// <summary>A vehicle has passed.</summary>
    internal void Passed(TimeSpan at, bool read)
    {
        lock (_gate)
            if (_watchers.Count > 0 && _since is not null) _vehicles.Enqueue((at, read));
    }

    // Vehicles are read where they are near, and are far away in most frames that show them.
    private List<PlateFigures> Nearest() => [.. _plates.Select(one => one.Plate).OrderByDescending(one => one.Height).Take((_plates.Count + 3) / 4)];

    private void Forget()
    {
        _plates.Clear();
        _vehicles.Clear();
        _mask.Forget();
        _since = null;
    }

    private static void Drop<T>(Queue<T> all, Predicate<T> isOld)
    {
        while (all.TryPeek(out var oldest) && isOld(oldest)) all.Dequeue();
    }

    private static double Brightness(Mat part)
    {
        var mean = Cv2.Mean(part);
        return 0.114 * mean.Val0 + 0.587 * mean.Val1 + 0.299 * mean.Val2; // BGR, ITU-R BT.601
    }
}
