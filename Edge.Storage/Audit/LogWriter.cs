using System.Text;
using Edge.Storage.Files;
using Edge.Storage.Keys;

namespace Edge.Storage.Audit;

/// <summary>Grows a log on disk, one commit at a time. README.md, "Life of an entry", is the order of writes and why it
/// survives a cut between any two. After an exception this writer is of no use: the disk is the truth, and
/// <see cref="LogRecovery"/> reads it.</summary>
internal sealed class LogWriter(LogFolder folder, DurableSteps steps, LogSigner signer, SignedNote note,
    Checkpoint checkpoint, TileEdge edge, EntryBundle bundle) : IDisposable
{
    public Checkpoint Checkpoint { get; private set; } = checkpoint;

    public SignedNote Note { get; private set; } = note;

    /// <summary>Signs for it, and knows its epoch.</summary>
    public LogSigner Signer { get; } = signer;

    /// <summary>Adds <paramref name="entries"/> as one step: all are in the log, durably, or none is.</summary>
    /// <exception cref="IOException">The disk refused a step.</exception>
    public void Commit(IReadOnlyList<(byte[] Json, string? Disclosures)> entries)
    {
        var before = edge.Size;
        var folders = new SortedSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < entries.Count; i++)
            if (entries[i].Disclosures is { } lines)
                Add(LogFolder.DisclosureName(before + i), Encoding.ASCII.GetBytes(lines), folders);
        foreach (var (tile, bytes) in Grow(entries)) Add(tile.ToString(), bytes, folders);
        foreach (var path in folders) steps.SyncFolder(path);

        // With this rename the entries are in the log: whoever reads the checkpoint finds all that it covers.
        Checkpoint = new Checkpoint(Checkpoint.Origin, edge.Size, edge.Root);
        Note = Signer.Sign(Checkpoint);
        steps.Replace(folder.PathOf(LogFolder.CheckpointName), Note.ToBytes());

        RemoveSuperseded(before);
    }

    /// <summary>Keeps the checkpoint, whose last entry names the next epoch's key, as the last of its epoch; destroys that epoch's key, and
    /// only then signs with the next.</summary>
    /// <exception cref="IOException">The disk refused a step.</exception>
    public void EndEpoch()
    {
        var path = folder.PathOf(LogFolder.EpochName(Signer.Epoch));
        steps.MakeFolder(Path.GetDirectoryName(path)!);
        steps.Replace(path, Note.ToBytes());
        Signer.BeginNext();
    }

    public void Dispose() => Signer.Dispose();

    // Bundles before hashes, so that a tile never speaks of an entry that is not there.
    private List<(TilePath Tile, byte[] Bytes)> Grow(IReadOnlyList<(byte[] Json, string? Disclosures)> entries)
    {
        var before = edge.Size;
        var bundles = new List<(TilePath, byte[])>();
        var tiles = new List<(TilePath, byte[])>();
        foreach (var (json, _) in entries)
        {
            bundle.Add(json);
            edge.Append(Merkle.Leaf(json), (tile, hashes) => tiles.Add((tile, LogFolder.ToBytes(hashes))));
            if (bundle.Count < TilePath.FullWidth) continue;
            bundles.Add((TilePath.Entries(edge.Size / TilePath.FullWidth - 1, TilePath.FullWidth), bundle.ToArray()));
            bundle.Clear();
        }
        if (TilePath.RightEdgeEntries(edge.Size) is { } partial) bundles.Add((partial, bundle.ToArray()));
        foreach (var (level, tile) in ChangedEdges(edge.Size, before))
            tiles.Add((tile, LogFolder.ToBytes(edge.Partial(level))));
        return [.. bundles, .. tiles];
    }

    // A leftover is true and does no harm: it is tried once here, and again when the log is opened.
    private void RemoveSuperseded(long before)
    {
        var superseded = ChangedEdges(before, edge.Size).Select(edge => edge.Tile);
        if (TilePath.RightEdgeEntries(before) is { } entries) superseded = superseded.Append(entries);
        foreach (var tile in superseded)
        {
            try
            {
                var path = folder.PathOf(tile.ToString());
                steps.Delete(path);
                var isFullNow = TilePath.HashesAt(Math.Max(tile.Level, 0), edge.Size) / TilePath.FullWidth > tile.Index;
                if (isFullNow) steps.DeleteFolder(Path.GetDirectoryName(path)!);
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                continue;
            }
        }
    }

    /// <summary>The partial tiles of a tree of <paramref name="size"/> that one of <paramref name="other"/> leaves does
    /// not have.</summary>
    private static IEnumerable<(int Level, TilePath Tile)> ChangedEdges(long size, long other)
    {
        for (var level = 0; TilePath.HashesAt(level, size) > 0; level++)
            if (TilePath.RightEdge(level, size) is { } tile && tile != TilePath.RightEdge(level, other))
                yield return (level, tile);
    }

    // Under its own name at once: no checkpoint covers the name yet, and recovery takes away what is torn.
    private void Add(string name, ReadOnlySpan<byte> bytes, SortedSet<string> folders)
    {
        var path = folder.PathOf(name);
        var parent = Path.GetDirectoryName(path)!;
        steps.MakeFolder(parent);
        steps.Write(path, bytes);
        folders.Add(parent);
    }
}
