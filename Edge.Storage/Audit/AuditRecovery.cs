namespace Edge.Storage.Audit;

/// <summary>What opening a log had to do before it could be appended to; worth an incident if anything.</summary>
/// <param name="TilesRebuilt">Tiles that were missing or torn, derived again and proven by the checkpoint.</param>
/// <param name="FilesRemoved">Leftovers of an append that was cut off, and partial tiles already superseded.</param>
public sealed record AuditRecovery(int TilesRebuilt, int FilesRemoved)
{
    public bool IsClean => TilesRebuilt == 0 && FilesRemoved == 0;
}
