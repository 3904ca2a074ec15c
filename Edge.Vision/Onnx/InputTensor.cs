using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Microsoft.ML.OnnxRuntime;
using OpenCvSharp;

namespace Edge.Vision.Onnx;

/// <summary>A model's input, owned for life and written in place: batch × pixels in the manifest's order. Pinned, so that
/// wiping it leaves no copy behind.</summary>
internal sealed class InputTensor : IDisposable
{
    private readonly TensorInput _form;
    private readonly int _channels;
    private readonly byte[]? _bytes;
    private readonly float[]? _floats;

    public InputTensor(TensorInput form, int batch, int width, int height)
    {
        _form = form;
        _channels = form.Channels == ChannelOrder.Grey ? 1 : 3;
        (Width, Height) = (width, height);
        var length = batch * width * height * _channels;
        long[] shape = form.Layout == TensorLayout.Nchw
            ? [batch, _channels, height, width]
            : [batch, height, width, _channels];
        if (form.Type == TensorType.Uint8)
        {
            _bytes = GC.AllocateArray<byte>(length, pinned: true);
            Value = OrtValue.CreateTensorValueFromMemory(_bytes, shape);
        }
        else
        {
            _floats = GC.AllocateArray<float>(length, pinned: true);
            Value = OrtValue.CreateTensorValueFromMemory(_floats, shape);
        }
    }

    public int Width { get; }

    public int Height { get; }

    public OrtValue Value { get; }

    /// <summary>Sets every element to a grey level.</summary>
    public void Fill(byte level)
    {
        if (_bytes is not null) Array.Fill(_bytes, level);
        else Array.Fill(_floats!, level * _form.Scale);
    }

    /// <summary>Writes an 8-bit grey or BGR picture at (<paramref name="left"/>, <paramref name="top"/>) of one batch item.</summary>
    public void Write(int item, Mat picture, int left, int top)
    {
        var sourceChannels = picture.Channels();
        if (sourceChannels != _channels) throw new ArgumentException("wrong number of channels", nameof(picture));
        var (rows, rowLength) = (picture.Height, picture.Width * sourceChannels);
        for (var row = 0; row < rows; row++)
        {
            var source = Row(picture, row, rowLength);
            for (var channel = 0; channel < _channels; channel++)
            {
                // Mats are BGR; an RGB tensor takes them from the far end.
                var from = _form.Channels == ChannelOrder.Rgb ? _channels - 1 - channel : channel;
                WriteChannel(item, channel, top + row, left, source[from..]);
            }
        }
    }

    /// <summary>Writes a row of a grey picture at (<paramref name="left"/>, <paramref name="row"/>) of the first batch item.</summary>
    public void WriteRow(ReadOnlySpan<byte> grey, int left, int row)
    {
        if (_channels != 1) throw new InvalidOperationException("it takes colour");
        WriteChannel(0, 0, row, left, grey);
    }

    private void WriteChannel(int item, int channel, int row, int left, ReadOnlySpan<byte> source)
    {
        var nchw = _form.Layout == TensorLayout.Nchw;
        var step = nchw ? 1 : _channels;
        var at = nchw
            ? ((item * _channels + channel) * Height + row) * Width + left
            : ((item * Height + row) * Width + left) * _channels + channel;
        if (_bytes is not null && _channels == 1) source.CopyTo(_bytes.AsSpan(at));
        else if (_bytes is not null)
            for (var i = 0; i < source.Length; i += _channels, at += step) _bytes[at] = source[i];
        else
            for (var i = 0; i < source.Length; i += _channels, at += step) _floats![at] = source[i] * _form.Scale;
    }

    private static unsafe ReadOnlySpan<byte> Row(Mat picture, int row, int length) => new((void*)picture.Ptr(row), length);

    /// <summary>Wipes the pixels; the buffer stays.</summary>
    public void Clear()
    {
        if (_bytes is not null) CryptographicOperations.ZeroMemory(_bytes);
        if (_floats is not null) CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(_floats.AsSpan()));
    }

    public void Dispose()
    {
        Value.Dispose();
        Clear();
    }
}
