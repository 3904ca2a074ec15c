namespace Edge.Storage.Audit;

/// <summary>How a check went.</summary>
public enum CheckResult
{
    Passed,
    Failed,
    /// <summary>Not asked for, or impossible because an earlier one failed.</summary>
    Skipped,
}

/// <summary>One check of a log, by name. On failure the first finding: which file, and both hashes where two
/// differ.</summary>
/// <param name="Name">A fixed word: see <see cref="AuditVerifier"/>.</param>
/// <param name="Detail">For people: what was checked, or what is wrong and what to do.</param>
/// <param name="File">The file at fault, below the log's folder; null where there is no one file.</param>
/// <param name="Expected">What the rest of the log says, in base64.</param>
/// <param name="Actual">What was found, in base64.</param>
/// <param name="MoreFindings">How many more of its kind were found.</param>
public sealed record AuditCheck(string Name, CheckResult Result, string Detail, string? File = null,
    string? Expected = null, string? Actual = null, int MoreFindings = 0)
{
    /// <summary>All that it found is what an append leaves that is under way, or was cut off.</summary>
    internal bool IsUnfinished { get; init; }
}

/// <summary>Sums over all entries of a log.</summary>
/// <param name="Frames">Frames looked at.</param>
/// <param name="Reads">Plates read.</param>
/// <param name="Discarded">Reads wiped because nobody looks for them.</param>
/// <param name="Hits">Reads that matched.</param>
/// <param name="HitsStored">Entries about a stored hit.</param>
public sealed record AuditTotals(long Frames, long Reads, long Discarded, long Hits, long HitsStored);

/// <summary>How far a witness vouches for a log.</summary>
/// <param name="Witness">Its name.</param>
/// <param name="Size">Entries that it has cosigned.</param>
/// <param name="Time">When, by its own clock.</param>
/// <param name="Since">Entries after them: for these there is the log's key alone.</param>
public sealed record WitnessedSize(string Witness, long Size, DateTimeOffset Time, long Since)
{
    public override string ToString() => string.Create(System.Globalization.CultureInfo.InvariantCulture,
        $"{Witness}: {Size} entries at {Time.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC; {Since} since then that it has not seen");
}

/// <summary>What verifying a log found.</summary>
/// <param name="Checkpoint">The checkpoint, if it could be read; trust it only if <see cref="Holds"/>.</param>
/// <param name="Checks">In a fixed order, each name once.</param>
/// <param name="Totals">As far as the entries could be read.</param>
public sealed record AuditReport(Checkpoint? Checkpoint, IReadOnlyList<AuditCheck> Checks, AuditTotals Totals)
{
    /// <summary>What the witnesses that were named vouch for; trust it only if <see cref="Holds"/>.</summary>
    public IReadOnlyList<WitnessedSize> Witnessed { get; init; } = [];

    /// <summary>True if nothing failed.</summary>
    public bool Holds => Checks.All(check => check.Result != CheckResult.Failed);

    /// <summary>True if all that failed is what an append leaves that is under way, or was cut off: of a log that is being written it says
    /// nothing.</summary>
    public bool IsUnfinished => !Holds && Checks.All(check => check.Result != CheckResult.Failed || check.IsUnfinished);
}
