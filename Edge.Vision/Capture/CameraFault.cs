namespace Edge.Vision.Capture;

/// <summary>Why a camera last failed, as a code: what may be said where a sentence could carry anything.</summary>
public enum CameraFault
{
    /// <summary>It has not failed.</summary>
    None,
    /// <summary>Nothing answers, no route, or the name does not resolve.</summary>
    Unreachable,
    /// <summary>User name, password or certificate is not accepted.</summary>
    Refused,
    /// <summary>There is no such stream, or none of this kind.</summary>
    NoStream,
    /// <summary>What it sends cannot be decoded, or is too large.</summary>
    Unreadable,
    /// <summary>It stopped sending.</summary>
    Silent,
    /// <summary>It sends the same picture again and again.</summary>
    Frozen,
    /// <summary>A device or program is missing on this machine.</summary>
    Missing,
    /// <summary>Anything else.</summary>
    Other,
}

/// <summary>What a technician is told of each.</summary>
public static class CameraFaults
{
    /// <summary>One sentence; null where nothing failed.</summary>
    public static string? Sentence(CameraFault fault) => fault switch
    {
        CameraFault.None => null,
        CameraFault.Unreachable => "nothing answers at the camera's address: check cable, address, and whether the service that sees may use the network",
        CameraFault.Refused => "the camera refused the user name, the password or the certificate",
        CameraFault.NoStream => "the camera has no such stream: check the path",
        CameraFault.Unreadable => "what the camera sends cannot be decoded, or is too large",
        CameraFault.Silent => "no picture came for some seconds: check its power and network",
        CameraFault.Frozen => "the same picture came again and again: restart the camera",
        CameraFault.Missing => "a device or a program is missing: check that the camera is plugged in and ffmpeg installed",
        _ => "the connection failed",
    };
}
