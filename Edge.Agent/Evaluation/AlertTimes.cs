using Edge.Agent.Fleet;
using Edge.Vision;

namespace Edge.Agent.Evaluation;

/// <summary>How long alerts took, from the moments when cameras showed pictures and those when a hub's lines came. Told from any thread.</summary>
internal sealed class AlertTimes
{
    // The box writes milliseconds.
    private static readonly TimeSpan Rounding = TimeSpan.FromMilliseconds(2);

    private readonly Lock _gate = new();
    private int _afterwards;
    private readonly Dictionary<(string Camera, string Text), List<Passing>> _shown = [];
    private readonly List<double> _fromDeciding = [], _fromFirst = [], _captured = [], _sealed = [], _shownAfter = [];

    /// <summary>Vehicles shown so far.</summary>
    public int Shown
    {
        get { lock (_gate) return _shown.Values.Sum(passings => passings.Count); }
    }

    /// <summary>Alerts that came of them, each once.</summary>
    public int Arrived
    {
        get { lock (_gate) return _fromDeciding.Count; }
    }

    /// <summary>A vehicle comes into view; the caller then adds each picture of it.</summary>
    public Passing Show(string camera, string text)
    {
        var passing = new Passing();
        lock (_gate)
        {
            if (!_shown.TryGetValue((camera, text), out var passings)) _shown.Add((camera, text), passings = []);
            passings.Add(passing);
        }
        return passing;
    }

    /// <summary>A picture of it leaves the camera.</summary>
    public void Add(Passing passing, DateTimeOffset at)
    {
        lock (_gate) passing.Pictures.Add(at);
    }

    /// <summary>An alert is there.</summary>
    public void Arrive(Alert alert, DateTimeOffset now)
    {
        var (camera, text, read, signed, frames) = alert;
        lock (_gate)
        {
            if (!_shown.TryGetValue((camera, text), out var passings)) return;
            var passing = passings.LastOrDefault(one => !one.Told && one.Pictures.Count > 0 && one.Pictures[0] <= read + Rounding);
            if (passing is null) return;
            passing.Told = true;
            var decided = passing.Pictures.Last(at => at <= read + Rounding);
            if (frames < PlatePipeline.SettledFrames) _afterwards++;
            _fromDeciding.Add((now - decided).TotalMilliseconds);
            _captured.Add((read - decided).TotalMilliseconds);
            _sealed.Add((signed - read).TotalMilliseconds);
            _shownAfter.Add((now - signed).TotalMilliseconds);
            _fromFirst.Add((now - passing.Pictures[0]).TotalMilliseconds);
        }
    }

    /// <summary>All of it; null where no alert came.</summary>
    public AlertSpeed? Speed()
    {
        lock (_gate)
        {
            if (Latency.Of(_fromDeciding) is not { } deciding) return null;
            // Half of the alerts alone, by their order: what a second run would have said.
            var halves = _fromDeciding.Chunk((_fromDeciding.Count + 1) / 2).Select(half => Latency.Of(half)!);
            return new AlertSpeed(_shown.Values.Sum(passings => passings.Count), _fromDeciding.Count, deciding, Latency.Of(_fromFirst)!, [.. halves],
                new AlertSteps(Latency.Of(_captured)!, Latency.Of(_sealed)!, Latency.Of(_shownAfter)!)) { Afterwards = _afterwards };
        }
    }

    /// <summary>What an alert says.</summary>
    /// <param name="Read">The box's own time of the picture that decided.</param>
    /// <param name="Signed">The box's own time of the message.</param>
    /// <param name="Frames">How many agreed.</param>
    internal sealed record Alert(string Camera, string Text, DateTimeOffset Read, DateTimeOffset Signed, int Frames);

    /// <summary>One vehicle going by once.</summary>
    internal sealed class Passing
    {
        public List<DateTimeOffset> Pictures { get; } = [];

        public bool Told { get; set; }
    }
}
