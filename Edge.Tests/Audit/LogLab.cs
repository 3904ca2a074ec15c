using Edge.Storage.Audit;
using Edge.Storage.Files;
using Edge.Storage.Keys;
using Edge.Tests.Support;
using Microsoft.Extensions.Time.Testing;

namespace Edge.Tests.Audit;

/// <summary>A log to try things on: one key, one clock, a folder of its own.</summary>
internal sealed class LogLab : IDisposable
{
    public const string Origin = "springfield.example/box/7";

    private readonly TemporaryFolder _folder = new();

    public SigningKey Key { get; } = SigningKey.FromSeed(Enumerable.Repeat((byte)7, 32).ToArray());

    private static WrappingKey Wrapping { get; } = WrappingKey.FromRaw(Enumerable.Repeat((byte)9, WrappingKey.Size).ToArray());

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));

    public string Vkey => new NoteKey(Origin, Key.Public).ToString();

    public string Directory => _folder.File("audit");

    /// <summary>Entries of several kinds, every fifth for a case; no two the same.</summary>
    public static List<AuditEntry> Entries(int count, int from = 0) => [.. Enumerable.Range(from, count).Select(i => (i % 5) switch
    {
        0 => new AuditEntry
        {
            Action = AuditAction.HitStored, Sequence = i, Digest = Sha256Hash.Of(BitConverter.GetBytes(i)),
            Case = ConcealedValue.Case($"2026-{i}"), Purpose = "stolen-vehicle",
        },
        1 => new AuditEntry { Action = AuditAction.MessageAcknowledged, Sequence = i },
        2 => new AuditEntry { Action = AuditAction.IntervalSummary, Frames = 10 + i, Reads = i, Discarded = i, Hits = 0 },
        3 => new AuditEntry { Action = AuditAction.HotlistEntryRefused, Outcome = AuditOutcome.Refused("no-case"), Sequence = i },
        _ => new AuditEntry { Action = AuditAction.IntervalSummary, Frames = 10, Reads = i + 1, Discarded = i, Hits = 1 },
    })];

    public AuditLog Open(DurableSteps? steps = null, string? directory = null) =>
        AuditLog.Open(directory ?? Directory, Origin, Key, Time, steps ?? new UnsyncedSteps());

    /// <summary>The folder of the keys of epochs.</summary>
    public string KeyFolder => _folder.File("epoch-keys");

    public LogEpochKeys EpochKeys(DurableSteps? steps = null, string? folder = null) =>
        LogEpochKeys.Open(folder ?? KeyFolder, Wrapping, steps ?? new UnsyncedSteps());

    /// <summary>The vkey of epoch 0.</summary>
    public string EpochVkey => new NoteKey(Origin, EpochKeys().First).ToString();

    /// <summary>The log with epochs.</summary>
    public AuditLog OpenEpochs(DurableSteps? steps = null, string? directory = null, string? keys = null) =>
        AuditLog.Open(directory ?? Directory, Origin, Key, Time, steps ?? new UnsyncedSteps(), EpochKeys(steps, keys));

    public AuditReport VerifyEpochs(string? directory = null, byte[]? older = null, params string[] witnesses) =>
        AuditVerifier.Verify(directory ?? Directory, Vkey, older, witnesses, EpochVkey);

    /// <summary>What somebody can make who has keys: a log of these entries, signed by each.</summary>
    public string Forge(string name, IReadOnlyList<byte[]> entries, params SigningKey[] signers)
    {
        if (entries.Count > 255) throw new ArgumentException("one bundle is enough to forge", nameof(entries));
        var to = _folder.File(name);
        var bundle = new EntryBundle();
        foreach (var entry in entries) bundle.Add(entry);
        var leaves = entries.Select(entry => Merkle.Leaf(entry)).ToArray();
        Write($"tile/entries/000.p/{entries.Count}", bundle.ToArray());
        Write($"tile/0/000.p/{entries.Count}", LogFolder.ToBytes(leaves));
        Write("checkpoint", Sign(new Checkpoint(Origin, entries.Count, Merkle.Root(leaves)), signers));
        return to;

        void Write(string file, byte[] bytes)
        {
            System.IO.Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(to, file))!);
            File.WriteAllBytes(Path.Combine(to, file), bytes);
        }
    }

    public static byte[] Sign(Checkpoint checkpoint, params SigningKey[] signers)
    {
        var notes = signers.Select(key => SignedNote.Sign(checkpoint.ToText(), Origin, key)).ToList();
        return notes.Skip(1).Aggregate(notes[0], (note, other) => note.With(other.Signatures[0])).ToBytes();
    }

    /// <summary>The bytes of every entry of the log.</summary>
    public List<byte[]> Raw(string? directory = null)
    {
        using var log = Open(directory: Copied(directory ?? Directory));
        return [.. log.Read().Select(record => record.Json.ToArray())];

        // Without its epochs, so that it opens without their keys.
        string Copied(string from)
        {
            var to = _folder.File($"raw-{System.IO.Directory.GetDirectories(_folder.Path).Length}");
            foreach (var file in Files(from).Where(file => !file.StartsWith("epochs/", StringComparison.Ordinal)))
            {
                System.IO.Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(to, file))!);
                File.Copy(Path.Combine(from, file), Path.Combine(to, file));
            }
            return to;
        }
    }

    /// <summary>A new log of so many entries.</summary>
    public void Fill(int count)
    {
        using var log = Open();
        log.AppendMany(Entries(count));
    }

    public AuditReport Verify(string? directory = null, byte[]? older = null) =>
        AuditVerifier.Verify(directory ?? Directory, Vkey, older);

    /// <summary>A copy of the log's folder, or another, to spoil.</summary>
    public string Copy(string name, string? from = null)
    {
        var to = _folder.File(name);
        if (System.IO.Directory.Exists(to)) System.IO.Directory.Delete(to, recursive: true);
        foreach (var file in Files(from ?? Directory))
        {
            var path = Path.Combine(to, file);
            System.IO.Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.Copy(Path.Combine(from ?? Directory, file), path);
        }
        return to;
    }

    /// <summary>Every file of the log, by its name below the folder.</summary>
    public IEnumerable<string> Files(string? directory = null) =>
        System.IO.Directory.EnumerateFiles(directory ?? Directory, "*", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(directory ?? Directory, path)).Order(StringComparer.Ordinal);

    public void Dispose()
    {
        Key.Dispose();
        _folder.Dispose();
    }
}

/// <summary>The disk without its slow part: a test of logic need not wait for the platter.</summary>
internal class UnsyncedSteps : DurableSteps
{
    public override void Write(string path, ReadOnlySpan<byte> bytes, UnixFileMode mode) => File.WriteAllBytes(path, bytes);

    public override void WritePieces(string path, Action<Stream> write, UnixFileMode mode)
    {
        using var file = File.Create(path);
        write(file);
    }

    public override void Overwrite(string path) => File.WriteAllBytes(path, new byte[new FileInfo(path).Length]);

    public override void SyncFolder(string folder)
    {
    }
}
