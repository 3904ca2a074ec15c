using System.CommandLine;
using System.Text.Json.Nodes;
using Edge.Agent.Hub;
using Edge.Storage.Audit;
using Edge.Storage.Json;

namespace Edge.Agent.Cli;

/// <summary><c>hub publications DIR</c>: how the agency's log of publications stands under its witnesses, and which hotlists wait for that. <c>hub publications
/// key DIR</c> prints its public key. docs/hotlists.md.</summary>
internal static class HubPublicationsCommand
{
    public static Command Build()
    {
        var (folder, json) = (Folder(), RecognizeCommand.JsonOption());
        var command = new Command("publications", "Show the log of published hotlists, its witnesses, and what waits for them") { folder, json, Key() };
        command.SetAction((parse, _) => Failure.ShowAsync(() =>
        {
            using var agency = Agency.Open(parse.GetValue(folder)!);
            Show(agency, parse.GetValue(json), parse.InvocationConfiguration.Output);
            return Task.FromResult(ExitCode.Ok);
        }));
        return command;
    }

    /// <summary>The lists that wait, for JSON.</summary>
    public static JsonArray Json(IEnumerable<AwaitedHotlist> awaited) => new([.. awaited.Select(one => (JsonNode)new JsonObject
    {
        ["agency"] = one.Agency, ["version"] = one.Version, ["cosigned"] = one.Cosigned, ["needed"] = one.Needed,
    })]);

    private static Argument<string> Folder() => new("DIR") { Description = "The agency's folder." };

    private static Command Key()
    {
        var (folder, json) = (Folder(), RecognizeCommand.JsonOption());
        var command = new Command("key", "Print the log's public key, made if there is none: for the policy, witnesses and auditors") { folder, json };
        command.SetAction((parse, _) => Failure.ShowAsync(() =>
        {
            using var agency = Agency.Open(parse.GetValue(folder)!);
            using var alone = agency.Alone();
            var key = $"{agency.Publications.PublicKey()}";
            parse.InvocationConfiguration.Output.WriteLine(parse.GetValue(json) ? ProposalReport.Write(new JsonObject { ["agency"] = agency.Name,
                ["key"] = key }) : key);
            return Task.FromResult(ExitCode.Ok);
        }));
        return command;
    }

    private static void Show(Agency agency, bool json, TextWriter output)
    {
        using var alone = agency.Alone();
        var (policy, log) = (agency.Policy, agency.Publications);
        (NoteKey Key, long Size, IReadOnlyList<(NoteKey Key, CosignedCheckpoint? Cosigned)> Witnesses)? maybe = log.Exists ? log.Standing() : null;
        var awaited = log.Awaited();
        if (json)
        {
            output.WriteLine(ProposalReport.Write(new JsonObject
            {
                ["agency"] = agency.Name, ["log"] = maybe?.Key.ToString(), ["named"] = maybe is { } it && policy.PublicationLog == it.Key,
                ["needed"] = policy.Witnesses.Needed, ["size"] = maybe?.Size,
                ["witnesses"] = new JsonArray([.. (maybe?.Witnesses ?? []).Select(one => (JsonNode)new JsonObject
                {
                    ["key"] = one.Key.ToString(), ["size"] = one.Cosigned?.Checkpoint.Size,
                        ["time"] = one.Cosigned is { } cosigned ? JsonTime.Write(cosigned.Time) : null,
                })]),
                ["awaited"] = Json(awaited),
            }));
            return;
        }
        if (maybe is not { } standing)
        {
            output.WriteLine($"{agency.Name} has no log of publications: boxes use every hotlist that the hub signs. hub publications key {agency.Folder} begins one");
            return;
        }
        output.WriteLine($"{standing.Key}");
        output.WriteLine($"{standing.Size} publications");
        foreach (var (key, cosigned) in standing.Witnesses)
            output.WriteLine(cosigned is null ? $"{key.Name} has cosigned nothing yet"
                : $"{key.Name} has cosigned {cosigned.Checkpoint.Size} of them, at {JsonTime.Write(cosigned.Time)}");
        if (policy.PublicationLog != standing.Key) output.WriteLine("the policy does not name this log: boxes use every hotlist that the hub signs");
        else if (!policy.NeedsProof) output.WriteLine("the policy needs no witness: boxes use every hotlist that the hub signs");
        else if (awaited.Count == 0) output.WriteLine("every published hotlist has its proof");
        foreach (var one in awaited) output.WriteLine($"{one}: hub push {agency.Folder} asks them");
    }
}
