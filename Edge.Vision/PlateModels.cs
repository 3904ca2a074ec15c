using Edge.Vision.Capture;
using Edge.Vision.Detection;
using Edge.Vision.Onnx;
using Edge.Vision.Recognition;

namespace Edge.Vision;

/// <summary>The detector and the recogniser of a folder, opened once for any number of cameras: a second copy of their weights would read nothing better.
/// Thread-safe; each camera has buffers of its own.</summary>
public sealed class PlateModels : IDisposable
{
    private readonly OnnxModel _detector;
    private readonly OnnxModel _recogniser;

    private PlateModels(ModelManifest manifest, OnnxModel detector, OnnxModel recogniser) =>
        (Manifest, _detector, _recogniser) = (manifest, detector, recogniser);

    /// <summary>Opens the models in <paramref name="folder"/>.</summary>
    /// <param name="threads">For one picture, 1 or 2.</param>
    /// <exception cref="ModelException">A model is missing, or is not what its manifest says.</exception>
    /// <exception cref="CaptureException">OpenCV does not load.</exception>
    public static PlateModels Open(string folder, int threads = 1)
    {
        OpenCv.Prepare();
        var manifest = ModelManifest.Load(folder);
        var detector = PlateDetector.OpenModel(folder, manifest.Detector, threads);
        try
        {
            return new PlateModels(manifest, detector, PlateReader.OpenModel(folder, manifest.Recogniser, threads));
        }
        catch
        {
            detector.Dispose();
            throw;
        }
    }

    internal ModelManifest Manifest { get; }

    /// <summary>A detector that borrows the model.</summary>
    internal PlateDetector Detector() => new(Manifest.Detector, _detector);

    /// <summary>A reader that borrows the model.</summary>
    internal PlateReader Reader() => new(Manifest.Recogniser, _recogniser);

    /// <summary>Closes them; every pipeline that uses them is disposed before.</summary>
    public void Dispose()
    {
        _detector.Dispose();
        _recogniser.Dispose();
    }
}
