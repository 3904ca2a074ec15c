using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Edge.Agent.Hub;
using Edge.Storage.Json;

namespace Edge.Agent.Cli;

/// <summary>Says what became of a proposed change: published, or what it waits for. One form for every verb that proposes.</summary>
internal static class ProposalReport
{
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="about">What the verb did, for JSON; <c>agency</c>, <c>published</c>, <c>changes</c> and <c>pending</c> are added.</param>
    /// <param name="lines">The same for people.</param>
    public static ExitCode Show(Agency agency, bool published, JsonObject about, IEnumerable<string> lines, bool json, TextWriter output)
    {
        if (json)
        {
            about["agency"] = agency.Name;
            about["published"] = published;
            AddPending(about, agency);
            output.WriteLine(Write(about));
            return ExitCode.Ok;
        }
        foreach (var line in lines) output.WriteLine(Printable.Line(line));
        if (published) output.WriteLine($"published; {Next(agency)}");
        else
        {
            output.WriteLine("proposed; it waits for its keepers:");
            HubStatusCommand.ShowChange(agency.Ceremony.Proposal, agency.KeeperNames, output);
        }
        return ExitCode.Ok;
    }

    /// <summary>What is left to do after a publication, which is here alone until then.</summary>
    public static string Next(Agency agency) => $"boxes do not have it yet, now: edge-agent hub push {agency.Folder}  (or carry {agency.TrustFolder} to them)";

    /// <summary>Adds what waits for signatures.</summary>
    public static void AddPending(JsonObject json, Agency agency)
    {
        json["pending"] = new JsonArray([.. agency.Ceremony.Proposal.Files.Select(file => (JsonNode)new JsonObject
        {
            ["file"] = file.File, ["version"] = file.Version, ["expires"] = JsonTime.Write(file.Expires), ["signed"] = Texts(file.Signed),
            ["missing"] = file.Missing, ["eligible"] = Texts(file.Eligible),
        })]);
        json["changes"] = Texts(agency.Ceremony.Proposal.IsWaiting ? agency.Ceremony.Proposal.Changes : []);
    }

    public static JsonArray Texts(IEnumerable<string> texts) => new([.. texts.Select(text => (JsonNode)text)]);

    public static string Write(JsonObject json) => json.ToJsonString(Plain);
}
