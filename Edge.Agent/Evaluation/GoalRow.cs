namespace Edge.Agent.Evaluation;

/// <summary>One measure that this project set itself a goal for.</summary>
/// <param name="Measure">What is measured, and in which unit.</param>
/// <param name="Goal">In words.</param>
internal sealed record GoalRow(string Measure, string Goal)
{
    /// <summary>What was measured; null where it could not be, and then <see cref="Missing"/> says why.</summary>
    public double? Value { get; init; }

    /// <summary>The least and the most of all rounds.</summary>
    public (double Least, double Most)? Spread { get; init; }

    /// <summary>What was measured beside it, in the same run and unit.</summary>
    public double? Beside { get; init; }

    /// <summary>What that is.</summary>
    public string? BesideWhat { get; init; }

    /// <summary>Of <see cref="Value"/> to <see cref="Beside"/>, unless it was measured pair by pair.</summary>
    public double? Ratio
    {
        get => field ?? (Beside is { } beside && beside != 0 ? Value / beside : null);
        init;
    }

    /// <summary>Whether the goal is met; null where nothing was measured.</summary>
    public bool? Met { get; init; }

    /// <summary>What was not there.</summary>
    public string? Missing { get; init; }
}
