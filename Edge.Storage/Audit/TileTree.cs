using System.Numerics;

namespace Edge.Storage.Audit;

/// <summary>The tree of a log of <paramref name="size"/> entries, read from its tiles: for proofs. Trusts the files; what
/// it gives is checked by whoever verifies the proof.</summary>
internal sealed class TileTree(LogFolder folder, long size)
{
    private readonly Dictionary<TilePath, Sha256Hash[]> _read = [];

    /// <summary>The root of [begin, end), a <see cref="Merkle.RangeRoot"/>.</summary>
    /// <exception cref="IOException">A tile is missing or torn.</exception>
    public Sha256Hash Root(long begin, long end)
    {
        var leaves = end - begin;
        if (leaves == 1) return Hashes(0, begin, 1)[0];
        var middle = begin + Merkle.Split(leaves);
        // Only a full subtree lies within one tile.
        if (middle - begin != end - middle) return Merkle.Node(Root(begin, middle), Root(middle, end));
        var height = BitOperations.Log2((ulong)leaves);
        var level = height / 8;
        return Merkle.Root(Hashes(level, begin >> (8 * level), 1 << (height % 8)));
    }

    private ReadOnlySpan<Sha256Hash> Hashes(int level, long first, int count)
    {
        var (index, offset) = (first / TilePath.FullWidth, (int)(first % TilePath.FullWidth));
        var tile = TilePath.Hashes(level, index, TilePath.FullWidth);
        if (TilePath.RightEdge(level, size) is { } edge && edge.Index == index) tile = edge;
        if (!_read.TryGetValue(tile, out var hashes))
            _read[tile] = hashes = folder.ReadHashes(tile)
                ?? throw new AuditDamagedException(folder.Root, $"{tile} is missing or torn");
        return hashes.AsSpan(offset, count);
    }
}
