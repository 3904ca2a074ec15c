using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Threading.Channels;
using Edge.Vision.Capture.Decoding;
using OpenCvSharp;

namespace Edge.Vision.Capture;

/// <summary>
/// A video file, every frame in order at its own timestamps, decoded two frames ahead of its reader. Rotation noted by
/// the recorder is applied. A cut-off file is noticed exactly, damage only where it costs a tenth of the recording.
/// </summary>
internal sealed class RecordingSource : ICameraSource
{
    private const double LeastShare = 0.9;

    // What goes on for longer is no recording; a damaged one, or a decoder that was taken over, may say anything.
    private const double SlowestRate = 1 / 60.0; // frames a second
    private const double LongestSeconds = 366 * 86_400.0;

    // One waits while one is examined.
    private const int Ahead = 2;

    // The system's ffmpeg, as for cameras, and not the one in OpenCV, which is built without assembler and takes more than twice as long. One thread: it is
    // ahead of whoever examines all the same. 0:V: a cover is no film.
    private static readonly string[] Before =
        ["-nostdin", "-hide_banner", "-nostats", "-loglevel", "info", "-threads", "1", "-protocol_whitelist", "file", "-i"];
    private static readonly string[] After = ["-map", "0:V:0", "-vf", $"{PictureStream.Filter},{FrameTimes.Filter}", .. PictureStream.Form];

    private readonly string _path;
    private readonly string _ffmpeg;
    private readonly TimeProvider _time;
    private readonly CameraVitals _vitals;

    /// <exception cref="CaptureException">There is no such file.</exception>
    public RecordingSource(string name, string path, string ffmpeg, TimeProvider time)
    {
        // Absolute: a name that looks like an ffmpeg protocol is still a file.
        (Name, _path, _ffmpeg, _time, _vitals) = (name, Path.GetFullPath(path), ffmpeg, time, new CameraVitals(time));
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
        using var room = new SemaphoreSlim(Ahead);
        var frames = Channel.CreateUnbounded<Frame>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        // The kernel ends ffmpeg with the thread that started it: one that does nothing else.
        new Thread(() => Decode(frames.Writer, room, ended, stop.Token)) { IsBackground = true, Name = $"recording {Name}" }.Start();
        try
        {
            await foreach (var frame in frames.Reader.ReadAllAsync(cancel))
            {
                room.Release();
                yield return frame;
            }
        }
        finally
        {
            await stop.CancelAsync();
            await ended.Task;
            while (frames.Reader.TryRead(out var unread)) unread.Dispose();
        }
    }

    public ValueTask DisposeAsync()
    {
        Pool.Dispose();
        return ValueTask.CompletedTask;
    }

    private void Decode(ChannelWriter<Frame> frames, SemaphoreSlim room, TaskCompletionSource ended, CancellationToken stop)
    {
        Exception? failure = null;
        try
        {
            DecodeAll(Open(), frames, room, stop);
        }
        catch (CaptureException damage)
        {
            failure = damage;
        }
        catch (OperationCanceledException cancelled)
        {
            failure = cancelled;
        }
        catch (Exception surprise) when (surprise is OpenCVException or IOException or UnauthorizedAccessException or InvalidDataException)
        {
            failure = new CaptureException($"{_path}: it cannot be read: {surprise.Message}", surprise);
        }
        catch (Exception unforeseen) when (unforeseen is ArithmeticException or ArgumentException or ExternalException)
        {
            // This thread's end would be the process's: not for what one film says of itself.
            failure = new CaptureException($"{_path}: it cannot be read ({unforeseen.GetType().Name}): the file is damaged", unforeseen);
        }
        finally
        {
            _vitals.Become(CameraState.Stopped, (failure as CaptureException)?.Message);
            frames.TryComplete(failure);
            ended.SetResult();
        }
    }

    /// <summary>What the container says of the pictures in it.</summary>
    private (TimeSpan Interval, int Frames) Open()
    {
        using var recording = OpenRecording();
        return (TimeSpan.FromSeconds(1 / (recording.Fps is > SlowestRate and < 1000 ? recording.Fps : 25)), recording.FrameCount);
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

    private void DecodeAll((TimeSpan Interval, int Frames) declared, ChannelWriter<Frame> frames, SemaphoreSlim room, CancellationToken stop)
    {
        var started = _time.GetUtcNow();
        using var times = new FrameTimes();
        using var child = FfmpegChild.Start(_ffmpeg, [.. Before, $"file:{_path}", .. After], "", times.Take);
        using var cut = stop.Register(child.Kill);
        var pictures = new PictureStream(child.Output);
        long decoded = 0;
        _vitals.Become(CameraState.Running);
        var (position, first) = (-declared.Interval, (double?)null);
        for (; ; decoded++)
        {
            room.Wait(stop);
            if (ReadOne(pictures, stop) is not { } pixels) break;
            // A stream without timestamps, and one that goes back: then the frame rate counts.
            var told = times.Next() is { } seconds && seconds - (first ??= seconds) is >= 0 and < LongestSeconds and var since
                ? TimeSpan.FromSeconds(since) : TimeSpan.MinValue;
            position = told > position ? told : position + declared.Interval;
            frames.TryWrite(new Frame(pixels, _vitals.CountFrame(), position, started + position, Pool));
        }
        if (IsCutShort()) throw new CaptureException($"{_path}: the recording is cut off after {decoded} frames: copy it again");
        // Neither alone means damage: a trimmed clip counts frames it does not play, a sound track may outlast the picture.
        if (decoded < declared.Frames * LeastShare && position + declared.Interval < PlayingTime() * LeastShare)
            throw new CaptureException($"{_path}: only {decoded} of {declared.Frames} frames could be decoded: the file is damaged");
        if (decoded > 0) return;
        throw new CaptureException(child.Bury().Contains("failed to execute", StringComparison.Ordinal) ? $"{_path}: ffmpeg is missing: apt-get install ffmpeg"
            : $"{_path}: no frame could be decoded: the file is damaged");
    }

    /// <summary>The next picture, or null where there is no further one.</summary>
    private Mat? ReadOne(PictureStream pictures, CancellationToken stop)
    {
        Mat? pixels = null;
        try
        {
            pixels = pictures.Read(Pool);
        }
        catch (EndOfStreamException)
        {
            // It was killed within one, by us or by itself: what is missing is told by the container.
        }
        if (!stop.IsCancellationRequested) return pixels;
        if (pixels is not null) Pool.Return(pixels);
        throw new OperationCanceledException(stop);
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
