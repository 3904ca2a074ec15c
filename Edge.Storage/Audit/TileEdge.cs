namespace Edge.Storage.Audit;

/// <summary>The right edge of a growing tree: at each level the hashes of the tile that is not full yet. That is all a
/// log needs to keep in memory to append, 8 KiB a level. Writer and verifier both grow their tree with it.</summary>
internal sealed class TileEdge
{
    private readonly List<List<Sha256Hash>> _levels = [];

    // Roots of full subtrees, largest first: the binary digits of Size. The root costs log2(Size) hashes from here.
    private readonly List<(int Height, Sha256Hash Root)> _peaks = [];

    /// <summary>Called with each tile of hashes as its 256th is added.</summary>
    public delegate void TileFilled(TilePath tile, IReadOnlyList<Sha256Hash> hashes);

    public long Size { get; private set; }

    public Sha256Hash Root
    {
        get
        {
            if (_peaks.Count == 0) return Merkle.Empty;
            var root = _peaks[^1].Root;
            for (var i = _peaks.Count - 2; i >= 0; i--) root = Merkle.Node(_peaks[i].Root, root);
            return root;
        }
    }

    /// <summary>Rebuilds the edge of a tree of <paramref name="size"/> leaves; <paramref name="read"/> gives the hashes of
    /// a partial tile, as many as it is wide.</summary>
    public static TileEdge Load(long size, Func<TilePath, IReadOnlyList<Sha256Hash>> read)
    {
        var edge = new TileEdge { Size = size };
        for (var level = 0; TilePath.HashesAt(level, size) > 0; level++)
            edge._levels.Add(TilePath.RightEdge(level, size) is { } tile ? [.. read(tile)] : []);
        for (var level = edge._levels.Count - 1; level >= 0; level--)
            foreach (var hash in edge._levels[level]) edge.AddPeak(8 * level, hash);
        return edge;
    }

    /// <summary>The hashes of the partial tile at <paramref name="level"/>; empty if there is none.</summary>
    public IReadOnlyList<Sha256Hash> Partial(int level) => level < _levels.Count ? _levels[level] : [];

    public void Append(Sha256Hash leaf, TileFilled? filled = null)
    {
        AddPeak(0, leaf);
        Size++;
        Add(0, leaf, filled);
    }

    private void Add(int level, Sha256Hash hash, TileFilled? filled)
    {
        for (; ; level++)
        {
            if (level == _levels.Count) _levels.Add([]);
            var tile = _levels[level];
            tile.Add(hash);
            if (tile.Count < TilePath.FullWidth) return;
            var index = TilePath.HashesAt(level, Size) / TilePath.FullWidth - 1;
            filled?.Invoke(TilePath.Hashes(level, index, TilePath.FullWidth), tile);
            hash = Merkle.Root(tile.ToArray());
            tile.Clear();
        }
    }

    /// <summary>Adds the leaves of a whole tile at once, whose root is known already: no hash of it is computed again.</summary>
    /// <param name="leaves">256, and as many are in every tile before.</param>
    public void AppendTile(IReadOnlyList<Sha256Hash> leaves, Sha256Hash root, TileFilled? filled = null)
    {
        if (leaves.Count != TilePath.FullWidth || Size % TilePath.FullWidth != 0) throw new ArgumentException("not a tile of its own", nameof(leaves));
        AddPeak(8, root);
        Size += TilePath.FullWidth;
        if (_levels.Count == 0) _levels.Add([]);
        filled?.Invoke(TilePath.Hashes(0, Size / TilePath.FullWidth - 1, TilePath.FullWidth), leaves);
        Add(1, root, filled);
    }

    private void AddPeak(int height, Sha256Hash root)
    {
        while (_peaks.Count > 0 && _peaks[^1].Height == height)
        {
            root = Merkle.Node(_peaks[^1].Root, root);
            _peaks.RemoveAt(_peaks.Count - 1);
            height++;
        }
        _peaks.Add((height, root));
    }
}
