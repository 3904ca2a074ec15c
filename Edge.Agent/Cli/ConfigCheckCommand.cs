using System.CommandLine;
using System.Text.Json;
using Edge.Agent.Clock;
using Edge.Agent.Configuration;
using Edge.Agent.Device;
using Edge.Storage.Files;
using Edge.Storage.Json;

namespace Edge.Agent.Cli;

/// <summary><c>config check FILE</c>: every problem of a configuration file at once, before a box is restarted with it.</summary>
internal static class ConfigCheckCommand
{
    public static Command Build()
    {
        var file = new Argument<string>("FILE")
        {
            Description = "The configuration file.", DefaultValueFactory = _ => RunCommand.DefaultConfiguration,
        };
        var json = RecognizeCommand.JsonOption();
        var running = new Option<bool>("--against-running")
        {
            Description = "Say too what differs from what the running agent has in force, and whether a reload takes it over.",
        };
        var check = new Command("check", "Say everything that is wrong with a configuration file") { file, running, json };
        check.SetAction((parse, _) => Failure.ShowAsync(() => Task.FromResult(Check(parse.GetValue(file)!, parse.GetValue(running), parse.GetValue(json)))));
        return new Command("config", "Work on configuration files") { check };
    }

    private static ExitCode Check(string path, bool againstRunning, bool json)
    {
        if (!json && !File.Exists(path))
            return Failure.Say(ExitCode.Configuration, $"{path}: {Reach.Fault(path) ?? "a folder"}; name it: edge-agent config check FILE");
        try
        {
            var configuration = AgentConfiguration.Load(path);
            GatePromise.Demand(configuration, path);
            IReadOnlyList<string>? changed = null;
            if (againstRunning)
            {
                if (new HealthFile(configuration.RunFolder, new KernelBootCounter()).Read(out var reason) is not { } health)
                    return Failure.Say(ExitCode.Unwell, reason!);
                if (health.Configuration is not { } inForce) return Failure.Say(ExitCode.Unwell, "the agent that runs was not started with a file");
                changed = ConfigurationKeys.Between(inForce.Keys, configuration.Keys);
            }
            Console.WriteLine(json ? Json(path, [], changed)
                : $"{path}: good, {configuration.Cameras.Count} camera{(configuration.Cameras.Count == 1 ? "" : "s")}");
            if (!json && changed is not null) Show(changed);
            return ExitCode.Ok;
        }
        catch (ConfigurationException refused)
        {
            if (json) Console.WriteLine(Json(path, refused.Problems, null));
            else Console.Error.WriteLine(refused.Message);
            return ExitCode.Configuration;
        }
    }

    private static void Show(IReadOnlyList<string> changed)
    {
        var hard = ConfigurationKeys.NeedingARestart(changed);
        foreach (var key in changed)
            Console.WriteLine(hard.Count == 0 ? $"{key}: taken over by systemctl reload edge-agent"
                : hard.Contains(key) ? $"{key}: needs systemctl restart edge-agent" : $"{key}: taken over by that restart");
        if (changed.Count == 0) Console.WriteLine("as the running agent has it");
    }

    private static string Json(string path, IReadOnlyList<JsonProblem> problems, IReadOnlyList<string>? changed) => changed is null
        ? JsonSerializer.Serialize(new { file = path, problems = problems.Select(problem => new { path = problem.Path, reason = problem.Reason }) })
        : JsonSerializer.Serialize(new { file = path, problems = Array.Empty<object>(), changed, restart = ConfigurationKeys.NeedingARestart(changed) });
}
