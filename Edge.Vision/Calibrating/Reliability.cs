using Edge.Vision.Recognition;

namespace Edge.Vision.Calibrating;

/// <summary>How often texts of which a reader was so and so sure are right.</summary>
/// <param name="From">Least confidence of the bin, 0 to 1.</param>
/// <param name="To">Where the next bin begins.</param>
/// <param name="Count">Plates in it.</param>
/// <param name="Confidence">Their mean confidence.</param>
/// <param name="Right">Share of them that are right.</param>
public sealed record ReliabilityBin(double From, double To, int Count, double Confidence, double Right);

/// <summary>A reliability table: where confidence and the share that is right agree, a reader is honest. Pure.</summary>
public sealed record Reliability(IReadOnlyList<ReliabilityBin> Bins)
{
    // Narrow where the gate stands.
    private static readonly double[] Edges = [0, 0.2, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 1];

    /// <summary>Expected calibration error over these bins: mean of |confidence − share right|, by count.</summary>
    public double Error => Bins.Sum(bin => bin.Count) is var all and > 0
        ? Bins.Sum(bin => bin.Count * Math.Abs(bin.Confidence - bin.Right)) / all : 0;

    public static Reliability Of(IEnumerable<(double Confidence, bool Right)> outcomes) => new([.. outcomes
        .GroupBy(outcome => Math.Min(Array.FindLastIndex(Edges, edge => outcome.Confidence >= edge), Edges.Length - 2))
        .OrderBy(bin => bin.Key)
        .Select(bin => new ReliabilityBin(Edges[bin.Key], Edges[bin.Key + 1], bin.Count(), bin.Average(one => one.Confidence),
            bin.Average(one => one.Right ? 1.0 : 0.0)))]);

    /// <summary>What a calibration fitted on these outcomes does on ones it has not seen: fitted on four fifths of the
    /// plates and asked about the last, five times. A fold whose rest is no measurement is left out; no bins where all are.</summary>
    public static Reliability CrossValidated(IReadOnlyCollection<Outcome> outcomes) => Of(Enumerable.Range(0, Outcome.Folds).SelectMany(fold =>
    {
        var rest = outcomes.Where(outcome => outcome.Fold != fold).ToList();
        if (!CalibrationFit.CanFit(rest)) return [];
        var seen = CalibrationFit.Of(rest, "four fifths");
        return outcomes.Where(outcome => outcome.Fold == fold).Select(outcome => (seen.Right(outcome.Evidence), outcome.Right));
    }));
}
