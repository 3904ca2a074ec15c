namespace Edge.Agent.Doctor;

/// <summary>How one thing is.</summary>
public enum Verdict
{
    /// <summary>As it should be.</summary>
    Good,
    /// <summary>It works, and somebody should know.</summary>
    Warning,
    /// <summary>It must be mended: the box does not do its work, or not safely.</summary>
    Bad,
    /// <summary>It could not be looked at here, or was not to be. That is no failure.</summary>
    Skipped,
}

/// <summary>One row of the doctor's report. It holds no plate, no case, no key and no password.</summary>
/// <param name="Row">What was looked at; a few words.</param>
/// <param name="Verdict">How it is.</param>
/// <param name="Says">What was seen.</param>
/// <param name="Mend">The command or the screw that mends it; given for everything that is bad.</param>
internal sealed record Finding(string Row, Verdict Verdict, string Says, string? Mend = null)
{
    public static Finding Good(string row, string says) => new(row, Verdict.Good, says);

    public static Finding Warning(string row, string says, string? mend = null) => new(row, Verdict.Warning, says, mend);

    public static Finding Bad(string row, string says, string mend) => new(row, Verdict.Bad, says, mend);

    public static Finding Skipped(string row, string why) => new(row, Verdict.Skipped, why);
}
