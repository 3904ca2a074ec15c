namespace Edge.Agent.Device.Gpio;

/// <summary>When the infrared lamp is on. Pure but for what it remembers.</summary>
internal sealed class Lamp(IlluminatorConfiguration configuration)
{
    /// <summary>After a change by brightness it stays so for this long: a lorry's shadow is no night.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private TimeSpan? _changed;

    public bool IsOn { get; private set; }

    /// <summary>One look.</summary>
    /// <param name="local">The time of day where the box stands: the summer's or the winter's, as the clock on the wall.</param>
    /// <param name="brightness">Mean of the latest picture, 0 to 255; null where there is none, and nothing changes.</param>
    /// <param name="at">Time that only grows.</param>
    public bool Look(TimeOnly local, double? brightness, TimeSpan at)
    {
        if (configuration.Schedule is { } hours)
            return IsOn = hours.From <= hours.To ? local >= hours.From && local < hours.To : local >= hours.From || local < hours.To;
        if (configuration.Brightness is not { } bounds || brightness is not { } light || at - _changed < Patience) return IsOn;
        var next = IsOn ? light <= bounds.Above : light < bounds.Below;
        if (next != IsOn) _changed = at;
        return IsOn = next;
    }
}
