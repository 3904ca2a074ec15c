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
    /// <summary>How long a box's epoch is: what whoever takes the box can sign anew, where no witness has seen it.</summary>
    public static readonly TimeSpan EpochLength = TimeSpan.FromDays(1);

    /// <summary>The kind of a <c>sweep.done</c> of disclosures.</summary>
    public const string SweptDisclosures = "disclosures";

    private static readonly TimeSpan OutOfOrder = TimeSpan.FromDays(2);

    private readonly Lock _gate = new();
    private readonly LogFolder _folder;
    private readonly DurableSteps _steps;
    private readonly FolderLock _lock;
    private readonly string _origin;
    private readonly SigningKey _key;
    private readonly LogEpochKeys? _epochs;
    private readonly AppendQueue _queue;
    private readonly TimeProvider _time;
    private readonly string _boot = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(16));
    private LogWriter? _writer;
    private long _epochTimestamp;
    private bool _disposed;

    private AuditLog(LogFolder folder, DurableSteps steps, FolderLock folderLock, string origin, SigningKey key, LogEpochKeys? epochs, TimeProvider time)
    {
        (_folder, _steps, _lock, _origin, _key, _epochs, _time) = (folder, steps, folderLock, origin, key, epochs, time);
        _queue = new AppendQueue(Commit);
        (_writer, Recovery) = LogRecovery.Run(folder, steps, new LogSigner(origin, key, epochs));
        (Latest, LatestNote) = (_writer.Checkpoint, _writer.Note);
        (EpochBegan, _epochTimestamp) = (BeginOfEpoch(), time.GetTimestamp());
    }

    /// <summary>What opening found unfinished; see <see cref="AuditRecovery.IsClean"/>.</summary>
    public AuditRecovery Recovery { get; }

    /// <summary>The last checkpoint that is durable.</summary>
    public Checkpoint Latest { get; private set; }

    /// <summary><see cref="Latest"/> as it was signed.</summary>
    public SignedNote LatestNote { get; private set; }

    /// <summary>When the present epoch began, by its first entry's time.</summary>
    public DateTimeOffset EpochBegan { get; private set; }

    /// <summary>Opens the log in <paramref name="directory"/>, or begins it there.</summary>
    /// <param name="origin">Names this log for ever: <c>agency.example/box/7</c>; no space, no plus.</param>
    /// <param name="key">The log's own key. Borrowed: the caller disposes it after the log.</param>
    /// <param name="epochs">The keys of its epochs, borrowed too; null for a log without.</param>
    /// <exception cref="AuditBusyException">Another writer has it open.</exception>
    /// <exception cref="AuditDamagedException">The files do not give what the checkpoint signs.</exception>
    /// <exception cref="AuditWriteException">The disk is full, read-only or failing.</exception>
    /// <exception cref="UnusableKeyException">The key of the present epoch is damaged.</exception>
    public static AuditLog Open(string directory, string origin, SigningKey key, TimeProvider time, LogEpochKeys? epochs = null) =>
        Open(directory, origin, key, time, DurableSteps.Disk, epochs);

    internal static AuditLog Open(string directory, string origin, SigningKey key, TimeProvider time, DurableSteps steps, LogEpochKeys? epochs = null)
    {
        FolderLock? folderLock = null;
        try
        {
            steps.MakeFolder(directory);
            folderLock = FolderLock.TryTake(directory) ?? throw new AuditBusyException(directory);
            var log = new AuditLog(new LogFolder(directory), steps, folderLock, origin, key, epochs, time);
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

    /// <summary>Writes <paramref name="entries"/> in one step, all or none; far cheaper than one by one. What several threads append while
    /// the disk is at work on a step goes into the next one together.</summary>
    /// <returns>The index of the first.</returns>
    /// <inheritdoc cref="Append"/>
    public long AppendMany(IReadOnlyList<AuditEntry> entries)
    {
        foreach (var entry in entries) AuditEntryJson.Refuse(entry);
        if (entries.Any(entry => entry.Action == AuditAction.LogEpoch)) throw new ArgumentException("the log itself begins its epochs", nameof(entries));
        return _queue.Append(entries);
    }

    /// <summary>Ends the present epoch if it is older than <paramref name="length"/>: its last entry names the next one's key, its last checkpoint is
    /// kept, and its own key is destroyed. From then on nobody can sign another history of it, with all that is on the box.</summary>
    /// <returns>True if another epoch has begun.</returns>
    /// <exception cref="InvalidOperationException">The log was opened without epochs.</exception>
    /// <inheritdoc cref="Append"/>
    public bool BeginEpochAfter(TimeSpan length)
    {
        if (_epochs is null) throw new InvalidOperationException("the log was opened without the keys of epochs");
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            // By the time on the wall, and where that was put back by the time that has passed.
            if (_time.GetUtcNow() - EpochBegan < length && _time.GetElapsedTime(_epochTimestamp) < length) return false;
            try
            {
                var writer = Writer();
                if (writer.Checkpoint.Size == 0) return false;
                // As in an append; and until the old key is destroyed nothing may be signed with the next.
                _writer = null;
                try
                {
                    var next = new AuditEntry { Action = AuditAction.LogEpoch, Version = writer.Signer.Epoch + 1, Key = writer.Signer.MakeNext() };
                    writer.Commit(Stamped([next]));
                    writer.EndEpoch();
                }
                catch
                {
                    writer.Dispose();
                    throw;
                }
                Believe(writer);
                (EpochBegan, _epochTimestamp) = (_time.GetUtcNow(), _time.GetTimestamp());
                return true;
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

    /// <summary>Destroys what entries from before <paramref name="before"/> conceal, oldest first, after an entry that says of how many: <c>sweep.done</c> of
    /// the kind <c>disclosures</c>. The entries and the tree stay as they are: that something stood there can still be proven, and what it was nobody
    /// can tell.</summary>
    /// <param name="most">At most so many entries' at once.</param>
    /// <returns>Of how many entries; call again while it is <paramref name="most"/>.</returns>
    /// <exception cref="AuditWriteException">The disk refused; some may be destroyed already.</exception>
    /// <exception cref="AuditDamagedException">A bundle on the way is missing or torn.</exception>
    public int SweepDisclosures(DateTimeOffset before, int most = 256)
    {
        var ended = EndedDisclosures(before, most);
        if (ended.Count == 0) return 0;
        Append(new AuditEntry { Action = AuditAction.SweepDone, Kind = SweptDisclosures, Count = ended.Count });
        lock (_gate)
            try
            {
                foreach (var index in ended) _steps.Destroy(_folder.PathOf(LogFolder.DisclosureName(index)));
            }
            catch (Exception failure) when (IsRefusedByDisk(failure))
            {
                throw new AuditWriteException(_folder.Root, failure);
            }
        return ended.Count;
    }

    // A clock that was put right may have left entries out of order: a little beyond is looked at too, and what was written far later ends it.
    private List<long> EndedDisclosures(DateTimeOffset before, int most)
    {
        var ended = new List<long>();
        (long Number, ReadOnlyMemory<byte>[] Entries)? bundle = null;
        foreach (var index in _folder.DisclosureIndexes().TakeWhile(index => index < Latest.Size))
        {
            if (ended.Count == most) break;
            if (bundle?.Number != index / TilePath.FullWidth) bundle = (index / TilePath.FullWidth, ReadBundle(index / TilePath.FullWidth));
            var time = new AuditRecord(index, bundle.Value.Entries[(int)(index % TilePath.FullWidth)]).Entry?.Time ?? DateTimeOffset.MaxValue;
            if (time < before) ended.Add(index);
            else if (time - before > OutOfOrder) break;
        }
        return ended;
    }

    /// <summary>Copies the log, as it stands now, into <paramref name="folder"/>: what <c>audit verify</c> takes. Disclosures are
    /// left out, so that the copy may be shown to anybody.</summary>
    /// <param name="folder">Must not exist yet.</param>
    /// <returns>The checkpoint that the copy ends with.</returns>
    /// <exception cref="IOException">The disk refused; what was written there is not a log.</exception>
    public Checkpoint CopyTo(string folder)
    {
        // A full tile never changes again, so only the right edge needs the log to stand still.
        _folder.CopyTo(folder, file => file is { Kind: LogFileKind.Tile, Tile.IsPartial: false });
        lock (_gate)
        {
            _folder.CopyTo(folder, file => file.Kind is LogFileKind.Tile or LogFileKind.Checkpoint or LogFileKind.Cosigned or LogFileKind.Epoch);
            return Latest;
        }
    }

    /// <summary>About what a copy made by <see cref="CopyTo"/> takes of a disk now, in bytes.</summary>
    /// <exception cref="IOException">The disk refused.</exception>
    public long BytesOfCopy() => _folder.Enumerate().Where(file => file.Kind != LogFileKind.Disclosure)
        // A partial tile that was listed may have gone since.
        .Select(file => new FileInfo(_folder.PathOf(file.Name))).Where(file => file.Exists).Sum(file => (file.Length + 4095) / 4096 * 4096);

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

    /// <summary>Shows that the entry at <paramref name="index"/> stands under <paramref name="note"/>, an earlier checkpoint of this log.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The entry came later.</exception>
    /// <exception cref="ArgumentException">The note is no checkpoint of this log.</exception>
    public TlogProof ProveInclusion(long index, SignedNote note)
    {
        ArgumentNullException.ThrowIfNull(note);
        if (!Checkpoint.TryParse(note.Text, out var checkpoint) || checkpoint!.Size > Latest.Size || RootAt(checkpoint.Size) != checkpoint.Root)
            throw new ArgumentException("not a checkpoint of this log", nameof(note));
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, checkpoint.Size);
        lock (_gate) return new TlogProof(index, Merkle.InclusionProof(index, checkpoint.Size, new TileTree(_folder, Latest.Size).Root), note);
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
            if (LastCosigned(witness) is { } before && (before.Checkpoint.Size, before.Time).CompareTo((cosigned.Size, time)) >= 0)
                return CosignatureTaken.Known;
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
            && SignedNote.TryParse(bytes, out var note)
            && Cosignature.TryVerify(note!, witness, out var time) ? new CosignedCheckpoint(checkpoint!, note!, time) : null;
    }

    public void Dispose()
    {
        lock (_gate)
        {
            if (_disposed) return;
            _disposed = true;
            _writer?.Dispose();
            _lock.Dispose();
        }
    }

    private LogWriter Writer()
    {
        if (_writer is null) Believe(LogRecovery.Run(_folder, _steps, new LogSigner(_origin, _key, _epochs)).Writer);
        return _writer!;
    }

    private void Believe(LogWriter writer)
    {
        _writer = writer;
        (Latest, LatestNote) = (writer.Checkpoint, writer.Note);
    }

    private void Commit(IReadOnlyList<QueuedAppend> all)
    {
        lock (_gate)
            try
            {
                ObjectDisposedException.ThrowIf(_disposed, this);
                var stamped = Stamped(all.SelectMany(one => one.Entries));
                var writer = Writer();
                var first = writer.Checkpoint.Size;
                if (stamped.Count > 0)
                {
                    // Until the commit is through, only the disk knows where the log ends.
                    _writer = null;
                    try
                    {
                        writer.Commit(stamped);
                    }
                    catch
                    {
                        writer.Dispose();
                        throw;
                    }
                    Believe(writer);
                }
                foreach (var one in all)
                {
                    one.First = first;
                    first += one.Entries.Count;
                }
            }
            catch (Exception failure) when (IsRefusedByDisk(failure))
            {
                throw new AuditWriteException(_folder.Root, failure);
            }
    }

    private List<(byte[] Json, string? Disclosures)> Stamped(IEnumerable<AuditEntry> entries)
    {
        var (now, state) = (_time.GetUtcNow(), JudgedTime.StateOf(_time));
        return [.. entries.Select(entry => (AuditEntryJson.Write(entry with { Time = now, Boot = _boot, Clock = state }), entry.DisclosureLines))];
    }

    private DateTimeOffset BeginOfEpoch()
    {
        if (_writer is not { Signer.HasEpochs: true } || Latest.Size == 0) return _time.GetUtcNow();
        var begin = _writer.Signer.Epoch == 0 ? 0
            : _folder.Read(LogFolder.EpochName(_writer.Signer.Epoch - 1), SignedNote.MaxBytes) is { } bytes
                && Checkpoint.TryOpen(bytes, _writer.Signer.Log, out var end) ? end!.Size - 1 : 0;
        return Read(begin).First().Entry?.Time ?? _time.GetUtcNow();
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
        failure is UnauthorizedAccessException || (failure is IOException and not (AuditException or UnusableKeyException));
}
