namespace Edge.Vision.Capture;

/// <summary>One camera as configured.</summary>
/// <param name="Name">What logs and health call it.</param>
/// <param name="Source">
/// <c>rtsp://</c> or <c>rtsps://</c> address, <c>http://</c> or <c>https://</c> address of an MJPEG stream,
/// <c>/dev/videoN</c>, or the path of a folder of pictures, a picture or a recording. An address may carry
/// <c>user:password@</c>, percent-encoded; it is never printed. <c>rtsps</c> encrypts but does not check who answers:
/// Debian 12's ffmpeg 5.1 cannot verify the certificate.
/// </param>
public sealed record CameraOptions(string Name, string Source)
{
    /// <summary>How long a connection may take to its first frame. Default 8 s, so that a camera that returns while
    /// an attempt hangs is still back within 10 s.</summary>
    public TimeSpan ConnectWithin { get; init; } = TimeSpan.FromSeconds(8);

    /// <summary>How long no frame may arrive before the camera counts as stalled. Default 3 s.</summary>
    public TimeSpan StallAfter { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>How long the picture may stay the same, byte for byte, before the camera counts as frozen. Default 30 s:
    /// sensors are never that quiet, encoders on a dark road sometimes are.</summary>
    public TimeSpan FreezeAfter { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Picture size and rate asked of a <c>/dev/video</c> camera, in pixels and frames a second; 0 leaves the
    /// driver's own.</summary>
    public int Width { get; init; }

    /// <inheritdoc cref="Width"/>
    public int Height { get; init; }

    /// <inheritdoc cref="Width"/>
    public int FramesPerSecond { get; init; }

    /// <summary>The ffmpeg program that decodes RTSP.</summary>
    public string Ffmpeg { get; init; } = "/usr/bin/ffmpeg";

    /// <summary>Name only: a source may carry a password.</summary>
    public override string ToString() => $"camera {Name}";
}
