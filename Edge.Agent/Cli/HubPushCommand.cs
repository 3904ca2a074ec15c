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
        var ask = new Option<string[]>("--ask")
        {
            Description = "A witness to ask over HTTP for its cosignature of what is published, such as https://witness.example.",
                DefaultValueFactory = _ => [],
        };
        ask.Validators.Add(parsed =>
        {
            if (parsed.GetValueOrDefault<string[]>()?.All(HttpWitness.IsAddress) == false) parsed.AddError("--ask must be an http or https address");
        });
        var wait = new Option<int>("--wait")
        {
            Description = "Seconds that witnesses at the broker have to cosign what is published, where the policy needs it.",
                DefaultValueFactory = _ => (int)TrustPush.WitnessWait.TotalSeconds,
        };
        wait.Validators.Add(parsed =>
        {
            if (parsed.GetValueOrDefault<int>() is < 0 or > 3600) parsed.AddError("--wait must be 0 to 3600 seconds");
        });
        var push = new Command("push", "Publish the trust repository on the broker, for boxes to take") { folder, broker, ask, wait, json };
        push.SetAction((parse, cancel) => Failure.ShowAsync(async () =>
        {
            BrokerAddress? address = null;
            if (parse.GetValue(broker) is { } text && !BrokerAddress.TryParse(text, out address))
                return Failure.Say(ExitCode.Usage, "--broker must be HOST or HOST:PORT");
            using var agency = Agency.Open(parse.GetValue(folder)!);
            using var http = HttpWitness.Client();
            var pushed = await TrustPush.RunAsync(agency, address ?? agency.Broker, TimeProvider.System, cancel,
                [.. parse.GetValue(ask)!.Select(witness => new HttpWitness(http, new Uri(witness)))], TimeSpan.FromSeconds(parse.GetValue(wait)));
            var output = parse.InvocationConfiguration.Output;
            if (parse.GetValue(json))
                output.WriteLine(ProposalReport.Write(new JsonObject
                {
                    ["agency"] = agency.Name, ["broker"] = $"{address ?? agency.Broker}", ["published"] = ProposalReport.Texts(pushed.Published),
                    ["cleared"] = ProposalReport.Texts(pushed.Cleared), ["awaited"] = HubPublicationsCommand.Json(pushed.Standing.Awaited),
                    ["unasked"] = ProposalReport.Texts(pushed.Standing.Unasked),
                }));
            else
            {
                output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"{pushed.Published.Count} files on {address ?? agency.Broker}, {pushed.Cleared.Count} cleared; boxes take them as they connect"));
                foreach (var reason in pushed.Standing.Unasked) Failure.Say(ExitCode.Ok, Printable.Line(reason));
                foreach (var awaited in pushed.Standing.Awaited) output.WriteLine($"{awaited}; then push again");
            }
            return ExitCode.Ok;
        }));
        return push;
    }
}
