using Edge.Vision.Capture.Decoding;
using OpenCvSharp;

namespace Edge.Vision.Capture.Rtsp;

/// <summary>
/// One RTSP session, decoded by an <c>ffmpeg</c> child that writes whole pictures to a pipe. The address goes in as a
/// concat script (ffmpeg-formats(1), "concat") on standard input: an argument would show the password in <c>ps</c>.
/// </summary>
/// <param name="program">Path of ffmpeg.</param>
/// <param name="patience">Socket timeout, for the case that nobody is left to kill ffmpeg.</param>
internal sealed class RtspFeed(CameraAddress camera, string program, TimeSpan patience) : ILiveFeed
{
    // nobuffer and low_delay: live pictures only, they lose frames on files. Only the protocols RTSP needs: a camera cannot make ffmpeg
    // open anything else.
    private static readonly string[] Arguments =
    [
        "-nostdin", "-hide_banner", "-loglevel", "error", "-flags", "low_delay",
        "-f", "concat", "-safe", "0", "-protocol_whitelist", "pipe,rtsp,rtp,tcp,tls,crypto", "-i", "pipe:0",
        "-map", "0:v:0", "-vf", PictureStream.Filter, .. PictureStream.Form,
    ];

    private readonly Lock _gate = new();
    private FfmpegChild? _child;
    private PictureStream? _pictures;
    private bool _cut;

    public Mat Read(FramePool pool)
    {
        var child = _child ?? Start();
        try
        {
            _pictures ??= new PictureStream(child.Output);
            return _pictures.Read(pool) ?? throw new EndOfStreamException();
        }
        catch (InvalidDataException)
        {
            throw new CaptureException($"{camera}: no picture of at most {PictureLimits.LongestSide} px a side " +
                $"and {PictureLimits.MostPixels / 1_000_000} megapixels: choose a smaller stream in the camera") { Fault = CameraFault.Unreadable };
        }
        catch (Exception failure) when (failure is IOException or ObjectDisposedException)
        {
            // Exit code 0 or not: a live stream that ends has failed.
            throw FfmpegComplaint.Explain(child.Bury(), camera);
        }
    }

    public void Cut()
    {
        lock (_gate)
        {
            _cut = true;
            _child?.Kill();
        }
    }

    public void Dispose()
    {
        FfmpegChild? child;
        lock (_gate) (_cut, child, _child) = (true, _child, null);
        child?.Dispose();
    }

    private FfmpegChild Start()
    {
        lock (_gate)
        {
            if (_cut) throw new CaptureException($"{camera}: closed");
            return _child = FfmpegChild.Start(program, Arguments, Script());
        }
    }

    private string Script() =>
        $"""
        ffconcat version 1.0
        file '{camera.WithSecrets.Replace("'", @"'\''", StringComparison.Ordinal)}'
        option rtsp_transport tcp
        option timeout {patience.TotalMicroseconds:0}
        option allowed_media_types video
        option fflags nobuffer
        option fpsprobesize 0
        option analyzeduration 500000

        """;
}
