using Edge.Vision.Recognition.Regions;
using Edge.Vision.Tracking;

namespace Edge.Vision;

/// <summary>How one camera's frames are examined.</summary>
public sealed record PipelineOptions
{
    /// <summary>What a passage must show to be a read.</summary>
    public ReadGate Gate { get; init; } = new();

    /// <summary>What plates may read here; null where anything may.</summary>
    public RegionRules? Rules { get; init; }

    /// <summary>The part of the picture that is examined, as shares of its width and height; default all of it.</summary>
    public RegionOfInterest Region { get; init; } = RegionOfInterest.Whole;

    /// <summary>Skip frames in which nothing moved. Off for stills.</summary>
    public bool MotionGate { get; init; } = true;

    /// <summary>Lowest plate height in pixels of the frame that is read, default 12; of smaller ones most are
    /// misread (docs/accuracy.md).</summary>
    public int MinimumPlateHeight { get; init; } = 12;
}

/// <summary>A rectangle as shares of a picture, each 0 to 1.</summary>
public readonly record struct RegionOfInterest(double X, double Y, double Width, double Height)
{
    public static readonly RegionOfInterest Whole = new(0, 0, 1, 1);
}
