namespace Edge.Storage.Audit;

/// <summary>Verifies a log from its files and one public key alone: no agent, no secret, no network. Every leaf is derived
/// again from the entries, every byte of every tile compared, and every file accounted for.</summary>
/// <remarks>The checks, by name: <c>checkpoint</c> (strict format, origin), <c>signature</c>, <c>entries</c> (each bundle
/// whole), <c>format</c> (each entry in its one spelling), <c>tiles</c>, <c>root</c>, <c>files</c> (nothing missing,
/// nothing foreign), <c>disclosures</c>, <c>conservation</c> (reads = discarded + hits), <c>consistency</c> (with an
/// older checkpoint), <c>cosignatures</c> (of witnesses).</remarks>
public static class AuditVerifier
{
    /// <param name="directory">The log's folder, or a copy of it.</param>
    /// <param name="vkey">The log's key, which the auditor got from elsewhere than from the box.</param>
    /// <param name="olderNote">A signed checkpoint kept from before, to prove that nothing was rewritten since.</param>
    /// <param name="witnesses">Whose cosignatures must be there: of what, the report says.</param>
    /// <exception cref="FormatException"><paramref name="vkey"/> is not a vkey of a log (type 0x01), or one of
    /// <paramref name="witnesses"/> not of a witness (type 0x04).</exception>
    /// <exception cref="IOException">A file could not be read at all.</exception>
    public static AuditReport Verify(string directory, string vkey, byte[]? olderNote = null, IReadOnlyList<string>? witnesses = null)
    {
        return Verify(new LogFolder(directory), Log(vkey), olderNote, entriesAreAudit: true, [.. (witnesses ?? []).Select(Witness)]);
    }

    /// <summary>As the public one; a log of other entries than ours is verified without looking into them.</summary>
    internal static AuditReport Verify(LogFolder folder, NoteKey log, byte[]? olderNote,
        bool entriesAreAudit, IReadOnlyList<NoteKey>? witnesses = null, Action<long, AuditEntry>? seen = null)
    {
        var checkpoint = new Findings("checkpoint");
        var signature = new Findings("signature");
        var consistency = new Findings("consistency");
        var current = ReadCheckpoint(folder, log, checkpoint, signature);
        var older = olderNote is { } bytes ? ReadOlder(bytes, log, current, consistency) : null;

        var entries = new EntryChecks(folder, entriesAreAudit, seen);
        var tree = new TreeChecks(folder, current?.Size ?? 0, entries.Look);
        var cosigned = new CosignatureChecks(folder, log, witnesses ?? []);
        cosigned.Read(current, olderNote);
        if (current is not null)
            tree.Run(current, [.. older is null ? [] : new[] { new Anchor(older, consistency, "those of the older checkpoint") }, .. cosigned.Anchors]);

        return new AuditReport(current,
        [
            checkpoint.ToCheck($"{current?.Origin}, {current?.Size} entries"),
            current is null ? signature.Skipped() : signature.ToCheck($"by {log.Name}, key id {log.Id:x8}"),
            .. tree.Checks(current),
            .. entries.Checks(current is null || !tree.AllEntriesRead),
            olderNote is null ? consistency.Skipped("no older checkpoint given")
                : consistency.ToCheck($"only appended to since {older?.Size} entries"),
            cosigned.Check(),
        ], entries.Totals)
        { Witnessed = cosigned.Witnessed };
    }

    /// <summary>The key of a log.</summary>
    /// <exception cref="FormatException">It is not one.</exception>
    public static NoteKey Log(string vkey) => NoteKey.TryParse(vkey, out var log) && log!.Type == NoteKeyType.Ed25519 ? log
        : throw new FormatException("the key is not a vkey like name+1a2b3c4d+Base64 of a log (Ed25519)");

    /// <summary>The key of a witness.</summary>
    /// <exception cref="FormatException">It is not one.</exception>
    public static NoteKey Witness(string vkey) => NoteKey.TryParse(vkey, out var witness) && witness!.Type == NoteKeyType.Cosignature ? witness
        : throw new FormatException("a witness's key is not a vkey like name+1a2b3c4d+Base64 of a witness (cosignature/v1)");

    private static Checkpoint? ReadCheckpoint(LogFolder folder, NoteKey log, Findings format, Findings signature)
    {
        const string name = LogFolder.CheckpointName;
        if (folder.ReadCheckpoint() is not { } bytes)
        {
            format.Add("there is no checkpoint: is this the folder of a log?", name);
            return null;
        }
        if (!SignedNote.TryParse(bytes, out var note) || !Checkpoint.TryParse(note!.Text, out var checkpoint))
        {
            format.Add("not a checkpoint in the one spelling of C2SP tlog-checkpoint", name);
            return null;
        }
        if (checkpoint!.Origin != log.Name)
            format.Add($"it is of log {checkpoint.Origin}, the key is of {log.Name}", name);
        if (!note.IsSignedBy(log))
            signature.Add($"not signed by {log.Name}, key id {log.Id:x8}", name);
        return checkpoint;
    }

    private static Checkpoint? ReadOlder(ReadOnlySpan<byte> note, NoteKey log, Checkpoint? current, Findings findings)
    {
        if (!Checkpoint.TryOpen(note, log, out var older))
        {
            findings.Add("the older checkpoint is not one of this log signed by this key");
            return null;
        }
        if (current is null) return null;
        if (older!.Size > current.Size)
            findings.Add($"the older checkpoint has {older.Size} entries, the log only {current.Size}: it was cut short");
        return older;
    }
}
