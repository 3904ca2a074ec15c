namespace Edge.Tests.Support;

/// <summary>Data sets and vectors kept beside the checkout in <c>../shared</c> (or where EDGE_SHARED says), never in it.</summary>
internal static class Shared
{
    /// <summary>The path of <paramref name="relative"/> there, or null where it is absent.</summary>
    public static string? Find(string relative)
    {
        var root = Environment.GetEnvironmentVariable("EDGE_SHARED") ?? Path.Combine(Repository.Root, "..", "shared");
        var path = Path.GetFullPath(Path.Combine(root, relative));
        return Path.Exists(path) ? path : null;
    }

    /// <summary>The path of <paramref name="relative"/> there; skips the test where it is absent.</summary>
    public static string Need(string relative)
    {
        var path = Find(relative);
        Assert.SkipWhen(path is null, $"needs {relative} in ../shared or in $EDGE_SHARED");
        return path!;
    }
}
