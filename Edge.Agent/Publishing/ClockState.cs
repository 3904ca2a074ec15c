namespace Edge.Agent.Publishing;

/// <summary>How far the box's wall time can be trusted.</summary>
public enum ClockState
{
    /// <summary>Set by a time source within the last hours.</summary>
    Synced,
    /// <summary>At least the newest time that something signed has proven.</summary>
    Floor,
    /// <summary>Held back: it jumped, and nothing has confirmed it since.</summary>
    Held,
}
