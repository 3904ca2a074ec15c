using System.Text;

namespace Edge.Storage.Audit.Bundles;

/// <summary>The log in a bundle, as its files: what belongs to the bundle alone is left out, and what an auditor's key opened stands where a
/// log keeps it.</summary>
internal sealed class BundleLog(IBundleFiles files) : LogFolder(".")
{
    // Without what a bundle says of itself it is a log's folder, in which these files are foreign.
    private readonly bool _isBundle = files.Names.Contains(BundleManifest.Name);
    private List<LogFile>? _listed;

    /// <summary>Disclosures that were sealed, by entry, as a log's file holds them.</summary>
    public SortedDictionary<long, string> Opened { get; } = [];

    public override bool Exists => true;

    public override IEnumerable<LogFile> Enumerate() =>
    [
        .. _listed ??= [.. files.Names.Where(name => !_isBundle || (name != BundleManifest.Name && !SealedDisclosures.IsPart(name))).Select(Classify)],
        .. Opened.Keys.Select(index => new LogFile(DisclosureName(index), LogFileKind.Disclosure, Index: index)),
    ];

    public override byte[]? Read(string name, int most) =>
        Opened.Count > 0 && Classify(name) is { Kind: LogFileKind.Disclosure } file && Opened.TryGetValue(file.Index, out var lines)
            ? Encoding.Latin1.GetBytes(lines) : files.Read(name, most);

    public override int Read(string name, int most, ref byte[] buffer)
    {
        if (Read(name, most) is not { } bytes) return -1;
        buffer = bytes;
        return bytes.Length;
    }
}
