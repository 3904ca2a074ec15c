namespace Edge.Storage.Audit;

/// <summary>What opening a log had to do before it could be appended to; worth an incident if anything.</summary>
/// <param name="CheckpointRebuilt">The checkpoint was gone and was signed anew over every entry that is there.</param>
/// <param name="TilesRebuilt">Tiles that were missing or torn, derived again and proven by the checkpoint.</param>
/// <param name="FilesRemoved">Leftovers of an append that was cut off, and partial tiles already superseded.</param>
public sealed record AuditRecovery(bool CheckpointRebuilt, int TilesRebuilt, int FilesRemoved)
{
    public bool IsClean => !CheckpointRebuilt && TilesRebuilt == 0 && FilesRemoved == 0;
}
