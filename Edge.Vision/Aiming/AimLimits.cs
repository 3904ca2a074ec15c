namespace Edge.Vision.Aiming;

/// <summary>What a camera must show to be well aimed.</summary>
public enum AimQuality
{
    /// <summary>Plate height, pixels.</summary>
    PlateHeight,
    /// <summary>Width of the edges as a share of the plate's height.</summary>
    Blur,
    /// <summary>Brightness of the plate's light parts, 0 to 255.</summary>
    Exposure,
    /// <summary>From dark to light on the plate, 0 to 255.</summary>
    Contrast,
    /// <summary>Degrees that the plate leans.</summary>
    Roll,
    /// <summary>Degrees that the plate is turned away.</summary>
    Yaw,
    /// <summary>Share of the vehicles whose plate was read.</summary>
    Reads,
}

/// <summary>One quality, judged.</summary>
/// <param name="Value">As measured; null where nothing was to be measured.</param>
/// <param name="Passes">Null where nothing was to be measured.</param>
public sealed record AimCheck(AimQuality Quality, double? Value, bool? Passes);

/// <summary>The limits that a camera is judged by. Pure: figures in, verdicts out.</summary>
public static class AimLimits
{
    /// <summary>Pixels: from here down the reader was measured to lose plates (docs/accuracy.md).</summary>
    public const double LeastPlateHeight = 24;

    /// <summary>Share of the height: a character's stroke is a tenth of it, and an edge wider than one and a half strokes fills the gaps.</summary>
    public const double MostBlur = 0.15;

    /// <summary>Brightness, 0 to 255: darker plates drown in noise.</summary>
    public const double LeastBrightness = 80;

    /// <summary>Share of the plate: a character that touches a blown-out part loses its edge.</summary>
    public const double MostBlown = 0.1;

    public const double LeastContrast = 50;

    /// <summary>Degrees.</summary>
    public const double MostRoll = 5;

    /// <summary>Degrees.</summary>
    public const double MostYaw = 30;

    /// <summary>Share of vehicles, and how many make it worth saying.</summary>
    public const double LeastReads = 0.8;

    /// <inheritdoc cref="LeastReads"/>
    public const int VehiclesNeeded = 5;

    /// <summary>Every quality, in the order of <see cref="AimQuality"/>: of the last minute's plates.</summary>
    public static IReadOnlyList<AimCheck> Judge(AimFigures figures)
    {
        ArgumentNullException.ThrowIfNull(figures);
        var vehicles = (long)figures.Reads + figures.Unread; // as a stranger may say them
        double? read = vehicles >= VehiclesNeeded ? (double)figures.Reads / vehicles : null;
        var reads = new AimCheck(AimQuality.Reads, read, read is null ? null : read >= LeastReads);
        return figures.Minute is not { } plate
            ? [.. Enum.GetValues<AimQuality>().Select(quality => quality == AimQuality.Reads ? reads : new AimCheck(quality, null, null))]
            :
            [
                new AimCheck(AimQuality.PlateHeight, plate.Height, plate.Height >= LeastPlateHeight),
                new AimCheck(AimQuality.Blur, plate.Blur, plate.Blur <= MostBlur),
                new AimCheck(AimQuality.Exposure, plate.Brightness, plate.Brightness >= LeastBrightness && plate.Blown <= MostBlown),
                new AimCheck(AimQuality.Contrast, plate.Contrast, plate.Contrast >= LeastContrast),
                new AimCheck(AimQuality.Roll, plate.Roll, Math.Abs(plate.Roll) <= MostRoll),
                new AimCheck(AimQuality.Yaw, plate.Yaw, plate.Yaw <= MostYaw),
                reads,
            ];
    }
}
