using OpenCvSharp;

namespace Edge.Vision.Capture;

/// <summary>
/// A camera on this machine, through Video4Linux. A read inside a hung driver cannot be ended from outside: the
/// supervisor reports the stall and waits for it, and the watchdog restarts the process.
/// </summary>
internal sealed class V4l2Feed(CameraOptions options) : ILiveFeed
{
    private VideoCapture? _device;
    private volatile bool _cut;

    public Mat Read(FramePool pool)
    {
        var device = _device ??= OpenDevice();
        if (_cut) throw new CaptureException($"{options.Source}: closed");
        var (width, height) = (Math.Max(1, device.FrameWidth), Math.Max(1, device.FrameHeight));
        if (!PictureLimits.Allow(width, height))
            throw new CaptureException($"{options.Source}: its pictures are too large; at most {PictureLimits.LongestSide} px a side are read: configure less")
                { Fault = CameraFault.Unreadable };
        var pixels = pool.Rent(width, height);
        if (device.Read(pixels) && !pixels.Empty() && pixels.Type() == MatType.CV_8UC3) return pixels;
        pool.Return(pixels);
        throw new CaptureException($"{options.Source}: the camera gives no picture; check that it is plugged in") { Fault = CameraFault.Silent };
    }

    public void Cut() => _cut = true;

    public void Dispose() => _device?.Dispose();

    private VideoCapture OpenDevice()
    {
        if (!File.Exists(options.Source))
            throw new CaptureException($"{options.Source}: no such camera; plug it in and see v4l2-ctl --list-devices") { Fault = CameraFault.Missing };
        // Only the constructor takes parameters reliably; later ones reopen the device in some drivers.
        var device = new VideoCapture(options.Source, VideoCaptureAPIs.V4L2, [.. Wishes()]);
        if (device.IsOpened()) return device;
        device.Dispose();
        throw new CaptureException($"{options.Source}: cannot be opened as a camera; it may be in use, or the service's " +
            "user is not in group video") { Fault = CameraFault.Refused };
    }

    private IEnumerable<int> Wishes()
    {
        (VideoCaptureProperties Property, int Value)[] wishes =
        [
            (VideoCaptureProperties.FrameWidth, options.Width),
            (VideoCaptureProperties.FrameHeight, options.Height),
            (VideoCaptureProperties.Fps, options.FramesPerSecond),
        ];
        return wishes.Where(wish => wish.Value > 0).SelectMany(wish => new[] { (int)wish.Property, wish.Value });
    }
}
