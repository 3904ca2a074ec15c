using Edge.Storage.Trust;

namespace Edge.Agent.Governance;

/// <summary>Trust files that came one by one, and may not all have come yet. For a file that did not come it offers the one of the
/// set in use, which most often is the same.</summary>
internal sealed class TrustParcel(IReadOnlyDictionary<string, ReadOnlyMemory<byte>> files, TrustedTargets? inUse)
{
    /// <summary>True once a file was asked for that did not come: a refusal then may only mean that it is on its way.</summary>
    public bool IsIncomplete { get; private set; }

    /// <summary>Fetches from what came, then from the set in use.</summary>
    public byte[]? Fetch(string path, int maxBytes)
    {
        if (files.TryGetValue(path, out var bytes)) return bytes.ToArray();
        // There is always a next root that does not exist, and a proof may come later or never.
        IsIncomplete |= !path.EndsWith(".root.json", StringComparison.Ordinal) && !TrustPath.IsProof(path);
        return inUse?.File(path)?.ToArray();
    }
}
