using System.Text.RegularExpressions;
namespace Edge.Tests.Support;

/// <summary>The checkout the tests run in.</summary>
internal static class Repository
{
    public static string Root { get; } = Find();

    public static string Models => Path.Combine(Root, "models");

    /// <summary>The shipped models' manifest for tests that change how they are read: its calibration does not say how that was.</summary>
    public static string ManifestToChange => Regex.Replace(File.ReadAllText(Path.Combine(Models, "manifest.json")), "\"readAs\": \"[0-9a-f]{64}\",\\s+", "");

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "Edge.slnx")))
                return folder.FullName;
        throw new InvalidOperationException("the tests run from a checkout: Edge.slnx was not found above them");
    }
}
