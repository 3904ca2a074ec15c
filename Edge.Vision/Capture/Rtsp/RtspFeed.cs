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
    // nobuffer and low_delay: live pictures only, they lose frames on files. vflip: BMP stores the bottom row first, so
    // a flipped picture lies in the pipe the right way up. Only the protocols RTSP needs: a camera cannot make ffmpeg
    // open anything else.
    private static readonly string[] Arguments =
    [
        "-nostdin", "-hide_banner", "-loglevel", "error", "-flags", "low_delay",
        "-f", "concat", "-safe", "0", "-protocol_whitelist", "pipe,rtsp,rtp,tcp,tls,crypto", "-i", "pipe:0",
        "-map", "0:v:0", "-vf", "vflip", "-c:v", "bmp", "-pix_fmt", "bgr24", "-f", "image2pipe", "-flush_packets", "1", "pipe:1",
    ];

    private readonly Lock _gate = new();
    private readonly byte[] _header = new byte[BitmapHeader.Length];
    private FfmpegChild? _child;
    private bool _cut;

    public Mat Read(FramePool pool)
    {
        var child = _child ?? Start();
        try
        {
            child.Output.ReadExactly(_header);
            if (!BitmapHeader.TryParse(_header, out var header))
                throw new CaptureException($"{camera}: no picture of at most {PictureLimits.LongestSide} px a side " +
                    $"and {PictureLimits.MostPixels / 1_000_000} megapixels: choose a smaller stream in the camera") { Fault = CameraFault.Unreadable };
            return ReadPixels(child.Output, header, pool);
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

    private static unsafe Mat ReadPixels(Stream stream, BitmapHeader header, FramePool pool)
    {
        var pixels = pool.Rent(header.Width, header.Height);
        try
        {
            // Rows in the pool are as wide as the picture; so are rows in the pipe, unless padded.
            var row = header.Width * 3;
            Span<byte> padding = stackalloc byte[header.Stride - row];
            var rowsAtOnce = padding.IsEmpty ? header.Height : 1;
            for (var y = 0; y < header.Height; y += rowsAtOnce)
            {
                stream.ReadExactly(new Span<byte>((byte*)pixels.Ptr(y), row * rowsAtOnce));
                stream.ReadExactly(padding);
            }
            return pixels;
        }
        catch
        {
            pool.Return(pixels);
            throw;
        }
    }
}
