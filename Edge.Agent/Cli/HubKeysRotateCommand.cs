using System.CommandLine;
using System.Text.Json.Nodes;
using Edge.Agent.Hub;

namespace Edge.Agent.Cli;

/// <summary><c>hub keys rotate DIR</c>: new online keys, after a theft or once a year.</summary>
internal static class HubKeysRotateCommand
{
    public static Command Build()
    {
        var folder = new Argument<string>("DIR") { Description = "The agency's folder." };
        var json = RecognizeCommand.JsonOption();
        var rotate = new Command("rotate", "Make new keys for timestamp, snapshot and hotlist, and propose them") { folder, json };
        rotate.SetAction((parse, _) => Failure.ShowAsync(() =>
        {
            using var agency = Agency.Open(parse.GetValue(folder)!);
            var published = agency.Ceremony.ProposeOnlineKeys(TimeProvider.System.GetUtcNow());
            string[] lines = published ? ["the old online keys are destroyed"]
                : ["new online keys are made; the old ones go on until the change is published, and are destroyed then"];
            return Task.FromResult(ProposalReport.Show(agency, published, new JsonObject { ["rotated"] = ProposalReport.Texts(["trust.key", "hotlists.key"]) },
                lines, parse.GetValue(json), parse.InvocationConfiguration.Output));
        }));
        return new Command("keys", "The hub's own keys") { rotate };
    }
}
