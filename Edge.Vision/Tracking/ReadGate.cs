using Edge.Vision.Recognition;

namespace Edge.Vision.Tracking;

/// <summary>What a passage must show before its text counts as a read. Everything short of it is refused: a
/// missed plate costs a technician's time, a wrong one sends police to the wrong door.</summary>
public sealed record ReadGate
{
    /// <summary>Accepts nothing: for looking at what a model reads before anybody has measured what that is worth.</summary>
    public static readonly ReadGate Closed = new() { Evidence = double.PositiveInfinity };

    /// <summary>Lowest detector score of the passage's best frame, 0 to 1.</summary>
    public float Detector { get; init; } = 0.4f;

    /// <summary>At most this share of the accepted reads may be wrong, as the model's <see cref="Calibration"/> measured it;
    /// 0.001 to 0.5.</summary>
    public double MaximumWrongReadRate { get; init; } = 0.01;

    /// <summary>Least <see cref="Reading.Evidence"/>, 0 to 1, in place of the rate: for a model without a calibration.</summary>
    public double? Evidence { get; init; }

    /// <summary>Frames that must each read the text the passage concludes on; stills have one.</summary>
    public int Frames { get; init; } = 2;

    /// <summary>Shortest and longest text that can be a plate, in characters.</summary>
    public (int Shortest, int Longest) Length { get; init; } = (4, 10);

    /// <summary>Finds the least evidence that keeps the promise; false, with what to do, where the model cannot keep it.</summary>
    /// <param name="calibration">The model's own; null where it has none.</param>
    public bool TryEvidence(Calibration? calibration, out double evidence, out string problem)
    {
        evidence = double.PositiveInfinity;
        problem = (calibration, Evidence) switch
        {
            (_, double.PositiveInfinity) => "",
            (null, null) => "gate.evidence: needed, because this model has no calibration; set it, or run models calibrate",
            (not null, not null) => "gate.evidence: this model has a calibration; set gate.maximumWrongReadRate instead",
            _ => "",
        };
        if (problem.Length > 0) return false;
        if (calibration is null || Evidence is not null) evidence = Evidence!.Value;
        else if (calibration.EvidenceFor(MaximumWrongReadRate) is { } least) evidence = least;
        else
            problem = $"gate.maximumWrongReadRate: {MaximumWrongReadRate} cannot be promised, this model was measured to " +
                $"{calibration.LeastWrong:0.####} at best; set that or more, or calibrate it on more plates";
        return problem.Length == 0;
    }
}
