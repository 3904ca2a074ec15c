using System.Runtime.CompilerServices;
using Edge.Vision.Capture;
using OpenCvSharp;

namespace Edge.Vision.Evaluation;

/// <summary>Encoded pictures as a source of frames; one that does not decode is left out.</summary>
/// <param name="pictures">JPEG files.</param>
/// <param name="every">Time from one to the next; of no meaning for stills.</param>
internal sealed class JpegSource(IAsyncEnumerable<byte[]> pictures, TimeSpan every, bool isStill) : ICameraSource
{
    private long _frames;

    public string Name => "pictures";

    public bool IsLive => false;

    public bool IsStill => isStill;

    public CameraHealth Health => new(CameraState.Running, DateTimeOffset.UnixEpoch, _frames, 0, 0, null);

    /// <summary>Told of each picture once whoever reads is done with it: the file, and its pixels.</summary>
    public Action<byte[], Mat>? Examined { get; init; }

    public async IAsyncEnumerable<Frame> ReadAsync([EnumeratorCancellation] CancellationToken cancel)
    {
        OpenCv.Prepare();
        await foreach (var picture in pictures.WithCancellation(cancel))
        {
            if (!StillPicture.TryDecode(picture, out var pixels, out _)) continue;
            using var kept = Examined is null ? null : pixels.Clone();
            var at = isStill ? TimeSpan.Zero : _frames * every;
            yield return new Frame(pixels, _frames, at, DateTimeOffset.UnixEpoch + at);
            _frames++;
            if (kept is not null) Examined!(picture, kept);
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
