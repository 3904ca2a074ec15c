using System.Numerics;
using System.Runtime.InteropServices;

namespace Edge.Vision.Detection;

/// <summary>Rows of bytes added up column by column, as many columns at a time as the processor takes.</summary>
internal static class RowSums
{
    /// <summary>Adds <paramref name="row"/> times <paramref name="weight"/>.</summary>
    /// <param name="sums">As long as the row. All weights that it was given add up to at most 257: it holds no more.</param>
    public static void Add(ReadOnlySpan<byte> row, ushort weight, Span<ushort> sums)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(sums.Length, row.Length, nameof(sums));
        var bytes = MemoryMarshal.Cast<byte, Vector<byte>>(row);
        var wide = MemoryMarshal.Cast<ushort, Vector<ushort>>(sums);
        for (var i = 0; i < bytes.Length; i++)
        {
            Vector.Widen(bytes[i], out var low, out var high);
            wide[2 * i] += low * weight;
            wide[2 * i + 1] += high * weight;
        }
        for (var x = bytes.Length * Vector<byte>.Count; x < row.Length; x++) sums[x] += (ushort)(row[x] * weight);
    }
}
