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
        return (writer, new AuditRecovery(recovery._tilesRebuilt, recovery._filesRemoved));
    }

    private LogWriter Run()
    {
        if (_folder.ReadCheckpoint() is not { } bytes) return Begin();
        if (!SignedNote.TryParse(bytes, out var note) || !Checkpoint.TryOpen(bytes, _log, out var checkpoint))
            throw Damaged($"its checkpoint is not one of {_log.Name} signed by this box's log key");

        RefuseOlderThanCosigned(checkpoint!);
        var (bundle, leaves) = ReadEdgeEntries(checkpoint!.Size);
        var edge = ProvenEdge(checkpoint, leaves);
        for (var level = 0; TilePath.HashesAt(level, checkpoint.Size) > 0; level++)
            if (TilePath.RightEdge(level, checkpoint.Size) is { } tile) Restore(tile, edge.Partial(level));
        RemoveLeftovers(checkpoint.Size);
        SyncEdge(checkpoint.Size);
        return new LogWriter(_folder, _steps, _key, note!, checkpoint, edge, bundle);
    }

    // A witness has seen the log with more entries: appending here would make it two logs. What cannot be read says nothing.
    private void RefuseOlderThanCosigned(Checkpoint checkpoint)
    {
        foreach (var file in _folder.Enumerate().Where(file => file.Kind == LogFileKind.Cosigned))
            if (_folder.Read(file.Name, SignedNote.MaxBytes) is { } bytes && Checkpoint.TryOpen(bytes, _log, out var cosigned)
                && (cosigned!.Size > checkpoint.Size || (cosigned.Size == checkpoint.Size && cosigned.Root != checkpoint.Root)))
                throw Damaged($"its checkpoint has {checkpoint.Size} entries, and {file.Name} shows that a witness has cosigned {cosigned.Size}{(cosigned.Size == checkpoint.Size ? " others" : "")}");
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

    // The first opening signs an empty checkpoint before there is any entry, and every append replaces it: a log that lacks
    // it was changed by somebody, and signing what they left would make it true.
    private LogWriter Begin()
    {
        if (Path.Exists(_folder.PathOf(LogFolder.CheckpointName))) throw Damaged("its checkpoint is too large to be one");
        foreach (var file in _folder.Enumerate().Where(file => file.Kind is LogFileKind.Tile or LogFileKind.Disclosure or LogFileKind.Cosigned))
            throw Damaged($"its checkpoint is gone, and {file.Name} shows that there was one");
        RemoveLeftovers(0);
        if (Path.GetDirectoryName(_folder.Root) is { } parent) _steps.SyncFolder(parent);

        var (edge, bundle) = (new TileEdge(), new EntryBundle());
        var checkpoint = new Checkpoint(_log.Name, 0, edge.Root);
        var note = LogWriter.Sign(checkpoint, _key);
        _steps.Replace(_folder.PathOf(LogFolder.CheckpointName), note.ToBytes());
        return new LogWriter(_folder, _steps, _key, note, checkpoint, edge, bundle);
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
