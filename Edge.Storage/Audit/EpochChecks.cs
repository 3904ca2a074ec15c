using Edge.Storage.Keys;

namespace Edge.Storage.Audit;

/// <summary>Whether every epoch of a log ended as it says: with an entry that names the next key, and a checkpoint that its own key signed before it
/// was destroyed. Whoever takes the box later has the later keys alone and cannot make such checkpoints anew.</summary>
/// <param name="first">The key of epoch 0, from elsewhere than the log; null if the auditor has none.</param>
internal sealed class EpochChecks(LogFolder folder, IReadOnlyList<LogFile> files, NoteKey log, VerifyingKey? first)
{
    private readonly Findings _findings = new("epochs");
    private readonly Dictionary<long, (SignedNote Note, Checkpoint Checkpoint)> _ends = [];
    private readonly List<Anchor> _anchors = [];
    private readonly List<VerifyingKey?> _keys = [first];
    private (SignedNote Note, Checkpoint Checkpoint)? _current;
    private long _lastEnd = -1;

    /// <summary>What the tree must have been at each end.</summary>
    public IReadOnlyList<Anchor> Anchors => _anchors;

    /// <summary>Reads what was kept of the ends.</summary>
    public void Read(Checkpoint? current)
    {
        if (current is not null && folder.ReadCheckpoint() is { } own && SignedNote.TryParse(own, out var newest)) _current = (newest!, current);
        foreach (var file in files.Where(file => file.Kind == LogFileKind.Epoch))
        {
            if (folder.Read(file.Name, SignedNote.MaxBytes) is not { } bytes || !SignedNote.TryParse(bytes, out var note)
                || !Checkpoint.TryOpen(bytes, log, out var end))
            {
                _findings.Add($"not a checkpoint of {log.Name}, key id {log.Id:x8}", file.Name);
                continue;
            }
            _ends[file.Index] = (note!, end!);
            if (end!.Size > current?.Size)
                _findings.Add($"epoch {file.Index} ended with {end.Size} entries, the log has only {current.Size}: it was set back or cut short", file.Name);
            _anchors.Add(new Anchor(end, _findings, $"those that epoch {file.Index} ended with", file.Name));
        }
    }

    /// <summary>Takes each entry that ends an epoch, in order.</summary>
    public void Take(long index, AuditEntry entry)
    {
        var epoch = _keys.Count - 1;
        if (entry.Version != epoch + 1) _findings.Add($"entry {index} begins epoch {entry.Version} after epoch {epoch}");
        // A box that was cut off here keeps its checkpoint as the end when it is started again.
        if (!_ends.Remove(epoch, out var end) && _current is { } current && current.Checkpoint.Size == index + 1) end = current;
        if (end.Note is null) _findings.Add($"missing: entry {index} ends epoch {epoch}", LogFolder.EpochName(epoch));
        else if (end.Checkpoint.Size != index + 1)
            _findings.Add($"it has {end.Checkpoint.Size} entries, and entry {index} ends epoch {epoch}", LogFolder.EpochName(epoch));
        else RequireSigned(end.Note, epoch, LogFolder.EpochName(epoch));
        _keys.Add(entry.Key);
        _lastEnd = index + 1;
    }

    public AuditCheck Check(bool incomplete)
    {
        if (incomplete) return _findings.Skipped();
        foreach (var epoch in _ends.Keys.Order()) _findings.Add($"no entry of the log ends epoch {epoch}", LogFolder.EpochName(epoch));
        var (ended, last) = (_keys.Count - 1, _keys[^1]);
        // With the entry that ended the last epoch as its last, the checkpoint is still that epoch's.
        if (_current is { } current) RequireSigned(current.Note, ended - (current.Checkpoint.Size == _lastEnd ? 1 : 0), LogFolder.CheckpointName);
        if (ended == 0 && first is null) return _findings.Skipped("no --epoch-key given, and no epoch has ended");
        return _findings.ToCheck($"{ended} ended, each with a checkpoint signed by its own key; now key id {new NoteKey(log.Name, last!).Id:x8}"
            + (first is null ? "\nno --epoch-key given: whether epoch 0 was the first is not known" : ""));
    }

    private void RequireSigned(SignedNote note, long epoch, string file)
    {
        if (_keys[(int)epoch] is not { } key) return;
        var named = new NoteKey(log.Name, key);
        if (!note.IsSignedBy(named)) _findings.Add($"not signed by the key of epoch {epoch}, key id {named.Id:x8}: somebody else has signed it again", file);
    }
}
