using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Edge.Agent.Governance;
using Edge.Agent.Hub;
using Edge.Storage.Json;
using Edge.Storage.Trust;

namespace Edge.Agent.Cli;

/// <summary><c>hub operator add</c>, <c>revoke</c> and <c>show</c>: who may give orders to the agency's boxes.</summary>
internal static class HubOperatorCommand
{
    /// <summary>How long an operator's key is good for unless told otherwise.</summary>
    private static readonly TimeSpan Term = TimeSpan.FromDays(365);

    public static Command Build() => new("operator", "Who may give orders to the boxes") { Add(), Revoke(), Show() };

    private static Command Add()
    {
        var folder = new Argument<string>("DIR") { Description = "The agency's folder." };
        var account = new Option<string>("--account") { Description = "What the public log calls them: a service number, no person's name.", Required = true };
        var role = new Option<string>("--role") { Description = $"One of {string.Join(", ", Duties.Roles.Keys)}.", Required = true };
        var key = new Option<string>("--key") { Description = "Their key file, made with hub key; its passphrase is not needed.", Required = true };
        var from = new Option<string?>("--from") { Description = "When it begins, such as 2026-01-31T00:00:00Z; now unless given." };
        var until = new Option<string?>("--until") { Description = "When it ends; 365 days later unless given, 366 at most." };
        var json = RecognizeCommand.JsonOption();
        var add = new Command("add", "Propose somebody who may give orders") { folder, account, role, key, from, until, json };
        add.SetAction((parse, _) => Failure.ShowAsync(() =>
        {
            var now = TimeProvider.System.GetUtcNow();
            if (!TryTime(parse.GetValue(from), now, out var begins))
                return Task.FromResult(Failure.Say(ExitCode.Usage, "--from must be a time such as 2026-01-31T00:00:00Z"));
            if (!TryTime(parse.GetValue(until), begins + Term, out var ends))
                return Task.FromResult(Failure.Say(ExitCode.Usage, "--until must be a time such as 2027-01-31T00:00:00Z"));
            if (!Duties.Roles.TryGetValue(parse.GetValue(role)!, out var known))
                return Task.FromResult(Failure.Say(ExitCode.Usage, $"--role must be one of {string.Join(", ", Duties.Roles.Keys)}"));
            using var agency = Agency.Open(parse.GetValue(folder)!);
            var one = new Operator(parse.GetValue(account)!, known, Passphrase.Load(parse.GetValue(key)!).Public, begins, ends);
            var published = agency.Ceremony.ProposeOperator(one, now);
            var verbs = Duties.Verbs.Where(verb => agency.Policy.Allows(known, verb.Value)).Select(verb => verb.Key).ToList();
            var may = verbs.Count == 0 ? "the policy lets this role do nothing yet" : $"the policy lets this role {string.Join(", ", verbs)}";
            string[] lines = [$"{one.Account}, {Duties.Write(one.Role)}, from {JsonTime.Write(begins)} until {JsonTime.Write(ends)}: {may}"];
            return Task.FromResult(ProposalReport.Show(agency, published, Json(agency, one, now), lines, parse.GetValue(json),
                parse.InvocationConfiguration.Output));
        }));
        return add;
    }

    private static Command Revoke()
    {
        var folder = new Argument<string>("DIR") { Description = "The agency's folder." };
        var account = new Argument<string>("ACCOUNT") { Description = "The operator who is nobody any more." };
        var json = RecognizeCommand.JsonOption();
        var revoke = new Command("revoke", "Propose the list of operators without one") { folder, account, json };
        revoke.SetAction((parse, _) => Failure.ShowAsync(() =>
        {
            using var agency = Agency.Open(parse.GetValue(folder)!);
            var name = parse.GetValue(account)!;
            var one = agency.PublishedOperators.All.FirstOrDefault(known => known.Account == name);
            var signature = agency.Expiries[TrustPath.Targets];
            var published = agency.Ceremony.ProposeRevocation(name, TimeProvider.System.GetUtcNow());
            var latest = one!.Expires < signature ? one.Expires : signature;
            var about = new JsonObject { ["account"] = name, ["revoked"] = true, ["latest"] = JsonTime.Write(latest) };
            string[] lines =
            [
                $"{name} is no operator any more on each box from when the box has the new list; it never takes the old one back",
                $"a box out of reach goes on obeying until {JsonTime.Write(latest)}: carry {agency.TrustFolder} to it on a stick, or switch it off",
            ];
            return Task.FromResult(ProposalReport.Show(agency, published, about, lines, parse.GetValue(json), parse.InvocationConfiguration.Output));
        }));
        return revoke;
    }

    private static Command Show()
    {
        var folder = new Argument<string>("DIR") { Description = "The agency's folder." };
        var json = RecognizeCommand.JsonOption();
        var show = new Command("show", "List the published operators: account, role, key, term, state") { folder, json };
        show.SetAction((parse, _) => Failure.ShowAsync(() =>
        {
            using var agency = Agency.Open(parse.GetValue(folder)!);
            var (now, output, operators) = (TimeProvider.System.GetUtcNow(), parse.InvocationConfiguration.Output, agency.PublishedOperators);
            foreach (var one in operators.All)
                output.WriteLine(parse.GetValue(json) ? ProposalReport.Write(Json(agency, one, now))
                    : $"{one.Account}  {Duties.Write(one.Role)}  {JsonTime.Write(one.NotBefore)}  {JsonTime.Write(one.Expires)}  {one.Key.KeyId}  {State(one, now)}");
            if (!parse.GetValue(json)) output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"operators {operators.Version} of {agency.Name}: {operators.All.Count}"));
            return Task.FromResult(ExitCode.Ok);
        }));
        return show;
    }

    private static bool TryTime(string? text, DateTimeOffset otherwise, out DateTimeOffset time)
    {
        time = otherwise;
        return text is null || JsonTime.TryParse(text, out time);
    }

    private static JsonObject Json(Agency agency, Operator one, DateTimeOffset now) => new()
    {
        ["agency"] = agency.Name, ["account"] = one.Account, ["role"] = Duties.Write(one.Role), ["kid"] = one.Key.KeyId,
        ["notBefore"] = JsonTime.Write(one.NotBefore), ["expires"] = JsonTime.Write(one.Expires), ["state"] = State(one, now),
    };

    private static string State(Operator one, DateTimeOffset now) => one.IsInForce(now) ? "in force" : one.NotBefore > now ? "not yet" : "ended";
}
