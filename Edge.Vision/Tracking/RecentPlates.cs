using Edge.Vision.Recognition;

namespace Edge.Vision.Tracking;

/// <summary>The plates of the last few seconds, in memory only, so that a broken track does not make two reads of one
/// vehicle. Each is wiped when its time is over.</summary>
internal sealed class RecentPlates : IDisposable
{
    /// <summary>How long after it was last seen a plate is still the same passage.</summary>
    public static readonly TimeSpan Memory = TimeSpan.FromSeconds(5);

    private readonly List<(PlateText Plate, TimeSpan Until)> _plates = [];

    public int Count => _plates.Count;

    /// <summary>When the time of the first of them is over; null where there is none.</summary>
    public TimeSpan? OverAt => _plates.Count == 0 ? null : _plates.Min(one => one.Until) + TimeSpan.FromTicks(1);

    /// <summary>Keeps a copy for <see cref="Memory"/>, or keeps it longer; false where it was remembered already.</summary>
    public bool Remember(PlateText plate, TimeSpan at)
    {
        Forget(at);
        for (var i = 0; i < _plates.Count; i++)
        {
            if (!_plates[i].Plate.Equals(plate)) continue;
            _plates[i] = (_plates[i].Plate, at + Memory);
            return false;
        }
        _plates.Add((plate.Copy(), at + Memory));
        return true;
    }

    /// <summary>A vehicle whose passage was handed over is gone: remember its plate, as <paramref name="judge"/> has it, from when
    /// it was last seen to stand there.</summary>
    public void Extend(PlateTrack track, ReadJudge judge)
    {
        using var reading = new Reading();
        judge.Judge(track, still: false, reading);
        if (reading.ToPlate() is not { } plate) return;
        using (plate) Remember(plate, track.Known);
    }

    /// <summary>Wipes those whose time is over by <paramref name="at"/>: asked at every frame and when none
    /// comes, not only when the next plate does.</summary>
    public void Forget(TimeSpan at)
    {
        for (var i = _plates.Count - 1; i >= 0; i--)
        {
            if (_plates[i].Until >= at) continue;
            _plates[i].Plate.Dispose();
            _plates.RemoveAt(i);
        }
    }

    public void Dispose() => Forget(TimeSpan.MaxValue);
}
