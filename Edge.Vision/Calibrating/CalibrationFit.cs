using Edge.Vision.Recognition;

namespace Edge.Vision.Calibrating;

/// <summary>Turns outcomes into a <see cref="Calibration"/>. Pure.</summary>
public static class CalibrationFit
{
    private const int MostPoints = 64; // the most a manifest may have; steps within a sequence take no share of the doubt
    private const int MostBins = 32; // of the other curve
    private const int LeastInBin = 10;
    private const double Doubt = 0.05; // a bound is exceeded by chance once in twenty measurements

    /// <summary>Fewer outcomes than this are no measurement.</summary>
    public const int LeastOutcomes = 40;

    /// <summary>Whether they are a measurement: enough of them, and not all alike.</summary>
    public static bool CanFit(IReadOnlyCollection<Outcome> outcomes) =>
        outcomes.Count >= LeastOutcomes && Thresholds([.. outcomes.OrderBy(outcome => outcome.Evidence)]).Count >= 2;

    /// <summary>Fits both curves.</summary>
    /// <exception cref="ArgumentException">Fewer than <see cref="LeastOutcomes"/>, or all with the same evidence.</exception>
    public static Calibration Of(IReadOnlyCollection<Outcome> outcomes, string set)
    {
        if (outcomes.Count < LeastOutcomes)
            throw new ArgumentException($"{outcomes.Count} plates were read; at least {LeastOutcomes} are needed", nameof(outcomes));
        var sorted = outcomes.OrderBy(outcome => outcome.Evidence).ToArray();
        var knots = Knots(sorted);
        var thresholds = Thresholds(sorted);
        if (thresholds.Count < 2) throw new ArgumentException("every plate was read with the same evidence: nothing to fit", nameof(outcomes));
        var wrong = WrongAbove(sorted, thresholds);
        var points = thresholds.Select((evidence, i) => new CalibrationPoint
        {
            Evidence = evidence,
            Right = Math.Round(At(knots, evidence), 4),
            WrongAbove = Math.Round(wrong[i], 4, MidpointRounding.ToPositiveInfinity),
        });
        return new Calibration { Set = set, Plates = sorted.Length, Points = [.. points] };
    }

    /// <summary>What each threshold can promise. The gate takes the loosest that promises enough, so the promises must hold for
    /// whichever it takes: fixed sequences (Bauer, Statistics in Medicine 10, 1991; Angelopoulos et al., Learn then Test, 2021). A
    /// rate is tried at a threshold set beforehand, then at looser ones, and believed up to the first that fails; so none needs
    /// a share of the doubt. The first sequence starts at the middle threshold and has half of the doubt; each further one, for
    /// stricter rates, starts halfway between there and the strictest, with half of what is left.</summary>
    /// <remarks>Road not taken: all thresholds at once with an equal share of the doubt each (Bonferroni), which promised twice the
    /// errors that were there.</remarks>
    private static double[] WrongAbove(Outcome[] sorted, List<double> thresholds)
    {
        var promised = new double[thresholds.Count];
        var (from, doubt) = (0, Doubt);
        while (from < promised.Length)
        {
            var start = (from + promised.Length) / 2;
            doubt /= 2;
            for (var (i, worst) = (start, 0.0); i >= from; i--)
            {
                var above = sorted[Array.FindIndex(sorted, outcome => outcome.Evidence >= thresholds[i])..];
                promised[i] = worst = Math.Max(worst, UpperBound(above.Count(outcome => !outcome.Right), above.Length, doubt));
            }
            from = start + 1;
        }
        return promised;
    }

    /// <summary>0, and the evidence at steps of equal count, three times as fine in the quarter with the least, where gates are; each has plates
    /// above it.</summary>
    private static List<double> Thresholds(Outcome[] sorted)
    {
        var thresholds = new List<double> { 0 };
        for (var i = 1; i < MostPoints; i++)
        {
            var below = i < MostPoints / 2 ? i * sorted.Length / (2 * MostPoints) : (3 * i - MostPoints) * sorted.Length / (2 * MostPoints);
            var evidence = Math.Round(sorted[below].Evidence, 7, MidpointRounding.ToPositiveInfinity);
            if (evidence > thresholds[^1] && evidence <= sorted[^1].Evidence) thresholds.Add(evidence);
        }
        return thresholds;
    }

    /// <summary>The largest share of wrong ones with which so few would still be seen with probability <paramref name="doubt"/>:
    /// the one-sided bound of Clopper and Pearson (Biometrika 26, 1934).</summary>
    public static double UpperBound(int wrong, int all, double doubt = Doubt)
    {
        if (wrong >= all) return 1;
        var (low, high) = (0.0, 1.0);
        for (var i = 0; i < 60; i++)
        {
            var middle = (low + high) / 2;
            if (AtMost(wrong, all, middle) > doubt) low = middle;
            else high = middle;
        }
        return high;
    }

    // P(X ≤ wrong) of a binomial.
    private static double AtMost(int wrong, int all, double share)
    {
        var (sum, log) = (0.0, all * Math.Log(1 - share));
        for (var k = 0; ; k++)
        {
            sum += Math.Exp(log);
            if (k == wrong) return sum;
            log += Math.Log((double)(all - k) / (k + 1)) + Math.Log(share / (1 - share));
        }
    }

    /// <summary>Share right by evidence, in bins of equal count; a bin that is right less often than the one below is pooled
    /// with it (isotonic regression by pooling adjacent violators), so that more evidence is never worth less.</summary>
    private static List<(double Evidence, double Right)> Knots(Outcome[] sorted)
    {
        var bins = Math.Clamp(sorted.Length / LeastInBin, 2, MostBins);
        var pooled = new List<(double Count, double Evidence, double Right)>();
        for (var i = 0; i < bins; i++)
        {
            var bin = sorted[(i * sorted.Length / bins)..((i + 1) * sorted.Length / bins)];
            // Half a plate of each kind that was not seen: ten out of ten are no proof of certainty.
            pooled.Add((bin.Length + 1, bin.Average(one => one.Evidence) * (bin.Length + 1), bin.Count(one => one.Right) + 0.5));
            while (pooled.Count > 1 && pooled[^1].Right / pooled[^1].Count <= pooled[^2].Right / pooled[^2].Count)
            {
                var (last, before) = (pooled[^1], pooled[^2]);
                pooled.RemoveRange(pooled.Count - 2, 2);
                pooled.Add((before.Count + last.Count, before.Evidence + last.Evidence, before.Right + last.Right));
            }
        }
        return [.. pooled.Select(bin => (bin.Evidence / bin.Count, bin.Right / bin.Count))];
    }

    private static double At(List<(double Evidence, double Right)> knots, double evidence)
    {
        if (evidence <= knots[0].Evidence) return knots[0].Right;
        for (var i = 1; i < knots.Count; i++)
            if (evidence <= knots[i].Evidence)
                return knots[i - 1].Right + (knots[i].Right - knots[i - 1].Right) *
                    (evidence - knots[i - 1].Evidence) / (knots[i].Evidence - knots[i - 1].Evidence);
        return knots[^1].Right;
    }
}
