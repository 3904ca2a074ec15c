using Edge.Vision.Capture;

namespace Edge.Agent.Publishing;

/// <summary>One camera in a summary.</summary>
/// <param name="Name">1 to 40 characters of a–z, 0–9 and '-'.</param>
/// <param name="State">What it is doing now.</param>
/// <param name="Frames">Frames decoded since start.</param>
/// <param name="Dropped">Frames replaced by a newer one before they were examined.</param>
/// <param name="Reconnects">Times the source was reopened after a failure.</param>
public sealed record CameraReport(string Name, CameraState State, long Frames, long Dropped, long Reconnects);
