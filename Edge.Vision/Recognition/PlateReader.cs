using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Edge.Vision.Detection;
using Edge.Vision.Onnx;
using Microsoft.ML.OnnxRuntime;
using OpenCvSharp;

namespace Edge.Vision.Recognition;

/// <summary>Reads the characters of a detected plate with the recogniser that a manifest names: several crops, several
/// heads, one vote. One thread at a time.</summary>
public sealed class PlateReader : IDisposable
{
    private readonly RecogniserManifest _manifest;
    private readonly OnnxModel _model;
    private readonly InputTensor _input;
    private readonly int[] _classOf;
    private readonly Mat _crop = new();
    private readonly Mat _coloured = new();
    private readonly Reading _vote = new();
    private readonly Consensus _votes = new();

    private PlateReader(RecogniserManifest manifest, OnnxModel model)
    {
        _manifest = manifest;
        _model = model;
        _classOf = [.. manifest.Alphabet.Select(character => Reading.Alphabet.IndexOf(character, StringComparison.Ordinal))];
        _input = new InputTensor(manifest.Input, manifest.Grow.Length, manifest.Input.Width, manifest.Input.Height);
    }

    /// <exception cref="ModelException">See <see cref="OnnxModel.Open"/>.</exception>
    public static PlateReader Open(string folder, RecogniserManifest manifest, int threads)
    {
        var classes = manifest.Alphabet.Length + 1;
        var outputs = manifest.Heads.Select(head => new TensorOutput(head.Output, [-1, head.Length, classes]));
        return new PlateReader(manifest, OnnxModel.Open(folder, manifest, manifest.Input, [.. outputs], threads));
    }

    /// <summary>Reads the plate at <paramref name="box"/> of <paramref name="picture"/> into <paramref name="reading"/>.</summary>
    /// <remarks>Borrows the picture (8-bit BGR) and fills the caller's reading; every buffer in between is wiped or
    /// overwritten by the next plate.</remarks>
    internal void Read(Mat picture, PixelBox box, Reading reading)
    {
        for (var item = 0; item < _manifest.Grow.Length; item++) WriteCrop(picture, box.Grow(_manifest.Grow[item]), item);
        using var outputs = _model.Run(_input.Value);
        var classes = _classOf.Length + 1;
        for (var head = 0; head < _manifest.Heads.Length; head++)
        {
            var length = _manifest.Heads[head].Length * classes;
            var values = outputs[head].GetTensorMutableDataAsSpan<float>();
            for (var item = 0; item < _manifest.Grow.Length; item++)
            {
                HeadDecoder.Decode(_manifest.Heads[head], values.Slice(item * length, length), _classOf, _vote);
                if (_vote.Length > 0) _votes.Add(_vote);
            }
            CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(values));
        }
        _votes.Conclude(reading);
        _votes.Clear();
        _vote.Clear();
    }

    private void WriteCrop(Mat picture, PixelBox box, int item)
    {
        var left = Math.Clamp((int)MathF.Round(box.Left), 0, picture.Width - 1);
        var top = Math.Clamp((int)MathF.Round(box.Top), 0, picture.Height - 1);
        var right = Math.Clamp((int)MathF.Round(box.Right), left + 1, picture.Width);
        var bottom = Math.Clamp((int)MathF.Round(box.Bottom), top + 1, picture.Height);
        using var region = new Mat(picture, new Rect(left, top, right - left, bottom - top));
        Cv2.Resize(region, _crop, new Size(_manifest.Input.Width, _manifest.Input.Height));
        var source = _crop;
        if (_manifest.Input.Channels == ChannelOrder.Grey)
        {
            Cv2.CvtColor(_crop, _coloured, ColorConversionCodes.BGR2GRAY);
            source = _coloured;
        }
        _input.Write(item, source, 0, 0);
    }

    public void Dispose()
    {
        _input.Dispose();
        _crop.Dispose();
        _coloured.Dispose();
        _vote.Dispose();
        _votes.Dispose();
        _model.Dispose();
    }
}
