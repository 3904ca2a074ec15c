using System.Globalization;

namespace Edge.Storage.Audit.Bundles;

/// <summary>The files of a log as one checkpoint covers them, read beside a writer that may go on: of a tile that has grown wider since, only
/// what the checkpoint covers is taken.</summary>
internal sealed class LogSnapshot
{
    private const int Tries = 5;

    private readonly LogFolder _folder;
    private readonly SortedDictionary<string, Func<byte[]>> _files = new(StringComparer.Ordinal);

    /// <exception cref="AuditDamagedException">There is no checkpoint that can be read.</exception>
    public LogSnapshot(LogFolder folder)
    {
        _folder = folder;
        // Before the checkpoint: so none is of more entries than it.
        foreach (var file in folder.Enumerate().Where(file => file.Kind == LogFileKind.Cosigned).ToList())
            if (folder.Read(file.Name, SignedNote.MaxBytes) is { } note) _files[file.Name] = () => note;
        var signed = folder.ReadCheckpoint();
        if (signed is null || !SignedNote.TryParse(signed, out var parsed) || !Checkpoint.TryParse(parsed!.Text, out var checkpoint))
            throw new AuditDamagedException(folder.Root, "there is no checkpoint: is this the folder of a log?");
        if (checkpoint!.Size / TilePath.FullWidth > BundleNames.MostFiles / 2)
            throw new AuditDamagedException(folder.Root, $"its checkpoint says {checkpoint.Size} entries: more than any log has");
        (Checkpoint, Note) = (checkpoint, parsed);
        _files[LogFolder.CheckpointName] = () => signed;
        foreach (var (name, note) in EndsOfEpochs(checkpoint)) _files[name] = () => note;
        foreach (var tile in Tiles(checkpoint.Size)) _files[tile.ToString()] = () => Read(tile);
    }

    public Checkpoint Checkpoint { get; }

    public SignedNote Note { get; }

    /// <summary>Every file that the checkpoint covers, in ordinal order of names.</summary>
    public IEnumerable<(string Name, Func<byte[]> Read)> Files => _files.Select(file => (file.Key, file.Value));

    /// <summary>What is kept of what the covered entries conceal: index and one disclosure, in order.</summary>
    public IEnumerable<(long Index, string Disclosure)> Disclosures() => _folder.Enumerate()
        .Where(file => file.Kind == LogFileKind.Disclosure && file.Index < Checkpoint.Size).Select(file => file.Index).Order()
        .SelectMany(index => (_folder.ReadDisclosures(index) ?? []).Where(line => Disclosure.TryParse(line, out _)).Select(line => (index, line)));

    // After the checkpoint: so that no end that it covers is missing. One that a writer has reached since is left out, and one that the log
    // has not reached, by its newest checkpoint, is not: the log was set back, and whoever verifies this is to see it.
    private List<(string Name, byte[] Note)> EndsOfEpochs(Checkpoint covered)
    {
        var ends = _folder.Enumerate().Where(file => file.Kind == LogFileKind.Epoch).ToList()
            .Select(file => (file.Name, Note: _folder.Read(file.Name, SignedNote.MaxBytes))).ToList();
        var newest = _folder.ReadCheckpoint() is { } bytes && SignedNote.TryParse(bytes, out var note) && Checkpoint.TryParse(note!.Text, out var now)
            ? now!.Size : covered.Size;
        return [.. ends.Where(end => end.Note is not null && !IsLater(end.Note)).Select(end => (end.Name, end.Note!))];

        bool IsLater(byte[] end) => SignedNote.TryParse(end, out var note) && Checkpoint.TryParse(note!.Text, out var checkpoint)
            && checkpoint!.Size > covered.Size && checkpoint.Size <= newest;
    }

    private static IEnumerable<TilePath> Tiles(long size)
    {
        for (var level = 0; TilePath.HashesAt(level, size) > 0; level++)
        {
            var full = TilePath.HashesAt(level, size) / TilePath.FullWidth;
            for (long index = 0; index < full; index++)
            {
                yield return TilePath.Hashes(level, index, TilePath.FullWidth);
                if (level == 0) yield return TilePath.Entries(index, TilePath.FullWidth);
            }
            if (TilePath.RightEdge(level, size) is { } edge) yield return edge;
        }
        if (TilePath.RightEdgeEntries(size) is { } bundle) yield return bundle;
    }

    private byte[] Read(TilePath tile)
    {
        // A writer that goes on writes the wider file first and then deletes this one.
        for (var i = 0; i < Tries; i++)
        {
            if (Cut(tile.ToString(), tile) is { } exact) return exact;
            foreach (var wider in Wider(tile))
                if (Cut(wider, tile) is { } cut) return cut;
        }
        throw new AuditDamagedException(_folder.Root, $"{tile} is missing or torn");
    }

    private byte[]? Cut(string name, TilePath tile)
    {
        var bytes = _folder.Read(name, EntryBundle.MaxBytes);
        if (bytes is null) return null;
        var length = tile.IsEntries ? EntryBundle.LengthOf(bytes, tile.Width) : tile.Width * Sha256Hash.Size;
        return length < 0 || length > bytes.Length ? null : bytes[..length];
    }

    private IEnumerable<string> Wider(TilePath tile)
    {
        var full = tile.IsEntries ? TilePath.Entries(tile.Index, TilePath.FullWidth) : TilePath.Hashes(tile.Level, tile.Index, TilePath.FullWidth);
        var folder = $"{full}.p";
        var path = _folder.PathOf(folder);
        var widths = Directory.Exists(path) ? Directory.GetFiles(path).Select(Path.GetFileName)
            .Select(name => int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var width) ? width : 0).Where(width => width > tile.Width)
            .Order().ToList() : [];
        return [.. widths.Select(width => $"{folder}/{Canonical.Decimal(width)}"), full.ToString()];
    }
}
