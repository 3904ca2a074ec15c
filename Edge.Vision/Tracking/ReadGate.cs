namespace Edge.Vision.Tracking;

/// <summary>What a passage must show before its text counts as a read. Everything short of it is dropped unread: a
/// missed plate costs a technician's time, a wrong one sends police to the wrong door.</summary>
public sealed record ReadGate
{
    /// <summary>Lowest detector score of the passage's best frame, 0 to 1.</summary>
    public float Detector { get; init; } = 0.4f;

    /// <summary>Lowest evidence for the least certain character, 0 to 1. On 218 photographs 0.75 lets 78 % through with
    /// 4 % of those wrong; passages have several frames and do better.</summary>
    public float Weakest { get; init; } = 0.75f;

    /// <summary>Frames that must each read the text the passage concludes on; stills have one.</summary>
    public int Frames { get; init; } = 2;

    /// <summary>Shortest and longest text that can be a plate, in characters.</summary>
    public (int Shortest, int Longest) Length { get; init; } = (4, 10);

    /// <summary>True where the evidence suffices.</summary>
    public bool Accepts(float score, float weakest, int length, int agreed, bool still) =>
        score >= Detector && weakest >= Weakest && length >= Length.Shortest && length <= Length.Longest &&
        agreed >= (still ? 1 : Frames);
}
