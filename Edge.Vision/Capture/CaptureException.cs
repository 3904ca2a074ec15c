namespace Edge.Vision.Capture;

/// <summary>A source that cannot be opened or decoded. The message names the source and what to do about it.</summary>
public sealed class CaptureException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>The same as a code.</summary>
    public CameraFault Fault { get; init; } = CameraFault.Other;
}
