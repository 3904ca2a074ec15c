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

    /// <summary>A new log of so many entries.</summary>
    public void Fill(int count)
    {
        using var log = Open();
        log.AppendMany(Entries(count));
    }

    public AuditReport Verify(string? directory = null, byte[]? older = null) =>
        AuditVerifier.Verify(directory ?? Directory, Vkey, older);

    /// <summary>A copy of the log's folder, to spoil.</summary>
    public string Copy(string name)
    {
        var to = _folder.File(name);
        if (System.IO.Directory.Exists(to)) System.IO.Directory.Delete(to, recursive: true);
        foreach (var file in Files())
        {
            var path = Path.Combine(to, file);
            System.IO.Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.Copy(Path.Combine(Directory, file), path);
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

    public override void SyncFolder(string folder)
    {
    }
}
