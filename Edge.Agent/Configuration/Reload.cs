using Edge.Agent.Device;
using Edge.Storage.Audit;
using Microsoft.Extensions.Logging;

namespace Edge.Agent.Configuration;

/// <summary>Takes the configuration file anew while the box runs: whole, or not at all. What came of it stands in the journal, in the audit log and in the
/// box's health.</summary>
/// <param name="started">The configuration in force, with the file that it was loaded from.</param>
/// <param name="apply">Puts another into force; says why not, and has changed nothing then.</param>
internal sealed class Reload(AgentConfiguration started, Func<AgentConfiguration, CancellationToken, Task<string?>> apply, AuditLog audit, TimeProvider time,
    ILogger log) : IDisposable
{
    private readonly SemaphoreSlim _alone = new(1);
    private volatile ConfigurationLook _look = new(time.GetUtcNow(), started.Keys);

    /// <summary>What is in force since when, and why the last file that was to replace it was not taken.</summary>
    public ConfigurationLook Look => _look;

    /// <summary>The entry of what a file says that is in force, or is about to be.</summary>
    public static AuditEntry Entry(IReadOnlyDictionary<string, string> keys) =>
        new() { Action = AuditAction.ConfigurationLoaded, Digest = ConfigurationKeys.Digest(keys) };

    /// <summary>Reads the file and puts it into force, once it is logged; an entry that a refusal follows was taken back.</summary>
    /// <returns>Null if that is so now; else why not.</returns>
    /// <exception cref="AuditDamagedException">The log is damaged: nothing was changed, and the box must stop.</exception>
    public async Task<string?> RunAsync(CancellationToken cancel)
    {
        await _alone.WaitAsync(cancel);
        try
        {
            if (await TryAsync(cancel) is not var (word, reason)) return null;
            log.LogError("the configuration stays as it was: {Reason}", reason);
            _look = _look with { Refused = new ReloadRefusal(time.GetUtcNow(), reason) };
            // What stays as it was does so where the log refuses too.
            TryAppend(new AuditEntry { Action = AuditAction.ConfigurationLoaded, Outcome = AuditOutcome.Refused(word) }, out _);
            return reason;
        }
        finally
        {
            _alone.Release();
        }
    }

    private async Task<(string Word, string Reason)?> TryAsync(CancellationToken cancel)
    {
        if (started.File is not { } file) return ("no-file", "this box was not started with a file");
        AgentConfiguration next;
        try
        {
            next = AgentConfiguration.Load(file);
            GatePromise.Demand(next, file);
        }
        catch (ConfigurationException refused)
        {
            return ("not-valid", refused.Message.ReplaceLineEndings("; "));
        }
        var changed = ConfigurationKeys.Between(_look.Keys, next.Keys);
        if (ConfigurationKeys.NeedingARestart(changed) is { Count: > 0 } hard)
            return ("needs-restart", $"{file}: {string.Join(", ", hard)} cannot change while the box runs, so nothing of the file was taken over: systemctl restart edge-agent");
        if (!TryAppend(Entry(next.Keys), out var disk)) return ("disk", disk);
        if (await apply(next, cancel) is { } reason) return ("not-applied", $"{file}: {reason}");
        _look = new ConfigurationLook(time.GetUtcNow(), next.Keys);
        log.LogInformation("configuration of {File} in force: {Changed}", file, changed.Count == 0 ? "nothing that differs" : string.Join(", ", changed));
        return null;
    }

    private bool TryAppend(AuditEntry entry, out string reason)
    {
        try
        {
            audit.Append(entry);
            reason = "";
            return true;
        }
        catch (AuditWriteException refused)
        {
            reason = refused.Message;
            log.LogError("{Reason}", reason);
            return false;
        }
    }

    public void Dispose() => _alone.Dispose();
}
