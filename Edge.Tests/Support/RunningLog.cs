using Edge.Storage.Audit;
using Edge.Storage.Audit.Bundles;

namespace Edge.Tests.Support;

/// <summary>The audit log of a box that runs: the files at its end are replaced while they are read.</summary>
internal static class RunningLog
{
    /// <summary>Every entry of this action; none where there is no log yet.</summary>
    public static async Task<IReadOnlyList<AuditEntry>> EntriesAsync(string folder, AuditAction action) => LiveLog.CheckpointOf(folder) is null ? []
        : await LiveLog.ReadAsync(() => LiveLog.CheckpointOf(folder), () =>
        {
            using var log = Bundle.Open(folder);
            return AuditSearch.In(log, new AuditQuery { Actions = [action] }).Select(match => match.Entry!).ToList();
        }, _ => true, _ => false, TimeProvider.System, TestContext.Current.CancellationToken);
}
