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
    private readonly Mat _grey = new();
    private readonly Mat _scaled = new();
    private InputTensor? _input;
    private BoundRun? _bound;
    private LumaShrink? _shrink;
    private long[]? _shape;
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
    /// <remarks>Borrows <paramref name="picture"/>: 8-bit BGR; unless <see cref="NeedsColour"/> also luma of studio range. What is made of it is wiped before
    /// this returns or throws: the next frame may be an hour away.</remarks>
    internal PlateDetection[] Detect(Mat picture, float least = 1)
    {
        try
        {
            var layout = Prepare(picture.Width, picture.Height);
            // Colour first, then size: a grey picture is a third of the work to shrink.
            var isLuma = picture.Channels() == 1;
            if (!NeedsColour && !isLuma) Cv2.CvtColor(picture, _grey, ColorConversionCodes.BGR2GRAY);
            Cv2.Resize(NeedsColour || isLuma ? picture : _grey, _scaled, new Size(layout.ScaledWidth, layout.ScaledHeight), interpolation:
                layout.Scale < 1 ? InterpolationFlags.Area : InterpolationFlags.Linear);
            if (isLuma) Planar.Spread(_scaled);
            _input!.Write(0, _scaled, layout.Left, layout.Top);
            return Find(layout, MathF.Min(least, Threshold));
        }
        finally
        {
            Wipe();
            if (!_grey.Empty()) _grey.SetTo(Scalar.Black);
            if (!_scaled.Empty()) _scaled.SetTo(Scalar.Black);
        }
    }

    /// <summary>True where luma of a part of that size is not smaller than what is looked at: then <see cref="Detect(Glance)"/> finds the same with less
    /// work.</summary>
    internal bool TakesLuma(Rect part) => !NeedsColour && LetterboxLayout.Fit(part.Width, part.Height, _manifest.Resize) is var layout
        && layout.ScaledWidth <= part.Width && layout.ScaledHeight <= part.Height;

    /// <summary>Plates in luma as it lies in memory, where <see cref="TakesLuma"/>. Allocates only what it finds.</summary>
    internal PlateDetection[] Detect(Glance luma)
    {
        if (!luma.IsLuma) throw new ArgumentException("not luma", nameof(luma));
        try
        {
            var layout = Prepare(luma.Width, luma.Height);
            var (from, to) = ((luma.Width, luma.Height), (layout.ScaledWidth, layout.ScaledHeight));
            if (_shrink is null || _shrink.From != from || _shrink.To != to) _shrink = new LumaShrink(from, to);
            for (var row = 0; row < layout.ScaledHeight; row++) _input!.WriteRow(_shrink.Row(luma, row), layout.Left, layout.Top + row);
            return Find(layout, Threshold);
        }
        finally
        {
            Wipe();
        }
    }

    private LetterboxLayout Prepare(int width, int height)
    {
        var layout = LetterboxLayout.Fit(width, height, _manifest.Resize);
        if (_input is null || _input.Width != layout.Width || _input.Height != layout.Height)
        {
            Forget();
            _input = new InputTensor(_manifest.Input, batch: 1, layout.Width, layout.Height);
        }
        if (layout != _layout) _input.Fill(_manifest.Resize.Pad);
        return _layout = layout;
    }

    // What is of one size of input.
    private void Forget()
    {
        var (bound, input) = (_bound, _input);
        (_bound, _input, _shape, _layout) = (null, null, null, default);
        bound?.Dispose();
        input?.Dispose();
    }

    private void Wipe()
    {
        _input?.Fill(_manifest.Resize.Pad);
        _bound?.Clear();
        _shrink?.Wipe();
    }

    private PlateDetection[] Find(LetterboxLayout layout, float threshold)
    {
        var found = Run(threshold);
        for (var i = 0; i < found.Length; i++) found[i] = layout.ToPicture(found[i]);
        return found;
    }

    private PlateDetection[] Run(float threshold)
    {
        // The first picture of a size says what shape comes of it. How many rows the other kind gives depends on what it finds.
        if (_shape is not null) return Decode((_bound ??= new BoundRun(_model, _input!.Value, _shape)).Run(), _shape, threshold);
        using var outputs = _model.Run(_input!.Value);
        var values = outputs[0].GetTensorDataAsSpan<float>();
        if (_manifest.Decode == DetectorDecode.EndToEnd) return DetectionDecoder.EndToEnd(values, threshold, _manifest.Overlap);
        _shape = outputs[0].GetTensorTypeAndShape().Shape;
        return Decode(values, _shape, threshold);
    }

    private PlateDetection[] Decode(ReadOnlySpan<float> map, long[] shape, float threshold) =>
        DetectionDecoder.CentreMap(map, (int)shape[2], (int)shape[3], threshold, _manifest.Overlap);

    public void Dispose()
    {
        Forget();
        _grey.Dispose();
        _scaled.Dispose();
        if (_owned) _model.Dispose();
    }
}
