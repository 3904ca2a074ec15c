namespace Edge.Agent.Evaluation;

/// <summary>How far a share that was counted may be from the true one: the score interval at 95 % (Wilson 1927). It stays
/// inside 0 to 1 and says something even where nothing, or everything, was counted.</summary>
/// <param name="Share">What was counted, 0 to 1; 0 of nothing.</param>
/// <param name="Low">Lower end, 0 to 1.</param>
/// <param name="High">Upper end, 0 to 1.</param>
internal readonly record struct Wilson(double Share, double Low, double High)
{
    private const double Z = 1.959963985;

    public static Wilson Of(int part, int whole)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(part);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(part, whole);
        if (whole == 0) return new Wilson(0, 0, 1);
        var share = (double)part / whole;
        var square = Z * Z / whole;
        var middle = (share + square / 2) / (1 + square);
        var reach = Z / (1 + square) * Math.Sqrt(share * (1 - share) / whole + square / (4 * whole));
        return new Wilson(share, Math.Max(0, middle - reach), Math.Min(1, middle + reach));
    }
}
