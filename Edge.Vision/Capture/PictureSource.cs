using System.Runtime.CompilerServices;

namespace Edge.Vision.Capture;

/// <summary>One picture, or the pictures of a folder in the order of their names; each is a still. A folder's other
/// files, its subfolders and names that start with a dot are left alone.</summary>
internal sealed class PictureSource : ICameraSource
{
    private readonly IReadOnlyList<string> _pictures;
    private readonly TimeProvider _time;
    private readonly CameraVitals _vitals;

    /// <exception cref="CaptureException">There is no such picture, or none in the folder.</exception>
    public PictureSource(string name, string path, TimeProvider time)
    {
        (Name, _time, _vitals) = (name, time, new CameraVitals(time));
        _pictures = Directory.Exists(path) ? PicturesIn(path) : [path];
    }

    public string Name { get; }

    public bool IsLive => false;

    public bool IsStill => true;

    public CameraHealth Health => _vitals.Snapshot();

    internal FramePool Pool { get; } = new();

    /// <summary>True for a file name that ends like a picture's.</summary>
    public static bool IsPictureName(string path) => Path.GetExtension(path).ToUpperInvariant() is
        ".JPG" or ".JPEG" or ".PNG" or ".BMP" or ".WEBP" or ".TIF" or ".TIFF" or ".GIF";

    /// <summary>True for a file named like a picture, or, whatever its name, that begins like one.</summary>
    /// <exception cref="CaptureException">The file cannot be read.</exception>
    public static bool IsPicture(string path)
    {
        if (IsPictureName(path)) return true;
        try
        {
            if (LengthOf(path) == 0) return false;
            Span<byte> head = stackalloc byte[16];
            using var file = File.OpenRead(path);
            return PictureHeader.FormatOf(head[..file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false)]) is not null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new CaptureException($"{path}: it cannot be read: {failure.Message}", failure);
        }
    }

    public async IAsyncEnumerable<Frame> ReadAsync([EnumeratorCancellation] CancellationToken cancel)
    {
        _vitals.Become(CameraState.Running);
        try
        {
            foreach (var picture in _pictures)
            {
                var file = await ReadFileAsync(picture, cancel);
                if (!StillPicture.TryDecode(file, out var pixels, out var reason)) throw Bad(picture, reason);
                yield return new Frame(Pool.Adopt(pixels), _vitals.CountFrame(), TimeSpan.Zero, _time.GetUtcNow(), Pool)
                {
                    StillPath = picture,
                };
            }
        }
        finally
        {
            _vitals.Become(CameraState.Stopped);
        }
    }

    public ValueTask DisposeAsync()
    {
        Pool.Dispose();
        return ValueTask.CompletedTask;
    }

    private static List<string> PicturesIn(string folder)
    {
        var pictures = Directory.EnumerateFiles(folder)
            .Where(file => IsPictureName(file) && !Path.GetFileName(file).StartsWith('.'))
            .Order(StringComparer.Ordinal).ToList();
        return pictures.Count > 0 ? pictures
            : throw new CaptureException($"{folder}: no JPEG, PNG, BMP or WebP picture in this folder");
    }

    private async Task<byte[]> ReadFileAsync(string picture, CancellationToken cancel)
    {
        try
        {
            var length = LengthOf(picture);
            if (length == 0) throw Bad(picture, "it is empty, or a pipe: save it as a file, or take it again");
            if (length > PictureLimits.LargestFile)
                throw Bad(picture, $"it has more than {PictureLimits.LargestFile >> 20} MiB: scale it down");
            return await File.ReadAllBytesAsync(picture, cancel);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw Bad(picture, $"it cannot be read: {failure.Message}");
        }
    }

    /// <summary>In bytes; 0 of a pipe too, also one that a shell hands over, which nobody waits for; null where there is no such file.</summary>
    private static long? LengthOf(string path)
    {
        if (!File.Exists(path)) return null;
        var entry = new FileInfo(path);
        return (entry.ResolveLinkTarget(returnFinalTarget: true) ?? entry) is FileInfo { Exists: true } file ? file.Length : 0;
    }

    private CaptureException Bad(string picture, string reason)
    {
        var message = $"{picture}: {reason}";
        _vitals.Become(CameraState.Stopped, message);
        return new CaptureException(message);
    }
}
