namespace Edge.Vision.Calibrating;

/// <summary>One labelled plate that was read.</summary>
/// <param name="Evidence">Of the reading, 0 to 1; see <see cref="Recognition.Reading.Evidence"/>.</param>
/// <param name="Right">Whether the whole text was right.</param>
/// <param name="Picture">Which picture it stood in: plates of one picture are not independent.</param>
public readonly record struct Outcome(double Evidence, bool Right, int Picture);
