using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Edge.Vision.Detection;
using Edge.Vision.Onnx;
using Microsoft.ML.OnnxRuntime;
using OpenCvSharp;

namespace Edge.Vision.Recognition;

/// <summary>Sees what a head says of one crop before anything is read from it: how its temperature is fitted.</summary>
/// <param name="head">Which of the manifest's heads.</param>
/// <param name="second">Whether the crop is of a second look.</param>
/// <param name="steps">Its probabilities, steps × classes; valid during the call.</param>
internal delegate void HeadWitness(int head, bool second, ReadOnlySpan<float> steps);

/// <summary>Reads the characters of a detected plate with the recogniser that a manifest names: several crops, several
/// heads, one vote. One thread at a time.</summary>
public sealed class PlateReader : IDisposable
{
    private readonly RecogniserManifest _manifest;
    private readonly OnnxModel _model;
    private readonly bool _owned;
    private readonly int[] _lengths; // of a crop's share of each output
    private readonly float[] _firstLook;
    private readonly float[] _secondLook;
    private readonly InputTensor _first;
    private readonly InputTensor? _more;
    private readonly int[] _classOf;
    private readonly Mat _crop = new();
    private readonly Mat _coloured = new();
    private readonly Mat _map = new(2, 3, MatType.CV_64FC1);
    private readonly Reading _vote = new();
    private readonly Consensus _votes = new();
    private bool _hidden; // what the first look says

    /// <param name="owned">True if it is disposed with this.</param>
    internal PlateReader(RecogniserManifest manifest, OnnxModel model, bool owned = false)
    {
        (_manifest, _model, _owned) = (manifest, model, owned);
        _classOf = [.. manifest.Alphabet.Select(character => Reading.Alphabet.IndexOf(character, StringComparison.Ordinal))];
        _lengths = [.. manifest.Outputs().Select(output => output.Shape[1..].Aggregate((all, side) => all * side))];
        (_firstLook, _secondLook) = (manifest.FirstLook(), manifest.SecondLook is null ? [] : manifest.Grow[1..]);
        _first = new InputTensor(manifest.Input, _firstLook.Length, manifest.Input.Width, manifest.Input.Height);
        if (_secondLook.Length > 0)
            _more = new InputTensor(manifest.Input, _secondLook.Length, manifest.Input.Width, manifest.Input.Height);
    }

    /// <summary>Plates read and crops looked at since this was opened.</summary>
    internal (long Plates, long Crops) Looks { get; private set; }

    /// <summary>Told what every head says, before its temperature is applied.</summary>
    internal HeadWitness? Witness { get; init; }

    /// <exception cref="ModelException">See <see cref="OnnxModel.Open"/>.</exception>
    public static PlateReader Open(string folder, RecogniserManifest manifest, int threads) => Open(folder, manifest, threads, null);

    internal static PlateReader Open(string folder, RecogniserManifest manifest, int threads, HeadWitness? witness) =>
        new(manifest, OpenModel(folder, manifest, threads), owned: true) { Witness = witness };

    /// <exception cref="ModelException">See <see cref="OnnxModel.Open"/>.</exception>
    internal static OnnxModel OpenModel(string folder, RecogniserManifest manifest, int threads) =>
        OnnxModel.Open(folder, manifest, manifest.Input, manifest.Outputs(), manifest.Batches(), threads);

    /// <summary>All that is looked at to read a plate, in the same pixels; interpolation looks a pixel further.</summary>
    internal PixelBox Reach(PlateDetection plate) => Cut(plate).Grow(MathF.Max(_firstLook.Max(), _manifest.Grow.Max())).Around;

    /// <summary>Reads the plate at <paramref name="box"/> of <paramref name="picture"/> into <paramref name="reading"/>.</summary>
    internal void Read(Mat picture, PixelBox box, Reading reading) => Read(picture, new PlateDetection(box, 1), reading);

    /// <summary>Reads one plate of <paramref name="picture"/> into <paramref name="reading"/>.</summary>
    /// <param name="again">Whether it may be looked at a second time where the first look leaves doubt.</param>
    /// <returns>Whether it was.</returns>
    /// <remarks>Borrows the picture (8-bit BGR) and fills the caller's reading; every buffer in between is wiped before this
    /// returns or throws. Empty where no head gives probabilities.</remarks>
    internal bool Read(Mat picture, PlateDetection plate, Reading reading, bool again = true)
    {
        var cut = Cut(plate);
        try
        {
            _hidden = false;
            Look(picture, cut, _first, _firstLook, second: false);
            _votes.Conclude(reading);
            reading.IsPart = _hidden;
            Looks = (Looks.Plates + 1, Looks.Crops + _firstLook.Length);
            if (_more is null || !again || _hidden || reading.Evidence >= _manifest.SecondLook) return false;
            Look(picture, cut, _more, _secondLook, second: true);
            _votes.Conclude(reading);
            Looks = Looks with { Crops = Looks.Crops + _secondLook.Length };
            return true;
        }
        finally
        {
            Wipe();
        }
    }

    private PlateCut Cut(PlateDetection plate) => _manifest.Straighten ? PlateCut.Along(plate) : PlateCut.Upright(plate.Box);

    // The next plate may be an hour away, the next second look a day: nobody's pixels or votes wait for it.
    private void Wipe()
    {
        _votes.Clear();
        _vote.Clear();
        _first.Clear();
        _more?.Clear();
        if (!_crop.Empty()) _crop.SetTo(Scalar.Black);
        if (!_coloured.Empty()) _coloured.SetTo(Scalar.Black);
    }

    private void Look(Mat picture, PlateCut cut, InputTensor input, ReadOnlySpan<float> grow, bool second)
    {
        for (var item = 0; item < grow.Length; item++) WriteCrop(picture, cut.Grow(grow[item]), input, item);
        var voting = second || _manifest.Hidden?.Grow is null ? grow.Length : grow.Length - 1;
        using var outputs = _model.Run(input.Value);
        try
        {
            for (var output = 0; output < _lengths.Length; output++)
                if (outputs[output].GetTensorDataAsSpan<float>().Length != grow.Length * _lengths[output])
                    throw new ModelException($"{_manifest.Name}: its output \"{_manifest.Outputs()[output].Name}\" does not grow with the crops: export it for any number");
            for (var head = 0; head < _manifest.Heads.Length; head++)
            {
                var length = _lengths[head];
                var values = outputs[head].GetTensorMutableDataAsSpan<float>();
                for (var item = 0; item < voting; item++) Vote(head, second, values.Slice(item * length, length));
            }
            if (_manifest.Region is { } region)
            {
                var labels = region.Labels.Length;
                var regions = outputs[_manifest.Heads.Length].GetTensorDataAsSpan<float>();
                for (var item = 0; item < voting; item++)
                    if (HeadDecoder.AreProbabilities(regions.Slice(item * labels, labels), labels))
                        _votes.AddRegions(regions.Slice(item * labels, labels));
            }
            // Of its own crop or the usual one alone: a tighter one hides the ends itself.
            if (_manifest.Hidden is { } hidden && !second)
                _hidden = IsHidden(hidden, outputs[^1].GetTensorDataAsSpan<float>().Slice((hidden.Grow is null ? 0 : voting) * HiddenHead.Classes, HiddenHead.Classes));
        }
        finally
        {
            foreach (var output in outputs)
                CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(output.GetTensorMutableDataAsSpan<float>()));
        }
    }

    private static bool IsHidden(HiddenHead head, ReadOnlySpan<float> said) =>
        HeadDecoder.AreProbabilities(said, HiddenHead.Classes) && said[1] > head.Threshold;

    private void Vote(int head, bool second, Span<float> steps)
    {
        if (!HeadDecoder.AreProbabilities(steps, _classOf.Length + 1)) return;
        Witness?.Invoke(head, second, steps);
        HeadDecoder.Temper(steps, _classOf.Length + 1, _manifest.Heads[head].Temperature);
        HeadDecoder.Decode(_manifest.Heads[head], steps, _classOf, _vote);
        if (_vote.Length > 0) _votes.Add(_vote);
        else _votes.AddNothing(HeadDecoder.Emptiness(_manifest.Heads[head], steps, _classOf.Length + 1));
    }

    private void WriteCrop(Mat picture, PlateCut cut, InputTensor input, int item)
    {
        var size = new Size(_manifest.Input.Width, _manifest.Input.Height);
        if (cut.Tilt == 0) Resize(picture, cut, size);
        else Turn(picture, cut, size);
        var source = _crop;
        if (_manifest.Input.Channels == ChannelOrder.Grey)
        {
            Cv2.CvtColor(_crop, _coloured, ColorConversionCodes.BGR2GRAY);
            source = _coloured;
        }
        input.Write(item, source, 0, 0);
    }

    private void Resize(Mat picture, PlateCut cut, Size size)
    {
        var left = Math.Clamp((int)MathF.Round(cut.CentreX - cut.Width / 2), 0, picture.Width - 1);
        var top = Math.Clamp((int)MathF.Round(cut.CentreY - cut.Height / 2), 0, picture.Height - 1);
        var right = Math.Clamp((int)MathF.Round(cut.CentreX + cut.Width / 2), left + 1, picture.Width);
        var bottom = Math.Clamp((int)MathF.Round(cut.CentreY + cut.Height / 2), top + 1, picture.Height);
        using var region = new Mat(picture, new Rect(left, top, right - left, bottom - top));
        Cv2.Resize(region, _crop, size);
    }

    private void Turn(Mat picture, PlateCut cut, Size size)
    {
        var map = cut.FromCrop(size.Width, size.Height);
        (_map.At<double>(0, 0), _map.At<double>(0, 1), _map.At<double>(0, 2)) = (map.A, map.B, map.C);
        (_map.At<double>(1, 0), _map.At<double>(1, 1), _map.At<double>(1, 2)) = (map.D, map.E, map.F);
        Cv2.WarpAffine(picture, _crop, _map, size, InterpolationFlags.Linear | InterpolationFlags.WarpInverseMap, BorderTypes.Replicate);
    }

    public void Dispose()
    {
        Wipe();
        _first.Dispose();
        _more?.Dispose();
        _crop.Dispose();
        _coloured.Dispose();
        _map.Dispose();
        _vote.Dispose();
        _votes.Dispose();
        if (_owned) _model.Dispose();
    }
}
