namespace Edge.Storage.Retention;

/// <summary>What one sweep did.</summary>
/// <param name="Hits">Hits destroyed.</param>
/// <param name="Messages">Messages that expired unsent; <see cref="Outbox.Outbox.Dropped"/> names them.</param>
/// <param name="Keys">Keys destroyed.</param>
public sealed record SweepResult(int Hits, int Messages, int Keys)
{
    /// <summary>Those of <see cref="Hits"/> that a hold had kept past their own retention.</summary>
    public int HitsOfHolds { get; init; }

    /// <summary>Hits sealed again under another key, because a hold of their case began or ended.</summary>
    public int Resealed { get; init; }

    /// <summary>Holds that ended by themselves.</summary>
    public int HoldsEnded { get; init; }

    /// <summary>Used orders forgotten, because they are expired and refused for that.</summary>
    public int Orders { get; init; }

    /// <summary>True if there is nothing to tell of.</summary>
    public bool IsEmpty => this == new SweepResult(0, 0, 0);
}
