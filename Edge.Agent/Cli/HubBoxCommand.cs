using System.CommandLine;
using System.Text.Json.Nodes;
using Edge.Agent.Hub;

namespace Edge.Agent.Cli;

/// <summary><c>hub box key DIR BOX</c>: what an auditor needs to check a box's log, as the agency knows it.</summary>
internal static class HubBoxCommand
{
    public static Command Build() => new("box", "The boxes that the agency knows") { Key() };

    private static Command Key()
    {
        var folder = new Argument<string>("DIR") { Description = "The agency's folder." };
        var box = new Argument<string>("BOX") { Description = "The box's name." };
        var json = RecognizeCommand.JsonOption();
        var key = new Command("key", "Print the public keys of a box's log, for a file that auditors give to --key") { folder, box, json };
        key.SetAction((parse, _) => Failure.ShowAsync(() =>
        {
            using var agency = Agency.Open(parse.GetValue(folder)!);
            var known = agency.BoxNamed(parse.GetValue(box)!);
            parse.InvocationConfiguration.Output.WriteLine(parse.GetValue(json)
                ? ProposalReport.Write(new JsonObject
                    { ["box"] = known.Name.ToString(), ["log"] = known.Log.ToString(), ["logEpoch"] = known.LogEpoch?.ToString() })
                : known.LogEpoch is { } first ? $"{known.Log}\n{first}" : $"{known.Log}");
            return Task.FromResult(ExitCode.Ok);
        }));
        return key;
    }
}
