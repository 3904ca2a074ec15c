namespace Edge.Vision.Capture.Rtsp;

/// <summary>Turns ffmpeg's last words into something a technician can act on, without the camera's password.</summary>
internal static class FfmpegComplaint
{
    private const int LongestQuote = 300;

    private static readonly (string Words, string Advice)[] Known =
    [
        ("failed to execute", "ffmpeg is missing: apt-get install ffmpeg"),
        ("401 Unauthorized", "the camera refused the user name or password"),
        ("403 Forbidden", "the camera refuses this user this stream"),
        ("404 Not Found", "the camera has no stream under this path"),
        ("453 Not Enough Bandwidth", "the camera serves no more viewers: close another one"),
        ("Connection refused", "nothing answers at this port"),
        ("Failed to resolve hostname", "the host name does not resolve"),
        ("No route to host", "no route to the camera: check cable and address"),
        ("Network is unreachable", "no route to the camera: check cable and address"),
        ("timed out", "the camera does not answer"),
        ("An unexpected TLS packet", "the camera does not speak TLS at this port: use rtsp://"),
        ("Nonmatching transport", "the camera does not send RTSP over TCP: enable it there"),
        ("does not contain any stream", "the stream has no video"),
        ("matches no streams", "the stream has no video"),
    ];

    /// <param name="stderr">The end of ffmpeg's standard error.</param>
    public static string Explain(string stderr, CameraAddress camera)
    {
        foreach (var (words, advice) in Known)
            if (stderr.Contains(words, StringComparison.OrdinalIgnoreCase)) return $"{camera}: {advice}";
        var oneLine = camera.Scrub(stderr).ReplaceLineEndings("; ").Where(character => !char.IsControl(character));
        var said = string.Concat(oneLine).Trim(' ', ';');
        if (said.Length == 0) return $"{camera}: the stream ended";
        return $"{camera}: the stream ended; ffmpeg said: {said[^Math.Min(said.Length, LongestQuote)..]}";
    }
}
