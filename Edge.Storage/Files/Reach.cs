namespace Edge.Storage.Files;

/// <summary>Why something is not found: that it is not there and that nobody may see it are mended in different ways.</summary>
public static class Reach
{
    /// <summary>Null if <paramref name="path"/> is there, else the end of a sentence about it.</summary>
    public static string? Fault(string path)
    {
        try
        {
            _ = File.GetAttributes(path);
            return null;
        }
        catch (UnauthorizedAccessException)
        {
            return NotAllowed;
        }
        catch (Exception missing) when (missing is IOException or ArgumentException)
        {
            return "no such file or folder";
        }
    }

    /// <summary>What is said where this user has no right.</summary>
    public const string NotAllowed = "this user may not look there; run this as the user it belongs to, or as root";

    /// <summary>The nearest folder above <paramref name="path"/> that is there.</summary>
    public static string NearestFolder(string path)
    {
        for (var folder = Path.GetFullPath(path); ;)
            if (Directory.Exists(folder) || Path.GetDirectoryName(folder) is not { } above) return folder;
            else folder = above;
    }
}
