using System.CommandLine;
using System.Runtime.InteropServices;
using Edge.Agent.Device;
using Edge.Agent.Door;
using Edge.Agent.Seeing;
using Edge.Vision.Capture;
using Edge.Vision.Capture.Decoding;
using Microsoft.Extensions.Hosting.Systemd;
using Microsoft.Extensions.Logging;

namespace Edge.Agent.Cli;

/// <summary><c>vision</c>: the room that sees, as a process of its own. It needs no file and no option: the agent tells it everything at the door.</summary>
internal static partial class VisionCommand
{
    public static Command Build()
    {
        var door = new Option<string>("--door") { Description = "The agent's socket.", DefaultValueFactory = _ => FrontDoor.DefaultPath };
        var command = new Command("vision", "See for the box: cameras and recognition, in a process of their own (systemd)") { door };
        command.SetAction((parse, cancel) => Failure.ShowAsync(() => RunAsync(parse.GetValue(door)!, cancel)));
        return command;
    }

    private static async Task<ExitCode> RunAsync(string door, CancellationToken cancel)
    {
        if (ForbidLooking() != 0) throw new CaptureException("the kernel does not let this process close its memory (prctl)");
        if (!Strays.Adopt()) throw new CaptureException("the kernel does not let this process end what a decoder leaves behind (prctl)");
        using var logs = RunCommand.Logs(LogLevel.Information);
        var systemd = new SystemdNotifier();
        var progress = new PipelineProgress(TimeProvider.System);
        await using var room = new SeeingRoom(TimeProvider.System, progress, logs, witness: null);
        systemd.Notify(ServiceState.Ready);
        await using var stopping = cancel.Register(() => systemd.Notify(ServiceState.Stopping));
        await SystemdWatchdog.WatchAsync(systemd, progress, logs.CreateLogger("watchdog"), () => room.KnockAsync(door, cancel));
        return ExitCode.Ok;
    }

    // prctl(2): no core file, and no process of the same user (a decoder that was taken over) may attach or read /proc/PID/mem.
    private static int ForbidLooking()
    {
        const int SetDumpable = 4;
        return ProcessControl(SetDumpable, 0);
    }

    [LibraryImport("libc", EntryPoint = "prctl")]
    private static partial int ProcessControl(int option, nuint value);
}
