namespace Edge.Tests.Support;

/// <summary>A folder of its own for one test, deleted afterwards.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("edge-test-").FullName;

    public string File(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>Copies a folder, with all that is in it and its modes, into this one.</summary>
    /// <returns>The copy.</returns>
    public string Take(string folder, string name)
    {
        var copy = File(name);
        foreach (var from in Directory.EnumerateDirectories(folder, "*", SearchOption.AllDirectories).Prepend(folder))
            Directory.CreateDirectory(System.IO.Path.Combine(copy, System.IO.Path.GetRelativePath(folder, from)), System.IO.File.GetUnixFileMode(from));
        foreach (var from in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
            System.IO.File.Copy(from, System.IO.Path.Combine(copy, System.IO.Path.GetRelativePath(folder, from)));
        return copy;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
