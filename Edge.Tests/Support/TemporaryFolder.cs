namespace Edge.Tests.Support;

/// <summary>A folder of its own for one test, deleted afterwards.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("edge-test-").FullName;

    public string File(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>Copies a folder, with all that is in it and its modes, into this one.</summary>
    /// <returns>The copy.</returns>
    public string Take(string folder)
    {
        var root = System.IO.Path.GetDirectoryName(folder)!;
        foreach (var from in Directory.EnumerateDirectories(folder, "*", SearchOption.AllDirectories).Prepend(folder))
            Directory.CreateDirectory(File(System.IO.Path.GetRelativePath(root, from)), System.IO.File.GetUnixFileMode(from));
        foreach (var from in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
            System.IO.File.Copy(from, File(System.IO.Path.GetRelativePath(root, from)));
        return File(System.IO.Path.GetFileName(folder));
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
