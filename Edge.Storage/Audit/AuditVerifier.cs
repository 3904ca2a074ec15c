using Edge.Storage.Keys;

namespace Edge.Storage.Audit;

/// <summary>Verifies a log from its files and one public key alone: no agent, no secret, no network. Every leaf is derived
/// again from the entries, every byte of every tile compared, and every file accounted for.</summary>
/// <remarks>The checks, by name: <c>checkpoint</c> (strict format, origin), <c>signature</c>, <c>entries</c> (each bundle
/// whole), <c>format</c> (each entry in its one spelling), <c>tiles</c>, <c>root</c>, <c>files</c> (nothing missing,
/// nothing foreign), <c>disclosures</c>, <c>conservation</c> (reads = discarded + hits), <c>consistency</c> (with an
/// older checkpoint), <c>cosignatures</c> (of witnesses), <c>epochs</c> (each ended with a checkpoint that its own key signed).</remarks>
public static class AuditVerifier
{
    /// <param name="directory">The log's folder, or a copy of it.</param>
    /// <param name="vkey">The log's key, which the auditor got from elsewhere than from the box.</param>
    /// <param name="olderNote">A signed checkpoint kept from before, to prove that nothing was rewritten since.</param>
    /// <param name="witnesses">Whose cosignatures must be there: of what, the report says.</param>
    /// <param name="epochKey">The key of the log's first epoch, from where <paramref name="vkey"/> comes; the later ones follow from it. Null if
    /// the auditor has none: then one who has the log's key now may have begun the epochs anew.</param>
    /// <param name="progress">Told how many entries have been verified.</param>
    /// <exception cref="FormatException"><paramref name="vkey"/> is not a vkey of a log (type 0x01), one of
    /// <paramref name="witnesses"/> not of a witness (type 0x04), or <paramref name="epochKey"/> not of the same log.</exception>
    /// <exception cref="IOException">A file could not be read at all.</exception>
    public static AuditReport Verify(string directory, string vkey, byte[]? olderNote = null, IReadOnlyList<string>? witnesses = null,
        string? epochKey = null, IProgress<long>? progress = null)
    {
        var log = Log(vkey);
        return Verify(new LogFolder(directory), log, olderNote, entriesAreAudit: true, [.. (witnesses ?? []).Select(Witness)],
            epochKey is null ? null : FirstEpoch(epochKey, log).Key, progress);
    }

    /// <summary>As the public one; a log of other entries than ours is verified without looking into them.</summary>
    /// <param name="seen">Called with each entry that could be read, in order.</param>
    /// <param name="passed">The same, for whoever asks no more than when.</param>
    internal static AuditReport Verify(LogFolder folder, NoteKey log, byte[]? olderNote,
        bool entriesAreAudit, IReadOnlyList<NoteKey>? witnesses = null, VerifyingKey? firstEpoch = null, IProgress<long>? progress = null,
        Action<long, AuditEntry>? seen = null, Action<EntryMoment>? passed = null)
    {
        var checkpoint = new Findings("checkpoint");
        var signature = new Findings("signature");
        var consistency = new Findings("consistency");
        var current = ReadCheckpoint(folder, log, checkpoint, signature);
        var older = olderNote is { } bytes ? ReadOlder(bytes, log, current, consistency) : null;

        IReadOnlyList<LogFile> files = folder.Exists ? [.. folder.Enumerate()] : [];
        var epochs = new EpochChecks(folder, files, log, firstEpoch);
        epochs.Read(current);
        var entries = new EntryChecks(folder, files, entriesAreAudit) { EpochBegan = epochs.Take, Seen = seen, Passed = passed };
        var tree = new TreeChecks(folder, files, current?.Size ?? 0, entries) { Progress = progress };
        var cosigned = new CosignatureChecks(folder, files, log, witnesses ?? []);
        cosigned.Read(current, olderNote);
        if (current is not null)
            tree.Run(current, [.. older is null ? [] : new[] { new Anchor(older, consistency, "those of the older checkpoint") }, .. cosigned.Anchors,
                .. epochs.Anchors]);

        return new AuditReport(current,
        [
            checkpoint.ToCheck($"{current?.Origin}, {current?.Size} entries"),
            current is null ? signature.Skipped() : signature.ToCheck($"by {log.Name}, key id {log.Id:x8}"),
            .. tree.Checks(current),
            .. entries.Checks(current?.Size ?? 0, current is null || !tree.AllEntriesRead),
            olderNote is null ? consistency.Skipped("no older checkpoint given")
                : consistency.ToCheck($"only appended to since {older?.Size} entries"),
            cosigned.Check(),
            epochs.Check(current is null || !tree.AllEntriesRead),
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

    /// <summary>The key of a log's first epoch.</summary>
    /// <exception cref="FormatException">It is not one, or not of this log.</exception>
    public static NoteKey FirstEpoch(string vkey, NoteKey log)
    {
        ArgumentNullException.ThrowIfNull(log);
        if (!NoteKey.TryParse(vkey, out var key) || key!.Type != NoteKeyType.Ed25519 || key.Name != log.Name)
            throw new FormatException($"the epoch's key is not a vkey like {log.Name}+1a2b3c4d+Base64 of the same log (Ed25519)");
        // It signs every checkpoint, so that it would prove nothing of an epoch.
        if (key.Key.Equals(log.Key)) throw new FormatException("the epoch's key is the log's own: the epoch's is the second line of the file that the agency keeps");
        return key;
    }

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
