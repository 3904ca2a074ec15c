using Edge.Storage.Audit;

namespace Edge.Agent.Transparency;

/// <summary>One box in a report.</summary>
/// <param name="Origin">Its log.</param>
/// <param name="Size">Entries of the log that was counted, of which the period may be a part.</param>
/// <param name="Root">Its root, base64.</param>
/// <param name="KeyId">The key that signed it, 8 hex digits.</param>
/// <param name="Witnessed">What the witnesses that were named have seen of it.</param>
/// <param name="Covered">What of the period the log speaks of; null if of nothing.</param>
public sealed record ReportedBox(string Origin, long Size, string Root, string KeyId, IReadOnlyList<WitnessedSize> Witnessed,
    (DateTimeOffset From, DateTimeOffset Until)? Covered, ReportFigures Figures)
{
    /// <summary>True if the key of the log's first epoch was given, from elsewhere: then no later key can have signed earlier epochs anew.</summary>
    public bool EpochKeyGiven { get; init; }

    /// <summary>The agency that the origin <c>edge/v1/{agency}/{box}</c> names; another origin names itself.</summary>
    public string Agency => Origin.Split('/') is ["edge", "v1", var agency, _] ? agency : Origin;

    /// <summary>The box within its agency.</summary>
    public string Box => Origin.Split('/') is ["edge", "v1", _, var box] ? box : Origin;
}

/// <summary>What boxes did in a quarter, from their logs alone. The same bundles give the same report, whoever makes it and whenever.</summary>
/// <param name="Boxes">In the order of their origins.</param>
public sealed record TransparencyReport(ReportPeriod Period, IReadOnlyList<ReportedBox> Boxes)
{
    /// <summary>Of whom: the agencies that the logs name.</summary>
    public string Agencies => string.Join(", ", Boxes.Select(box => box.Agency).Distinct(StringComparer.Ordinal));

    /// <summary>All boxes as one.</summary>
    public ReportFigures Total { get; } = ReportFigures.Of([.. Boxes.Select(box => box.Figures)]);
}
