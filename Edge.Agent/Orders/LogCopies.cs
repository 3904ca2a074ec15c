using Edge.Storage.Audit;
using Edge.Storage.Files;

namespace Edge.Agent.Orders;

/// <summary>The copies of the log that orders make, one folder each. What they take of the disk is bounded, for hits need it more: there are
/// <see cref="Most"/> at a time, for <see cref="KeptFor"/>, and none is begun without room. Not thread-safe.</summary>
/// <param name="folder">Where they lie, on the disk of the state folder.</param>
internal sealed class LogCopies(string folder, AuditLog audit, TimeProvider time)
{
    /// <summary>Of more than these the oldest goes.</summary>
    public const int Most = 2;

    /// <summary>What a copy leaves free of the disk at least, in bytes; as much as the doctor asks for.</summary>
    public const long Reserve = 256L << 20;

    /// <summary>Whoever ordered a copy has so long to fetch it.</summary>
    public static readonly TimeSpan KeptFor = TimeSpan.FromDays(7);

    private const string Making = "~"; // no id has this letter

    private readonly HashSet<string> _lent = new(StringComparer.Ordinal);

    /// <summary>What is free of the disk, in bytes.</summary>
    public Func<long> FreeSpace { get; set; } = () => new DriveInfo(Path.GetDirectoryName(folder)!).AvailableFreeSpace;

    /// <summary>Whether there is room for the copy and as much again, since the log and all else go on growing.</summary>
    /// <exception cref="IOException">The disk does not say.</exception>
    public bool HasRoom() => FreeSpace() >= 2 * audit.BytesOfCopy() + Reserve;

    /// <summary>Copies the log.</summary>
    /// <param name="id">The order's. What lies there already was cut off before, or is another operator's order's of the same id: this copy holds all of
    /// it, and more.</param>
    /// <param name="lent">Somebody stands beside the box and takes it away: until then it does not count.</param>
    /// <exception cref="IOException">The disk refused: there is no copy.</exception>
    /// <exception cref="UnauthorizedAccessException">The same.</exception>
    public void Make(string id, bool lent)
    {
        var copy = Path.Combine(folder, id);
        var making = copy + Making;
        Remove(making);
        try
        {
            audit.CopyTo(making);
            Directory.SetLastWriteTimeUtc(making, time.GetUtcNow().UtcDateTime);
            Remove(copy);
            Directory.Move(making, copy);
            DurableFile.SyncFolder(folder);
        }
        catch
        {
            TryRemove(making);
            throw;
        }
        if (lent) _lent.Add(copy);
        foreach (var old in Surplus()) TryRemove(old);
    }

    /// <summary>Removes what is too old or too many, and what was cut off.</summary>
    /// <exception cref="IOException">The disk refused.</exception>
    /// <exception cref="UnauthorizedAccessException">The same.</exception>
    public void Sweep()
    {
        if (!Directory.Exists(folder)) return;
        _lent.RemoveWhere(copy => !Directory.Exists(copy));
        foreach (var copy in Directory.GetDirectories(folder))
            if (copy.EndsWith(Making, StringComparison.Ordinal) || time.GetUtcNow() - MadeAt(copy) >= KeptFor) Remove(copy);
        foreach (var old in Surplus()) Remove(old);
    }

    private List<string> Surplus() => [.. Directory.GetDirectories(folder)
        .Where(copy => !copy.EndsWith(Making, StringComparison.Ordinal) && !_lent.Contains(copy)).OrderByDescending(MadeAt).Skip(Most)];

    // By the box's time, which Make has put there: the disk's may be another.
    private static DateTimeOffset MadeAt(string copy) => new(Directory.GetLastWriteTimeUtc(copy), TimeSpan.Zero);

    private static void Remove(string copy)
    {
        if (Directory.Exists(copy)) Directory.Delete(copy, recursive: true);
    }

    private static void TryRemove(string copy)
    {
        try
        {
            Remove(copy);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            // The next sweep tries again.
        }
    }
}
