using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Edge.Agent.Hub;
using Edge.Agent.Publishing;

namespace Edge.Agent.Cli;

/// <summary><c>hub push DIR</c>: what is signed, to every box over the broker.</summary>
internal static class HubPushCommand
{
    public static Command Build()
    {
        var folder = new Argument<string>("DIR") { Description = "The agency's folder." };
        var broker = new Option<string?>("--broker") { Description = "HOST:PORT, where not the one given to hub init." };
        var json = RecognizeCommand.JsonOption();
        var push = new Command("push", "Publish the trust repository on the broker, for boxes to take") { folder, broker, json };
        push.SetAction((parse, cancel) => Failure.ShowAsync(async () =>
        {
            BrokerAddress? address = null;
            if (parse.GetValue(broker) is { } text && !BrokerAddress.TryParse(text, out address))
                return Failure.Say(ExitCode.Usage, "--broker must be HOST or HOST:PORT");
            using var agency = Agency.Open(parse.GetValue(folder)!);
            var pushed = await TrustPush.RunAsync(agency, address ?? agency.Broker, TimeProvider.System, cancel);
            parse.InvocationConfiguration.Output.WriteLine(parse.GetValue(json)
                ? ProposalReport.Write(new JsonObject
                {
                    ["agency"] = agency.Name, ["broker"] = $"{address ?? agency.Broker}", ["published"] = ProposalReport.Texts(pushed.Published),
                    ["cleared"] = ProposalReport.Texts(pushed.Cleared),
                })
                : string.Create(CultureInfo.InvariantCulture, $"{pushed.Published.Count} files on {address ?? agency.Broker}, {pushed.Cleared.Count} cleared; boxes take them as they connect"));
            return ExitCode.Ok;
        }));
        return push;
    }
}
