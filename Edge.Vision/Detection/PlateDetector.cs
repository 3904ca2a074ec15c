using Edge.Vision.Capture;
using Edge.Vision.Onnx;
using Microsoft.ML.OnnxRuntime;
using OpenCvSharp;

namespace Edge.Vision.Detection;

/// <summary>Finds plates in a picture with the detector that a manifest names. One thread at a time.</summary>
public sealed class PlateDetector : IDisposable
{
    private readonly DetectorManifest _manifest;
    private readonly OnnxModel _model;
    private readonly bool _owned;
    private readonly Mat _coloured = new();
    private readonly Mat _scaled = new();
    private InputTensor? _input;
    private LetterboxLayout _layout;

    /// <param name="owned">True if it is disposed with this.</param>
    internal PlateDetector(DetectorManifest manifest, OnnxModel model, bool owned = false) => (_manifest, _model, _owned) = (manifest, model, owned);

    /// <exception cref="ModelException">See <see cref="OnnxModel.Open"/>.</exception>
    public static PlateDetector Open(string folder, DetectorManifest manifest, int threads) =>
        new(manifest, OpenModel(folder, manifest, threads), owned: true);

    /// <exception cref="ModelException">See <see cref="OnnxModel.Open"/>.</exception>
    internal static OnnxModel OpenModel(string folder, DetectorManifest manifest, int threads) =>
        OnnxModel.Open(folder, manifest, manifest.Input, manifest.Outputs(), [1], threads);

    /// <summary>The score from which the manifest calls it a plate.</summary>
    internal float Threshold => _manifest.Threshold;

    /// <summary>True where luma alone does not do.</summary>
    internal bool NeedsColour => _manifest.Input.Channels != ChannelOrder.Grey;

    /// <summary>Plates in <paramref name="picture"/>, best first, in its pixels.</summary>
    /// <param name="least">Also what scores lower than the manifest's threshold, down to this.</param>
    /// <remarks>Borrows <paramref name="picture"/> (8-bit BGR; unless <see cref="NeedsColour"/> also luma of studio range); the caller still disposes
    /// it.</remarks>
    internal List<PlateDetection> Detect(Mat picture, float least = 1)
    {
        var threshold = MathF.Min(least, Threshold);
        var layout = LetterboxLayout.Fit(picture.Width, picture.Height, _manifest.Resize);
        if (_input is null || _input.Width != layout.Width || _input.Height != layout.Height)
        {
            _input?.Dispose();
            _input = new InputTensor(_manifest.Input, batch: 1, layout.Width, layout.Height);
            _layout = default;
        }
        if (layout != _layout) _input.Fill(_manifest.Resize.Pad);
        _layout = layout;
        // Colour first, then size: a grey picture is a third of the work to shrink.
        var source = picture;
        if (!NeedsColour && picture.Channels() != 1)
        {
            Cv2.CvtColor(picture, _coloured, ColorConversionCodes.BGR2GRAY);
            source = _coloured;
        }
        Cv2.Resize(source, _scaled, new Size(layout.ScaledWidth, layout.ScaledHeight), interpolation:
            layout.Scale < 1 ? InterpolationFlags.Area : InterpolationFlags.Linear);
        if (picture.Channels() == 1) Planar.Spread(_scaled);
        _input.Write(0, _scaled, layout.Left, layout.Top);

        using var outputs = _model.Run(_input.Value);
        var values = outputs[0].GetTensorDataAsSpan<float>();
        var shape = outputs[0].GetTensorTypeAndShape().Shape;
        var found = _manifest.Decode == DetectorDecode.CentreMap
            ? DetectionDecoder.CentreMap(values, (int)shape[2], (int)shape[3], threshold, _manifest.Overlap)
            : DetectionDecoder.EndToEnd(values, threshold, _manifest.Overlap);
        for (var i = 0; i < found.Count; i++) found[i] = layout.ToPicture(found[i]);
        Wipe();
        return found;
    }

    // The next frame may be an hour away: nobody's picture waits for it.
    private void Wipe()
    {
        _input!.Fill(_manifest.Resize.Pad);
        _scaled.SetTo(Scalar.Black);
        if (!_coloured.Empty()) _coloured.SetTo(Scalar.Black);
    }

    public void Dispose()
    {
        _input?.Dispose();
        _coloured.Dispose();
        _scaled.Dispose();
        if (_owned) _model.Dispose();
    }
}
