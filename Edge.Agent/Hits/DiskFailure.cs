using Edge.Storage.Audit;
using Edge.Storage.Database;
using Edge.Storage.Keys;

namespace Edge.Agent.Hits;

/// <summary>Which failures of the disk are worth another try.</summary>
internal static class DiskFailure
{
    /// <summary>True for a disk that is full, read-only or failing: somebody may mend it while the box runs. False for what
    /// was damaged or belongs to another: trying again would only hide it.</summary>
    public static bool MayPass(this IOException failure) =>
        failure is not (StateDamagedException or AuditDamagedException or UnusableKeyException);
}
