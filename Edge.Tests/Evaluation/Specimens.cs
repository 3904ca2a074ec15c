using Edge.Vision.Evaluation;

namespace Edge.Tests.Evaluation;

/// <summary>Pictures for tests.</summary>
internal static class Specimens
{
    /// <summary>Writes an empty grey picture.</summary>
    public static void Blank(string path)
    {
        using var blank = Specimen.Blank(640, 360);
        File.WriteAllBytes(path, blank.ToJpeg(blank.Whole, 360));
    }
}
