using Edge.Vision.Recognition;

namespace Edge.Vision.Calibrating;

/// <summary>One labelled plate that was read.</summary>
/// <param name="Evidence">Of the reading, 0 to 1; see <see cref="Recognition.Reading.Evidence"/>.</param>
/// <param name="Right">Whether the whole text was right.</param>
/// <param name="Fold">Which fifth of the plates it is measured with, 0 to 4; see <see cref="FoldOf"/>.</param>
public readonly record struct Outcome(double Evidence, bool Right, int Fold)
{
    /// <summary>Into how many parts plates are divided.</summary>
    public const int Folds = 5;

    /// <summary>The same for every picture of a plate and in every run: two pictures of one plate are not independent, so none may
    /// be judged by what the other taught. The plate cannot be told from it.</summary>
    public static int FoldOf(PlateText plate)
    {
        ArgumentNullException.ThrowIfNull(plate);
        var hash = 2166136261u; // FNV-1a; a plate's own hash differs from run to run
        foreach (var character in plate.Ascii) hash = unchecked((hash ^ character) * 16777619u);
        return (int)(hash % Folds);
    }
}
