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

    /// <summary>Reads the file and puts it into force.</summary>
    /// <returns>Null if that is so now; else why not.</returns>
    public async Task<string?> RunAsync(CancellationToken cancel)
    {
        await _alone.WaitAsync(cancel);
        try
        {
            var refused = await TryAsync(cancel);
            if (refused is var (word, reason))
            {
                log.LogError("the configuration stays as it was: {Reason}", reason);
                _look = _look with { Refused = new ReloadRefusal(time.GetUtcNow(), reason) };
                Append(AuditOutcome.Refused(word));
                return reason;
            }
            Append(AuditOutcome.Done);
            return null;
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
        if (await apply(next, cancel) is { } reason) return ("not-applied", $"{file}: {reason}");
        _look = new ConfigurationLook(time.GetUtcNow(), next.Keys);
        log.LogInformation("configuration of {File} in force: {Changed}", file, changed.Count == 0 ? "nothing that differs" : string.Join(", ", changed));
        return null;
    }

    // The log refuses with the disk, or is damaged; what is in force is so all the same, and the journal has it.
    private void Append(AuditOutcome outcome)
    {
        try
        {
            audit.Append(new AuditEntry { Action = AuditAction.ConfigurationLoaded, Outcome = outcome,
                Digest = outcome.Reason is null ? ConfigurationKeys.Digest(_look.Keys) : null });
        }
        catch (AuditException refused)
        {
            log.LogError("{Reason}", refused.Message);
        }
    }

    public void Dispose() => _alone.Dispose();
}
