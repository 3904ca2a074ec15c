using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Microsoft.ML.OnnxRuntime;

namespace Edge.Vision.Onnx;

/// <summary>A graph of one output, run over and over on an input of one size: what it says is written into memory of ours, and nothing is allocated. One thread
/// at a time.</summary>
internal sealed class BoundRun : IDisposable
{
    private readonly OnnxModel _model;
    private readonly OrtIoBinding _binding;
    private readonly OrtValue _output;
    private readonly float[] _values;

    /// <param name="input">Borrowed, like <paramref name="model"/>; as long as this lives.</param>
    /// <param name="shape">Sides of what comes of that input.</param>
    public BoundRun(OnnxModel model, OrtValue input, long[] shape)
    {
        _model = model;
        _values = GC.AllocateArray<float>(checked((int)shape.Aggregate(1L, (all, side) => checked(all * side))), pinned: true);
        _output = OrtValue.CreateTensorValueFromMemory(_values, shape);
        _binding = model.Bind(input, _output);
    }

    /// <summary>What it says of the input as that is now; valid until the next run.</summary>
    public ReadOnlySpan<float> Run()
    {
        _model.Run(_binding);
        return _values;
    }

    /// <summary>Wipes what it said.</summary>
    public void Clear() => CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(_values.AsSpan()));

    public void Dispose()
    {
        _binding.Dispose();
        _output.Dispose();
        Clear();
    }
}
