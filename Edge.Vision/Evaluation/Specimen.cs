using System.Runtime.CompilerServices;
using Edge.Vision.Capture;
using Edge.Vision.Detection;
using OpenCvSharp;

namespace Edge.Vision.Evaluation;

/// <summary>A picture in memory that several readers are measured on, as it is and made worse. It is a source like any other, so
/// that what is measured is what runs; it may be read again and again. Wiped when disposed.</summary>
public sealed class Specimen : ICameraSource, IDisposable
{
    private readonly Mat _pixels;

    internal Specimen(Mat pixels) => _pixels = pixels;

    /// <summary>The same for all: a file's name may be a plate.</summary>
    public string Name => "specimen";

    public bool IsLive => false;

    public bool IsStill => true;

    public CameraHealth Health { get; } = new(CameraState.Running, default, 0, 0, 0, null);

    /// <summary>Width in pixels.</summary>
    public int Width => _pixels.Width;

    /// <summary>Height in pixels.</summary>
    public int Height => _pixels.Height;

    /// <summary>The whole picture.</summary>
    public PixelBox Whole => new(0, 0, Width, Height);

    internal Mat Pixels => _pixels;

    /// <summary>Decodes a picture file.</summary>
    /// <exception cref="CaptureException">It cannot be read or decoded; the message says what to do.</exception>
    public static Specimen Open(string path)
    {
        OpenCv.Prepare();
        try
        {
            if (new FileInfo(path) is { Exists: true, Length: > PictureLimits.LargestFile })
                throw new CaptureException($"{path}: it has more than {PictureLimits.LargestFile >> 20} MiB: scale it down");
            return StillPicture.TryDecode(File.ReadAllBytes(path), out var pixels, out var reason)
                ? new Specimen(pixels)
                : throw new CaptureException($"{path}: {reason}");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new CaptureException($"{path}: it cannot be read: {failure.Message}", failure);
        }
    }

    /// <summary>An empty grey picture.</summary>
    public static Specimen Blank(int width, int height)
    {
        OpenCv.Prepare();
        return new Specimen(new Mat(height, width, MatType.CV_8UC3, Scalar.All(127)));
    }

    /// <summary>A worse copy, and where its plate is there; null where this degradation cannot be done to it.</summary>
    /// <param name="plate">Where the plate is here, pixels.</param>
    /// <param name="seed">Chance, fixed: the same seed gives the same pixels.</param>
    public Specimen? Degrade(Degradation how, PixelBox plate, uint seed, out PixelBox moved)
    {
        ArgumentNullException.ThrowIfNull(how);
        return how.Apply(_pixels, plate, seed, out moved) is { } worse ? new Specimen(worse) : null;
    }

    /// <summary>The part of it in <paramref name="box"/> as a JPEG <paramref name="height"/> pixels high, for the page of
    /// failures.</summary>
    public byte[] ToJpeg(PixelBox box, int height)
    {
        using var part = new Mat(_pixels, box.Within(_pixels));
        using var scaled = new Mat();
        var width = Math.Clamp((int)Math.Round((double)height * part.Width / part.Height), 1, 6 * height);
        Cv2.Resize(part, scaled, new Size(width, height),
            interpolation: part.Height > height ? InterpolationFlags.Area : InterpolationFlags.Cubic);
        Cv2.ImEncode(".jpg", scaled, out var jpeg, [(int)ImwriteFlags.JpegQuality, 85]);
        return jpeg;
    }

    public async IAsyncEnumerable<Frame> ReadAsync([EnumeratorCancellation] CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        // A view of its own: disposing the frame leaves the specimen.
        yield return new Frame(new Mat(_pixels, new Rect(0, 0, Width, Height)), 0, TimeSpan.Zero, default);
        await Task.CompletedTask;
    }

    public override string ToString() => "Specimen(redacted)";

    public void Dispose()
    {
        if (_pixels.IsDisposed) return;
        _pixels.SetTo(Scalar.Black);
        _pixels.Dispose();
    }

    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }
}
