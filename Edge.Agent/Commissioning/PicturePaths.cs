using Edge.Vision.Capture;

namespace Edge.Agent.Commissioning;

/// <summary>Pictures, folders of pictures and recordings as they are typed.</summary>
internal static class PicturePaths
{
    /// <summary>Each path, and for a folder each picture in it by name.</summary>
    /// <exception cref="CaptureException">A folder holds no picture, or a path is a camera.</exception>
    public static IReadOnlyList<string> Of(IEnumerable<string> paths) => [.. paths.SelectMany(Expand)];

    /// <summary>Labels are found by file name alone: two pictures of one name would be held against the same labels.</summary>
    /// <exception cref="LabelsException">Two pictures have the name of a file that a table labels.</exception>
    public static void RefuseSameNames(IReadOnlyList<string> pictures, IReadOnlyCollection<LabelledPlates> tables)
    {
        var twice = pictures.GroupBy(picture => Path.GetFileName(picture), StringComparer.Ordinal)
            .FirstOrDefault(same => same.Skip(1).Any() && tables.Any(table => table[same.Key].Any()));
        if (twice is not null)
            throw new LabelsException($"several pictures are called {twice.Key}, and labels are found by that name: " +
                "look at their folders one at a time, or rename the files");
    }

    private static IEnumerable<string> Expand(string path)
    {
        // An address may hold a password: it is not repeated.
        if (CameraSources.IsLive(path)) throw new CaptureException("a camera is neither a picture nor a recording: name files of it (edge-agent run reads cameras)");
        if (!Directory.Exists(path)) return [path];
        var pictures = Directory.EnumerateFiles(path).Where(IsPicture).Order(StringComparer.Ordinal).ToList();
        return pictures.Count > 0 ? pictures : throw new CaptureException($"{path}: no picture in this folder");
    }

    // Of what else lies in a folder, an editor's lock or somebody else's file is no reason to read none of its pictures.
    private static bool IsPicture(string path)
    {
        if (Path.GetFileName(path).StartsWith('.')) return false;
        try
        {
            return CameraSources.IsPicture(path);
        }
        catch (CaptureException)
        {
            return false;
        }
    }
}
