using System.CommandLine;
using System.Text.Json;
using Edge.Agent.Configuration;
using Edge.Storage.Files;
using Edge.Storage.Json;
using Edge.Vision.Onnx;

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
        var check = new Command("check", "Say everything that is wrong with a configuration file") { file, json };
        check.SetAction((parse, _) => Failure.ShowAsync(() => Task.FromResult(Check(parse.GetValue(file)!, parse.GetValue(json)))));
        return new Command("config", "Work on configuration files") { check };
    }

    // What the file asks of the models is checked where they are, before a box is restarted with it.
    private static void RefuseUnkeepable(AgentConfiguration configuration, string path)
    {
        try
        {
            var models = ModelManifest.Load(configuration.ModelFolder);
            if (!configuration.Gate.TryEvidence(models.Recogniser.Calibration, out _, out var problem))
                throw new ConfigurationException(path, [new JsonProblem("", problem)]);
        }
        catch (ModelException missing)
        {
            throw new ConfigurationException(path, [new JsonProblem("modelFolder", missing.Message)]);
        }
    }

    private static ExitCode Check(string path, bool json)
    {
            if (!json && !File.Exists(path)) return Failure.Say(ExitCode.Configuration, $"{path}: {Reach.Fault(path) ?? "a folder"}; name it: edge-agent config check FILE");
            try
            {
                var configuration = AgentConfiguration.Load(path);
                RefuseUnkeepable(configuration, path);
                Console.WriteLine(json
                    ? JsonSerializer.Serialize(new { file = path, problems = Array.Empty<object>() })
                    : $"{path}: good, {configuration.Cameras.Count} camera{(configuration.Cameras.Count == 1 ? "" : "s")}");
                return ExitCode.Ok;
            }
            catch (ConfigurationException refused)
            {
                if (json)
                    Console.WriteLine(JsonSerializer.Serialize(new
                    {
                        file = path, problems = refused.Problems.Select(problem => new { path = problem.Path, reason = problem.Reason }),
                    }));
                else Console.Error.WriteLine(refused.Message);
                return ExitCode.Configuration;
            }
    }
}
