using Edge.Storage.Files;
using Edge.Storage.Sealing;

namespace Edge.Storage.Audit.Bundles;

/// <summary>How a log is exported.</summary>
/// <param name="Auditor">To whom what is concealed is sealed; null for an export to the public, which carries none of it.</param>
/// <param name="Archive">One file instead of a folder.</param>
/// <param name="Log">The log's key, to be named in it.</param>
/// <param name="Witnesses">Keys of witnesses, to be named in it.</param>
public sealed record BundleForm(RecipientPublicKey? Auditor, bool Archive, NoteKey? Log = null, IReadOnlyList<NoteKey>? Witnesses = null);

/// <summary>Writes a bundle: a log as its newest checkpoint covers it, for whoever verifies it elsewhere. Reads the log and changes nothing in
/// it; a writer may go on beside. The public form of one state of a log is always the same bytes.</summary>
public static class BundleExport
{
    /// <param name="log">The folder of a log, or a copy of it.</param>
    /// <param name="to">The bundle's folder or file; must not be there. It has this name only once it is whole and on the disk.</param>
    /// <param name="progress">Told of files done.</param>
    /// <returns>What it says of itself.</returns>
    /// <exception cref="AuditDamagedException">The log has no checkpoint, or lacks a file that this covers.</exception>
    /// <exception cref="IOException">The disk refused, or <paramref name="to"/> is there already.</exception>
    public static BundleManifest Write(string log, string to, BundleForm form, IProgress<long>? progress = null)
    {
        ArgumentNullException.ThrowIfNull(form);
        to = Path.GetFullPath(to);
        if (Path.Exists(to)) throw new IOException($"{to} is there already: a bundle is never overwritten");
        var (manifest, files) = Prepare(log, form);
        var making = to + DurableFile.TemporarySuffix;
        try
        {
            DurableFile.MakeFolder(Path.GetDirectoryName(to)!);
            if (form.Archive) WriteArchive(making, files, progress);
            else WriteFolder(making, files, progress);
            if (form.Archive) File.Move(making, to);
            else Directory.Move(making, to);
            DurableFile.SyncFolder(Path.GetDirectoryName(to)!);
            return manifest;
        }
        catch
        {
            if (File.Exists(making)) File.Delete(making);
            if (Directory.Exists(making)) Directory.Delete(making, recursive: true);
            throw;
        }
    }

    /// <summary>Writes a bundle's archive to a stream: for where its bytes are to be made durable elsewhere.</summary>
    /// <param name="archive">Is left open, and not flushed.</param>
    /// <exception cref="AuditDamagedException">As <see cref="Write"/>.</exception>
    /// <exception cref="IOException">The stream takes no more.</exception>
    public static BundleManifest WriteTo(string log, Stream archive, BundleForm form)
    {
        ArgumentNullException.ThrowIfNull(form);
        ArgumentNullException.ThrowIfNull(archive);
        var (manifest, files) = Prepare(log, form);
        WriteArchive(archive, files, progress: null);
        return manifest;
    }

    private static (BundleManifest Manifest, IEnumerable<(string Name, Func<byte[]> Read)> Files) Prepare(string log, BundleForm form)
    {
        var snapshot = new LogSnapshot(new LogFolder(log));
        var sealedParts = new List<byte[]>();
        var disclosed = new HashSet<long>();
        if (form.Auditor is { } auditor)
            sealedParts = SealedDisclosures.Seal(snapshot.Disclosures().Select(one =>
            {
                disclosed.Add(one.Index);
                return one;
            }), snapshot.Checkpoint, auditor);
        var manifest = new BundleManifest(form.Auditor is null ? BundleKind.Public : BundleKind.Full, snapshot.Checkpoint.Origin, snapshot.Checkpoint.Size,
            snapshot.Checkpoint.Root.ToString(), form.Log?.ToString(), [.. (form.Witnesses ?? []).Select(one => one.ToString())], form.Auditor?.KeyId,
            disclosed.Count, sealedParts.Count);
        return (manifest, snapshot.Files.Append((BundleManifest.Name, manifest.Write))
            .Concat(sealedParts.Select((part, i) => (SealedDisclosures.NameOf(i), (Func<byte[]>)(() => part))))
            .OrderBy(file => file.Item1, StringComparer.Ordinal));
    }

    private static void WriteArchive(string path, IEnumerable<(string Name, Func<byte[]> Read)> files, IProgress<long>? progress)
    {
        using var archive = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 1 << 20, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        WriteArchive(archive, files, progress);
        archive.Flush(flushToDisk: true);
    }

    private static void WriteArchive(Stream archive, IEnumerable<(string Name, Func<byte[]> Read)> files, IProgress<long>? progress)
    {
        var zeros = new byte[2 * BundleTar.Block];
        long done = 0;
        foreach (var (name, read) in files)
        {
            var bytes = read();
            archive.Write(BundleTar.Header(name, bytes.Length));
            archive.Write(bytes);
            archive.Write(zeros, 0, BundleTar.Padding(bytes.Length));
            progress?.Report(++done);
        }
        archive.Write(zeros);
    }

    private static void WriteFolder(string path, IEnumerable<(string Name, Func<byte[]> Read)> files, IProgress<long>? progress)
    {
        var folders = new SortedSet<string>(StringComparer.Ordinal);
        long done = 0;
        DurableFile.MakeFolder(path);
        foreach (var (name, read) in files)
        {
            var at = Path.Combine(path, name);
            var folder = Path.GetDirectoryName(at)!;
            if (folders.Add(folder)) DurableFile.MakeFolder(folder);
            using var file = new FileStream(at, new FileStreamOptions
            {
                Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            });
            file.Write(read());
            file.Flush(flushToDisk: true);
            progress?.Report(++done);
        }
        foreach (var folder in folders.Reverse()) DurableFile.SyncFolder(folder);
    }
}
