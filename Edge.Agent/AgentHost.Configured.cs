using Edge.Agent.Configuration;
using Edge.Agent.Device;
using Edge.Agent.Door;
using Edge.Agent.LanConsole;
using Edge.Storage.Audit;
using Microsoft.Extensions.Logging;

namespace Edge.Agent;

/// <summary>What follows the configuration while the box runs.</summary>
internal sealed partial class AgentHost
{
    /// <summary>Takes the configuration file anew, without losing who is before a camera.</summary>
    /// <returns>Null if it is in force; else why not: then all is as it was.</returns>
    /// <exception cref="AuditDamagedException">The log is damaged: the box stops, with the same.</exception>
    public async Task<string?> ReloadAsync(CancellationToken cancel)
    {
        try
        {
            return await _reload.RunAsync(cancel);
        }
        catch (AuditDamagedException damaged)
        {
            _damaged.TrySetException(damaged);
            throw;
        }
    }

    // Never completes but by that.
    private readonly TaskCompletionSource _damaged = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // What can be refused comes first.
    private async Task<string?> ApplyAsync(AgentConfiguration next, ILogger console, CancellationToken cancel)
    {
        if (await _door.ChangeAsync(Seeing(next), cancel) is { } refused) return refused;
        var changed = ConfigurationKeys.Between(_configuration.Keys, next.Keys);
        _configuration = next;
        _state.Outbox.Limit = (long)next.OutboxMegabytes << 20;
        if (changed.Contains("console")) _console.Replace(Console(next, console));
        if (changed.Contains("metricsPort")) _metrics.Replace(Metrics(next));
        return null;
    }

    private static ToVision.Configure Seeing(AgentConfiguration configuration) =>
        new(configuration.ModelFolder, configuration.Gate, configuration.Rules, configuration.Cameras);

    private Func<CancellationToken, Task> Metrics(AgentConfiguration configuration) =>
        configuration.MetricsPort is { } port ? new MetricsServer(port, Look, Software, _time, _log).RunAsync : ReplaceableService.None;

    /// <summary>A console that cannot be opened stays shut, and the box reads plates without it.</summary>
    private Func<CancellationToken, Task> Console(AgentConfiguration configuration, ILogger log) =>
        configuration.Console is not { } wanted ? ReplaceableService.None : async stop =>
    {
        try
        {
            await using var console = new ConsoleServer(new ConsoleBox
            {
                Name = Box, Configured = () => _configuration, CaFile = _enrolment.Certificates.CaFile, Trust = () => _trust.Current, Key = _keys.Orders,
                Audit = _audit,
                AuditFolder = AuditFolder, LogKey = LogKey, LogEpochKey = LogEpochKey, Incidents = _incidents, Look = Look, Time = _time, Log = log,
                Aim = _door,
            }, wanted);
            await console.RunAsync(stop);
        }
        catch (Exception refused) when (refused is ConsoleException or IOException or UnauthorizedAccessException)
        {
            log.LogError("the console stays shut: {Reason}", refused.Message);
            await ReplaceableService.None(stop);
        }
    };
}
