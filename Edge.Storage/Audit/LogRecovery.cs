using Edge.Storage.Files;
using Edge.Storage.Keys;

namespace Edge.Storage.Audit;

/// <summary>Reads a log back from its files, whatever was cut off, and makes it fit to append to. The signed checkpoint
/// decides: all it covers is kept and proven, all beyond it was never acknowledged and goes. Nothing is changed before
/// the proof holds.</summary>
internal sealed class LogRecovery
{
    private readonly LogFolder _folder;
    private readonly DurableSteps _steps;
    private readonly SigningKey _key;
    private readonly NoteKey _log;
    private bool _checkpointRebuilt;
    private int _tilesRebuilt;
    private int _filesRemoved;

    private LogRecovery(LogFolder folder, DurableSteps steps, string origin, SigningKey key)
    {
        (_folder, _steps, _key) = (folder, steps, key);
        _log = new NoteKey(origin, key.Public);
    }

    /// <exception cref="AuditDamagedException">The files contradict the checkpoint, or lack what it covers.</exception>
    /// <exception cref="IOException">The disk refused a step.</exception>
    public static (LogWriter Writer, AuditRecovery Recovery) Run(LogFolder folder, DurableSteps steps, string origin,
        SigningKey key)
    {
        var recovery = new LogRecovery(folder, steps, origin, key);
        var writer = recovery.Run();
        return (writer, new AuditRecovery(recovery._checkpointRebuilt, recovery._tilesRebuilt, recovery._filesRemoved));
    }

    private LogWriter Run()
    {
        if (_folder.ReadCheckpoint() is not { } bytes) return WithoutCheckpoint();
        if (!SignedNote.TryParse(bytes, out var note) || !Checkpoint.TryOpen(bytes, _log, out var checkpoint))
            throw Damaged($"its checkpoint is not one of {_log.Name} signed by this box's log key");

        var (bundle, leaves) = ReadEdgeEntries(checkpoint!.Size);
        var edge = ProvenEdge(checkpoint, leaves);
        for (var level = 0; TilePath.HashesAt(level, checkpoint.Size) > 0; level++)
            if (TilePath.RightEdge(level, checkpoint.Size) is { } tile) Restore(tile, edge.Partial(level));
        RemoveLeftovers(checkpoint.Size);
        SyncEdge(checkpoint.Size);
        return new LogWriter(_folder, _steps, _key, note!, checkpoint, edge, bundle);
    }

    private (EntryBundle Bundle, Sha256Hash[] Leaves) ReadEdgeEntries(long size)
    {
        var bundle = new EntryBundle();
        if (TilePath.RightEdgeEntries(size) is not { } path) return (bundle, []);
        var entries = _folder.ReadEntries(path) ?? throw Damaged($"{path} is missing or torn, and the checkpoint covers it");
        foreach (var entry in entries) bundle.Add(entry.Span);
        return (bundle, [.. entries.Select(entry => Merkle.Leaf(entry.Span))]);
    }

    // The tiles as they are, else derived again from the full tiles below them; only what gives the signed root counts.
    private TileEdge ProvenEdge(Checkpoint checkpoint, Sha256Hash[] leaves)
    {
        var edge = TileEdge.Load(checkpoint.Size, tile =>
            tile.Level == 0 ? leaves : _folder.ReadHashes(tile) ?? Derive(tile));
        if (edge.Root == checkpoint.Root) return edge;
        edge = TileEdge.Load(checkpoint.Size, tile => tile.Level == 0 ? leaves : Derive(tile));
        if (edge.Root == checkpoint.Root) return edge;
        throw Damaged($"its checkpoint says root {checkpoint.Root}, its files give {edge.Root}");
    }

    private Sha256Hash[] Derive(TilePath tile)
    {
        var hashes = new Sha256Hash[tile.Width];
        for (var i = 0; i < hashes.Length; i++)
        {
            var below = TilePath.Hashes(tile.Level - 1, tile.Index * TilePath.FullWidth + i, TilePath.FullWidth);
            hashes[i] = Merkle.Root(_folder.ReadHashes(below) ?? throw Damaged($"{below} is missing or torn"));
        }
        return hashes;
    }

    private void Restore(TilePath tile, IReadOnlyList<Sha256Hash> hashes)
    {
        if (_folder.ReadHashes(tile) is { } found && found.SequenceEqual(hashes)) return;
        var path = _folder.PathOf(tile.ToString());
        _steps.MakeFolder(Path.GetDirectoryName(path)!);
        _steps.Replace(path, LogFolder.ToBytes(hashes));
        _tilesRebuilt++;
    }

    // No append leaves a log without its checkpoint: this is a new log, or somebody took the file. What the entries say
    // is signed again, unless a tile remembers an entry that they do not hold.
    private LogWriter WithoutCheckpoint()
    {
        if (Path.Exists(_folder.PathOf(LogFolder.CheckpointName))) throw Damaged("its checkpoint is too large to be one");
        var (edge, bundle, leaves) = (new TileEdge(), new EntryBundle(), new List<Sha256Hash>());
        var filled = new List<(TilePath Tile, Sha256Hash[] Hashes)>();
        foreach (var entry in AllEntries())
        {
            if (bundle.Count == TilePath.FullWidth) bundle.Clear();
            bundle.Add(entry.Span);
            leaves.Add(Merkle.Leaf(entry.Span));
            edge.Append(leaves[^1], (tile, hashes) => filled.Add((tile, [.. hashes])));
        }
        if (bundle.Count == TilePath.FullWidth) bundle.Clear();

        foreach (var file in _folder.Enumerate().Where(file => file.Kind == LogFileKind.Tile && !file.Tile.IsEntries))
            if (!file.Tile.IsCoveredBy(edge.Size) || !Agrees(file.Tile, leaves))
                throw Damaged($"its checkpoint is gone and {file.Name} does not follow from the entries that are left");

        foreach (var (tile, hashes) in filled) Restore(tile, hashes);
        for (var level = 0; TilePath.HashesAt(level, edge.Size) > 0; level++)
            if (TilePath.RightEdge(level, edge.Size) is { } tile) Restore(tile, edge.Partial(level));
        RemoveLeftovers(edge.Size);
        SyncEdge(edge.Size);
        if (Path.GetDirectoryName(_folder.Root) is { } parent) _steps.SyncFolder(parent);

        var checkpoint = new Checkpoint(_log.Name, edge.Size, edge.Root);
        var note = LogWriter.Sign(checkpoint, _key);
        _steps.Replace(_folder.PathOf(LogFolder.CheckpointName), note.ToBytes());
        _checkpointRebuilt = edge.Size > 0;
        return new LogWriter(_folder, _steps, _key, note, checkpoint, edge, bundle);
    }

    private IEnumerable<ReadOnlyMemory<byte>> AllEntries()
    {
        for (long index = 0; ; index++)
        {
            var entries = _folder.ReadEntries(TilePath.Entries(index, TilePath.FullWidth));
            for (var width = TilePath.FullWidth - 1; entries is null && width > 0; width--)
                entries = _folder.ReadEntries(TilePath.Entries(index, width));
            foreach (var entry in entries ?? []) yield return entry;
            if (entries is not { Length: TilePath.FullWidth }) yield break;
        }
    }

    private bool Agrees(TilePath tile, List<Sha256Hash> leaves)
    {
        var span = 1 << (8 * tile.Level);
        var first = checked((int)(tile.Index * TilePath.FullWidth));
        return _folder.ReadHashes(tile) is not { } hashes || hashes.Index().All(found =>
            found.Item == Merkle.Root([.. leaves.GetRange((first + found.Index) * span, span)]));
    }

    private void RemoveLeftovers(long size)
    {
        foreach (var file in _folder.Enumerate().Where(file => IsLeftover(file, size)).Reverse())
        {
            var path = _folder.PathOf(file.Name);
            _steps.Delete(path);
            _steps.SyncFolder(Path.GetDirectoryName(path)!);
            _filesRemoved++;
        }
        // An empty folder may be one whose name never became durable; made again, it is.
        foreach (var empty in _folder.EmptyFolders()) _steps.DeleteFolder(empty);
    }

    private bool IsLeftover(LogFile file, long size) => file.Kind switch
    {
        LogFileKind.Unfinished => true,
        LogFileKind.Disclosure => file.Index >= size,
        LogFileKind.Tile => !file.Tile.IsCoveredBy(size) || IsSuperseded(file.Tile, size),
        _ => false,
    };

    private bool IsSuperseded(TilePath tile, long size)
    {
        if (!tile.IsPartial) return false;
        var edge = tile.IsEntries ? TilePath.RightEdgeEntries(size) : TilePath.RightEdge(tile.Level, size);
        if (edge is { } partial && partial.Index == tile.Index) return tile.Width < partial.Width;
        var full = tile.IsEntries
            ? TilePath.Entries(tile.Index, TilePath.FullWidth)
            : TilePath.Hashes(tile.Level, tile.Index, TilePath.FullWidth);
        return File.Exists(_folder.PathOf(full.ToString()));
    }

    // What is read here may still be only in memory; it is made durable before anything is built on it.
    private void SyncEdge(long size)
    {
        var edges = new List<TilePath?> { TilePath.RightEdgeEntries(size) };
        for (var level = 0; TilePath.HashesAt(level, size) > 0; level++) edges.Add(TilePath.RightEdge(level, size));
        var folders = new SortedSet<string>(StringComparer.Ordinal) { _folder.Root };
        foreach (var tile in edges.OfType<TilePath>())
            for (var path = Path.GetDirectoryName(_folder.PathOf(tile.ToString()))!; folders.Add(path);)
                path = Path.GetDirectoryName(path)!;
        foreach (var path in folders) _steps.SyncFolder(path);
    }

    private AuditDamagedException Damaged(string problem) => new(_folder.Root, problem);
}
