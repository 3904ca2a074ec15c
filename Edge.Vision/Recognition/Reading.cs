using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Edge.Vision.Recognition;

/// <summary>
/// The evidence for a plate's text: one row of 36 weights (0–9, A–Z) for each character; and for where the plate is from,
/// where a model says. A model's head gives one; heads and crops become one in a <see cref="Consensus"/>, frames in a
/// <see cref="FrameConsensus"/>. Wiped when disposed; prints redacted.
/// </summary>
public sealed class Reading : IDisposable
{
    /// <summary>Classes of a row, in order.</summary>
    public const string Alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

    private readonly float[] _rows = GC.AllocateArray<float>(PlateText.MaxLength * Alphabet.Length, pinned: true);
    private float[] _regions = [];

    /// <summary>Number of characters, 0 to <see cref="PlateText.MaxLength"/>.</summary>
    public int Length { get; private set; }

    /// <summary>The evidence for the character at <paramref name="position"/>, by class.</summary>
    public ReadOnlySpan<float> this[int position] => Row(position);

    /// <summary>Probabilities of the labels of the model's <see cref="Onnx.RegionHead"/>; empty where it has none.</summary>
    public ReadOnlySpan<float> Regions => _regions;

    /// <summary>Something hides a part of the plate: this is the text of the rest.</summary>
    public bool IsPart { get; internal set; }

    /// <summary>Room for the probabilities of <paramref name="labels"/> regions, all zero.</summary>
    internal Span<float> ClearedRegions(int labels)
    {
        if (_regions.Length != labels) _regions = new float[labels];
        Array.Clear(_regions);
        return _regions;
    }

    /// <summary>Becomes a copy of <paramref name="other"/>.</summary>
    internal void CopyFrom(Reading other)
    {
        other._rows.CopyTo(_rows, 0);
        Length = other.Length;
        other.Regions.CopyTo(ClearedRegions(other.Regions.Length));
    }

    /// <summary>The evidence for the character at <paramref name="position"/>, to be changed.</summary>
    internal Span<float> Evident(int position) => Row(position);

    /// <summary>Adds a character. False when the text would be longer than a plate can be.</summary>
    internal bool TryAppend(out Span<float> row)
    {
        row = default;
        if (Length == PlateText.MaxLength) return false;
        row = Row(Length++);
        row.Clear();
        return true;
    }

    /// <summary>Forgets the text; the buffer stays.</summary>
    internal void Clear()
    {
        CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(_rows.AsSpan()));
        Array.Clear(_regions);
        (Length, IsPart) = (0, false);
    }

    /// <summary>The likeliest class at <paramref name="position"/> and its evidence.</summary>
    public (int Class, float Confidence) Best(int position)
    {
        var row = Row(position);
        var best = 0;
        for (var i = 1; i < row.Length; i++)
            if (row[i] > row[best])
                best = i;
        return (best, row[best]);
    }

    /// <summary>Evidence that the whole text is right: the product over its characters, 0 where there is none. Heads, crops
    /// and frames that read something else have lowered it. Not a probability: a <see cref="Calibration"/> makes it one.</summary>
    public float Evidence
    {
        get
        {
            var product = Length == 0 ? 0f : 1f;
            for (var i = 0; i < Length; i++) product *= Best(i).Confidence;
            return product;
        }
    }

    /// <summary>The evidence for the least certain character, 0 where there is none.</summary>
    public float Weakest
    {
        get
        {
            var weakest = Length == 0 ? 0f : 1f;
            for (var i = 0; i < Length; i++) weakest = MathF.Min(weakest, Best(i).Confidence);
            return weakest;
        }
    }

    /// <summary>The likeliest text, or null where there is none. The caller disposes it.</summary>
    public PlateText? ToPlate()
    {
        Span<char> text = stackalloc char[PlateText.MaxLength];
        for (var i = 0; i < Length; i++) text[i] = Alphabet[Best(i).Class];
        var plate = PlateText.TryParse(text[..Length], out var parsed) ? parsed : null;
        text.Clear();
        return plate;
    }

    public override string ToString() => "Reading(redacted)";

    public void Dispose() => Clear();

    private Span<float> Row(int position) => _rows.AsSpan(position * Alphabet.Length, Alphabet.Length);
}
