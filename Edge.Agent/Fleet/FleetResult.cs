namespace Edge.Agent.Fleet;

/// <summary>What a simulation measured.</summary>
/// <param name="Plan">What was asked for.</param>
/// <param name="Counts">What became of the hits.</param>
/// <param name="Hub">What the hub used while it lasted, and the most memory that it ever had.</param>
/// <param name="Broker">The same of the broker; null if it is somebody else's.</param>
/// <param name="Boxes">The same of all boxes together.</param>
/// <param name="MessageBytes">Size of a hit as it is published.</param>
/// <param name="StateOn">File system of the boxes' folders.</param>
/// <param name="Stopped">True if it was told to end early.</param>
internal sealed record FleetResult(FleetPlan Plan, FleetCounts Counts, ProcessUse Hub, ProcessUse? Broker, ProcessUse Boxes, int MessageBytes, string StateOn,
    bool Stopped)
{
    /// <summary>Every hit arrived once and nothing was refused.</summary>
    public bool Holds => Counts is { OnTheWay: 0, Missing: 0, Refused: 0 };

    /// <summary>Milliseconds of processor per hit that was opened.</summary>
    public double? PerHit(ProcessUse? use) => use is { } used && Counts.Opened > 0 ? used.Processor.TotalMilliseconds / Counts.Opened : null;

    /// <summary>Opened per second, on the average of the whole span.</summary>
    public double Rate => Counts.Span > TimeSpan.Zero ? Counts.Opened / Counts.Span.TotalSeconds : 0;
}

/// <summary>How far it has come.</summary>
internal readonly record struct FleetProgress(string What, long Done, long Of, long Opened);
