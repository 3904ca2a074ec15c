using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;
using Edge.Agent.Configuration;
using Edge.Agent.Device;
using Edge.Agent.Door;
using Edge.Agent.Incidents;
using Edge.Storage.Audit;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Hosting.Systemd;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace Edge.Agent.Cli;

/// <summary><c>run</c>: the box, until it is told to stop. systemd starts it; it says READY and STOPPING.</summary>
internal static class RunCommand
{
    public const string DefaultConfiguration = "/etc/edge/edge.json";

    public static Command Build()
    {
        var config = new Option<string>("--config")
        {
            Description = "The configuration file.", DefaultValueFactory = _ => DefaultConfiguration,
        };
        var door = new Option<string?>("--door")
        {
            Description = $"Listen on this socket for `edge-agent vision` (the unit: {FrontDoor.DefaultPath}); without it cameras are read in this process.",
        };
        var user = new Option<string>("--door-user") { Description = "The user that vision runs as.", DefaultValueFactory = _ => FrontDoor.DefaultUser };
        var command = new Command("run", "Run the box") { config, door, user };
        command.SetAction((parse, cancel) => Failure.ShowAsync(async () =>
        {
            var configuration = AgentConfiguration.Load(parse.GetValue(config)!);
            using var logs = Logs(LogLevel.Information);
            // Not SystemdHelpers.IsSystemdService, which looks at the parent process: ProtectProc=invisible hides that.
            var systemd = new SystemdNotifier();
            try
            {
                await using var host = await HostAsync(configuration, logs,
                    parse.GetValue(door) is { } path ? FrontDoor.Open(path, parse.GetValue(user)!) : null);
                using var reloading = ReloadAtHangUp(host, systemd, cancel);
                systemd.Notify(ServiceState.Ready);
                await using var stopping = cancel.Register(() => systemd.Notify(ServiceState.Stopping));
                await SystemdWatchdog.WatchAsync(systemd, host.Progress, logs.CreateLogger("watchdog"), () => host.RunAsync(cancel));
                return ExitCode.Ok;
            }
            catch (AuditDamagedException damaged)
            {
                Failure.Say(ExitCode.Verification, damaged.Message);
                await DamagedLogAlarm.RaiseAsync(configuration, TimeProvider.System, logs, cancel);
                return ExitCode.Verification;
            }
        }));
        return command;
    }

    /// <summary>SIGHUP has the configuration taken anew, as daemons do. In a terminal it still ends the program: whoever hung up is not there any
    /// more.</summary>
    private static PosixSignalRegistration? ReloadAtHangUp(AgentHost host, SystemdNotifier systemd, CancellationToken cancel) =>
        !Console.IsInputRedirected ? null : PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal =>
        {
            signal.Cancel = true;
            _ = ReloadAsync(host, systemd, cancel);
        });

    private static async Task ReloadAsync(AgentHost host, SystemdNotifier systemd, CancellationToken cancel)
    {
        string? refused = "it failed; the journal says why";
        try
        {
            // sd_notify(3): from here to READY=1 the unit shows as reloading, and systemctl reload waits; systemd 253 and later ask for the time too.
            systemd.Notify(new ServiceState(string.Create(CultureInfo.InvariantCulture,
                $"RELOADING=1\nMONOTONIC_USEC={(long)TimeProvider.System.Monotonic().TotalMicroseconds}")));
            refused = await host.ReloadAsync(cancel);
        }
        catch (Exception ended) when (ended is OperationCanceledException or AuditDamagedException)
        {
            // The box stops, and says why.
        }
        finally
        {
            if (!cancel.IsCancellationRequested)
                systemd.Notify(new ServiceState($"READY=1\nSTATUS={(refused is null ? "" : $"the last reload was refused, the configuration is as it was: {refused}")}"));
        }
    }

    // A door whose host could not be made is shut: what sees must not wait at it.
    private static async Task<AgentHost> HostAsync(AgentConfiguration configuration, ILoggerFactory logs, FrontDoor? door)
    {
        try
        {
            return new AgentHost(configuration, TimeProvider.System, logs, vision: door);
        }
        catch
        {
            if (door is not null) await door.DisposeAsync();
            throw;
        }
    }

    /// <summary>Diagnostics on standard error: one line each, as journald likes them.</summary>
    /// <param name="least">What is shown from.</param>
    /// <param name="kept">Is told everything, shown or not.</param>
    public static ILoggerFactory Logs(LogLevel least, ILoggerProvider? kept = null) => LoggerFactory.Create(logging =>
        (kept is null ? logging : logging.AddProvider(kept))
        .SetMinimumLevel(LogLevel.Trace)
        .AddFilter<ConsoleLoggerProvider>(null, least)
        .AddSimpleConsole(options =>
        {
            options.SingleLine = true;
            options.ColorBehavior = LoggerColorBehavior.Disabled;
        })
        .AddConsole(options => options.LogToStandardErrorThreshold = LogLevel.Trace));
}
