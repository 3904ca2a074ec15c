using System.Globalization;
using Microsoft.Extensions.Hosting.Systemd;
using Microsoft.Extensions.Logging;

namespace Edge.Agent.Device;

/// <summary>Tells systemd that the agent gets on (sd_watchdog_enabled(3)); while it does not, says nothing, so that systemd ends and
/// starts it again.</summary>
internal sealed class SystemdWatchdog(ISystemdNotifier systemd, PipelineProgress progress, TimeProvider time, ILogger log)
{
    private static readonly ServiceState Alive = new("WATCHDOG=1");

    private bool _silent;

    /// <summary>How often systemd wants to hear of this process, from <c>WATCHDOG_USEC</c> and <c>WATCHDOG_PID</c>; null where it does
    /// not.</summary>
    public static TimeSpan? Wanted(Func<string, string?> environment, int process)
    {
        if (environment("WATCHDOG_PID") is { Length: > 0 } meant && meant != process.ToString(CultureInfo.InvariantCulture)) return null;
        return long.TryParse(environment("WATCHDOG_USEC"), NumberStyles.None, CultureInfo.InvariantCulture, out var microseconds)
            && microseconds is > 0 and < long.MaxValue / 10 ? TimeSpan.FromMicroseconds(microseconds) : null;
    }

    /// <summary>Does <paramref name="work"/>, and tells systemd meanwhile, if it wants to hear.</summary>
    public static async Task WatchAsync(ISystemdNotifier systemd, PipelineProgress progress, ILogger log, Func<Task> work)
    {
        using var done = new CancellationTokenSource();
        var watchdog = Wanted(Environment.GetEnvironmentVariable, Environment.ProcessId) is { } wanted
            ? new SystemdWatchdog(systemd, progress, TimeProvider.System, log).RunAsync(wanted, done.Token) : Task.CompletedTask;
        try
        {
            await work();
        }
        finally
        {
            await done.CancelAsync();
            await watchdog.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Notifies three times as often as <paramref name="wanted"/>, so that one notice may be late.</summary>
    public async Task RunAsync(TimeSpan wanted, CancellationToken stop)
    {
        using var timer = new PeriodicTimer(wanted / 3, time);
        do Look();
        while (await timer.WaitForNextTickAsync(stop));
    }

    /// <summary>One turn.</summary>
    public void Look()
    {
        var stuck = progress.Stuck();
        if (stuck.Count == 0) systemd.Notify(Alive);
        else if (!_silent) log.LogCritical("{Stuck} should be over and is not: the watchdog is to start the agent again", string.Join(", ", stuck));
        _silent = stuck.Count > 0;
    }
}
