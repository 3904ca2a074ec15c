namespace Edge.Storage.Audit;

/// <summary>What witnesses have cosigned of a log: the notes beside it, its checkpoint, and one that the auditor brings. Each that the log's key
/// signed must be a part of the log, whoever cosigned it; each witness that the auditor names must have cosigned one.</summary>
internal sealed class CosignatureChecks(LogFolder folder, IReadOnlyList<LogFile> files, NoteKey log, IReadOnlyList<NoteKey> witnesses)
{
    private readonly Findings _findings = new("cosignatures");
    private readonly List<WitnessedSize> _witnessed = [];
    private readonly List<Anchor> _anchors = [];
    private int _found;

    /// <summary>What the tree must have been.</summary>
    public IReadOnlyList<Anchor> Anchors => _anchors;

    /// <summary>What each witness vouches for at most, in the order in which they were named.</summary>
    public IReadOnlyList<WitnessedSize> Witnessed => _witnessed;

    /// <summary>Reads the notes. Those of witnesses that are not known here must still be notes of this log.</summary>
    public void Read(Checkpoint? current, ReadOnlySpan<byte> olderNote)
    {
        var notes = new List<(string? File, SignedNote Note, Checkpoint Checkpoint)>();
        foreach (var file in files.Where(file => file.Kind == LogFileKind.Cosigned))
        {
            if (folder.Read(file.Name, SignedNote.MaxBytes) is { } bytes && TryOpen(bytes, out var note, out var checkpoint))
                notes.Add((file.Name, note!, checkpoint!));
            else _findings.Add($"not a checkpoint of {log.Name}, key id {log.Id:x8}", file.Name);
        }
        _found = notes.Count;
        foreach (var (file, _, cosigned) in notes)
        {
            if (cosigned.Size > current?.Size)
                _findings.Add($"a witness has cosigned {cosigned.Size} entries, the log has only {current.Size}: it was set back or cut short", file);
            _anchors.Add(new Anchor(cosigned, _findings, "those that a witness has cosigned", file));
        }
        if (folder.ReadCheckpoint() is { } own && TryOpen(own, out var newest, out var last)) notes.Add((LogFolder.CheckpointName, newest!, last!));
        if (TryOpen(olderNote, out var older, out var earlier)) notes.Add((null, older!, earlier!));
        foreach (var witness in witnesses) Look(witness, notes, current);
    }

    public AuditCheck Check() => witnesses.Count == 0
        ? _findings.Skipped(_found == 0 ? "no --witness given, and nothing cosigned lies here"
            : $"no --witness given: {_found} checkpoint(s) said to be cosigned are parts of this log")
        : _findings.ToCheck(string.Join('\n', _witnessed.Select(one => one.ToString())));

    private void Look(NoteKey witness, IEnumerable<(string? File, SignedNote Note, Checkpoint Checkpoint)> notes, Checkpoint? current)
    {
        WitnessedSize? best = null;
        foreach (var (file, note, checkpoint) in notes)
        {
            if (!note.Signatures.Any(line => line.IsBy(witness))) continue;
            if (!Cosignature.TryVerify(note, witness, out var time)) _findings.Add($"the cosignature of {witness.Name} does not verify", file);
            else if (best is null || (checkpoint.Size, time).CompareTo((best.Size, best.Time)) > 0)
                best = new WitnessedSize(witness.Name, checkpoint.Size, time, Math.Max(0, (current?.Size ?? 0) - checkpoint.Size));
        }
        if (best is not null) _witnessed.Add(best);
        else _findings.Add($"nothing here was cosigned by {witness.Name}, key id {witness.Id:x8}");
    }

    private bool TryOpen(ReadOnlySpan<byte> bytes, out SignedNote? note, out Checkpoint? checkpoint)
    {
        checkpoint = null;
        return SignedNote.TryParse(bytes, out note) && Checkpoint.TryOpen(bytes, log, out checkpoint);
    }
}

/// <summary>A root that the tree must have had at a size.</summary>
/// <param name="Whose">For the finding: "the first 12 entries are not …".</param>
internal sealed record Anchor(Checkpoint Checkpoint, Findings Findings, string Whose, string? File = null);
