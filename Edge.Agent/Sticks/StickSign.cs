namespace Edge.Agent.Sticks;

/// <summary>What the person at the stick is to see.</summary>
internal enum StickSign
{
    /// <summary>Its order is good, and it is being written to: leave it in.</summary>
    Writing,
    /// <summary>All is on it: take it out.</summary>
    Done,
    /// <summary>Refused, or not finished: take it out, and look into <c>docs/usb.md</c>.</summary>
    Refused,
}
