namespace Edge.Agent.Device.Gpio;

/// <summary>What the light says, the more important first: of several that hold the first is shown. The table for people is in
/// <c>docs/gpio.md</c>, and a test keeps the two the same.</summary>
internal enum BoxSignal
{
    Decommissioned,
    StickWriting,
    StickDone,
    StickRefused,
    Tampered,
    Starting,
    CameraTrouble,
    NoBroker,
    Running,
}

/// <summary>How each looks: times in milliseconds, on and off by turns, over and over. None blinks between 3 and 60 times a second, which
/// harms some people.</summary>
internal static class LightPatterns
{
    public static IReadOnlyDictionary<BoxSignal, IReadOnlyList<int>> All { get; } = new Dictionary<BoxSignal, IReadOnlyList<int>>
    {
        [BoxSignal.Decommissioned] = [],
        [BoxSignal.StickWriting] = [200, 200],
        [BoxSignal.StickDone] = [1000, 0],
        [BoxSignal.StickRefused] = [200, 200, 200, 200, 200, 200, 200, 1600],
        [BoxSignal.Tampered] = [1500, 300],
        [BoxSignal.Starting] = [1000, 1000],
        [BoxSignal.CameraTrouble] = [200, 200, 200, 2400],
        [BoxSignal.NoBroker] = [200, 200, 200, 200, 200, 2000],
        [BoxSignal.Running] = [100, 4900],
    };

    /// <summary>Whether the light is on.</summary>
    /// <param name="since">How long the signal has been shown.</param>
    public static bool IsOn(BoxSignal signal, TimeSpan since)
    {
        var pattern = All[signal];
        if (pattern.Count == 0) return false;
        var at = (long)since.TotalMilliseconds % pattern.Sum();
        var on = true;
        foreach (var part in pattern)
        {
            if (at < part) return on;
            at -= part;
            on = !on;
        }
        return false;
    }
}
