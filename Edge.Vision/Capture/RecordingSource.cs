using System.Runtime.CompilerServices;
using System.Threading.Channels;
using OpenCvSharp;

namespace Edge.Vision.Capture;

/// <summary>
/// A video file, every frame in order at its own timestamps, decoded two frames ahead of its reader. Rotation noted by
/// the recorder is applied. A cut-off file is noticed exactly, damage only where it costs a tenth of the recording.
/// </summary>
internal sealed class RecordingSource : ICameraSource
{
    private const double LeastShare = 0.9;

    private readonly string _path;
    private readonly TimeProvider _time;
    private readonly CameraVitals _vitals;

    /// <exception cref="CaptureException">There is no such file.</exception>
    public RecordingSource(string name, string path, TimeProvider time)
    {
        // Absolute: a name that looks like an ffmpeg protocol is still a file.
        (Name, _path, _time, _vitals) = (name, Path.GetFullPath(path), time, new CameraVitals(time));
        if (!File.Exists(_path)) throw new CaptureException($"{path}: no such file");
    }

    public string Name { get; }

    public bool IsLive => false;

    public bool IsStill => false;

    public CameraHealth Health => _vitals.Snapshot();

    internal FramePool Pool { get; } = new();

    public async IAsyncEnumerable<Frame> ReadAsync([EnumeratorCancellation] CancellationToken cancel)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var frames = Channel.CreateBounded<Frame>(new BoundedChannelOptions(2) { SingleReader = true, SingleWriter = true });
        var decoding = Task.Run(() => DecodeAsync(frames.Writer, stop.Token), CancellationToken.None);
        try
        {
            await foreach (var frame in frames.Reader.ReadAllAsync(cancel)) yield return frame;
        }
        finally
        {
            await stop.CancelAsync();
            await decoding;
            while (frames.Reader.TryRead(out var unread)) unread.Dispose();
        }
    }

    public ValueTask DisposeAsync()
    {
        Pool.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task DecodeAsync(ChannelWriter<Frame> frames, CancellationToken stop)
    {
        Exception? failure = null;
        try
        {
            using var recording = OpenRecording();
            await DecodeAllAsync(recording, frames, stop);
        }
        catch (CaptureException damage)
        {
            failure = damage;
        }
        catch (OperationCanceledException cancelled)
        {
            failure = cancelled;
        }
        catch (Exception surprise) when (surprise is OpenCVException or IOException or UnauthorizedAccessException)
        {
            failure = new CaptureException($"{_path}: it cannot be read: {surprise.Message}", surprise);
        }
        _vitals.Become(CameraState.Stopped, (failure as CaptureException)?.Message);
        frames.TryComplete(failure);
    }

    private VideoCapture OpenRecording()
    {
        if (new FileInfo(_path).Length == 0) throw new CaptureException($"{_path}: the file is empty: record or copy it again");
        var recording = new VideoCapture(_path, VideoCaptureAPIs.FFMPEG);
        if (recording.IsOpened() && PictureLimits.Allow(recording.FrameWidth, recording.FrameHeight)) return recording;
        var opened = recording.IsOpened();
        recording.Dispose();
        throw new CaptureException(opened
            ? $"{_path}: its pictures are too large; at most {PictureLimits.LongestSide} px a side are read: scale it down"
            : IsCutShort()
                ? $"{_path}: the recording is cut off and cannot be opened: copy it again"
                : $"{_path}: no picture and no recording this program can read; try H.264 in MP4");
    }

    private async Task DecodeAllAsync(VideoCapture recording, ChannelWriter<Frame> frames, CancellationToken stop)
    {
        var started = _time.GetUtcNow();
        var interval = TimeSpan.FromSeconds(1 / (recording.Fps is > 0 and < 1000 ? recording.Fps : 25));
        var declared = recording.FrameCount;
        var (width, height) = (recording.FrameWidth, recording.FrameHeight);
        long decoded = 0;
        _vitals.Become(CameraState.Running);
        var position = -interval;
        for (; ; decoded++)
        {
            stop.ThrowIfCancellationRequested();
            var pixels = Pool.Rent(width, height);
            if (!recording.Read(pixels) || pixels.Empty())
            {
                Pool.Return(pixels);
                break;
            }
            (width, height) = (pixels.Width, pixels.Height);
            // A stream without timestamps says 0 for ever: then the frame rate counts.
            var told = TimeSpan.FromMilliseconds(Math.Max(0, recording.PosMsec));
            position = told > position ? told : position + interval;
            var frame = new Frame(pixels, _vitals.CountFrame(), position, started + position, Pool);
            await HandOverAsync(frames, frame, stop);
        }
        if (IsCutShort()) throw new CaptureException($"{_path}: the recording is cut off after {decoded} frames: copy it again");
        // Neither alone means damage: a trimmed clip counts frames it does not play, a sound track may outlast the picture.
        if (decoded < declared * LeastShare && position + interval < PlayingTime() * LeastShare)
            throw new CaptureException($"{_path}: only {decoded} of {declared} frames could be decoded: the file is damaged");
        if (decoded == 0) throw new CaptureException($"{_path}: no frame could be decoded: the file is damaged");
    }

    private static async Task HandOverAsync(ChannelWriter<Frame> frames, Frame frame, CancellationToken stop)
    {
        try
        {
            await frames.WriteAsync(frame, stop);
        }
        catch
        {
            frame.Dispose();
            throw;
        }
    }

    private bool IsCutShort()
    {
        using var file = File.OpenRead(_path);
        return RecordingFile.IsCutShort(file);
    }

    private TimeSpan? PlayingTime()
    {
        using var file = File.OpenRead(_path);
        return RecordingFile.PlayingTime(file);
    }
}
