namespace Edge.Tests.Support;

/// <summary>The checkout the tests run in.</summary>
internal static class Repository
{
    public static string Root { get; } = Find();

    public static string Models => Path.Combine(Root, "models");

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "Edge.slnx")))
                return folder.FullName;
        throw new InvalidOperationException("the tests run from a checkout: Edge.slnx was not found above them");
    }
}
