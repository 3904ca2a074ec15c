namespace Edge.Vision.Aiming;

/// <summary>One look through a camera that is being aimed: plain values, so that it may cross to another process as it stands. No text was read
/// for it and none can be read in it.</summary>
/// <param name="At">When the frame was taken.</param>
/// <param name="Jpeg">The picture, at most <see cref="AimPicture.MostWidth"/> pixels wide, every plate painted over.</param>
/// <param name="Figures">What was measured in it.</param>
public sealed record AimView(DateTimeOffset At, byte[] Jpeg, AimFigures Figures);

/// <summary>What was measured while somebody looked.</summary>
public sealed record AimFigures
{
    /// <summary>The camera's picture, pixels.</summary>
    public required int Width { get; init; }

    /// <inheritdoc cref="Width"/>
    public required int Height { get; init; }

    /// <summary>Mean brightness of the part that is examined, 0 to 255.</summary>
    public required double Brightness { get; init; }

    /// <summary>Plates in this frame.</summary>
    public required int Plates { get; init; }

    /// <summary>The largest plate in this frame; null without one.</summary>
    public PlateFigures? Now { get; init; }

    /// <summary>The middle values over the frames of the last minute in which plates were largest, a quarter of those with a plate; null without one.</summary>
    public PlateFigures? Minute { get; init; }

    /// <summary>Frames with a plate in the last minute; <see cref="Minute"/> is made of a quarter of them.</summary>
    public int FramesWithPlate { get; init; }

    /// <summary>How much of the last minute somebody has looked, seconds: what the two counts below are counted over.</summary>
    public double Seconds { get; init; }

    /// <summary>Vehicles whose plate was read surely enough.</summary>
    public int Reads { get; init; }

    /// <summary>Vehicles whose plate was seen, and not read surely enough.</summary>
    public int Unread { get; init; }
}

/// <summary>How one plate stands in the picture; nothing of what it says.</summary>
/// <param name="Height">Pixels of the camera's picture.</param>
/// <param name="Width">Pixels of the camera's picture.</param>
/// <param name="Blur">How wide the sharpest edges on it are, as a share of its height: 0.05 is crisp, from 0.2 characters run together.</param>
/// <param name="Brightness">Its light parts, 0 to 255: the level that nineteen of twenty pixels stay below.</param>
/// <param name="Contrast">From its dark parts to its light parts, 0 to 255.</param>
/// <param name="Blown">Share of it that is white without detail, 0 to 1.</param>
/// <param name="Roll">How far it leans, degrees, clockwise as seen.</param>
/// <param name="Yaw">How far it is turned away sideways, degrees: the least that a plate of a known shape must be to look so narrow.</param>
public sealed record PlateFigures(
    double Height, double Width, double Blur, double Brightness, double Contrast, double Blown, double Roll, double Yaw)
{
    /// <summary>The middle of each value; null of nothing.</summary>
    public static PlateFigures? MiddleOf(IReadOnlyCollection<PlateFigures> all) => all.Count == 0 ? null : new PlateFigures(
        Middle(all, one => one.Height), Middle(all, one => one.Width), Middle(all, one => one.Blur), Middle(all, one => one.Brightness),
        Middle(all, one => one.Contrast), Middle(all, one => one.Blown), Middle(all, one => one.Roll), Middle(all, one => one.Yaw));

    private static double Middle(IReadOnlyCollection<PlateFigures> all, Func<PlateFigures, double> value)
    {
        var sorted = all.Select(value).Order().ToList();
        return (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
    }
}
