namespace Edge.Vision.Detection;

/// <summary>Where a plate was found, in pixels of the picture that was looked at: <see cref="Shift"/> says the same of one that holds it.</summary>
/// <param name="Box">The plate's upright bounding box.</param>
/// <param name="Score">The detector's confidence, 0 to 1.</param>
/// <param name="Corners">The plate's own corners; null where the detector gives none.</param>
public readonly record struct PlateDetection(PixelBox Box, float Score, PlateCorners? Corners = null)
{
    public PlateDetection Shift(float x, float y) => this with { Box = Box.Shift(x, y), Corners = Corners?.Move(x, y) };
}
