namespace Edge.Storage.Audit;

/// <summary>A checkpoint that a witness has seen.</summary>
/// <param name="Checkpoint">What the log was then.</param>
/// <param name="Note">Signed by the log and cosigned by the witness.</param>
/// <param name="Time">When, by the witness's clock.</param>
public sealed record CosignedCheckpoint(Checkpoint Checkpoint, SignedNote Note, DateTimeOffset Time);

/// <summary>What became of a cosigned checkpoint that was offered to its log.</summary>
public enum CosignatureTaken
{
    /// <summary>It is beside the log, durably.</summary>
    Kept,
    /// <summary>It is, or a newer one is, there already.</summary>
    Known,
    /// <summary>The log's key or the witness's did not sign it so: nothing follows from it.</summary>
    NotVerified,
    /// <summary>Both keys signed it, and it has more entries than the log: the log was set back.</summary>
    Ahead,
    /// <summary>Both keys signed it, and the log's first entries are others: there are two logs.</summary>
    Contradicts,
}
