using System.Security.Cryptography;
using Edge.Vision.Capture.Mjpeg;
using Edge.Vision.Capture.Rtsp;
using Microsoft.Extensions.Logging;
using OpenCvSharp;

namespace Edge.Vision.Capture;

/// <summary>Chooses what reads a camera by what its source looks like.</summary>
public static class CameraSources
{
    /// <summary>True for a camera, false for pictures and recordings, which end.</summary>
    public static bool IsLive(string source) => source.Contains("://", StringComparison.Ordinal) || source.StartsWith("/dev/video", StringComparison.Ordinal);

    /// <summary>True for a file that is read as a picture: by its name, or by its first bytes.</summary>
    public static bool IsPicture(string path) => PictureSource.IsPictureName(path) || PictureSource.IsPicture(path);

    /// <summary>Why <see cref="Open"/> would refuse this source now, or null. A live camera need not be reachable.</summary>
    public static string? Fault(CameraOptions camera)
    {
        var source = camera.Source;
        if (source.Contains("://", StringComparison.Ordinal))
            return !CameraAddress.TryParse(source, out var address) ? "is no address of the form scheme://user:password@host/path"
                : address.Scheme is "rtsp" or "rtsps" or "http" or "https" ? null
                : $"{address.Scheme}:// is not supported; use rtsp, rtsps, http or https";
        return source.StartsWith("/dev/video", StringComparison.Ordinal) || Path.Exists(source) ? null : "is no file, folder or device that is there";
    }

    /// <summary>How many frames the container of a recording says it has, roughly; null for anything else.</summary>
    public static long? CountFrames(string path)
    {
        if (!File.Exists(path) || PictureSource.IsPictureName(path)) return null;
        OpenCv.Prepare();
        using var recording = new VideoCapture(Path.GetFullPath(path), VideoCaptureAPIs.FFMPEG);
        return recording.IsOpened() && recording.FrameCount > 0 ? recording.FrameCount : null;
    }

    /// <summary>What this machine lacks to decode pictures, and what mends it; null if it lacks nothing.</summary>
    public static (string Says, string Mend)? Missing()
    {
        try
        {
            OpenCv.Prepare();
            return null;
        }
        catch (CaptureException)
        {
            return OpenCv.Fault(AppContext.BaseDirectory);
        }
    }

    /// <summary>Opens a source; nothing is read before <see cref="ICameraSource.ReadAsync"/>. A live camera need not
    /// be reachable yet. The caller disposes the source.</summary>
    /// <param name="time">Clock of deadlines and of <see cref="Frame.CapturedAt"/>.</param>
    /// <param name="log">Diagnostics: names, states and counts.</param>
    /// <exception cref="CaptureException">The source is no address this program understands, there is no such file or
    /// folder, or OpenCV does not load.</exception>
    public static ICameraSource Open(CameraOptions camera, TimeProvider time, ILogger log)
    {
        OpenCv.Prepare();
        var source = camera.Source;
        if (source.Length == 0) throw new CaptureException($"{camera}: its source is empty");
        if (source.Contains("://", StringComparison.Ordinal)) return OpenAddress(camera, time, log);
        if (source.StartsWith("/dev/video", StringComparison.Ordinal)) return Live(() => new V4l2Feed(camera));
        if (Directory.Exists(source)) return new PictureSource(camera.Name, source, time);
        if (!File.Exists(source)) throw new CaptureException($"{source}: no such file or folder");
        return PictureSource.IsPicture(source)
            ? new PictureSource(camera.Name, source, time)
            : new RecordingSource(camera.Name, source, camera.Ffmpeg, time);

        LiveSource Live(Func<ILiveFeed> connect) => Supervise(camera, connect, time, log);
    }

    private static LiveSource OpenAddress(CameraOptions camera, TimeProvider time, ILogger log)
    {
        // The text may hold a password: never quote it before it is parsed.
        if (!CameraAddress.TryParse(camera.Source, out var address))
            throw new CaptureException($"{camera}: its source is no address of the form scheme://user:password@host/path; " +
                "percent-encode blanks and special characters");
        // Longer than the supervisor's own patience, so that a stall is told as one.
        var patience = camera.StallAfter + camera.ConnectWithin;
        return address.Scheme switch
        {
            "rtsp" or "rtsps" => Supervise(camera, () => new RtspFeed(address, camera.Ffmpeg, patience), time, log),
            "http" or "https" => Supervise(camera, () => new MjpegFeed(address), time, log),
            _ => throw new CaptureException($"{camera}: {address.Scheme}:// is not supported; use rtsp, rtsps, http or https"),
        };
    }

    private static LiveSource Supervise(CameraOptions camera, Func<ILiveFeed> connect, TimeProvider time, ILogger log) =>
        new(camera, connect, time, log, new Random(RandomNumberGenerator.GetInt32(int.MaxValue)));
}
