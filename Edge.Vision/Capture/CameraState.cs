namespace Edge.Vision.Capture;

/// <summary>What a camera is doing, as a technician would say it.</summary>
public enum CameraState
{
    /// <summary>Connecting, or waiting out a backoff before the next attempt.</summary>
    Starting,
    /// <summary>Frames arrive and change.</summary>
    Running,
    /// <summary>No frame for longer than the stall deadline; it is being killed and reopened.</summary>
    Stalled,
    /// <summary>Frames arrive, but have been the same picture, byte for byte, for longer than the freeze deadline.</summary>
    Frozen,
    /// <summary>Ended: the recording is over, or the source was closed.</summary>
    Stopped,
}
