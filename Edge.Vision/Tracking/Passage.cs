using Edge.Vision.Detection;
using Edge.Vision.Recognition;
using Edge.Vision.Recognition.Regions;

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

    /// <summary>Evidence for the whole text: their product. No probability; see <see cref="Right"/>.</summary>
    public required float Evidence { get; init; }

    /// <summary>Probability that the whole text is right, by the model's <see cref="Calibration"/>; null where it has
    /// none, or where a region rule changed the text.</summary>
    public required double? Right { get; init; }

    /// <summary>Evidence for the least certain character.</summary>
    public float Weakest => Confidences.Min();

    /// <summary>Where the plate seems to be from.</summary>
    public required PlateRegion Region { get; init; }

    /// <summary>True where the region is known, has patterns, and the text fits one as it was read. A text that a rule made fit
    /// says nothing about where the plate is from.</summary>
    public required bool RegionVerified { get; init; }

    /// <summary>Positions of the characters that a region rule changed, from 0; see <see cref="RegionRules"/>.</summary>
    public required IReadOnlyList<int> RuleChanged { get; init; }

    /// <summary>Why it is no read; <see cref="Refusal.None"/> where it is.</summary>
    public required Refusal Refusal { get; init; }

    /// <summary>Whether it passes the <see cref="ReadGate"/>; only then is it a read.</summary>
    public bool Accepted => Refusal == Refusal.None;

    /// <summary>Frames that by themselves read exactly this text (before a rule changed it).</summary>
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
    internal static Passage? Of(PlateTrack track, string camera, ReadJudge judge, bool still, DateTimeOffset origin)
    {
        using var reading = new Reading();
        var verdict = judge.Judge(track, still, reading);
        if (track.Crop is not { } crop || reading.ToPlate() is not { } plate) return null;
        track.Crop = null;
        return new Passage(plate, [.. Enumerable.Range(0, reading.Length).Select(i => Math.Clamp(reading.Best(i).Confidence, 0, 1))])
        {
            Camera = camera,
            Evidence = verdict.Evidence,
            Right = verdict.Right,
            Region = verdict.Region,
            RegionVerified = verdict.RuleChanged.Count == 0 && verdict.Region.Code is { } code && RegionPatterns.Fits(code, plate),
            RuleChanged = verdict.RuleChanged,
            Refusal = verdict.Refusal,
            FramesAgreed = verdict.Agreed,
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
