using Edge.Storage.Files;

namespace Edge.Storage.Audit.Bundles;

/// <summary>A bundle, or a log, in a folder that somebody brought. Links are refused wherever they stand, so that no name leads out of it.</summary>
internal sealed class FolderFiles : IBundleFiles
{
    private const int Deepest = 12;
    private const int MostKept = 4 << 20; // bytes: many times what a log's end takes

    private readonly string _root;
    private readonly HashSet<string> _known;

    // What a log that is being written replaces with each entry, as it was when it was listed: to read a long log to its end takes longer than that.
    private readonly Dictionary<string, byte[]> _end = new(StringComparer.Ordinal);

    /// <exception cref="BundleException">There is a link in it, or far too much.</exception>
    /// <exception cref="IOException">It cannot be listed.</exception>
    public FolderFiles(string root) : this(root, listed: null)
    {
    }

    /// <param name="listed">Called when the folder has been listed.</param>
    internal FolderFiles(string root, Action? listed)
    {
        _root = Path.GetFullPath(root);
        var names = new List<string>();
        List(new DirectoryInfo(_root), "", 0, names);
        listed?.Invoke();
        names.Sort(StringComparer.Ordinal);
        _known = names.ToHashSet(StringComparer.Ordinal);
        _known.ExceptWith([.. names.Where(name => IsOfTheEnd(name) && !Keep(name))]);
        Names = names.FindAll(_known.Contains);
    }

    public IReadOnlyList<string> Names { get; }

    public byte[]? Read(string name, int most)
    {
        if (!_known.Contains(name)) return null;
        if (_end.TryGetValue(name, out var kept)) return kept.Length > most ? null : [.. kept];
        using var file = PlainFile.OpenRead(Path.Combine(_root, name));
        if (file.Length > most) return null;
        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return bytes;
    }

    public void Dispose()
    {
    }

    private static bool IsOfTheEnd(string name) => name == LogFolder.CheckpointName || (TilePath.TryParse(name, out var tile) && tile.IsPartial);

    /// <returns>False if it has gone since it was listed: a tile goes with the entry that makes the next.</returns>
    private bool Keep(string name)
    {
        try
        {
            if (Read(name, MostKept - _end.Values.Sum(one => one.Length)) is { } bytes) _end[name] = bytes;
            return true;
        }
        catch (Exception gone) when (gone is FileNotFoundException or DirectoryNotFoundException)
        {
            return false;
        }
        catch (IOException)
        {
            return true; // whoever asks for it is told
        }
    }

    private static void List(DirectoryInfo folder, string prefix, int depth, List<string> names)
    {
        if (depth > Deepest) throw new BundleException($"{prefix}: folders nest deeper than any log's");
        foreach (var entry in folder.EnumerateFileSystemInfos("*", new EnumerationOptions { AttributesToSkip = 0 }))
        {
            var name = prefix + entry.Name;
            if (entry.LinkTarget is not null) throw new BundleException($"{name} is a link; a bundle has none, and none is followed");
            if (Gone(entry)) continue;
            if (entry is DirectoryInfo inner) List(inner, $"{name}/", depth + 1, names);
            else if (names.Count == BundleNames.MostFiles) throw new BundleException($"more than {BundleNames.MostFiles} files");
            else names.Add(name);
        }
    }

    /// <summary>A log that is being written renames its temporary files: one may have gone since it was listed, which the listing does not know.</summary>
    internal static bool Gone(FileSystemInfo entry)
    {
        entry.Refresh();
        return !entry.Exists;
    }
}
