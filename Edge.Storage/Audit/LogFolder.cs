using System.IO.Enumeration;
using System.Text;
using Edge.Storage.Files;

namespace Edge.Storage.Audit;

/// <summary>What a file in a log's folder is, by its name.</summary>
internal enum LogFileKind
{
    Checkpoint,
    Tile,
    Disclosure,
    /// <summary>The last checkpoint that one witness has cosigned.</summary>
    Cosigned,
    /// <summary>The last checkpoint of one epoch.</summary>
    Epoch,
    /// <summary>A durable write that was cut off before its rename.</summary>
    Unfinished,
    /// <summary>Nothing that a log writes.</summary>
    Unknown,
}

/// <param name="Name">Below the log's folder, with forward slashes.</param>
/// <param name="Tile">Set for a tile or bundle.</param>
/// <param name="Index">The entry, for a disclosure; the number of the epoch, for its last checkpoint.</param>
internal readonly record struct LogFile(string Name, LogFileKind Kind, TilePath Tile = default, long Index = 0);

/// <summary>The files of a log: where each lies and how large it may be. Reads only; trusts nothing it reads.</summary>
internal class LogFolder(string root)
{
    public const string CheckpointName = "checkpoint";
    public const int MaxDisclosureBytes = 16 * 1024;

    private const string DisclosuresPrefix = "disclosures/";
    private const string CosignedPrefix = "cosigned/";
    private const string EpochsPrefix = "epochs/";

    private static readonly EnumerationOptions Everything = new() { RecurseSubdirectories = true, AttributesToSkip = 0 };

    public string Root { get; } = Path.GetFullPath(root);

    public static string DisclosureName(long index) => DisclosuresPrefix + TilePath.Grouped(index);

    /// <summary>Where the last checkpoint that <paramref name="witness"/> has cosigned lies: one file a witness, by its key id.</summary>
    public static string CosignedName(NoteKey witness) => $"{CosignedPrefix}{witness.Id:x8}";

    /// <summary>Where the last checkpoint of an epoch lies, signed by that epoch's key.</summary>
    public static string EpochName(long epoch) => EpochsPrefix + TilePath.Grouped(epoch);

    public virtual bool Exists => Directory.Exists(Root);

    public string PathOf(string name) => Path.Combine(Root, name);

    /// <summary>Every file below the folder, in the order of their names.</summary>
    public virtual IEnumerable<LogFile> Enumerate()
    {
        // A link is listed as the file it pretends to be and never followed into a folder: no loop, no way out.
        var files = new FileSystemEnumerable<string>(Root, (ref entry) => entry.ToFullPath(), Everything)
        {
            ShouldIncludePredicate = (ref entry) => !entry.IsDirectory || IsLink(ref entry),
            ShouldRecursePredicate = (ref entry) => !IsLink(ref entry),
        };
        return files.Select(path => Classify(Path.GetRelativePath(Root, path)))
            .OrderBy(file => file.Name, StringComparer.Ordinal);

        static bool IsLink(ref FileSystemEntry entry) => entry.Attributes.HasFlag(FileAttributes.ReparsePoint);
    }

    /// <summary>Copies every file that is <paramref name="wanted"/> to <paramref name="folder"/>, durably; what is there already stays.</summary>
    /// <exception cref="IOException">The disk refused.</exception>
    public void CopyTo(string folder, Func<LogFile, bool> wanted)
    {
        foreach (var file in Enumerate().Where(wanted))
        {
            var to = Path.Combine(folder, file.Name);
            if (File.Exists(to)) continue;
            DurableFile.MakeFolder(Path.GetDirectoryName(to)!);
            File.Copy(PathOf(file.Name), to);
            using (var copy = new FileStream(to, FileMode.Open, FileAccess.Write)) DurableFile.Sync(copy);
            DurableFile.SyncFolder(Path.GetDirectoryName(to)!);
        }
    }

    /// <summary>Folders for tiles and disclosures that have none, deepest first; found while they are removed.</summary>
    public IEnumerable<string> EmptyFolders() =>
        new[] { PathOf("tile"), PathOf("disclosures") }.Where(Directory.Exists)
            .SelectMany(folder => Directory.GetDirectories(folder, "*", SearchOption.AllDirectories).Append(folder))
            .OrderByDescending(folder => folder, StringComparer.Ordinal)
            .Where(folder => !Directory.EnumerateFileSystemEntries(folder).Any());

    /// <summary>The bytes of a file that may have at most <paramref name="most"/>; null if it is missing or larger.</summary>
    public virtual byte[]? Read(string name, int most)
    {
        try
        {
            using var file = File.OpenRead(PathOf(name));
            if (file.Length > most) return null;
            var bytes = new byte[file.Length];
            file.ReadExactly(bytes);
            return bytes;
        }
        catch (Exception failure) when (failure is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>As <see cref="Read"/>, into what is there already if it has the room: for one file after another.</summary>
    /// <param name="buffer">Replaced by a larger one if need be.</param>
    /// <returns>How many bytes; −1 if the file is missing or larger.</returns>
    public virtual int Read(string name, int most, ref byte[] buffer)
    {
        try
        {
            using var file = File.OpenHandle(PathOf(name));
            var length = RandomAccess.GetLength(file);
            if (length > most) return -1;
            if (buffer.Length < length) buffer = new byte[length];
            var read = 0;
            while (read < length)
            {
                var more = RandomAccess.Read(file, buffer.AsSpan(read, (int)length - read), read);
                if (more == 0) throw new EndOfStreamException($"{PathOf(name)} became shorter while it was read");
                read += more;
            }
            return read;
        }
        catch (Exception failure) when (failure is FileNotFoundException or DirectoryNotFoundException)
        {
            return -1;
        }
    }

    public byte[]? ReadCheckpoint() => Read(CheckpointName, SignedNote.MaxBytes);

    /// <summary>The hashes of a tile; null if it is missing or not exactly as wide as its name says.</summary>
    public Sha256Hash[]? ReadHashes(TilePath tile)
    {
        var bytes = Read(tile.ToString(), TilePath.FullWidth * Sha256Hash.Size);
        return bytes is not null && bytes.Length == tile.Width * Sha256Hash.Size ? ToHashes(bytes) : null;
    }

    /// <summary>The entries of a bundle; null if it is missing or does not hold exactly as many as its name says.</summary>
    public ReadOnlyMemory<byte>[]? ReadEntries(TilePath bundle)
    {
        var bytes = Read(bundle.ToString(), EntryBundle.MaxBytes);
        return bytes is not null && EntryBundle.TryRead(bytes, bundle.Width, out var entries) ? entries : null;
    }

    /// <summary>The disclosures kept for an entry, as text; null if there are none.</summary>
    public string[]? ReadDisclosures(long index)
    {
        var bytes = Read(DisclosureName(index), MaxDisclosureBytes);
        return bytes is null ? null : Encoding.Latin1.GetString(bytes).Split('\n');
    }

    /// <summary>The entries that have disclosures here, in order.</summary>
    public IReadOnlyList<long> DisclosureIndexes()
    {
        var folder = PathOf("disclosures");
        if (!Directory.Exists(folder)) return [];
        var indexes = Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Select(file => TryParseNumber(Path.GetRelativePath(Root, file), DisclosuresPrefix,
                out var index) ? index : -1).Where(index => index >= 0).ToList();
        indexes.Sort();
        return indexes;
    }

    /// <summary>What is kept here of what an entry conceals, as far as it fits the entry.</summary>
    public IEnumerable<Disclosure> Disclosed(long index, AuditEntry entry) => !entry.Concealed.Any() ? []
        : (ReadDisclosures(index) ?? []).Select(line => Disclosure.TryParse(line, out var disclosure) ? disclosure : null).OfType<Disclosure>()
            .Where(disclosure => entry.Concealed.Any(one => one.Name == disclosure.Name && one.Value.Digest == disclosure.Digest));

    public static byte[] ToBytes(IReadOnlyList<Sha256Hash> hashes)
    {
        var bytes = new byte[hashes.Count * Sha256Hash.Size];
        for (var i = 0; i < hashes.Count; i++) hashes[i].CopyTo(bytes.AsSpan(i * Sha256Hash.Size));
        return bytes;
    }

    private static Sha256Hash[] ToHashes(byte[] bytes) =>
        [.. bytes.Chunk(Sha256Hash.Size).Select(hash => new Sha256Hash(hash))];

    protected static LogFile Classify(string name)
    {
        if (name == CheckpointName) return new LogFile(name, LogFileKind.Checkpoint);
        if (TilePath.TryParse(name, out var tile)) return new LogFile(name, LogFileKind.Tile, tile);
        if (TryParseNumber(name, DisclosuresPrefix, out var index)) return new LogFile(name, LogFileKind.Disclosure, Index: index);
        if (TryParseNumber(name, EpochsPrefix, out var epoch)) return new LogFile(name, LogFileKind.Epoch, Index: epoch);
        if (IsCosigned(name)) return new LogFile(name, LogFileKind.Cosigned);
        var unfinished = name.EndsWith(DurableFile.TemporarySuffix, StringComparison.Ordinal)
            && Classify(name[..^DurableFile.TemporarySuffix.Length]).Kind != LogFileKind.Unknown;
        return new LogFile(name, unfinished ? LogFileKind.Unfinished : LogFileKind.Unknown);
    }

    private static bool IsCosigned(string name) => name.Length == CosignedPrefix.Length + 8 && name.StartsWith(CosignedPrefix, StringComparison.Ordinal)
        && name[CosignedPrefix.Length..].All(char.IsAsciiHexDigitLower);

    // These numbers are grouped as a tile's, so a tile's strict parser reads them.
    private static bool TryParseNumber(string name, string prefix, out long number)
    {
        number = 0;
        if (!name.StartsWith(prefix, StringComparison.Ordinal)) return false;
        if (!TilePath.TryParse($"tile/0/{name[prefix.Length..]}", out var tile) || tile.IsPartial) return false;
        number = tile.Index;
        return true;
    }
}
