namespace Edge.Storage.Audit;

/// <summary>The audit log cannot do what it was asked. No audit entry, no action: whoever catches this does not
/// act.</summary>
public abstract class AuditException(string message, Exception? cause = null) : IOException(message, cause);

/// <summary>Another writer has this log open.</summary>
public sealed class AuditBusyException(string directory)
    : AuditException($"audit log {directory}: another edge-agent has it open; stop that one first");

/// <summary>The disk refused a write: full, read-only or failing. The entry was not logged, except if the very last step,
/// making the new checkpoint's name durable, failed: then the next append or opening finds on the disk which it
/// is.</summary>
public sealed class AuditWriteException(string directory, Exception cause)
    : AuditException($"audit log {directory}: the disk refused the entry ({cause.Message}); free or repair it", cause);

/// <summary>The files contradict the signed checkpoint, or a part it covers is missing. Nothing was changed.</summary>
public sealed class AuditDamagedException(string directory, string problem)
    : AuditException($"audit log {directory}: {problem}; keep the folder as evidence, see 'edge-agent audit verify'");
