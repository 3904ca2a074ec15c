namespace Edge.Agent.Configuration;

/// <summary>What the gate may be set to, in the configuration as on the command line.</summary>
internal static class GateBounds
{
    public const double LeastRate = 0.001;
    public const double MostRate = 0.5;
    public const double LeastEvidence = 0.01;
    public const double MostEvidence = 0.9999;

    /// <summary>Bounds of the wrong-read rate, for people.</summary>
    public static string Rates { get; } = FormattableString.Invariant($"{LeastRate} to {MostRate}");

    /// <summary>Bounds of the evidence, for people.</summary>
    public static string Evidences { get; } = FormattableString.Invariant($"{LeastEvidence} to {MostEvidence}");

    /// <summary>Whether both lie within; null is not set.</summary>
    public static bool Hold(double? rate, double? evidence) =>
        rate is null or (>= LeastRate and <= MostRate) && evidence is null or (>= LeastEvidence and <= MostEvidence);
}
