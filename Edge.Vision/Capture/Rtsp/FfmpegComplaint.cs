namespace Edge.Vision.Capture.Rtsp;

/// <summary>Turns ffmpeg's last words into something a technician can act on, without the camera's password.</summary>
internal static class FfmpegComplaint
{
    private const int LongestQuote = 300;

    private static readonly (string Words, string Advice, CameraFault Fault)[] Known =
    [
        ("failed to execute", "ffmpeg is missing: apt-get install ffmpeg", CameraFault.Missing),
        ("401 Unauthorized", "the camera refused the user name or password", CameraFault.Refused),
        ("403 Forbidden", "the camera refuses this user this stream", CameraFault.Refused),
        ("404 Not Found", "the camera has no stream under this path", CameraFault.NoStream),
        ("453 Not Enough Bandwidth", "the camera serves no more viewers: close another one", CameraFault.Refused),
        ("Connection refused", "nothing answers at this port", CameraFault.Unreachable),
        ("Failed to resolve hostname", "the host name does not resolve", CameraFault.Unreachable),
        ("No route to host", "no route to the camera: check cable and address", CameraFault.Unreachable),
        ("Network is unreachable", "no route to the camera: check cable and address", CameraFault.Unreachable),
        ("timed out", "the camera does not answer", CameraFault.Silent),
        ("An unexpected TLS packet", "the camera does not speak TLS at this port: use rtsp://", CameraFault.NoStream),
        ("Nonmatching transport", "the camera does not send RTSP over TCP: enable it there", CameraFault.NoStream),
        ("does not contain any stream", "the stream has no video", CameraFault.NoStream),
        ("matches no streams", "the stream has no video", CameraFault.NoStream),
    ];

    /// <param name="stderr">The end of ffmpeg's standard error.</param>
    public static CaptureException Explain(string stderr, CameraAddress camera)
    {
        foreach (var (words, advice, fault) in Known)
            if (stderr.Contains(words, StringComparison.OrdinalIgnoreCase)) return new CaptureException($"{camera}: {advice}") { Fault = fault };
        var oneLine = camera.Scrub(stderr).ReplaceLineEndings("; ").Where(character => !char.IsControl(character));
        var said = string.Concat(oneLine).Trim(' ', ';');
        return new CaptureException(said.Length == 0 ? $"{camera}: the stream ended"
            : $"{camera}: the stream ended; ffmpeg said: {said[^Math.Min(said.Length, LongestQuote)..]}") { Fault = CameraFault.Silent };
    }
}
