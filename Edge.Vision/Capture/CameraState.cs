namespace Edge.Vision.Capture;

/// <summary>What a camera is doing, as a technician would say it.</summary>
public enum CameraState
{
    /// <summary>Connecting, or waiting before the next attempt; <see cref="CameraHealth.LastError"/> says why.</summary>
    Starting,
    /// <summary>Frames arrive and change.</summary>
    Running,
    /// <summary>No frame for longer than the stall deadline; it is killed and reopened until one arrives.</summary>
    Stalled,
    /// <summary>Frames arrive, but have been the same picture, byte for byte, for longer than the freeze deadline.
    /// They are withheld, and the camera is reopened now and then, until the picture changes.</summary>
    Frozen,
    /// <summary>Not being read: not yet, the recording is over, or the source was closed.</summary>
    Stopped,
}
