using Edge.Vision.Recognition;
using Edge.Vision.Tracking;

namespace Edge.Agent.Hits;

/// <summary>A read that somebody looks for, on its way from the camera to the disk: all that a hit says of it. Only of a match is one ever
/// made. Whoever receives it disposes it, which wipes the plate.</summary>
public sealed class Sighting : IDisposable
{
    /// <summary>Most frames that a hit tells of.</summary>
    public const int MostFrames = 1_000_000;

    public required PlateText Plate { get; init; }

    /// <summary>One for each character, 0 to 1.</summary>
    public required IReadOnlyList<float> Confidences { get; init; }

    /// <summary>Probability that the whole text is right; null where the model has no calibration for it.</summary>
    public required double? Right { get; init; }

    public required PlateRegion Region { get; init; }

    public required bool RegionVerified { get; init; }

    /// <summary>Positions that a region rule changed, from 0, rising.</summary>
    public required IReadOnlyList<int> RuleChanged { get; init; }

    /// <summary>Frames that agreed, 1 to <see cref="MostFrames"/>; whoever stood longer is said to have stood so long.</summary>
    public required int Frames { get; init; }

    /// <summary>JPEG of the plate alone.</summary>
    public required byte[] Crop { get; init; }

    /// <remarks>Borrows the passage; the caller still disposes it.</remarks>
    public static Sighting Of(Passage passage)
    {
        ArgumentNullException.ThrowIfNull(passage);
        return new Sighting
        {
            Plate = passage.Plate.Copy(), Confidences = passage.Confidences, Right = passage.Right, Region = passage.Region,
            RegionVerified = passage.RegionVerified,
            RuleChanged = passage.RuleChanged, Frames = Math.Min(passage.FramesAgreed, MostFrames), Crop = passage.Crop.ToJpeg(),
        };
    }

    public override string ToString() => "Sighting(redacted)";

    public void Dispose()
    {
        Plate.Dispose();
        Array.Clear(Crop);
    }
}
