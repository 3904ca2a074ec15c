using Edge.Agent.Fleet;

namespace Edge.Agent.Cli;

/// <summary>How far a simulation has come: on one line of a terminal, or a line every ten seconds where it goes elsewhere.</summary>
internal sealed class FleetProgressLines(TextWriter error, TimeProvider time, bool inPlace) : IProgress<FleetProgress>
{
    private readonly TimeSpan _every = inPlace ? TimeSpan.FromMilliseconds(250) : TimeSpan.FromSeconds(10);
    private FleetProgress _last;
    private long _said;

    public void Report(FleetProgress value)
    {
        var isNew = value.What != _last.What;
        if (!isNew && value.Done < value.Of && time.GetElapsedTime(_said) < _every || value == _last) return;
        if (isNew && inPlace && _last.What is not null) error.WriteLine();
        (_last, _said) = (value, time.GetTimestamp());
        var line = $"{value.What} {value.Done}/{value.Of}{(value.Opened > 0 ? $", {value.Opened} hits opened by the hub" : "")}";
        if (inPlace) error.Write($"\r{line}   ");
        else error.WriteLine(line);
    }
}
