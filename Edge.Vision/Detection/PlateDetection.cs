namespace Edge.Vision.Detection;

/// <summary>Where a plate was found, in pixels of the frame.</summary>
/// <param name="Box">The plate's upright bounding box.</param>
/// <param name="Score">The detector's confidence, 0 to 1.</param>
public readonly record struct PlateDetection(PixelBox Box, float Score);
