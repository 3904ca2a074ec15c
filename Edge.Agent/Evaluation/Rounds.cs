namespace Edge.Agent.Evaluation;

/// <summary>What rounds of one measurement gave.</summary>
internal readonly record struct Rounds(double Median, double Least, double Most)
{
    /// <summary>The middle one, or the upper of two in the middle.</summary>
    public static Rounds Of(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return new Rounds(sorted[sorted.Length / 2], sorted[0], sorted[^1]);
    }
}
