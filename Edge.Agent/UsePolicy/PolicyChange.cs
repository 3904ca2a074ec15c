using System.Globalization;
using Edge.Agent.Governance;
using Edge.Agent.Matching;
using Edge.Storage.Audit;

namespace Edge.Agent.UsePolicy;

/// <summary>Which way a change of policy goes, seen by somebody who drives past.</summary>
internal enum Direction
{
    /// <summary>Less may be looked for, kept or given, or by fewer.</summary>
    Narrower,
    /// <summary>More may.</summary>
    Wider,
    /// <summary>Neither: another wording, another office.</summary>
    Other,
}

/// <summary>One thing that another policy would change, in plain words.</summary>
internal sealed record PolicyChange(Direction Direction, string Text)
{
    public override string ToString() => $"{Word,-8}  {Text}";

    public string Word => Direction switch { Direction.Wider => "wider", Direction.Narrower => "narrower", _ => "other" };

    /// <summary>Everything that <paramref name="next"/> would change, the version aside. What keepers read before they sign.</summary>
    public static IReadOnlyList<PolicyChange> Between(Policy old, Policy next) =>
    [
        .. Purposes(old, next),
        .. Numbers(old, next),
        .. Forbidden(old, next),
        .. Duties.Roles.Values.SelectMany(role => Verbs(role, old, next)),
        .. Sets(old.Sharing, next.Sharing, whose => $"{UsePolicyPage.Whose(whose)} agencies may be named in a grant",
            whose => $"{UsePolicyPage.Whose(whose)} agencies may no longer be named in a grant"),
        .. Offices(old, next),
        .. Witnessed(old.Witnesses, next.Witnesses),
        .. Published(old, next),
        .. End(old, next),
    ];

    /// <summary>The statements of the public page that go and come: "- …" and "+ …".</summary>
    public static IEnumerable<string> Statements(Policy old, Policy next, DateTimeOffset now)
    {
        var (before, after) = (UsePolicyPage.Of(old, null, now), UsePolicyPage.Of(next, null, now));
        foreach (var (was, becomes) in before.Sections.Zip(after.Sections))
        {
            var (lines, nextLines) = (Lines(was), Lines(becomes));
            foreach (var gone in lines.Except(nextLines)) yield return $"- {gone}";
            foreach (var come in nextLines.Except(lines)) yield return $"+ {come}";
        }
    }

    private static List<string> Lines(PageSection section) =>
        [.. section.Blocks.SelectMany(block => block.Lines).Select(line => line.StartsWith("- ", StringComparison.Ordinal) ? line[2..] : line.TrimStart())];

    private static IEnumerable<PolicyChange> Purposes(Policy old, Policy next)
    {
        foreach (var purpose in next.Purposes.Where(purpose => !old.Allows(purpose.Name)))
            yield return new(Direction.Wider, $"a plate may also be looked for because of: {UsePolicyPage.Lower(purpose.Name)}");
        foreach (var purpose in old.Purposes.Where(purpose => !next.Allows(purpose.Name)))
            yield return new(Direction.Narrower, $"no plate may be looked for any more because of: {UsePolicyPage.Lower(purpose.Name)}");
        foreach (var (was, becomes) in old.Purposes.Join(next.Purposes, one => one.Name, one => one.Name, (was, becomes) => (was, becomes)))
            if (was.Basis != becomes.Basis) yield return new(Direction.Other, $"why {UsePolicyPage.Lower(was.Name)} is lawful: {was.Basis} -> {becomes.Basis}");
    }

    private static IEnumerable<PolicyChange> Numbers(Policy old, Policy next)
    {
        if (old.Matching != next.Matching)
            yield return new(next.Matching == MatchForm.Folded ? Direction.Wider : Direction.Narrower,
                $"matching {MatchForms.Write(old.Matching)} -> {MatchForms.Write(next.Matching)} ({(next.Matching == MatchForm.Folded ? "look-alikes such as O and 0 count" : "every character must be the same")})");
        (string What, int Was, int Becomes, Func<int, string> Say, string More, string Less)[] numbers =
        [
            ("a found plate is kept", old.HitRetentionHours, next.HitRetentionHours, Hours, "longer", "shorter"),
            ("a hold keeps it at most", old.LongestHoldHours, next.LongestHoldHours, hours => hours == 0 ? "no holds" : Hours(hours), "longer", "shorter"),
            ("an entry of a hotlist lives at most", old.LongestEntryDays, next.LongestEntryDays, days => UsePolicyPage.Count(days, "day"), "longer", "shorter"),
            ("a hotlist has at most", old.LargestHotlist, next.LargestHotlist, count => count.ToString("N0", CultureInfo.InvariantCulture), "more plates",
                "fewer plates"),
            ("cases and accounts that the log conceals are kept", old.DisclosureDays, next.DisclosureDays, days => UsePolicyPage.Count(days, "day"), "longer",
                "shorter"),
            ("boxes give their numbers every", old.SummaryMinutes, next.SummaryMinutes, UsePolicyPage.Minutes, "less often", "more often"),
            .. IncidentKinds.Spellings.Values.Select(kind => ($"“{UsePolicyPage.Happened(kind)}” is told within", old.NotifyWithinHours[kind],
                next.NotifyWithinHours[kind], (Func<int, string>)Hours, "later", "sooner")),
        ];
        foreach (var (what, was, becomes, say, more, less) in numbers)
            if (becomes != was)
                yield return new(becomes > was ? Direction.Wider : Direction.Narrower,
                    $"{what}: {say(was)} -> {say(becomes)} ({(becomes > was ? more : less)})");

        static string Hours(int hours) => UsePolicyPage.Count(hours, "hour");
    }

    private static IEnumerable<PolicyChange> Forbidden(Policy old, Policy next)
    {
        foreach (var source in old.ForbiddenSources.Where(source => !next.Forbids(source)))
            yield return new(Direction.Wider, $"plates from “{source}” may be looked for");
        foreach (var source in next.ForbiddenSources.Where(source => !old.Forbids(source)))
            yield return new(Direction.Narrower, $"plates from “{source}” may not be looked for any more");
    }

    private static IEnumerable<PolicyChange> Verbs(AuditRole role, Policy old, Policy next) => Sets(
        [.. Duties.Verbs.Values.Where(verb => old.Allows(role, verb))], [.. Duties.Verbs.Values.Where(verb => next.Allows(role, verb))],
        verb => $"{UsePolicyPage.Who(role)} may {UsePolicyPage.Does(verb)}", verb => $"{UsePolicyPage.Who(role)} may no longer {UsePolicyPage.Does(verb)}");

    private static IEnumerable<PolicyChange> Sets<T>(IReadOnlyList<T> old, IReadOnlyList<T> next, Func<T, string> come, Func<T, string> gone) =>
    [
        .. next.Except(old).Select(one => new PolicyChange(Direction.Wider, come(one))),
        .. old.Except(next).Select(one => new PolicyChange(Direction.Narrower, gone(one))),
    ];

    private static IEnumerable<PolicyChange> Offices(Policy old, Policy next)
    {
        (string What, Office? Was, Office? Becomes)[] offices =
            [("incidents are told to", old.Notify, next.Notify), ("complaints go to", old.Complaints, next.Complaints)];
        foreach (var (what, was, becomes) in offices)
            if (was != becomes) yield return new(Direction.Other,
                $"{what}: {was?.Name ?? "the agency"} -> {becomes?.Name ?? "the agency"}{(was?.Name == becomes?.Name ? " (reached another way)" : "")}");
    }

    // Whoever looks less closely lets more be done: a witness less is wider.
    private static IEnumerable<PolicyChange> Witnessed(Witnesses old, Witnesses next)
    {
        foreach (var key in old.Keys.Except(next.Keys)) yield return new(Direction.Wider, $"{key} no longer cosigns the logs of boxes");
        foreach (var key in next.Keys.Except(old.Keys)) yield return new(Direction.Narrower, $"{key} cosigns the logs of boxes");
        if (old.Needed != next.Needed)
            yield return new(next.Needed < old.Needed ? Direction.Wider : Direction.Narrower,
                $"witnesses who must cosign within a day: {old.Needed} -> {next.Needed}");
    }

    private static IEnumerable<PolicyChange> Published(Policy old, Policy next)
    {
        if (old.NeedsProof != next.NeedsProof)
            yield return new(next.NeedsProof ? Direction.Narrower : Direction.Wider, next.NeedsProof
                ? "boxes look for what is in a hotlist only once witnesses have seen that it was published"
                    : "boxes look for what is in a hotlist without a witness having seen that it was published");
        if (old.PublicationLog != next.PublicationLog)
            yield return new(Direction.Other,
                $"the log of published hotlists: {old.PublicationLog?.ToString() ?? "none"} -> {next.PublicationLog?.ToString() ?? "none"}");
    }

    private static IEnumerable<PolicyChange> End(Policy old, Policy next)
    {
        if (old.Expires == next.Expires) yield break;
        var later = (next.Expires ?? DateTimeOffset.MaxValue) > (old.Expires ?? DateTimeOffset.MaxValue);
        yield return new(later ? Direction.Wider : Direction.Narrower,
            $"orders are taken until: {Say(old.Expires)} -> {Say(next.Expires)} ({(later ? "longer" : "shorter")})");

        static string Say(DateTimeOffset? time) => time is { } end ? UsePolicyPage.Day(end) : "the signature ends";
    }
}
