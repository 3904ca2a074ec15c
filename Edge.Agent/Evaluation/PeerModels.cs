using System.Globalization;
using Edge.Vision.Onnx;

namespace Edge.Agent.Evaluation;

/// <summary>The public reader that ours is measured against, where its files are at hand: as its authors crop, and with its box
/// grown by 6 % on every side, which is its best. Its manifests live in a folder of their own until this is disposed.</summary>
internal sealed class PeerModels : IDisposable
{
    private const float BestGrow = 0.06f;

    private readonly string? _folder;

    /// <summary>Looks for one detector and one recogniser in <paramref name="files"/>.</summary>
    /// <exception cref="ModelException">A file cannot be read.</exception>
    public PeerModels(string files)
    {
        if (!Directory.Exists(files) || FastAlprManifest.Among(files) is not var (detector, recogniser)) return;
        _folder = Directory.CreateTempSubdirectory("edge-bench-").FullName;
        try
        {
            Variants = [Write("peer", detector, recogniser, 0),
                Write($"peer +{(BestGrow * 100).ToString("0", CultureInfo.InvariantCulture)} %", detector, recogniser, BestGrow)];
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Names and model folders; none where the files are absent.</summary>
    public IReadOnlyList<(string Name, string Folder)> Variants { get; } = [];

    public void Dispose()
    {
        if (_folder is not null) Directory.Delete(_folder, recursive: true);
    }

    private (string Name, string Folder) Write(string name, string detector, string recogniser, float grow)
    {
        var folder = Directory.CreateDirectory(Path.Combine(_folder!, grow.ToString(CultureInfo.InvariantCulture))).FullName;
        foreach (var file in new[] { detector, recogniser })
            File.CreateSymbolicLink(Path.Combine(folder, Path.GetFileName(file)), Path.GetFullPath(file));
        File.WriteAllText(Path.Combine(folder, "manifest.json"), FastAlprManifest.For(detector, recogniser, grow));
        return (name, folder);
    }
}
