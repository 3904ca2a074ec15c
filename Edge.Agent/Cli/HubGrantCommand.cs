using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Edge.Agent.Governance;
using Edge.Agent.Hub;
using Edge.Storage.Json;

namespace Edge.Agent.Cli;

/// <summary><c>hub grant</c>: whom the agency shares with, and the papers that two agencies hand each other for it.</summary>
internal static class HubGrantCommand
{
    public static Command Build() => new("grant", "Whom the agency shares with, why, and until when")
    {
        Offer(), Take(), HubGrantAddCommand.Build(), Countersign(), Revoke(), Show(),
    };

    /// <summary>Says what became of a grant, and what is next.</summary>
    public static ExitCode Say(GrantStep step, Agency agency, string id, TextWriter output)
    {
        output.WriteLine(step switch
        {
            GrantStep.WaitsForOversight => $"grant {id} is a draft: the oversight role signs it first (hub grant countersign), then the keepers",
            GrantStep.WaitsForKeepers => $"grant {id} is proposed; the keepers sign it (hub sign):",
            _ => $"signed and published; {ProposalReport.Next(agency)}",
        });
        if (step == GrantStep.WaitsForKeepers) HubStatusCommand.ShowChange(agency.Ceremony.Proposal, agency.KeeperNames, output);
        return ExitCode.Ok;
    }

    /// <summary>A grant in a few lines, for whoever is about to sign it.</summary>
    public static void Print(Grant grant, TextWriter output)
    {
        output.WriteLine(Printable.Line($"  {grant.Id}: {grant.Agency} ({Jurisdictions.Write(grant.Jurisdiction)}), {JsonTime.Write(grant.NotBefore)} to {JsonTime.Write(grant.Expires)}"));
        output.WriteLine(Printable.Line($"    cases: {string.Join("; ", grant.Cases)}"));
        output.WriteLine(Printable.Line($"    because: {grant.Justification}"));
        output.WriteLine($"    made public {(grant.Disclosure is { } day ? $"on {day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}" : "at once")}, countersigned: {(grant.Oversight is null ? "no" : "yes")}");
        foreach (var recipient in grant.Recipients) output.WriteLine($"    sealed to {recipient.Key.KeyId} until {JsonTime.Write(recipient.Expires)}");
    }

    private static Command Offer()
    {
        var (folder, other) = (Folder(), new Option<string>("--for") { Description = "The other agency.", Required = true });
        var command = new Command("offer", "Write what another agency needs to share with this one, to hand over") { folder, other };
        command.SetAction((parse, _) => Failure.ShowAsync(() =>
        {
            using var agency = Agency.Open(parse.GetValue(folder)!);
            var output = parse.InvocationConfiguration.Output;
            var (offer, at) = agency.Grants.OfferFor(parse.GetValue(other)!, Now);
            output.WriteLine($"hand {at} over to {offer.For}; fingerprint of the offer, to read out: {offer.Fingerprint}");
            output.WriteLine($"it names {offer.Boxes.Count} box(es) of {offer.Agency}{(offer.Boxes.Count == 0 ? $": {offer.For} has no grant here" : "")}");
            if (offer.Pass is not null) output.Write($"at the broker, add to mosquitto.acl, so that {offer.For} can read what is for it:\n{PartnerLink.Access(offer.Agency, offer.For)}");
            return Task.FromResult(ExitCode.Ok);
        }));
        return command;
    }

    private static Command Take()
    {
        var (folder, from) = (Folder(), new Option<string>("--from") { Description = "The folder that the other agency handed over.", Required = true });
        var command = new Command("take", "Take over what another agency handed over: its offer, and its list if a grant names it") { folder, from };
        command.SetAction((parse, _) => Failure.ShowAsync(() =>
        {
            using var agency = Agency.Open(parse.GetValue(folder)!);
            var output = parse.InvocationConfiguration.Output;
            var (offer, list, inUse) = agency.Grants.Take(parse.GetValue(from)!, Now);
            output.WriteLine($"offer of {offer.Agency} taken over, {offer.Boxes.Count} box(es); fingerprint, to compare: {offer.Fingerprint}");
            if (list is null)
            {
                output.WriteLine("no new list");
                return Task.FromResult(ExitCode.Ok);
            }
            output.WriteLine($"list {list.Version} of {offer.Agency} published: {inUse!.Matcher.Hotlist.Entries.Count} entries until {JsonTime.Write(inUse.Expires)}, {inUse.Refused.Count} refused; carry {agency.TrustFolder} to the boxes");
            foreach (var awaited in agency.Publications.Awaited()) output.WriteLine($"{awaited}; hub push asks them");
            foreach (var entry in inUse.Refused) Failure.Say(ExitCode.Refused, $"refused, entry {entry.Id ?? $"number {entry.Index}"}: {entry.Reason}");
            return Task.FromResult(inUse.Refused.Count == 0 ? ExitCode.Ok : ExitCode.Refused);
        }));
        return command;
    }

    private static Command Countersign()
    {
        var (folder, id) = (Folder(), Id());
        var key = new Option<string>("--key") { Description = "The key file of an operator with the role oversight.", Required = true };
        var passphrase = HubKeyCommand.PassphraseOption();
        var command = new Command("countersign", "Sign a draft, as the oversight role, and propose it to the keepers") { folder, id, key, passphrase };
        command.SetAction((parse, _) => Failure.ShowAsync(() =>
        {
            using var agency = Agency.Open(parse.GetValue(folder)!);
            var output = parse.InvocationConfiguration.Output;
            if (agency.Grants.Drafts.FirstOrDefault(one => one.Id == parse.GetValue(id)) is { } draft) Print(draft, output);
            using var signing = Passphrase.Open(parse.GetValue(key)!, parse.GetValue(passphrase));
            return Task.FromResult(Say(agency.Grants.Countersign(parse.GetValue(id)!, signing, Now), agency, parse.GetValue(id)!, output));
        }));
        return command;
    }

    private static Command Revoke()
    {
        var (folder, id) = (Folder(), Id());
        var command = new Command("revoke", "Take a grant back") { folder, id };
        command.SetAction((parse, _) => Failure.ShowAsync(() =>
        {
            using var agency = Agency.Open(parse.GetValue(folder)!);
            var output = parse.InvocationConfiguration.Output;
            if (agency.Grants.Revoke(parse.GetValue(id)!, Now) is { } step) return Task.FromResult(Say(step, agency, parse.GetValue(id)!, output));
            output.WriteLine($"draft {parse.GetValue(id)} dropped");
            return Task.FromResult(ExitCode.Ok);
        }));
        return command;
    }

    private static Command Show()
    {
        var (folder, json) = (Folder(), RecognizeCommand.JsonOption());
        var command = new Command("show", "List grants and drafts, and what each allows") { folder, json };
        command.SetAction((parse, _) => Failure.ShowAsync(() =>
        {
            using var agency = Agency.Open(parse.GetValue(folder)!);
            return Task.FromResult(Show(agency, parse.GetValue(json), parse.InvocationConfiguration.Output, Now));
        }));
        return command;
    }

    private static ExitCode Show(Agency agency, bool json, TextWriter output, DateTimeOffset now)
    {
        agency.Grants.Sharing(out var refused);
        var proposed = agency.Grants.Proposed?.All.Where(grant => !agency.Grants.Published.All.Any(one => one.Id == grant.Id)) ?? [];
        var all = agency.Grants.Published.All.Select(grant =>
            (grant, State: refused.FirstOrDefault(one => one.Grant?.Id == grant.Id) is { } why ? $"boxes refuse it: {why.Reason}"
                : now >= grant.Expires ? "ended" : now < grant.NotBefore ? "not begun" : "in force"))
            .Concat(proposed.Select(grant => (grant, "waits for the keepers")))
            .Concat(agency.Grants.Drafts.Select(grant => (grant, "waits for the oversight role"))).ToList();
        foreach (var (grant, state) in all)
        {
            if (!json)
            {
                output.WriteLine($"{grant.Id}: {state}");
                Print(grant, output);
                continue;
            }
            var line = grant.Write();
            line["state"] = state;
            output.WriteLine(line.ToJsonString());
        }
        if (!json && all.Count == 0) output.WriteLine($"{agency.Name} shares with nobody");
        return refused.Count == 0 ? ExitCode.Ok : ExitCode.Refused;
    }

    private static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    private static Argument<string> Folder() => new("DIR") { Description = "The agency's folder." };

    private static Argument<string> Id() => new("ID") { Description = "The grant, as hub grant show names it." };
}
