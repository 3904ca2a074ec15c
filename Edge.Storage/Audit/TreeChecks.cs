using System.Runtime.ExceptionServices;

namespace Edge.Storage.Audit;

/// <summary>Walks the bundles of a log from the first entry to the last, grows the tree anew and compares every file that
/// is there with what it must be. Older partial tiles may lie about (C2SP lets a log keep them) but must be
/// true.</summary>
internal sealed class TreeChecks(LogFolder folder, IReadOnlyList<LogFile> all, long size, EntryChecks looks)
{
    /// <summary>What is said of a file that no entry under the checkpoint accounts for.</summary>
    public const string Beyond = "beyond the checkpoint: an append was cut off, or the checkpoint is old; start the agent or export anew";

    // Enough for every core to be busy, little enough to be held in memory: a bundle is some 80 kB.
    private const int BundlesAtOnce = 64;

    private readonly Findings _entries = new("entries");
    private readonly Findings _tiles = new("tiles");
    private readonly Findings _root = new("root");
    private readonly Findings _files = new("files");
    private readonly Dictionary<TilePath, List<LogFile>> _byTile = [];
    private readonly TileEdge _edge = new();
    private Queue<Anchor> _anchors = [];
    private int _compared;

    /// <summary>Told how many entries have been verified.</summary>
    public IProgress<long>? Progress { get; init; }

    public bool AllEntriesRead => _edge.Size == size;

    /// <param name="anchors">Roots that the tree must have had on its way.</param>
    public void Run(Checkpoint checkpoint, IReadOnlyList<Anchor> anchors)
    {
        ListFiles();
        _anchors = new Queue<Anchor>(anchors.OrderBy(anchor => anchor.Checkpoint.Size));
        CompareAnchors();
        if (!TakeBundles()) return;
        for (var level = 0; TilePath.HashesAt(level, size) > 0; level++)
            if (TilePath.RightEdge(level, size) is { } tile) CompareTile(tile, _edge.Partial(level));
        foreach (var file in _byTile.Values.SelectMany(files => files))
            if (file.Tile.IsCoveredBy(size)) _files.Add("not a tile of this log", file.Name);
            else _files.Add(Beyond, file.Name, unfinished: true);
        if (_edge.Root != checkpoint.Root)
            _root.Add("the entries do not give the root that the checkpoint signs", LogFolder.CheckpointName,
                expected: checkpoint.Root, actual: _edge.Root);
    }

    public IEnumerable<AuditCheck> Checks(Checkpoint? checkpoint) => checkpoint is null || !AllEntriesRead
        ? [_entries.Skipped(), _tiles.Skipped(), _root.Skipped(), _files.Skipped()]
        :
        [
            _entries.ToCheck($"{size} leaves derived again from their bundles"),
            _tiles.ToCheck($"{_compared} files of hashes and entries equal, byte for byte"),
            _root.ToCheck(_edge.Root.ToString()),
            _files.ToCheck("none missing, none foreign"),
        ];

    private void ListFiles()
    {
        foreach (var file in all)
        {
            if (file.Kind == LogFileKind.Tile)
            {
                // One list for a full tile and all partial ones that lead up to it.
                var key = Full(file.Tile);
                if (!_byTile.TryGetValue(key, out var widths)) _byTile[key] = widths = [];
                widths.Add(file);
            }
            else if (file.Kind == LogFileKind.Unfinished)
            {
                _files.Add("an unfinished write: start the agent once, it tidies up", file.Name, unfinished: true);
            }
            else if (file.Kind == LogFileKind.Unknown)
            {
                _files.Add("no file of a log has this name", file.Name);
            }
        }
    }

    // Hashing and reading of the entries on every core; growing the tree from what that gives, in order, on one.
    private bool TakeBundles()
    {
        var bundles = size / TilePath.FullWidth + (size % TilePath.FullWidth == 0 ? 0 : 1); // of any size: it may be a stranger's
        var derived = new DerivedBundle[BundlesAtOnce];
        for (long first = 0; first < bundles; first += BundlesAtOnce)
        {
            var count = (int)Math.Min(BundlesAtOnce, bundles - first);
            var from = first;
            try
            {
                Parallel.For(0, count, () => new byte[128 * 1024], (i, _, buffer) =>
                {
                    derived[i] = Derive(from + i, ref buffer);
                    return buffer;
                }, static _ => { });
            }
            catch (AggregateException several)
            {
                // A disk that fails is one failure, whoever met it first.
                ExceptionDispatchInfo.Throw(several.InnerExceptions[0]);
            }
            for (var i = 0; i < count; i++)
                if (!Take(derived[i])) return false;
            Progress?.Report(_edge.Size);
        }
        return true;
    }

    private DerivedBundle Derive(long index, ref byte[] buffer)
    {
        var first = index * TilePath.FullWidth;
        var path = TilePath.Entries(index, (int)Math.Min(TilePath.FullWidth, size - first));
        var name = path.ToString();
        var length = folder.Read(name, EntryBundle.MaxBytes, ref buffer);
        if (length < 0) return new DerivedBundle(path, "missing, and the checkpoint covers it");
        var bytes = buffer.AsSpan(0, length);
        Span<Range> entries = stackalloc Range[TilePath.FullWidth];
        entries = entries[..path.Width];
        if (!EntryBundle.TryRead(bytes, entries)) return new DerivedBundle(path, $"does not hold exactly {path.Width} entries");
        var leaves = new Sha256Hash[path.Width];
        for (var i = 0; i < leaves.Length; i++) leaves[i] = Merkle.Leaf(bytes[entries[i]]);
        return new DerivedBundle(path, null, leaves, path.IsPartial ? default : Merkle.Root(leaves), looks.Look(first, bytes, entries, name),
            !path.IsPartial && folder.ReadHashes(TilePath.Hashes(0, index, TilePath.FullWidth)) is { } found && found.AsSpan().SequenceEqual(leaves));
    }

    private bool Take(DerivedBundle bundle)
    {
        if (bundle.Problem is { } problem)
        {
            _entries.Add(problem, bundle.Path.ToString());
            return false;
        }
        looks.Add(bundle.Look!);
        var end = _edge.Size + bundle.Leaves.Length;
        if (bundle.Path.IsPartial || (_anchors.TryPeek(out var next) && next.Checkpoint.Size < end))
        {
            foreach (var leaf in bundle.Leaves)
            {
                _edge.Append(leaf, CompareTile);
                CompareAnchors();
            }
        }
        else
        {
            _edge.AppendTile(bundle.Leaves, bundle.Root, (tile, hashes) =>
            {
                if (tile.Level > 0 || !bundle.TileIsEqual || !IsAlone(tile)) CompareTile(tile, hashes);
                else _compared += Take(tile).Count;
            });
            CompareAnchors();
        }
        CompareBundles(bundle.Path);
        return true;
    }

    // The bundle that was read is what it is; older and narrower ones must be its beginning.
    private void CompareBundles(TilePath path)
    {
        var files = Take(path);
        if (files is [var only] && only.Tile == path)
        {
            _compared++;
            return;
        }
        var name = path.ToString();
        var bytes = folder.Read(name, EntryBundle.MaxBytes) ?? [];
        var entries = new Range[path.Width];
        var isWhole = EntryBundle.TryRead(bytes, entries);
        foreach (var file in files)
            if (isWhole && folder.Read(file.Name, EntryBundle.MaxBytes) is { } found
                && found.AsSpan().SequenceEqual(bytes.AsSpan(0, entries[file.Tile.Width - 1].End.Value))) _compared++;
            else
                _tiles.Add($"its entries are not the first {file.Tile.Width} of {name}", file.Name);
    }

    private bool IsAlone(TilePath tile) => _byTile.TryGetValue(Full(tile), out var files) && files is [var only] && only.Tile == tile;

    private void CompareTile(TilePath tile, IReadOnlyList<Sha256Hash> hashes)
    {
        var files = Take(tile);
        if (files.All(file => file.Tile != tile)) _files.Add("missing, and the checkpoint covers it", tile.ToString());
        foreach (var file in files)
        {
            if (folder.ReadHashes(file.Tile) is not { } found)
            {
                _tiles.Add($"does not hold exactly {file.Tile.Width} hashes", file.Name);
                continue;
            }
            var differs = Enumerable.Range(0, found.Length).FirstOrDefault(i => found[i] != hashes[i], -1);
            if (differs < 0) _compared++;
            else
                _tiles.Add($"hash {differs} is not the one that the entries give", file.Name,
                    expected: hashes[differs], actual: found[differs]);
        }
    }

    private void CompareAnchors()
    {
        while (_anchors.TryPeek(out var anchor) && anchor.Checkpoint.Size == _edge.Size)
        {
            _anchors.Dequeue();
            if (anchor.Checkpoint.Root != _edge.Root)
                anchor.Findings.Add($"the first {anchor.Checkpoint.Size} entries are not {anchor.Whose}: history was rewritten", anchor.File,
                    expected: anchor.Checkpoint.Root, actual: _edge.Root);
        }
    }

    // The files that this tile accounts for; what nobody takes is foreign.
    private List<LogFile> Take(TilePath tile)
    {
        if (!_byTile.TryGetValue(Full(tile), out var files)) return [];
        var taken = files.Where(file => file.Tile.Width <= tile.Width).ToList();
        files.RemoveAll(taken.Contains);
        return taken;
    }

    private static TilePath Full(TilePath tile) => tile.IsEntries
        ? TilePath.Entries(tile.Index, TilePath.FullWidth)
        : TilePath.Hashes(tile.Level, tile.Index, TilePath.FullWidth);

    /// <param name="Problem">Why it could not be read; then there is nothing else.</param>
    /// <param name="Root">Of its leaves, if it is full.</param>
    /// <param name="TileIsEqual">Whether the tile of hashes beside it says the same; not asked of a partial one.</param>
    private sealed record DerivedBundle(TilePath Path, string? Problem, Sha256Hash[] Leaves, Sha256Hash Root, EntryChecks.BundleLook? Look, bool TileIsEqual)
    {
        public DerivedBundle(TilePath path, string problem) : this(path, problem, [], default, null, false)
        {
        }
    }
}
