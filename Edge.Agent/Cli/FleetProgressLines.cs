using Edge.Agent.Fleet;

namespace Edge.Agent.Cli;

/// <summary>How far a simulation has come: on one line of a terminal, or a line every ten seconds where it goes elsewhere. How far a step came at
/// last is always said.</summary>
internal sealed class FleetProgressLines(TextWriter error, TimeProvider time, bool inPlace) : IProgress<FleetProgress>
{
    private readonly TimeSpan _every = inPlace ? TimeSpan.FromMilliseconds(250) : TimeSpan.FromSeconds(10);
    private FleetProgress _seen, _said;
    private long _when;

    public void Report(FleetProgress value)
    {
        if (value == _seen) return;
        var isNew = value.What != _seen.What;
        if (isNew && _seen != _said) Say(_seen);
        if (isNew && inPlace && _seen.What is not null) error.WriteLine();
        _seen = value;
        if (isNew || value.Done >= value.Of || time.GetElapsedTime(_when) >= _every) Say(value);
    }

    private void Say(FleetProgress value)
    {
        (_said, _when) = (value, time.GetTimestamp());
        var line = $"{value.What} {value.Done}/{value.Of}{(value.Opened > 0 ? $", {value.Opened} hits opened by the hub" : "")}";
        if (inPlace) error.Write($"\r{line}   ");
        else error.WriteLine(line);
    }
}
