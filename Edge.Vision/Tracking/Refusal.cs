namespace Edge.Vision.Tracking;

/// <summary>Why a passage is no read; the first that applies.</summary>
public enum Refusal
{
    /// <summary>It is one: accepted.</summary>
    None,
    /// <summary>The detector doubts that it is a plate.</summary>
    Detector,
    /// <summary>It is partly out of the picture.</summary>
    Cut,
    /// <summary>Something hides a part of it.</summary>
    Hidden,
    /// <summary>Shorter or longer than plates are.</summary>
    Length,
    /// <summary>It fits no pattern of the configured regions.</summary>
    Pattern,
    /// <summary>The evidence is less than the gate needs.</summary>
    Evidence,
    /// <summary>Too few frames read this text.</summary>
    Frames,
}
