using System.CommandLine;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json.Nodes;
using Edge.Agent.Configuration;
using Edge.Agent.Governance;
using Edge.Agent.Hub;
using Edge.Agent.Matching;
using Edge.Agent.UsePolicy;
using Edge.Storage.Json;
using Edge.Storage.Trust;

namespace Edge.Agent.Cli;

/// <summary><c>hub policy set DIR FILE</c>: checks a policy, says what it changes and proposes it. <c>hub policy show DIR</c>: the page
/// of the one that is published.</summary>
internal static class HubPolicyCommand
{
    public static Command Build() => new("policy", "What the agency binds its boxes to") { Set(), Show() };

    private static Command Set()
    {
        var folder = new Argument<string>("DIR") { Description = "The agency's folder." };
        var file = new Argument<string>("FILE")
            { Description = "The next policy, as JSON: what hub policy show --source prints, changed, its version one more." };
        var json = RecognizeCommand.JsonOption();
        var set = new Command("set", "Propose a policy, and say what it widens and narrows") { folder, file, json };
        set.SetAction((parse, _) => Failure.ShowAsync(() =>
        {
            using var agency = Agency.Open(parse.GetValue(folder)!);
            var output = parse.InvocationConfiguration.Output;
            return Task.FromResult(Run(agency, parse.GetValue(file)!, parse.GetValue(json), TimeProvider.System.GetUtcNow(), output));
        }));
        return set;
    }

    private static Command Show()
    {
        var folder = new Argument<string>("DIR") { Description = "The agency's folder." };
        var page = new PolicyCommand.PageForm();
        var show = new Command("show", "Print the public use and data policy of the published policy") { folder };
        page.AddTo(show);
        var source = new Option<bool>("--source") { Description = "The policy itself instead of its page, as JSON: to change, and give to hub policy set." };
        show.Options.Add(source);
        show.SetAction((parse, _) => Failure.ShowAsync(() =>
        {
            using var agency = Agency.Open(parse.GetValue(folder)!);
            if (parse.GetValue(source)) parse.InvocationConfiguration.Output.WriteLine(Indented(agency.Policy.Write()));
            else page.Print(parse, agency.Policy, box: null, agency.Grants.InUse);
            return Task.FromResult(ExitCode.Ok);
        }));
        return show;
    }

    private static string Indented(byte[] json) =>
        JsonNode.Parse(json)!.ToJsonString(new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    private static ExitCode Run(Agency agency, string file, bool json, DateTimeOffset now, TextWriter output)
    {
        var (old, next) = (agency.Policy, PolicyCommand.Load(file));
        if (Problems(old, next, now) is { Count: > 0 } problems) throw new ConfigurationException(file, problems);
        var changes = PolicyChange.Between(old, next);
        if (changes.Count == 0)
            return Failure.Say(ExitCode.Configuration, $"{file} says what the published policy says: nothing to propose");
        var lost = Lost(agency, old, next, now);
        var published = agency.Ceremony.Propose(new Dictionary<string, byte[]> { [TrustPath.Policy] = next.Write() }, now);
        var statements = PolicyChange.Statements(old, next, now).ToList();
        var about = new JsonObject
        {
            ["version"] = next.Version,
            ["policyChanges"] = new JsonArray([.. changes.Select(change => (JsonNode)new JsonObject { ["direction"] = change.Word, ["text"] = change.Text })]),
            ["statements"] = ProposalReport.Texts(statements),
            ["entriesRefused"] = new JsonArray([.. lost.Select(entry => (JsonNode)new JsonObject { ["id"] = entry.Id, ["reason"] = entry.Reason })]),
        };
        foreach (var entry in json ? [] : lost)
            Failure.Say(ExitCode.Ok, $"warning: boxes will refuse the hotlist entry {entry.Id} under it: {entry.Reason}");
        string[] lines =
        [
            string.Create(CultureInfo.InvariantCulture, $"policy {old.Version} -> {next.Version} of {agency.Name}"), .. changes.Select(change => $"  {change}"),
            "what residents will read:", .. statements.Select(statement => $"  {statement}"),
        ];
        return ProposalReport.Show(agency, published, about, lines, json, output);
    }

    private static List<JsonProblem> Problems(Policy old, Policy next, DateTimeOffset now)
    {
        var problems = new List<JsonProblem>();
        if (next.Agency != old.Agency) problems.Add(new JsonProblem("agency", $"must be {old.Agency}, whose folder this is"));
        if (next.Version != old.Version + 1)
            problems.Add(new JsonProblem("version", string.Create(CultureInfo.InvariantCulture,
                $"must be {old.Version + 1}, one more than what is published: write \"version\": {old.Version + 1}")));
        if (next.Expires <= now) problems.Add(PolicyCommand.HasPassed);
        return problems;
    }

    // What boxes use today and would not use then.
    private static List<RefusedEntry> Lost(Agency agency, Policy old, Policy next, DateTimeOffset now)
    {
        if (next.Agency != old.Agency) return [];
        var published = File.ReadAllBytes(Path.Combine(agency.TrustFolder, TrustPath.Hotlist(agency.Name)));
        Hotlist.TryParse(published, old, now, out _, out var already);
        Hotlist.TryParse(published, next, now, out _, out var refused);
        return [.. refused.Where(entry => !already.Any(other => other.Index == entry.Index))];
    }
}
