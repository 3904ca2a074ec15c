namespace Edge.Storage.Audit;

/// <summary>The members of an entry that may be absent.</summary>
[Flags]
internal enum EntryMembers
{
    None = 0,
    Case = 1 << 0,
    Purpose = 1 << 1,
    Agency = 1 << 2,
    Kind = 1 << 3,
    Detail = 1 << 4,
    Version = 1 << 5,
    Sequence = 1 << 6,
    Digest = 1 << 7,
    Key = 1 << 8,
    Count = 1 << 9,
    Frames = 1 << 10,
    Reads = 1 << 11,
    Discarded = 1 << 12,
    Hits = 1 << 13,
    Person = 1 << 14,
    Claim = 1 << 15,
}

/// <summary>Which of them an action cannot do without.</summary>
internal static class EntryMembersNeeded
{
    /// <returns>The members, and how a message names them.</returns>
    public static (EntryMembers Members, string Words) Of(AuditAction action) => action switch
    {
        AuditAction.IntervalSummary =>
            (EntryMembers.Frames | EntryMembers.Reads | EntryMembers.Discarded | EntryMembers.Hits, "frames, reads, discarded and hits"),
        AuditAction.HitStored => (EntryMembers.Sequence | EntryMembers.Digest, "sequence and digest"),
        AuditAction.HitShared =>
            (EntryMembers.Sequence | EntryMembers.Digest | EntryMembers.Agency | EntryMembers.Kind, "sequence, digest, agency and kind"),
        AuditAction.MessageAcknowledged => (EntryMembers.Sequence, "sequence"),
        AuditAction.SweepDone => (EntryMembers.Count, "count"),
        AuditAction.OrderSearch or AuditAction.OrderHold or AuditAction.OrderRelease => (EntryMembers.Case | EntryMembers.Purpose, "case and purpose"),
        AuditAction.OrderDisposition =>
            (EntryMembers.Case | EntryMembers.Purpose | EntryMembers.Sequence | EntryMembers.Kind, "case, purpose, sequence and kind"),
        AuditAction.Incident => (EntryMembers.Kind, "kind"),
        AuditAction.IncidentReported =>
            (EntryMembers.Kind | EntryMembers.Sequence | EntryMembers.Digest | EntryMembers.Count, "kind, sequence, digest and count"),
        AuditAction.PolicyActivated => (EntryMembers.Version | EntryMembers.Digest | EntryMembers.Count, "version, digest and count"),
        AuditAction.HotlistPublished => (EntryMembers.Agency | EntryMembers.Version | EntryMembers.Digest, "agency, version and digest"),
        AuditAction.LogEpoch => (EntryMembers.Version | EntryMembers.Key, "version and key"),
        AuditAction.ConsoleRefused or AuditAction.LogExported => (EntryMembers.Kind, "kind"),
        AuditAction.AimViewed => (EntryMembers.Sequence, "sequence"),
        _ => (EntryMembers.None, ""),
    };
}
