using System.CommandLine;
using System.Text.Json;
using Edge.Agent.Governance;
using Edge.Agent.Hub;
using Edge.Storage.Json;

namespace Edge.Agent.Cli;

/// <summary><c>hub grant add DIR --agency OTHER …</c>: writes a grant and proposes it to the keepers.</summary>
internal sealed class HubGrantAddCommand
{
    private readonly Argument<string> _folder = new("DIR") { Description = "The agency's folder." };
    private readonly Option<string> _agency = new("--agency")
        { Description = "Who may ask and receives; its offer must have been taken over.", Required = true };
    private readonly Option<string> _jurisdiction = new("--jurisdiction")
    {
        Description = $"Its class, one the policy shares with: {string.Join(", ", Jurisdictions.Spellings.Keys)}.", Required = true,
    };
    private readonly Option<string[]> _case = new("--case") { Description = "A case of the other agency; repeat for more.", Required = true };
    private readonly Option<string?> _justification = new("--justification") { Description = "Why, for the public." };
    private readonly Option<string?> _justificationFile = new("--justification-file") { Description = "A text file that says why; line breaks become blanks." };
    private readonly Option<string?> _begins = new("--not-before") { Description = "When it begins, such as 2026-01-31T23:59:59Z; now unless given." };
    private readonly Option<string> _expires = new("--expires")
    {
        Description = $"When it ends, such as 2026-01-31T23:59:59Z; at most {Grant.LongestDays} days after it begins.", Required = true,
    };
    private readonly Option<string?> _disclosure = new("--disclosure")
    {
        Description = "The day from which residents are told agency and reason, such as 2027-01-31; at once unless given. Federal and foreign agencies need one.",
    };
    private readonly Option<string?> _id = new("--id")
        { Description = "Names the grant; the agency and the day unless given. One with the same id is replaced." };

    public static Command Build()
    {
        var add = new HubGrantAddCommand();
        var command = new Command("add", "Let another agency have plates of its cases looked for, and propose that to the keepers")
        {
            add._folder, add._agency, add._jurisdiction, add._case, add._justification, add._justificationFile, add._begins, add._expires,
            add._disclosure, add._id,
        };
        command.SetAction((parse, _) => Failure.ShowAsync(() => Task.FromResult(add.Run(parse, TimeProvider.System.GetUtcNow()))));
        return command;
    }

    private ExitCode Run(ParseResult parse, DateTimeOffset now)
    {
        using var agency = Agency.Open(parse.GetValue(_folder)!);
        var other = parse.GetValue(_agency)!;
        var (why, file) = (parse.GetValue(_justification), parse.GetValue(_justificationFile));
        if ((why is null) == (file is null)) return Failure.Say(ExitCode.Usage, "give --justification or --justification-file");
        if (file is not null)
        {
            if (new FileInfo(file) is not { Exists: true, Length: <= 16 * 1024 })
                return Failure.Say(ExitCode.Usage, $"--justification-file: {file} is not there, or is no short text");
            why = string.Join(' ', File.ReadAllText(file).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        }
        if (agency.Grants.Offers.FirstOrDefault(offer => offer.Agency == other) is not { } known)
            return Failure.Say(ExitCode.Configuration, $"the keys of {other} are not known: take over its offer first (hub grant take)");
        // Read back as a box reads it: one rule for what a grant is, and every problem at once.
        var id = parse.GetValue(_id) ?? $"{(other.Length <= 31 ? other : other[..31].TrimEnd('-'))}-{now:yyyyMMdd}";
        var written = new System.Text.Json.Nodes.JsonObject
        {
            ["id"] = id,
            ["agency"] = other,
            ["jurisdiction"] = parse.GetValue(_jurisdiction),
            ["cases"] = JsonSerializer.SerializeToNode(parse.GetValue(_case)),
            ["justification"] = why,
            ["notBefore"] = parse.GetValue(_begins) ?? JsonTime.Write(now),
            ["expires"] = parse.GetValue(_expires),
            ["recipients"] = Recipients.Write(known.Recipients),
        };
        if (parse.GetValue(_disclosure) is { } disclosure) written["disclosure"] = disclosure;
        if (!StrictJson.TryRead(JsonSerializer.SerializeToElement(written), "", Grant.Read, out var grant, out var problems))
        {
            foreach (var problem in problems) Failure.Say(ExitCode.Refused, $"{problem}");
            return ExitCode.Refused;
        }
        // The other agency signs its keys a quarter ahead; the grant needs those of its own term.
        grant = grant with { Recipients =
            [.. grant.Recipients.Where(recipient => recipient.NotBefore < grant.Expires && recipient.Expires > grant.NotBefore)] };
        if (grant.Recipients.Count == 0) return Failure.Say(ExitCode.Refused, $"no key of {other} is in force while the grant would be: take over a new offer");
        return HubGrantCommand.Say(agency.Grants.Add(grant, now), agency, id, parse.InvocationConfiguration.Output);
    }
}
