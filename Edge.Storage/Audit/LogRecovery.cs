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
    private readonly LogSigner _signer;
    private readonly NoteKey _log;
    private int _tilesRebuilt;
    private int _filesRemoved;

    private LogRecovery(LogFolder folder, DurableSteps steps, LogSigner signer) =>
        (_folder, _steps, _signer, _log) = (folder, steps, signer, signer.Log);

    /// <param name="signer">From here on the writer's, which disposes it.</param>
    /// <exception cref="AuditDamagedException">The files contradict the checkpoint, or lack what it covers.</exception>
    /// <exception cref="UnusableKeyException">The epoch's key is damaged.</exception>
    /// <exception cref="IOException">The disk refused a step.</exception>
    public static (LogWriter Writer, AuditRecovery Recovery) Run(LogFolder folder, DurableSteps steps, LogSigner signer)
    {
        try
        {
            var recovery = new LogRecovery(folder, steps, signer);
            var writer = recovery.Run();
            return (writer, new AuditRecovery(recovery._tilesRebuilt, recovery._filesRemoved));
        }
        catch
        {
            signer.Dispose();
            throw;
        }
    }

    private LogWriter Run()
    {
        if (_folder.ReadCheckpoint() is not { } bytes) return Begin();
        if (!SignedNote.TryParse(bytes, out var note) || !Checkpoint.TryOpen(bytes, _log, out var checkpoint))
            throw Damaged($"its checkpoint is not one of {_log.Name} signed by this box's log key");

        RefuseOlderThanCosigned(checkpoint!);
        var (bundle, leaves) = ReadEdgeEntries(checkpoint!.Size);
        var edge = ProvenEdge(checkpoint, leaves);
        var ended = TakeEpoch(checkpoint, note!);
        for (var level = 0; TilePath.HashesAt(level, checkpoint.Size) > 0; level++)
            if (TilePath.RightEdge(level, checkpoint.Size) is { } tile) Restore(tile, edge.Partial(level));
        RemoveLeftovers(checkpoint.Size);
        SyncEdge(checkpoint.Size);
        if (ended is { } epoch) KeepEnd(epoch, note!);
        _signer.DestroyOthers();
        return new LogWriter(_folder, _steps, _signer, note!, checkpoint, edge, bundle);
    }

    // Which epoch the log is in, by what is durably there: every end that was kept, and one more if its entry is the last of the log. Nothing is
    // appended behind such an entry before its checkpoint is kept.
    private long? TakeEpoch(Checkpoint checkpoint, SignedNote note)
    {
        var kept = _folder.Enumerate().Where(file => file.Kind == LogFileKind.Epoch).Select(file => file.Index).Order().ToList();
        if (kept.Count > 0 && kept[^1] != kept.Count - 1) throw Damaged($"it has ended {kept[^1] + 1} epochs, and the ends of {kept.Count} are there");
        if (!_signer.HasEpochs) return kept.Count == 0 ? null : throw Damaged("it has epochs, and was opened without their keys");
        var end = kept.Count == 0 ? null : ReadEnd(kept.Count - 1);
        if (end?.Size > checkpoint.Size || (end?.Size == checkpoint.Size && end.Root != checkpoint.Root))
            throw Damaged($"its checkpoint has {checkpoint.Size} entries, and {LogFolder.EpochName(kept.Count - 1)} shows that it had {end.Size}: "
                + "it was set back");

        var last = end?.Size != checkpoint.Size && ReadEntry(checkpoint.Size - 1, checkpoint.Size) is { Action: AuditAction.LogEpoch } entry ? entry : null;
        if (last is not null && last.Version != kept.Count + 1) throw Damaged($"its last entry begins epoch {last.Version} after {kept.Count}");
        var epoch = kept.Count + (last is null ? 0 : 1);
        var named = last?.Key ?? (end is null ? null : ReadEntry(end.Size - 1, checkpoint.Size)?.Key);
        if (!_signer.Take(epoch)) throw Damaged($"it is in epoch {epoch}, whose key is not here: the log was set back, or the keys were");
        var key = _signer.EpochKey!;
        if (epoch > 0 && !key.Key.Equals(named)) throw Damaged($"the key of epoch {epoch} is not the one that the log names");
        // The first checkpoints of a log that is older than epochs have the log's key alone.
        var mayLack = last is not null || end?.Size == checkpoint.Size || (epoch == 0 && note.Signatures.All(line => line.IsBy(_log)));
        if (!mayLack && !note.IsSignedBy(key)) throw Damaged($"its checkpoint is not signed by the key of epoch {epoch}");
        return last is null ? null : epoch - 1;
    }

    private Checkpoint ReadEnd(long epoch) => _folder.Read(LogFolder.EpochName(epoch), SignedNote.MaxBytes) is { } bytes
        && Checkpoint.TryOpen(bytes, _log, out var end) ? end! : throw Damaged($"{LogFolder.EpochName(epoch)} is not a checkpoint of {_log.Name}");

    private AuditEntry? ReadEntry(long index, long size)
    {
        if (index < 0) return null;
        var width = (int)Math.Min(TilePath.FullWidth, size - index / TilePath.FullWidth * TilePath.FullWidth);
        var bundle = TilePath.Entries(index / TilePath.FullWidth, width);
        var entries = _folder.ReadEntries(bundle) ?? throw Damaged($"{bundle} is missing or torn, and the checkpoint covers it");
        return AuditEntryJson.TryRead(entries[(int)(index % TilePath.FullWidth)].Span, out var entry) ? entry : null;
    }

    private void KeepEnd(long epoch, SignedNote note)
    {
        var path = _folder.PathOf(LogFolder.EpochName(epoch));
        _steps.MakeFolder(Path.GetDirectoryName(path)!);
        _steps.Replace(path, note.ToBytes());
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
        foreach (var file in _folder.Enumerate().Where(file => file.Kind is LogFileKind.Tile or LogFileKind.Disclosure or LogFileKind.Cosigned
                     or LogFileKind.Epoch))
            throw Damaged($"its checkpoint is gone, and {file.Name} shows that there was one");
        if (_signer.HasEpochs && !_signer.Take(0)) throw Damaged("it is gone, and epochs have ended: their keys are not here any more");
        RemoveLeftovers(0);
        if (Path.GetDirectoryName(_folder.Root) is { } parent) _steps.SyncFolder(parent);

        var (edge, bundle) = (new TileEdge(), new EntryBundle());
        var checkpoint = new Checkpoint(_log.Name, 0, edge.Root);
        var note = _signer.Sign(checkpoint);
        _steps.Replace(_folder.PathOf(LogFolder.CheckpointName), note.ToBytes());
        _signer.DestroyOthers();
        return new LogWriter(_folder, _steps, _signer, note, checkpoint, edge, bundle);
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
