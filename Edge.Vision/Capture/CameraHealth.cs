namespace Edge.Vision.Capture;

/// <summary>One immutable look at a camera; counters only ever grow.</summary>
/// <param name="State">What it is doing now.</param>
/// <param name="Since">When it entered that state.</param>
/// <param name="Frames">Frames decoded since start.</param>
/// <param name="Dropped">Frames replaced by a newer one before they were examined.</param>
/// <param name="Reconnects">Times the source was reopened after a failure.</param>
/// <param name="LastError">Why it last failed, fit for a technician; never a credential, never a plate.</param>
public sealed record CameraHealth(
    CameraState State, DateTimeOffset Since, long Frames, long Dropped, long Reconnects, string? LastError)
{
    /// <summary><see cref="LastError"/> as a code.</summary>
    public CameraFault Fault { get; init; }
}
