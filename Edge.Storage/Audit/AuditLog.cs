using System.Buffers.Text;
using System.Security.Cryptography;
using Edge.Storage.Files;
using Edge.Storage.Keys;

namespace Edge.Storage.Audit;

/// <summary>The box's audit log: C2SP tlog-tiles in a folder, one writer. An entry is durable, and covered by a signed
/// checkpoint on the disk, when the append that wrote it returns. No audit entry, no action: append first, and act only
/// if it did not throw. Safe for use by several threads.</summary>
public sealed class AuditLog : IDisposable
{
    private readonly Lock _gate = new();
    private readonly LogFolder _folder;
    private readonly DurableSteps _steps;
    private readonly FolderLock _lock;
    private readonly string _origin;
    private readonly SigningKey _key;
    private readonly TimeProvider _time;
    private readonly string _boot = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(16));
    private LogWriter? _writer;
    private bool _disposed;

    private AuditLog(LogFolder folder, DurableSteps steps, FolderLock folderLock, string origin, SigningKey key,
        TimeProvider time)
    {
        (_folder, _steps, _lock, _origin, _key, _time) = (folder, steps, folderLock, origin, key, time);
        (_writer, Recovery) = LogRecovery.Run(folder, steps, origin, key);
        (Latest, LatestNote) = (_writer.Checkpoint, _writer.Note);
    }

    /// <summary>What opening found unfinished; see <see cref="AuditRecovery.IsClean"/>.</summary>
    public AuditRecovery Recovery { get; }

    /// <summary>The last checkpoint that is durable.</summary>
    public Checkpoint Latest { get; private set; }

    /// <summary><see cref="Latest"/> as it was signed.</summary>
    public SignedNote LatestNote { get; private set; }

    /// <summary>Opens the log in <paramref name="directory"/>, or begins it there.</summary>
    /// <param name="origin">Names this log for ever: <c>agency.example/box/7</c>; no space, no plus.</param>
    /// <param name="key">The log's own key. Borrowed: the caller disposes it after the log.</param>
    /// <exception cref="AuditBusyException">Another writer has it open.</exception>
    /// <exception cref="AuditDamagedException">The files do not give what the checkpoint signs.</exception>
    /// <exception cref="AuditWriteException">The disk is full, read-only or failing.</exception>
    public static AuditLog Open(string directory, string origin, SigningKey key, TimeProvider time) =>
        Open(directory, origin, key, time, DurableSteps.Disk);

    internal static AuditLog Open(string directory, string origin, SigningKey key, TimeProvider time,
        DurableSteps steps)
    {
        FolderLock? folderLock = null;
        try
        {
            steps.MakeFolder(directory);
            folderLock = FolderLock.TryTake(directory) ?? throw new AuditBusyException(directory);
            var log = new AuditLog(new LogFolder(directory), steps, folderLock, origin, key, time);
            folderLock = null;
            return log;
        }
        catch (Exception failure) when (IsRefusedByDisk(failure))
        {
            throw new AuditWriteException(directory, failure);
        }
        finally
        {
            folderLock?.Dispose();
        }
    }

    /// <summary>Writes one entry; the log sets its time, clock and boot.</summary>
    /// <returns>Its index.</returns>
    /// <exception cref="AuditWriteException">The entry was refused: do not act.</exception>
    /// <exception cref="AuditDamagedException">An earlier write failed, and what is on the disk no longer fits.</exception>
    /// <exception cref="ArgumentException">The entry lacks a field or has one out of its alphabet.</exception>
    public long Append(AuditEntry entry) => AppendMany([entry]);

    /// <summary>Writes <paramref name="entries"/> in one step, all or none; far cheaper than one by one.</summary>
    /// <returns>The index of the first.</returns>
    /// <inheritdoc cref="Append"/>
    public long AppendMany(IReadOnlyList<AuditEntry> entries)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            var now = _time.GetUtcNow();
            var state = JudgedTime.StateOf(_time);
            var written = entries.Select(entry => entry with { Time = now, Boot = _boot, Clock = state })
                .Select(entry => (AuditEntryJson.Write(entry), entry.DisclosureLines)).ToList();
            try
            {
                var writer = Writer();
                var first = writer.Checkpoint.Size;
                if (written.Count == 0) return first;
                // Until the commit is through, only the disk knows where the log ends.
                _writer = null;
                writer.Commit(written);
                Believe(writer);
                return first;
            }
            catch (Exception failure) when (IsRefusedByDisk(failure))
            {
                throw new AuditWriteException(_folder.Root, failure);
            }
        }
    }

    /// <summary>The last <paramref name="count"/> entries, oldest first.</summary>
    public IReadOnlyList<AuditRecord> ReadTail(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        lock (_gate) return [.. Read(Math.Max(0, Latest.Size - count))];
    }

    /// <summary>Every entry from <paramref name="index"/> to the last that is in the log now, in order.</summary>
    /// <exception cref="AuditDamagedException">A bundle on the way is missing or torn.</exception>
    public IEnumerable<AuditRecord> Read(long index = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        var size = Latest.Size;
        while (index < size)
        {
            var entries = ReadBundle(index / TilePath.FullWidth);
            var end = Math.Min(size, (index / TilePath.FullWidth + 1) * TilePath.FullWidth);
            for (; index < end; index++)
                yield return new AuditRecord(index, entries[(int)(index % TilePath.FullWidth)]);
        }
    }

    /// <summary>What an entry conceals under <paramref name="name"/>; null if it conceals nothing, or if what it concealed is not kept
    /// here any more or is not what the entry says.</summary>
    /// <param name="name"><c>case</c>, <c>person</c> or <c>claim</c>.</param>
    public Disclosure? Disclosed(AuditRecord record, string name = "case")
    {
        ArgumentNullException.ThrowIfNull(record);
        return record.Entry is { } entry ? _folder.Disclosed(record.Index, entry).FirstOrDefault(one => one.Name == name) : null;
    }

    /// <summary>Copies the log, as it stands now, into <paramref name="folder"/>: what <c>audit verify</c> takes. Disclosures are
    /// left out, so that the copy may be shown to anybody.</summary>
    /// <param name="folder">Must not exist yet.</param>
    /// <returns>The checkpoint that the copy ends with.</returns>
    /// <exception cref="IOException">The disk refused; what was written there is not a log.</exception>
    public Checkpoint CopyTo(string folder)
    {
        // A full tile never changes again, so only the right edge needs the log to stand still.
        Copy(file => file is { Kind: LogFileKind.Tile, Tile.IsPartial: false });
        lock (_gate)
        {
            Copy(file => file.Kind is LogFileKind.Tile or LogFileKind.Checkpoint or LogFileKind.Cosigned);
            return Latest;
        }

        void Copy(Func<LogFile, bool> wanted)
        {
            foreach (var file in _folder.Enumerate().Where(wanted))
            {
                var to = Path.Combine(folder, file.Name);
                if (File.Exists(to)) continue;
                DurableFile.MakeFolder(Path.GetDirectoryName(to)!);
                File.Copy(_folder.PathOf(file.Name), to);
                using (var copy = new FileStream(to, FileMode.Open, FileAccess.Write)) DurableFile.Sync(copy);
                DurableFile.SyncFolder(Path.GetDirectoryName(to)!);
            }
        }
    }

    /// <summary>Shows that the entry at <paramref name="index"/> stands under <see cref="LatestNote"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such entry.</exception>
    public TlogProof ProveInclusion(long index)
    {
        lock (_gate)
        {
            var tree = new TileTree(_folder, Latest.Size);
            return new TlogProof(index, Merkle.InclusionProof(index, Latest.Size, tree.Root), LatestNote);
        }
    }

    /// <summary>Shows a witness that <see cref="Latest"/> only appends to the log of <paramref name="oldSize"/>
    /// entries.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="oldSize"/> is not in 1 … size.</exception>
    public IReadOnlyList<Sha256Hash> ProveConsistency(long oldSize)
    {
        lock (_gate)
        {
            var tree = new TileTree(_folder, Latest.Size);
            return Merkle.ConsistencyProof(oldSize, Latest.Size, tree.Root);
        }
    }

    /// <summary>The root that this log had at <paramref name="size"/> entries.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="size"/> is not in 0 … size.</exception>
    /// <exception cref="AuditDamagedException">A tile is missing or torn.</exception>
    public Sha256Hash RootAt(long size)
    {
        lock (_gate)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(size);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(size, Latest.Size);
            return size == 0 ? Merkle.Empty : new TileTree(_folder, Latest.Size).Root(0, size);
        }
    }

    /// <summary>Takes what a witness says that it has cosigned of this log, and keeps it beside the log if it is the newest from that
    /// witness. Nothing is believed that the log's key and the witness's have not both signed.</summary>
    /// <exception cref="AuditWriteException">The disk refused.</exception>
    /// <exception cref="AuditDamagedException">A tile that tells what the log was is missing or torn.</exception>
    public CosignatureTaken TakeCosigned(SignedNote note, NoteKey witness)
    {
        ArgumentNullException.ThrowIfNull(note);
        ArgumentNullException.ThrowIfNull(witness);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            var log = new NoteKey(_origin, _key.Public);
            if (!note.IsSignedBy(log) || !Cosignature.TryVerify(note, witness, out var time)
                || !Checkpoint.TryParse(note.Text, out var cosigned) || cosigned!.Origin != _origin) return CosignatureTaken.NotVerified;
            if (cosigned.Size > Latest.Size) return CosignatureTaken.Ahead;
            if (RootAt(cosigned.Size) != cosigned.Root) return CosignatureTaken.Contradicts;
            if (LastCosigned(witness) is { } before && (before.Checkpoint.Size, before.Time).CompareTo((cosigned.Size, time)) >= 0) return CosignatureTaken.Known;
            try
            {
                var kept = note.Of(log);
                foreach (var line in note.Of(witness).Signatures) kept = kept.With(line);
                var path = _folder.PathOf(LogFolder.CosignedName(witness));
                _steps.MakeFolder(Path.GetDirectoryName(path)!);
                _steps.Replace(path, kept.ToBytes());
                return CosignatureTaken.Kept;
            }
            catch (Exception failure) when (IsRefusedByDisk(failure))
            {
                throw new AuditWriteException(_folder.Root, failure);
            }
        }
    }

    /// <summary>The newest checkpoint of this log that <paramref name="witness"/> is known to have cosigned; null if there is none, or what
    /// lies there does not verify.</summary>
    public CosignedCheckpoint? LastCosigned(NoteKey witness)
    {
        ArgumentNullException.ThrowIfNull(witness);
        var log = new NoteKey(_origin, _key.Public);
        return _folder.Read(LogFolder.CosignedName(witness), SignedNote.MaxBytes) is { } bytes && Checkpoint.TryOpen(bytes, log, out var checkpoint)
            && SignedNote.TryParse(bytes, out var note) && Cosignature.TryVerify(note!, witness, out var time) ? new CosignedCheckpoint(checkpoint!, note!, time) : null;
    }

    public void Dispose()
    {
        lock (_gate)
        {
            if (_disposed) return;
            _disposed = true;
            _lock.Dispose();
        }
    }

    private LogWriter Writer()
    {
        if (_writer is null) Believe(LogRecovery.Run(_folder, _steps, _origin, _key).Writer);
        return _writer!;
    }

    private void Believe(LogWriter writer)
    {
        _writer = writer;
        (Latest, LatestNote) = (writer.Checkpoint, writer.Note);
    }

    // Looked up under the lock: an append removes the partial bundle that it supersedes.
    private ReadOnlyMemory<byte>[] ReadBundle(long index)
    {
        lock (_gate)
        {
            var bundle = TilePath.RightEdgeEntries(Latest.Size) is { } edge && edge.Index == index
                ? edge
                : TilePath.Entries(index, TilePath.FullWidth);
            return _folder.ReadEntries(bundle)
                ?? throw new AuditDamagedException(_folder.Root, $"{bundle} is missing or torn");
        }
    }

    private static bool IsRefusedByDisk(Exception failure) =>
        failure is UnauthorizedAccessException || (failure is IOException && failure is not AuditException);
}
