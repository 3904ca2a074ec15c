namespace Edge.Agent.Fleet;

/// <summary>A folder for keys that nobody needs afterwards: mode 0700, deleted when disposed.</summary>
internal sealed class FleetFolder : IDisposable
{
    private FleetFolder(string path) => Path = path;

    public string Path { get; }

    /// <param name="parent">Where; null for the system's temporary folder.</param>
    public static FleetFolder Make(string? parent)
    {
        if (parent is null) return new FleetFolder(Directory.CreateTempSubdirectory("edge-simulate-").FullName);
        var name = $"edge-simulate-{Convert.ToHexStringLower(System.Security.Cryptography.RandomNumberGenerator.GetBytes(6))}";
        return new FleetFolder(Directory.CreateDirectory(System.IO.Path.Combine(parent, name),
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute).FullName);
    }

    public void Dispose()
    {
        try
        {
            Directory.Delete(Path, recursive: true);
        }
        catch (IOException)
        {
            // What is measured stands all the same; the system clears its temporary folder.
        }
    }
}
