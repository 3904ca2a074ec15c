namespace Edge.Storage.Audit;

/// <summary>Walks the bundles of a log from the first entry to the last, grows the tree anew and compares every file that
/// is there with what it must be. Older partial tiles may lie about (C2SP lets a log keep them) but must be
/// true.</summary>
internal sealed class TreeChecks(LogFolder folder, long size, TreeChecks.EntryVisitor visit)
{
    private readonly Findings _entries = new("entries");
    private readonly Findings _tiles = new("tiles");
    private readonly Findings _root = new("root");
    private readonly Findings _files = new("files");
    private readonly Dictionary<TilePath, List<LogFile>> _byTile = [];
    private readonly TileEdge _edge = new();
    private Queue<Anchor> _anchors = [];
    private int _compared;

    /// <summary>Called with each entry in order.</summary>
    public delegate void EntryVisitor(long index, ReadOnlySpan<byte> json, string bundle);

    public bool AllEntriesRead => _edge.Size == size;

    /// <param name="anchors">Roots that the tree must have had on its way.</param>
    public void Run(Checkpoint checkpoint, IReadOnlyList<Anchor> anchors)
    {
        ListFiles();
        _anchors = new Queue<Anchor>(anchors.OrderBy(anchor => anchor.Checkpoint.Size));
        CompareAnchors();
        for (long index = 0; index * TilePath.FullWidth < size; index++)
            if (!TakeBundle(index)) return;
        for (var level = 0; TilePath.HashesAt(level, size) > 0; level++)
            if (TilePath.RightEdge(level, size) is { } tile) CompareTile(tile, _edge.Partial(level));
        foreach (var file in _byTile.Values.SelectMany(files => files))
            _files.Add(file.Tile.IsCoveredBy(size)
                ? "not a tile of this log"
                : "beyond the checkpoint: an append was cut off, or the checkpoint is old; start the agent or export anew",
                file.Name);
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
        foreach (var file in folder.Enumerate())
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
                _files.Add("an unfinished write: start the agent once, it tidies up", file.Name);
            }
            else if (file.Kind == LogFileKind.Unknown)
            {
                _files.Add("no file of a log has this name", file.Name);
            }
        }
    }

    private bool TakeBundle(long index)
    {
        var path = TilePath.Entries(index, (int)Math.Min(TilePath.FullWidth, size - index * TilePath.FullWidth));
        var name = path.ToString();
        if (folder.Read(name, EntryBundle.MaxBytes) is not { } bytes)
        {
            _entries.Add("missing, and the checkpoint covers it", name);
            return false;
        }
        if (!EntryBundle.TryRead(bytes, path.Width, out var entries))
        {
            _entries.Add($"does not hold exactly {path.Width} entries", name);
            return false;
        }
        var widths = new Dictionary<int, int> { [path.Width] = bytes.Length };
        var length = 0;
        for (var i = 0; i < entries.Length; i++)
        {
            widths[i + 1] = length += 2 + entries[i].Length;
            visit(_edge.Size, entries[i].Span, name);
            _edge.Append(Merkle.Leaf(entries[i].Span), CompareTile);
            CompareAnchors();
        }
        foreach (var file in Take(path))
            if (folder.Read(file.Name, EntryBundle.MaxBytes) is { } found
                && found.AsSpan().SequenceEqual(bytes.AsSpan(0, widths[file.Tile.Width]))) _compared++;
            else
                _tiles.Add($"its entries are not the first {file.Tile.Width} of {name}", file.Name);
        return true;
    }

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
}
