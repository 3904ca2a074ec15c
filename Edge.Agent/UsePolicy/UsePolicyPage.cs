using System.Globalization;
using Edge.Agent.Configuration;
using Edge.Agent.Governance;
using Edge.Agent.Matching;
using Edge.Storage.Audit;

namespace Edge.Agent.UsePolicy;

/// <summary>
/// The public use and data policy, written from what the box enforces: the signed policy, and the box's configuration where it
/// is at hand. Nobody edits it; whoever wants another page changes the policy. Sentences are short and for residents.
/// </summary>
internal static class UsePolicyPage
{
    /// <param name="box">Null where the page is made from the policy alone: then no camera is named.</param>
    /// <param name="now">Whether the policy has run out is said as of then.</param>
    /// <param name="sharing">The grants in use; null where only the policy is known.</param>
    public static Page Of(Policy policy, AgentConfiguration? box, DateTimeOffset now, Sharing? sharing = null)
    {
        var agency = Name(policy.Agency);
        return new Page($"Plate readers of {agency}",
            "What they record, how long it is kept, who can see it, and what is forbidden. Written from the rules that the box itself enforces.",
            [
                Summary(policy, agency, now), Collected(policy, agency), Where(box), Purposes(policy), Forbidden(policy), Kept(policy),
                Opening(policy, agency), Others(policy, sharing, now), Roles(policy), Incidents(policy, agency), Complaints(policy, agency), About(policy),
            ]);
    }

    private static PageSection Summary(Policy policy, string agency, DateTimeOffset now)
    {
        var summary = new List<string>
        {
            "A camera reads the plates of passing vehicles. A plate that nobody has a case for is forgotten at once. It is never written down.",
            $"A plate may be looked for only for: {string.Join(", ", policy.Purposes.Select(purpose => Lower(purpose.Name)))}. Each time there must be a case number.",
            $"A plate that is found is kept for {Hours(policy.HitRetentionHours)}. Only {Openers(policy, agency)} can open it. {HoldInShort(policy)}",
            policy.Sharing.Count == 0
                ? "No other agency receives anything. That includes federal agencies."
                : $"{Capital(Classes(policy.Sharing))} agencies can receive something only under a written, signed grant. {FederalInShort(policy)}",
            "There is no list of who drove where. The box cannot make one.",
            $"Complaints go to {policy.Complaints?.Name ?? agency}.",
        };
        var blocks = new List<PageBlock>
        {
            new PageBlock.Figures(
            [
                ("0 seconds", "How long a plate is kept that nobody has a case for"),
                (Hours(policy.HitRetentionHours), "How long a found plate is kept"),
                (policy.Sharing.Count == 0 ? "None" : "By grant only", "Other agencies that receive found plates"),
            ]),
            new PageBlock.Items(summary),
        };
        if (policy.Expires <= now)
            blocks.Insert(0, new PageBlock.Paragraph($"These rules ran out on {Day(policy.Expires.Value)}. Since then no order is taken under them."));
        return new PageSection("summary", "In short", blocks);
    }

    private static string HoldInShort(Policy policy) => policy.LongestHoldHours == 0
        ? "It is never kept longer." : $"For an open case it can be kept longer, {Hours(policy.LongestHoldHours)} at most.";

    private static string FederalInShort(Policy policy) => policy.Sharing.Contains(Jurisdiction.Federal)
        ? "Federal agencies need a second signature, by the oversight board, and it must be made public." : "Federal agencies receive nothing.";

    private static PageSection Collected(Policy policy, string agency) => new("collected", "What is recorded",
    [
        new PageBlock.Paragraph("For a plate that nobody has a case for, nothing is recorded. It adds one to a counter. Then it is wiped from memory."),
        new PageBlock.Paragraph("For a plate that somebody has a case for, this is recorded:"),
        new PageBlock.Items(
        [
            "what the plate says, and how sure the reader was of each character",
            "which state or country the plate seems to be from",
            "the camera and the time, and how many pictures agreed",
            "a small picture of the plate alone: no people, no street, no other vehicle",
            "which entry of the list it matched, and under which version of these rules",
        ]),
        new PageBlock.Paragraph("Faces, people, colours and makes of vehicles are not recorded. There is no sound."),
        new PageBlock.Paragraph($"Every {Minutes(policy.SummaryMinutes)} the box tells {agency} how many plates it read, how many it forgot and how many it found. Those are numbers without plates."),
        new PageBlock.Paragraph(policy.Matching == MatchForm.Exact
            ? "A plate counts as found only if every character is the same."
            : "A plate counts as found if every character is the same. An entry may also ask for look-alikes, such as O and 0 or B and 8. Then the record says so, because such a find is weaker."),
    ]);

    private static PageSection Where(AgentConfiguration? box)
    {
        if (box is null)
            return new PageSection("where", "Where the cameras are",
                [new PageBlock.Paragraph("This page was made from the rules alone. A page made on a box also names its cameras.")]);
        var rows = box.Cameras.Select(camera => (IReadOnlyList<string>)[camera.Name,
            camera.Pipeline.Region is { X: 0, Y: 0, Width: 1, Height: 1 } ? "the whole picture" : "a part of the picture"]).ToList();
        return new PageSection("where", "Where the cameras are",
        [
            new PageBlock.Paragraph(rows.Count == 1 ? "This box reads one camera." : $"This box reads {rows.Count} cameras."),
            new PageBlock.Table(["Camera", "Looks at"], rows),
            new PageBlock.Paragraph(Care(box)),
        ]);
    }

    private static string Care(AgentConfiguration box)
    {
        var frames = $"At least {box.Gate.Frames} pictures must agree before a plate counts as read.";
        return box.Gate.Evidence is not null ? frames
            : $"{frames} The reader is set so that at most {box.Gate.MaximumWrongReadRate.ToString("0.## %", CultureInfo.InvariantCulture)} of the plates it accepts are wrong, as measured on test pictures. A person must still look before anybody acts.";
    }

    private static PageSection Purposes(Policy policy) => new("purposes", "What a plate may be looked for",
    [
        new PageBlock.Paragraph("Only this. Anything else is refused by the box."),
        new PageBlock.Table(["Purpose", "Why it is lawful"],
            [.. policy.Purposes.Select(purpose => (IReadOnlyList<string>)[Capital(Lower(purpose.Name)), purpose.Basis])]),
        new PageBlock.Items(
        [
            "Every plate that is looked for needs a case number, one of these purposes, a legal reason, its source, and the name of who asked for it.",
            $"Nobody is looked for without end: after {Count(policy.LongestEntryDays, "day")} at most an entry stops, unless the case renews it.",
            $"At most {policy.LargestHotlist.ToString("N0", CultureInfo.InvariantCulture)} plates can be looked for at one time.",
        ]),
    ]);

    private static PageSection Forbidden(Policy policy)
    {
        var items = new List<string>
        {
            "looking for a plate without a case number",
            "looking for a plate for a purpose that is not on this page",
            "asking the box about a plate or a person: a search names a case, there is no command that takes a plate",
            "searching across cases",
            "following where a vehicle goes: the box keeps nothing from which that could be put together",
        };
        if (policy.ForbiddenSources.Count > 0)
            items.Add($"looking for a plate because it is in one of these files: {string.Join(", ", policy.ForbiddenSources.Select(source => $"“{source}”"))}");
        return new PageSection("forbidden", "What is forbidden",
            [new PageBlock.Paragraph("The box refuses all of this, whoever asks:"), new PageBlock.Items(items)]);
    }

    private static PageSection Kept(Policy policy) => new("kept", "How long things are kept",
    [
        new PageBlock.Table(["What", "How long"],
        [
            ["A plate that nobody has a case for", "0 seconds"],
            ["A plate that was found", Hours(policy.HitRetentionHours)],
            ["A found plate that an open case still needs", policy.LongestHoldHours == 0 ? $"no longer: {Hours(policy.HitRetentionHours)}"
                : $"{Hours(policy.LongestHoldHours)} at most, counted from when it was found, and only that case's"],
        ]),
        new PageBlock.Paragraph("When the time is over, the record is deleted and the key to it is destroyed. What is left on the disk can be opened by nobody."),
        new PageBlock.Paragraph($"The log of what the box did is kept. It holds no plates. Case numbers and the accounts of persons stand in it as fingerprints that nobody can read; what they stand for is kept beside it for {Count(policy.DisclosureDays, "day")}, for auditors, and then destroyed. {Witnessed(policy.Witnesses)}"),
        new PageBlock.Paragraph(Published(policy)),
    ]);

    private static string Witnessed(Witnesses witnesses) => witnesses.Keys.Count == 0 ? "Nobody outside the box signs that it is whole."
        : $"Signed day by day, so that nobody can change it later unnoticed, by: {string.Join(", ", witnesses.Keys.Select(key => key.Name))}. "
            + (witnesses.Needed == 0 ? "None of them must." : $"If fewer than {witnesses.Needed} of them did for a day, it is told as below.");

    private static string Published(Policy policy) => policy.NeedsProof
        ? $"Every list of wanted plates is entered in a public log, without plates or cases, before a box uses it, and at least {policy.Witnesses.Needed} of those named above must have signed that it was. The box checks this."
        : "Nobody outside the agency has to see that a list of wanted plates was published before a box uses it.";

    private static string Openers(Policy policy, string agency) =>
        policy.Sharing.Count == 0 ? agency : $"{agency}, or an agency that a grant names for that case,";

    private static PageSection Opening(Policy policy, string agency) => new("openers", "Who can open a found plate",
        [new PageBlock.Paragraph($"Only {Openers(policy, agency).TrimEnd(',')}. The box locks each found plate with that agency's key and cannot unlock it again. The maker of the box has no key and receives nothing. Somebody who steals the box cannot open one either.")]);

    private static PageSection Others(Policy policy, Sharing? sharing, DateTimeOffset now)
    {
        var blocks = new List<PageBlock>
        {
            new PageBlock.Table(["Agencies", "What they receive"],
                [.. Jurisdictions.Spellings.Select(known => (IReadOnlyList<string>)[$"{Whose(known.Value)} agencies", Receives(policy, known.Value)])]),
        };
        blocks.Add(policy.Sharing.Count == 0
            ? new PageBlock.Paragraph("These rules allow no sharing. A list from another agency is refused, and nothing is locked to another agency's key.")
            : new PageBlock.Paragraph("A grant names one agency, the cases, the reason in writing, the day it ends, and the day it is made public. Without a grant nothing leaves. Every share is in the log."));
        if (sharing is not null) blocks.AddRange(InForce(sharing, now));
        return new PageSection("others", "Who else receives something", blocks);
    }

    private static IEnumerable<PageBlock> InForce(Sharing sharing, DateTimeOffset now)
    {
        var grants = sharing.Grants.Where(grant => sharing.IsInForce(grant, now)).ToList();
        if (grants.Count == 0) return [new PageBlock.Paragraph("At the moment no grant is in force.")];
        return
        [
            new PageBlock.Paragraph("These grants are in force:"),
            new PageBlock.Table(["Agency", "Until", "Why"], [.. grants.Select(grant => (IReadOnlyList<string>)
            [
                grant.IsDisclosed(now) ? $"{Name(grant.Agency)} ({Jurisdictions.Write(grant.Jurisdiction)})" : $"{Whose(grant.Jurisdiction)} agency",
                Day(grant.Expires),
                grant.IsDisclosed(now) ? grant.Justification
                : $"made public on {grant.Disclosure!.Value.ToString("d MMMM yyyy", CultureInfo.InvariantCulture)}",
            ])]),
        ];
    }

    private static string Receives(Policy policy, Jurisdiction whose) => !policy.Sharing.Contains(whose) ? "nothing"
        : whose is Jurisdiction.Federal or Jurisdiction.Foreign
            ? "nothing without a grant that the oversight board has signed too and that is made public"
            : "nothing without a signed grant";

    private static PageSection Roles(Policy policy) => new("roles", "Who may do what",
    [
        new PageBlock.Paragraph("Nobody may do more than stands here. Every act is in the log, and so is every refusal."),
        new PageBlock.Paragraph("The box obeys an order only if one of these people signed it, for this box; each order is carried out once. In this version nobody can look through a camera yet: that line counts from the version that has it."),
        new PageBlock.Table(["Who", "May"], [.. Duties.Roles.Values.Select(role => (IReadOnlyList<string>)[Who(role), May(policy, role)])]),
    ]);

    private static string May(Policy policy, AuditRole role)
    {
        var may = Duties.Verbs.Values.Where(verb => policy.Allows(role, verb)).Select(Does).ToList();
        return may.Count == 0 ? "nothing" : string.Join("; ", may);
    }

    private static PageSection Incidents(Policy policy, string agency) => new("incidents", "If something goes wrong",
    [
        new PageBlock.Paragraph(policy.Notify is null ? $"{agency} must be told, within the time that stands here:"
            : $"{agency} must tell this office, within the time that stands here:"),
        .. policy.Notify is { } office ? [ReachOf(office)] : Array.Empty<PageBlock>(),
        new PageBlock.Table(["What happened", "Told within"], [.. IncidentKinds.Spellings.Values
            .Select(kind => (IReadOnlyList<string>)[Happened(kind), Count(policy.NotifyWithinHours[kind], "hour")])]),
        new PageBlock.Paragraph($"The box notices this by itself. It writes it into its log and reports it to {agency} at once, before everything else, with the time by which it must be told. If there is no connection, it reports it as soon as there is one."),
        new PageBlock.Paragraph("This version has no logins and cannot notice that it is opened. Those lines count from the version that can."),
    ]);

    private static PageSection Complaints(Policy policy, string agency) => new("complaints", "Where to complain", policy.Complaints is { } office
        ? [new PageBlock.Paragraph("You can ask, object or complain here."), ReachOf(office)]
        : [new PageBlock.Paragraph($"These rules name no office for complaints. Turn to {agency}.")]);

    private static PageSection About(Policy policy) => new("about", "About this page",
    [
        new PageBlock.Paragraph($"This page is version {policy.Version} of the rules of “{policy.Agency}”. {Ends(policy)}"),
        new PageBlock.Paragraph("A program wrote it from the file that the box obeys. When the rules change, this page changes. The file is signed: the box refuses one that somebody else wrote, and an older one too."),
    ]);

    private static string Ends(Policy policy) => policy.Expires is { } expires
        ? $"The rules end on {Day(expires)}. Then no order is taken until there are new ones."
        : "The rules end when the agency's signature on them does. Then no order is taken until there are new ones.";

    private static PageBlock.Reach ReachOf(Office office)
    {
        var ways = new List<(string, string, string?)>();
        if (office.Phone is { } phone) ways.Add(("Phone", phone, $"tel:{new string([.. phone.Where(c => char.IsAsciiDigit(c) || c == '+')])}"));
        if (office.Email is { } email) ways.Add(("E-mail", email, $"mailto:{email}"));
        if (office.Address is { } address) ways.Add(("Address", address, null));
        if (office.Url is { } url) ways.Add(("Web", url, url));
        return new PageBlock.Reach(office.Name, ways);
    }

    internal static string Who(AuditRole role) => role switch
    {
        AuditRole.Technician => "The technician who sets up the box",
        AuditRole.Auditor => "An independent auditor",
        AuditRole.Investigator => "An investigator with a case",
        AuditRole.Oversight => "The oversight board",
        AuditRole.Hub => "The agency's own computer",
        _ => throw new ArgumentOutOfRangeException(nameof(role)),
    };

    internal static string Does(Verb verb) => verb switch
    {
        Verb.ViewAim => "look through a camera to aim it",
        Verb.Search => "ask for what was found in one case",
        Verb.Hold => "keep what was found in one case longer",
        Verb.Release => "stop what was found in one case from being kept longer",
        Verb.Disposition => "write down whether a find was right",
        Verb.Export => "take a copy of the log, which holds no plates",
        Verb.Revoke => "shut out a person or a key",
        Verb.Decommission => "take a box out of service and destroy its keys",
        _ => throw new ArgumentOutOfRangeException(nameof(verb)),
    };

    internal static string Happened(IncidentKind kind) => kind switch
    {
        IncidentKind.RefusedSignature => "Something arrived that was not properly signed",
        IncidentKind.RollbackAttempt => "Somebody tried to bring back old rules or an old list",
        IncidentKind.ClockJump => "The box's clock was moved",
        IncidentKind.LogCheckFailed => "The log was damaged or changed",
        IncidentKind.FailedLogins => "Somebody failed to log in again and again",
        IncidentKind.Tamper => "The box was opened",
        IncidentKind.OutOfPolicyOrder => "Somebody ordered something that is forbidden here",
        IncidentKind.BrokerLink => "The box was refused by the agency's message server, or will be soon",
        IncidentKind.LogNotWitnessed => "For a day nobody outside the box has signed that its log is whole",
        IncidentKind.VisionRefused => "The part of the box that sees plates said something that it may not say",
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    internal static string Whose(Jurisdiction whose) => whose switch
    {
        Jurisdiction.Local => "Other cities' and counties'",
        Jurisdiction.State => "State",
        Jurisdiction.Federal => "Federal",
        Jurisdiction.Foreign => "Other countries'",
        _ => throw new ArgumentOutOfRangeException(nameof(whose)),
    };

    private static string Classes(IReadOnlyList<Jurisdiction> sharing)
    {
        var names = Jurisdictions.Spellings.Where(known => sharing.Contains(known.Value)).Select(known => known.Key).ToList();
        return names.Count == 1 ? names[0] : $"{string.Join(", ", names[..^1])} and {names[^1]}";
    }

    // Names are lower-case words joined by '-': for people they become words again.
    private static string Name(string party) => Capital(string.Join(' ', party.Split('-', StringSplitOptions.RemoveEmptyEntries)
        .Select(word => word is "of" or "the" or "and" or "for" ? word : Capital(word))));

    internal static string Lower(string words) => words.Replace('-', ' ');

    private static string Capital(string words) => words.Length == 0 ? words : char.ToUpperInvariant(words[0]) + words[1..];

    internal static string Hours(int hours) => hours > 24 && hours % 24 == 0 ? Count(hours / 24, "day") : Count(hours, "hour");

    internal static string Minutes(int minutes) => minutes == 1 ? "minute"
        : minutes == 60 ? "hour" : minutes % 60 == 0 ? Count(minutes / 60, "hour") : Count(minutes, "minute");

    internal static string Count(int count, string unit) => count == 1 ? $"1 {unit}" : $"{count} {unit}s";

    internal static string Day(DateTimeOffset time) =>
        time.UtcDateTime.ToString("d MMMM yyyy, HH:mm 'UTC'", CultureInfo.InvariantCulture);
}
