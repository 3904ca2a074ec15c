using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Edge.Vision.Recognition;

/// <summary>
/// What the heads of a model read in the crops of one frame becomes one reading: each votes with its own evidence, first on
/// the number of characters, then on each character. What a reading of another length says, or that there is none, counts against all
/// characters, so doubt is not lost. Frames, which see the plate anew, are combined by <see cref="FrameConsensus"/>. Wiped when disposed.
/// </summary>
public sealed class Consensus : IDisposable
{
    private const int Lengths = PlateText.MaxLength + 1;
    // A reading that is sure of nothing still counts as having been there.
    private const float LeastWeight = 1e-4f;
    private static readonly int Classes = Reading.Alphabet.Length;

    private readonly float[] _sums = GC.AllocateArray<float>(Lengths * PlateText.MaxLength * Classes, pinned: true);
    private readonly float[] _weights = new float[Lengths];
    private float[] _regions = [];
    private int _regionVotes;

    /// <summary>Takes in one vote.</summary>
    /// <remarks>Borrows <paramref name="reading"/>.</remarks>
    public void Add(Reading reading)
    {
        var weight = MathF.Max(reading.Evidence, LeastWeight);
        _weights[reading.Length] += weight;
        for (var position = 0; position < reading.Length; position++)
        {
            var row = reading[position];
            var sum = Sum(reading.Length, position);
            for (var i = 0; i < row.Length; i++) sum[i] += weight * row[i];
        }
    }

    /// <summary>Takes in the vote that nothing stands there.</summary>
    /// <param name="sure">How sure of it, 0 to 1.</param>
    public void AddNothing(float sure) => _weights[0] += MathF.Max(sure, LeastWeight);

    /// <summary>Takes in where one crop seems to be from: probabilities of the model's labels.</summary>
    public void AddRegions(ReadOnlySpan<float> probabilities)
    {
        if (_regions.Length != probabilities.Length) (_regions, _regionVotes) = (new float[probabilities.Length], 0);
        for (var i = 0; i < probabilities.Length; i++) _regions[i] += probabilities[i];
        _regionVotes++;
    }

    /// <summary>Writes what the votes agree on into <paramref name="conclusion"/>; empty where most of them say that nothing stands there.</summary>
    public void Conclude(Reading conclusion)
    {
        conclusion.Clear();
        var total = 0f;
        var length = 0;
        for (var i = 0; i < Lengths; i++)
        {
            total += _weights[i];
            if (_weights[i] > _weights[length]) length = i;
        }
        for (var position = 0; position < length; position++)
        {
            conclusion.TryAppend(out var row);
            var sum = Sum(length, position);
            for (var i = 0; i < row.Length; i++) row[i] = sum[i] / total;
        }
        if (_regionVotes == 0) return;
        var regions = conclusion.ClearedRegions(_regions.Length);
        for (var i = 0; i < regions.Length; i++) regions[i] = _regions[i] / _regionVotes;
    }

    /// <summary>Forgets every vote; the buffers stay.</summary>
    public void Clear()
    {
        CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(_sums.AsSpan()));
        Array.Clear(_weights);
        Array.Clear(_regions);
        _regionVotes = 0;
    }

    public void Dispose() => Clear();

    private Span<float> Sum(int length, int position) =>
        _sums.AsSpan((length * PlateText.MaxLength + position) * Classes, Classes);
}
