namespace Edge.Agent.Device.Gpio;

/// <summary>An input without its bounces: a level counts once it has been the same at every look for long enough. Pure.</summary>
internal sealed class SteadyInput(TimeSpan steady)
{
    private bool _seen;
    private TimeSpan _since;

    /// <summary>The level that counts; inactive at first, so that what is active at the start is a change.</summary>
    public bool IsActive { get; private set; }

    /// <summary>One look.</summary>
    /// <param name="at">Time that only grows.</param>
    /// <returns>True if the level that counts has changed.</returns>
    public bool Look(bool active, TimeSpan at)
    {
        if (active != _seen) (_seen, _since) = (active, at);
        if (_seen == IsActive || at - _since < steady) return false;
        IsActive = _seen;
        return true;
    }
}
