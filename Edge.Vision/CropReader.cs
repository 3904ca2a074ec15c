using System.Runtime.CompilerServices;
using Edge.Vision.Capture;
using Edge.Vision.Detection;
using Edge.Vision.Onnx;
using Edge.Vision.Recognition;
using Edge.Vision.Tracking;

namespace Edge.Vision;

/// <summary>Reads pictures that are plate crops already: the recogniser alone, the whole picture its plate. For measuring; a camera's
/// frames go through a <see cref="PlatePipeline"/>.</summary>
public sealed class CropReader : IDisposable
{
    private readonly PlateReader _reader;
    private readonly ReadJudge _judge;
    private readonly Reading _reading = new();

    private CropReader(PlateReader reader, ReadJudge judge) => (_reader, _judge) = (reader, judge);

    /// <summary>Opens the recogniser in <paramref name="modelFolder"/>; its detector is not needed, but named.</summary>
    /// <exception cref="ModelException">The recogniser is missing, is not what its manifest says, or cannot keep what the gate
    /// promises.</exception>
    /// <exception cref="CaptureException">OpenCV does not load.</exception>
    public static CropReader Open(string modelFolder, PipelineOptions options)
    {
        OpenCv.Prepare();
        var manifest = ModelManifest.Load(modelFolder);
        var judge = ReadJudge.For(manifest.Recogniser, options);
        return new CropReader(PlateReader.Open(modelFolder, manifest.Recogniser, threads: 1), judge);
    }

    /// <summary>What each picture reads, accepted or not; nothing for one that reads as no text. The caller disposes each.</summary>
    public async IAsyncEnumerable<Passage> ReadAsync(ICameraSource pictures, [EnumeratorCancellation] CancellationToken cancel)
    {
        await foreach (var frame in pictures.ReadAsync(cancel))
            using (frame)
                if (Read(frame, pictures.Name) is { } passage)
                    yield return passage;
    }

    private Passage? Read(Frame frame, string name)
    {
        var whole = new PixelBox(0, 0, frame.Width, frame.Height);
        _reader.Read(frame.Colour, whole, _reading);
        // A track of one frame: a crop is concluded and judged by the same code as a passage.
        using var track = new PlateTrack(TimeSpan.Zero, whole);
        track.Add(TimeSpan.Zero, new PlateDetection(whole, Score: 1), _reading);
        track.Crop = PlateCrop.Of(frame.Colour, whole);
        _reading.Clear();
        return Passage.Of(track, name, _judge, still: true, frame.CapturedAt);
    }

    public void Dispose()
    {
        _reading.Dispose();
        _reader.Dispose();
    }
}
