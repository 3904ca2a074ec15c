using System.CommandLine;
using System.Text.Json.Nodes;
using Edge.Agent.Governance;
using Edge.Agent.Hub;
using Edge.Storage.Json;
using Edge.Storage.Trust;

namespace Edge.Agent.Cli;

/// <summary><c>hub status DIR</c>: the keepers, what expires when, and the change that waits for signatures.</summary>
internal static class HubStatusCommand
{
    public static Command Build()
    {
        var folder = new Argument<string>("DIR") { Description = "The agency's folder." };
        var json = RecognizeCommand.JsonOption();
        var command = new Command("status", "Show keepers, expiries and the change that waits for signatures") { folder, json };
        command.SetAction((parse, _) => Failure.ShowAsync(() =>
        {
            using var agency = Agency.Open(parse.GetValue(folder)!);
            Show(agency, parse.GetValue(json), TimeProvider.System.GetUtcNow(), parse.InvocationConfiguration.Output);
            return Task.FromResult(ExitCode.Ok);
        }));
        return command;
    }

    /// <summary>What waits, who has signed it and how many signatures are missing.</summary>
    public static void ShowChange(TrustProposal proposal, KeeperNames names, TextWriter output)
    {
        foreach (var path in proposal.Changes) output.WriteLine($"changes {path}");
        if (proposal.Changed(TrustPath.Grants) is { } bytes && Grants.TryParse(bytes, out var grants, out _, out _))
            foreach (var grant in grants.All) HubGrantCommand.Print(grant, output);
        foreach (var (other, keys) in proposal.Others) output.WriteLine($"lists of {other} signed by {string.Join(", ", keys.Keys.Keys)}");
        foreach (var file in proposal.Files)
        {
            output.WriteLine($"{file.File} {file.Version}, until {JsonTime.Write(file.Expires)}: {file.Missing} signature(s) missing");
            foreach (var id in file.Signed) output.WriteLine($"  signed by {names.Of(id)}");
            foreach (var id in file.Eligible) output.WriteLine($"  not by    {names.Of(id)}");
        }
    }

    private static void Show(Agency agency, bool json, DateTimeOffset now, TextWriter output)
    {
        var (keys, threshold) = agency.Ceremony.Keepers;
        var ids = keys.Select(RoleKeys.KeyIdOf).Order(StringComparer.Ordinal).ToList();
        var ends = agency.Ends;
        if (json)
        {
            var status = new JsonObject
            {
                ["agency"] = agency.Name, ["threshold"] = threshold, ["keepers"] = ProposalReport.Texts(ids),
                ["expiries"] = new JsonObject(agency.Expiries.Select(file => KeyValuePair.Create(file.Key, (JsonNode?)JsonTime.Write(file.Value)))),
                ["ends"] = new JsonArray([.. ends.Select(one => (JsonNode)new JsonObject
                {
                    ["what"] = one.What, ["until"] = JsonTime.Write(one.Until), ["ended"] = one.Until <= now,
                })]),
            };
            ProposalReport.AddPending(status, agency);
            output.WriteLine(ProposalReport.Write(status));
            return;
        }
        output.WriteLine($"{agency.Name}: {threshold} of {ids.Count} keeper(s) sign root and targets");
        foreach (var id in ids) output.WriteLine($"  {agency.KeeperNames.Of(id)}");
        if (agency.IsUnguarded) output.WriteLine("  the only key lies in this folder, unprotected: whoever reads the folder signs; only to try things out, make an agency in service with --keepers 3");
        foreach (var (what, until) in ends) output.WriteLine(Printable.Line($"{what} {(until <= now ? "ENDED" : "until")} {JsonTime.Write(until)}"));
        if (agency.Ceremony.Proposal.IsWaiting) ShowChange(agency.Ceremony.Proposal, agency.KeeperNames, output);
        else output.WriteLine("no change waits");
    }
}
