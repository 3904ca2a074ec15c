namespace Edge.Storage.Audit;

/// <summary>An entry as it stands in the log.</summary>
/// <param name="Index">Its place, from 0.</param>
/// <param name="Json">Exactly the bytes that were hashed.</param>
public sealed record AuditRecord(long Index, ReadOnlyMemory<byte> Json)
{
    /// <summary>What it says; null if another version of the software wrote something that this one cannot read.</summary>
    public AuditEntry? Entry => AuditEntryJson.TryRead(Json.Span, out var entry) ? entry : null;
}
