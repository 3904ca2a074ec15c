namespace Edge.Storage.Audit.Bundles;

/// <summary>This is no bundle that may be read: a link, a hostile name, an archive in another spelling. Nothing of it was used.</summary>
public sealed class BundleException(string problem) : FormatException(problem);
