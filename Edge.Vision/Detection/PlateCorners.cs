namespace Edge.Vision.Detection;

/// <summary>The four corners of a plate as it stands, in pixels of a picture. A detector's corners are rough, a
/// tenth of the plate's height off and more, so what is derived here averages them.</summary>
public readonly record struct PlateCorners(
    float TopLeftX, float TopLeftY, float TopRightX, float TopRightY,
    float BottomRightX, float BottomRightY, float BottomLeftX, float BottomLeftY)
{
    public float CentreX => (TopLeftX + TopRightX + BottomRightX + BottomLeftX) / 4;

    public float CentreY => (TopLeftY + TopRightY + BottomRightY + BottomLeftY) / 4;

    /// <summary>Mean length of the top and the bottom edge.</summary>
    public float Width => (Length(TopEdge) + Length(BottomEdge)) / 2;

    /// <summary>Mean length of the left and the right edge.</summary>
    public float Height =>
        (Length((BottomLeftX - TopLeftX, BottomLeftY - TopLeftY)) + Length((BottomRightX - TopRightX, BottomRightY - TopRightY))) / 2;

    /// <summary>How far the plate is turned, in radians, clockwise as seen: the mean direction of its top and bottom edge,
    /// the longer counting more.</summary>
    public float Tilt => MathF.Atan2(TopEdge.Y + BottomEdge.Y, TopEdge.X + BottomEdge.X);

    /// <summary>The upright box around them.</summary>
    public PixelBox Around => new(
        MathF.Min(MathF.Min(TopLeftX, TopRightX), MathF.Min(BottomRightX, BottomLeftX)),
        MathF.Min(MathF.Min(TopLeftY, TopRightY), MathF.Min(BottomRightY, BottomLeftY)),
        MathF.Max(MathF.Max(TopLeftX, TopRightX), MathF.Max(BottomRightX, BottomLeftX)),
        MathF.Max(MathF.Max(TopLeftY, TopRightY), MathF.Max(BottomRightY, BottomLeftY)));

    /// <summary>Moved by (<paramref name="x"/>, <paramref name="y"/>), then scaled.</summary>
    public PlateCorners Move(float x, float y, float scale = 1) => new(
        (TopLeftX + x) * scale, (TopLeftY + y) * scale, (TopRightX + x) * scale, (TopRightY + y) * scale,
        (BottomRightX + x) * scale, (BottomRightY + y) * scale, (BottomLeftX + x) * scale, (BottomLeftY + y) * scale);

    private (float X, float Y) TopEdge => (TopRightX - TopLeftX, TopRightY - TopLeftY);

    private (float X, float Y) BottomEdge => (BottomRightX - BottomLeftX, BottomRightY - BottomLeftY);

    private static float Length((float X, float Y) edge) => MathF.Sqrt(edge.X * edge.X + edge.Y * edge.Y);
}
