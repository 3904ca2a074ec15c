using Edge.Vision.Capture;
using Edge.Vision.Onnx;
using Edge.Vision.Recognition;

namespace Edge.Vision.Evaluation;

/// <summary>Reads an encoded picture that was found somewhere, as a scene and as a plate alone: whether it is a picture of a plate.</summary>
public sealed class PictureReader : IDisposable
{
    private readonly PlatePipeline _scenes;
    private readonly CropReader _crops;

    private PictureReader(PlatePipeline scenes, CropReader crops) => (_scenes, _crops) = (scenes, crops);

    /// <summary>Opens the models in <paramref name="modelFolder"/>.</summary>
    /// <exception cref="ModelException">A model is missing, or is not what its manifest says.</exception>
    /// <exception cref="CaptureException">OpenCV does not load.</exception>
    public static PictureReader Open(string modelFolder, PipelineOptions options)
    {
        var scenes = PlatePipeline.Open(modelFolder, options);
        try
        {
            return new PictureReader(scenes, CropReader.Open(modelFolder, options));
        }
        catch
        {
            scenes.Dispose();
            throw;
        }
    }

    /// <summary>Every text that is read there, accepted or not; the caller disposes each.</summary>
    /// <param name="jpeg">What does not decode reads as nothing.</param>
    public async Task<IReadOnlyList<PlateText>> ReadAsync(byte[] jpeg, CancellationToken cancel)
    {
        var read = new List<PlateText>();
        foreach (var passages in new[] { _scenes.ReadAsync(Source(jpeg), cancel), _crops.ReadAsync(Source(jpeg), cancel) })
            await foreach (var passage in passages)
                using (passage)
                    read.Add(passage.Plate.Copy());
        return read;
    }

    public void Dispose()
    {
        _scenes.Dispose();
        _crops.Dispose();
    }

    private static JpegSource Source(byte[] jpeg) => new(new[] { jpeg }.ToAsyncEnumerable(), TimeSpan.Zero, isStill: true);
}
