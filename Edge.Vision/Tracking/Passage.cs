using Edge.Vision.Detection;
using Edge.Vision.Recognition;

namespace Edge.Vision.Tracking;

/// <summary>One vehicle's plate going by once (or one plate of a still): what all its frames together say. Whoever
/// receives a passage disposes it, which wipes plate and picture.</summary>
public sealed class Passage : IDisposable
{
    private Passage(PlateText plate, float[] confidences) => (Plate, Confidences) = (plate, confidences);

    /// <summary>The camera's configured name.</summary>
    public required string Camera { get; init; }

    /// <summary>The text that the frames agree on.</summary>
    public PlateText Plate { get; }

    /// <summary>Evidence for each character, 0 to 1, in order.</summary>
    public IReadOnlyList<float> Confidences { get; }

    /// <summary>Evidence that all characters are right: their product.</summary>
    public float Confidence => Confidences.Aggregate(1f, static (product, one) => product * one);

    /// <summary>Evidence for the least certain character.</summary>
    public float Weakest => Confidences.Min();

    /// <summary>Whether it passes the <see cref="ReadGate"/>; only then is it a read.</summary>
    public required bool Accepted { get; init; }

    /// <summary>Frames that by themselves read exactly this text.</summary>
    public required int FramesAgreed { get; init; }

    /// <summary>First frame of the passage, time since the source began.</summary>
    public required TimeSpan From { get; init; }

    /// <summary>Latest frame of the passage so far, time since the source began.</summary>
    public required TimeSpan To { get; init; }

    /// <summary>Wall time of the latest frame.</summary>
    public required DateTimeOffset SeenAt { get; init; }

    /// <summary>Where the plate was in the latest frame, pixels of the whole frame.</summary>
    public required PixelBox Box { get; init; }

    /// <summary>The clearest picture of the plate.</summary>
    public required PlateCrop Crop { get; init; }

    /// <summary>Turns a track into a passage, or null where its frames read nothing. Takes the track's crop.</summary>
    internal static Passage? Of(PlateTrack track, string camera, ReadGate gate, bool still, DateTimeOffset origin)
    {
        var reading = track.Conclusion;
        if (track.Crop is not { } crop || reading.ToPlate() is not { } plate) return null;
        track.Crop = null;
        var agreed = track.Agreed;
        return new Passage(plate, [.. Enumerable.Range(0, reading.Length).Select(i => Math.Clamp(reading.Best(i).Confidence, 0, 1))])
        {
            Camera = camera,
            Accepted = gate.Accepts(track.Score, reading.Weakest, reading.Length, agreed, still),
            FramesAgreed = agreed,
            From = track.First,
            To = track.Last,
            SeenAt = origin + track.Last,
            Box = track.Box,
            Crop = crop,
        };
    }

    public override string ToString() => "Passage(redacted)";

    public void Dispose()
    {
        Plate.Dispose();
        Crop.Dispose();
    }
}
