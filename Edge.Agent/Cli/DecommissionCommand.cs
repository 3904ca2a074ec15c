using System.CommandLine;
using Edge.Agent.Commissioning;
using Edge.Agent.Configuration;
using Edge.Agent.Device;
using Edge.Agent.Enrolment;
using Edge.Agent.Orders;
using Edge.Agent.Publishing;
using Edge.Storage.Database;
using Edge.Storage.Keys;
using Microsoft.Extensions.Logging;

namespace Edge.Agent.Cli;

/// <summary><c>decommission</c>: takes this box out of service, on the spot and for good. The agency hears of it if its broker is there.</summary>
internal static class DecommissionCommand
{
    // The agent gives the last messages half a minute.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(75);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(200);

    public static Command Build()
    {
        var config = DoctorCommand.ConfigOption();
        var yes = new Option<string?>("--yes") { Description = "The box's name: it really is this one. Without, the terminal asks for it." };
        var command = new Command("decommission", "Take this box out of service: logged, told to the agency, keys destroyed") { config, yes };
        command.SetAction((parse, cancel) => Failure.ShowAsync(() => RunAsync(AgentConfiguration.Load(parse.GetValue(config)!), parse.GetValue(yes),
            new TerminalQuestions(),
            new Machine(), TimeProvider.System, parse.InvocationConfiguration.Output, cancel)));
        return command;
    }

    internal static async Task<ExitCode> RunAsync(AgentConfiguration configuration, string? yes, Questions questions, Machine machine, TimeProvider time,
        TextWriter output, CancellationToken cancel)
    {
        var enrolment = new EnrolmentFolder(configuration.EnrolmentFolder);
        var (box, state) = (enrolment.Name(), configuration.StateFolder);
        if (File.Exists(Path.Combine(state, OrderDesk.DecommissionedName)) && KeysAreGone(state)) return Failure.Say(ExitCode.Ok,
            $"{box} was taken out of service before");
        try
        {
            questions.Ask(new Question("--yes",
                $"This destroys the keys of {box}; what waits here for the hub is lost if the broker is away. Type the box's name",
                typed => typed == box.Box || typed == box.ToString() ? null : $"must be {box.Box}, the name of this box"), yes);
        }
        catch (UnansweredException missing)
        {
            return Failure.Say(ExitCode.Usage, missing.Message);
        }
        if (!await RunHereAsync(configuration, box, machine, time, cancel)) await AskAsync(state, box, time, cancel);
        if (!KeysAreGone(state)) return Failure.Say(ExitCode.Failure,
            $"the agent that runs here did not do it within {Patience.TotalSeconds:0} s: see journalctl -u edge-agent, or stop it and try again");
        // The agent's user may not touch what systemd opens for it, nor say that it shall not start.
        if (state == Enrolled.DefaultStateFolder && new WrappingCredential(machine) is { Exists: true } credential) credential.Destroy();
        if (state == Enrolled.DefaultStateFolder && machine.HasSystemd)
            _ = machine.Run("systemctl", ["disable", "--quiet", "edge-agent.service", "edge-vision.service"]);
        output.WriteLine($"{box} is out of service: its keys are destroyed, its log stays in {Path.Combine(state, "audit")}");
        output.WriteLine("at the hub, so that nobody takes its place unseen: remove boxes/" + box.Box + ".json, or hub enrol the next one with --replace");
        return ExitCode.Ok;
    }

    private static bool KeysAreGone(string state) =>
        !Directory.Exists(Path.Combine(state, "keys")) || !Directory.EnumerateFiles(Path.Combine(state, "keys"), "*", SearchOption.AllDirectories).Any();

    /// <summary>Where no agent runs, this process is it, without cameras, until its last messages have left.</summary>
    /// <returns>False if one runs.</returns>
    private static async Task<bool> RunHereAsync(AgentConfiguration configuration, BoxName box, Machine machine, TimeProvider time, CancellationToken cancel)
    {
        var state = configuration.StateFolder;
        // One that takes itself out of service is not disturbed: it still has messages to send.
        if (File.Exists(Path.Combine(state, OrderDesk.DecommissionedName))) await WaitAsync(state, time, cancel);
        try
        {
            using var logs = RunCommand.Logs(LogLevel.Warning);
            await using var host = new AgentHost(configuration with { Cameras = [] }, time, logs,
                keys: () => BoxPlace.OfMachine(machine, "", state, configuration.EnrolmentFolder).OpenKeys("file", out _));
            // Only now that nobody else has the box.
            DecommissionByHand.Ask(state, box);
            await host.RunAsync(cancel);
            return true;
        }
        catch (StateBusyException)
        {
            return false;
        }
        catch (EnrolmentException) when (KeysAreGone(state))
        {
            return true; // it was cut off before, and is finished now
        }
    }

    private static async Task AskAsync(string state, BoxName box, TimeProvider time, CancellationToken cancel)
    {
        DecommissionByHand.Ask(state, box);
        try
        {
            await WaitAsync(state, time, cancel);
        }
        finally
        {
            if (!KeysAreGone(state)) DecommissionByHand.Withdraw(state);
        }
    }

    private static async Task WaitAsync(string state, TimeProvider time, CancellationToken cancel)
    {
        var since = time.GetTimestamp();
        while (!KeysAreGone(state) && time.GetElapsedTime(since) < Patience) await Task.Delay(LookEvery, time, cancel);
    }
}
