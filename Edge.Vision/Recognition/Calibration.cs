namespace Edge.Vision.Recognition;

/// <summary>
/// What a reading's evidence (<see cref="Reading.Evidence"/>) is worth, as measured on plates with known text. Two
/// questions, two answers: how likely this text is right, and how many of all reads with at least so much evidence are
/// wrong. The gate asks the second: it is the share of alerts that send somebody to the wrong door.
/// </summary>
public sealed record Calibration
{
    /// <summary>What it was measured on, in words for people.</summary>
    public required string Set { get; init; }

    /// <summary>How many plates were read there.</summary>
    public required int Plates { get; init; }

    /// <summary>SHA-256 of the recogniser's file it was measured with, 64 lower-case hex digits; null where nobody wrote it
    /// down.</summary>
    public string? Sha256 { get; init; }

    /// <summary>How that file was read, <see cref="Onnx.RecogniserManifest.ReadAs"/>; null where nobody wrote it down.</summary>
    public string? ReadAs { get; init; }

    /// <summary>2 to 64 points, evidence rising.</summary>
    public required CalibrationPoint[] Points { get; init; }

    /// <summary>Probability that the whole text is right: between two points a straight line, outside them the nearest.</summary>
    public double Right(double evidence)
    {
        if (!(evidence > Points[0].Evidence)) return Points[0].Right;
        for (var i = 1; i < Points.Length; i++)
        {
            var (below, above) = (Points[i - 1], Points[i]);
            if (evidence > above.Evidence) continue;
            var share = (evidence - below.Evidence) / (above.Evidence - below.Evidence);
            return below.Right + share * (above.Right - below.Right);
        }
        return Points[^1].Right;
    }

    /// <summary>The least evidence from which on at most <paramref name="wrong"/> of the reads are wrong; null where the
    /// measurement cannot promise that for any.</summary>
    public double? EvidenceFor(double wrong) =>
        Points.Where(point => point.WrongAbove <= wrong).Select(point => (double?)point.Evidence).FirstOrDefault();

    /// <summary>The smallest share of wrong reads that this measurement can promise.</summary>
    public double LeastWrong => Points.Min(point => point.WrongAbove);

    internal string? Problem()
    {
        if (Set.Length is 0 or > 500) return "set: 1 to 500 characters";
        if (Plates < 1) return "plates: must be above 0";
        if (Points.Length is < 2 or > 64) return "points: 2 to 64";
        if (Points.Any(point => point.Evidence is not (>= 0 and <= 1))) return "points[].evidence: must be from 0 to 1";
        if (Points.Any(point => point.Right is not (>= 0 and <= 1))) return "points[].right: must be from 0 to 1";
        if (Points.Any(point => point.WrongAbove is not (>= 0 and <= 1))) return "points[].wrongAbove: must be from 0 to 1";
        // No error among all of them: the bound of Clopper and Pearson for that.
        var least = 1 - Math.Pow(0.05, 1.0 / Plates);
        if (Points.Any(point => point.WrongAbove < least))
            return $"points[].wrongAbove: {Plates} plates show no less than {least:0.####} even without an error; run models calibrate";
        foreach (var (before, after) in Points.Zip(Points.Skip(1)))
        {
            if (after.Evidence <= before.Evidence) return "points[].evidence: must rise from point to point";
            if (after.Right < before.Right) return "points[].right: must not fall from point to point";
        }
        return null;
    }
}

/// <summary>One measured point of a <see cref="Calibration"/>.</summary>
public sealed record CalibrationPoint
{
    /// <summary>A reading's evidence, 0 to 1.</summary>
    public required double Evidence { get; init; }

    /// <summary>Share of the texts read with this evidence that are right.</summary>
    public required double Right { get; init; }

    /// <summary>Upper bound of the share of wrong texts among all read with this much evidence or more; one-sided, and 95 % sure
    /// of the point that a rate chooses which was set beforehand.</summary>
    public required double WrongAbove { get; init; }
}
