using System.Globalization;
using Edge.Agent.UsePolicy;

namespace Edge.Agent.Transparency;

/// <summary>The report for people: every sentence and every number comes from the figures. Sentences are short and for residents.</summary>
internal static class ReportPage
{
    // Those first that residents ask about first.
    private static readonly string[] Classes = ["federal", "foreign", "state", "local", "unknown"];

    public static Page Of(TransparencyReport report)
    {
        var all = report.Total;
        return new Page($"Plate readers of {Capital(report.Agencies)}: {report.Period.Words}",
            "What the plate readers did in this quarter. Counted from their signed logs alone; anybody who has the public logs can count again.",
            [
                Summary(report, all), Reads(report, all), Searches(report, all), Shares(all), OutOfPolicy(all), Accuracy(all, End(report)), Retention(all),
                Incidents(all, End(report)), Uptime(report, all),
                Rules(all), Boxes(report), Proves(report),
            ]);
    }

    private static PageSection Summary(TransparencyReport report, ReportFigures all)
    {
        var blocks = new List<PageBlock>
        {
            new PageBlock.Figures(
            [
                (Number(all["reads"]), "Plates read"), (Number(all["reads.discarded"]), "Read and forgotten at once"),
                (Number(all["hits"]), "Hits: plates that somebody had a case for"),
                (Number(all["searches"]), "Searches"), (Number(all["shares"]), "Hits shared with other agencies"),
                (Number(all["shares.federal"]), "Of these with federal agencies"),
                (Number(all["out-of-policy"]), "Attempts outside the policy, all refused"), (MisreadRate(all), "Misreads among hits that people judged"),
                (Number(all["incidents"]), "Incidents"),
            ]),
        };
        var gaps = report.Boxes.Where(box => !IsWhole(report)(box)).Select(box => box.Covered is { } covered
            ? $"Of {box.Box} the log given here ends on {Day(covered.Until)}. What it did after that is not counted."
            : $"Of {box.Box} the log given here says nothing about this quarter.").ToList();
        if (gaps.Count > 0) blocks.Add(new PageBlock.Items(gaps));
        return new PageSection("summary", "In short", blocks);
    }

    private static PageSection Reads(TransparencyReport report, ReportFigures all)
    {
        var blocks = new List<PageBlock>
        {
            new PageBlock.Paragraph($"The cameras read {Number(all["reads"])} plates. {Number(all["reads.discarded"])} were of nobody's interest and were wiped from memory at once; they are a number and nothing else. {Number(all["reads.hits"])} matched an entry of a list."),
            new PageBlock.Paragraph($"{Number(all["hits"])} hits were stored. {CaseLinked(all["hits.case-linked"], all["hits"], "hits")}{(all["hits.after-summary"] is > 0 and var after ? $" {Number(after)} of them came after the last summary; their reads are not counted yet." : "")}"),
        };
        blocks.Add(Weekly(report, all, "reads", "Plates read, by the week that begins on the day; the last is a rest"));
        if (all["hits"] > 0)
        {
            blocks.Add(Weekly(report, all, "hits", "Hits, week by week"));
            blocks.Add(Bars(all, "hits.purpose.", "Hits by purpose"));
        }
        return new PageSection("reads", "Plates read, and hits", blocks);
    }

    private static PageSection Searches(TransparencyReport report, ReportFigures all)
    {
        var blocks = new List<PageBlock>
        {
            new PageBlock.Paragraph($"A search asks a box for the stored hits of one case. There is no search by plate. {Times(all["searches"], "search", "searches")} were made. {CaseLinked(all["searches.case-linked"], all["searches"], "searches")} {Number(all["searches.empty"])} found nothing."),
        };
        if (all["searches"] > 0)
        {
            blocks.Add(Weekly(report, all, "searches", "Searches, week by week"));
            blocks.Add(Bars(all, "searches.purpose.", "Searches by purpose"));
        }
        blocks.Add(new PageBlock.Paragraph($"Copies of the log taken: {Number(all["exports"])}. Operators' keys shut out: {Number(all["revocations"])}. Boxes taken out of service: {Number(all["decommissions"])}."));
        blocks.Add(new PageBlock.Paragraph($"Cameras looked through to aim them, every plate painted over: {Times(all["aimed"])}. People let in at a box: {Times(all["console.logins"])}; refused there: {Times(all["console.refused"])}."));
        return new PageSection("searches", "Searches", blocks);
    }

    private static PageSection Shares(ReportFigures all)
    {
        var blocks = new List<PageBlock>
        {
            new PageBlock.Paragraph(all["shares"] == 0 ? "No hit was shared with another agency."
                : $"{Number(all["shares"])} hits were shared with other agencies. {CaseLinked(all["shares.case-linked"], all["shares"], "shares")}"),
            new PageBlock.Figures([(Number(all["shares.federal"]), "Shared with federal agencies"),
                (Number(all["shares.foreign"]), "Shared with agencies of other countries"),
                (Number(all["shares.local"] + all["shares.state"]), "Shared with local and state agencies")]),
        };
        var rows = Classes.SelectMany(kind => all.Under($"shares.{kind}.").Select(share =>
            (IReadOnlyList<string>)[share.Name, kind, Number(share.Value)])).ToList();
        if (rows.Count > 0) blocks.Add(new PageBlock.Table(["Agency", "Class", "Hits shared"], rows));
        if (all.Set("grants") is { Count: > 0 } grants)
            blocks.Add(new PageBlock.Items([.. grants.Select(grant => $"A grant was in use for: {Grant(grant)}.")]));
        else blocks.Add(new PageBlock.Paragraph("No grant to share was in use."));
        return new PageSection("shares", "Shared with other agencies", blocks);

        static string Grant(string grant) => grant.Split(' ', 2) is [var kind, var agency] ? $"{agency} ({kind})" : grant;
    }

    private static PageSection OutOfPolicy(ReportFigures all)
    {
        var blocks = new List<PageBlock>
        {
            new PageBlock.Paragraph(all["out-of-policy"] == 0 ? "Nobody tried anything that the policy does not allow."
                : $"{Number(all["out-of-policy"])} attempts were outside the policy: an order, an entry of a list or a grant. The boxes refused all of them."),
        };
        if (all["out-of-policy"] > 0)
        {
            blocks.Add(Bars(all, "out-of-policy.reason.", "Why they were refused"));
            blocks.Add(new PageBlock.Table(["What was tried", "Refused"],
                [.. all.Under("out-of-policy.").Where(one => !one.Name.StartsWith("reason.", StringComparison.Ordinal))
                .Select(one => (IReadOnlyList<string>)[Tried(one.Name), Number(one.Value)])]));
        }
        blocks.Add(new PageBlock.Paragraph($"Besides, {Number(all["orders.refused.not-authorised"])} orders were refused because nobody with a valid key had signed them, and {Number(all["orders.refused.not-against-policy"])} for other reasons that break no rule, such as coming too late."));
        return new PageSection("out-of-policy", "Attempts outside the policy", blocks);
    }

    // Of a quarter that still runs nobody can say what was so when it ended.
    private static string End(TransparencyReport report) => report.Boxes.All(IsWhole(report)) ? "the quarter ended" : "the log ended";

    private static Func<ReportedBox, bool> IsWhole(TransparencyReport report) => box => box.Covered is { } covered
        && covered.Until >= report.Period.To - TimeSpan.FromDays(1);

    private static PageSection Accuracy(ReportFigures all, string end)
    {
        var blocks = new List<PageBlock>
        {
            new PageBlock.Paragraph($"Of {Number(all["hits"])} hits, people judged {Number(all["hits.judged"])} before {end}. {Number(all["hits.unjudged"])} wait for a judgement, or nobody gave one."),
        };
        if (all["hits.judged"] > 0)
        {
            blocks.Add(new PageBlock.Paragraph($"{Number(all["hits.judged.misread"])} of the judged hits were misread: {MisreadRate(all)}. Each could have stopped somebody who was not looked for."));
            blocks.Add(Bars(all, "hits.judged.", "What people found", Verdict));
        }
        return new PageSection("accuracy", "Were the hits right?", blocks);
    }

    private static PageSection Retention(ReportFigures all) => new("retention", "How long hits were kept",
    [
        new PageBlock.Paragraph(all.RetentionHours is not { } hours ? "The logs name no policy in force."
            : hours.Shortest == hours.Longest ? $"By the policy a hit was kept for {Hours(hours.Shortest)}."
            : $"By the policies in force a hit was kept for {Hours(hours.Shortest)} to {Hours(hours.Longest)}."),
        new PageBlock.Paragraph($"{Number(all["swept"])} expired records were destroyed with their keys, in {Times(all["sweeps"], "turn", "turns")}. Holds placed for open cases: {Number(all["holds"])}; ended: {Number(all["releases"])}."),
    ]);

    private static PageSection Incidents(ReportFigures all, string end)
    {
        var blocks = new List<PageBlock>
        {
            new PageBlock.Paragraph(all["incidents"] == 0 ? "No box reported an incident."
                : $"{Number(all["incidents"])} incidents happened. {(all.MedianNotifySeconds is { } median ? $"Half of them were told to the agency within {Time(median)}, all within {Time(all.NotifySeconds[^1])}, counted until the signed message was ready to leave the box." : "")} {(all["incidents.untold"] == 0 ? "" : $"{Number(all["incidents.untold"])} had not been told when {end}.")}".Replace("  ", " ", StringComparison.Ordinal).TrimEnd()),
        };
        if (all["incidents"] > 0) blocks.Add(Bars(all, "incidents.kind.", "By kind", Words));
        return new PageSection("incidents", "Incidents", blocks);
    }

    private static PageSection Uptime(TransparencyReport report, ReportFigures all) => new("uptime", "When the boxes worked",
    [
        new PageBlock.Paragraph($"The logs speak of {Time((long)all.Known.TotalSeconds)} of box time; in {Share((long)all.Up.TotalSeconds, (long)all.Known.TotalSeconds)} of it the boxes worked. They were started {Times(all["starts"])}, {Times(all["starts.unclean"])} without an orderly stop before it. {Number(all["clock.held"] + all["clock.floor"])} of {Number(all["entries"])} entries were written while the time was not confirmed."),
        new PageBlock.Table(["Box", "Log speaks of", "Worked", "Starts", "Reads", "Hits"], [.. report.Boxes.Select(box => (IReadOnlyList<string>)
        [
            box.Box, box.Covered is { } covered ? $"{Day(covered.From)} to {Day(covered.Until)}" : "nothing",
            Share((long)box.Figures.Up.TotalSeconds, (long)box.Figures.Known.TotalSeconds), Number(box.Figures["starts"]), Number(box.Figures["reads"]),
            Number(box.Figures["hits"]),
        ])]),
    ]);

    private static PageSection Rules(ReportFigures all) => new("rules", "Changes of policy and lists",
    [
        new PageBlock.Paragraph($"Versions of the policy that took effect: {List(all.Set("policy.versions"))}."),
        new PageBlock.Paragraph($"{Times(all.Set("hotlist.versions").Count, "version", "versions")} of lists of wanted plates took effect. {Number(all["out-of-policy.hotlist-entry"])} entries were refused by the boxes. {Number(all["updates.refused"])} updates were refused because they were not signed as they must be, or were old."),
    ]);

    private static PageSection Boxes(TransparencyReport report) => new("boxes", "Which logs this was counted from",
    [
        new PageBlock.Paragraph("Each log was verified before it was counted: every entry, every hash and the signature. The root is the fingerprint of all entries."),
        new PageBlock.Table(["Log", "Entries", "Root", "Key", "Key of the first day", "Seen by witnesses"],
            [.. report.Boxes.Select(box => (IReadOnlyList<string>)
        [
            box.Origin, Number(box.Size), box.Root, box.KeyId, box.EpochKeyGiven ? "given" : "not given",
            box.Witnessed.Count == 0 ? "none was named"
            : string.Join("; ", box.Witnessed.Select(one => $"{one.Witness}: {Number(one.Size)} entries on {Day(one.Time)}")),
        ])]),
    ]);

    private static PageSection Proves(TransparencyReport report)
    {
        var witnessed = report.Boxes.All(box => box.Witnessed.Count > 0);
        return new PageSection("proof", "What this proves, and what it cannot",
        [
            new PageBlock.Paragraph("It proves:"),
            new PageBlock.Items(
            [
                "These numbers are the sums of the entries of the logs named above. Whoever has the public bundles gets the same numbers, to the last one.",
                "No entry was changed, added or taken out after it was signed, as long as nobody else has the key of the log.",
                "Every read that a box counted was either forgotten or is a hit: in each interval the three numbers add up.",
                "Each search, hold, hit and share that is said to be case-linked has a case behind it: its entry holds the salted fingerprint of a case number, which an auditor can open and the public cannot.",
            ]),
            new PageBlock.Paragraph("It cannot prove:"),
            new PageBlock.Items(
            [
                "That a box wrote down all that it did. An entry that was never written is missing from every count. A changed program could leave one out.",
                "That no other camera or box was there, or that the agency gave out the logs of all its boxes.",
                witnessed ? "What happened after the last entry that a witness has seen could still be rewritten by whoever has the key of the log."
                    : "That history was not rewritten and signed again by whoever has the key of the log: no witness vouches for it here. A checkpoint that somebody kept from before can show it.",
                "That a case number stands for a real case, or that people judged hits rightly. That is for auditors with access to case files.",
                "That a message arrived. Times to notify end when the signed message is ready to leave.",
                "The exact time, where the clock of a box was not confirmed. Those entries are counted above.",
            ]),
        ]);
    }

    private static PageBlock.Timeline Weekly(TransparencyReport report, ReportFigures all, string what, string caption) => new(caption,
        [.. report.Period.Weeks.Select(week => (ShortDay(week), all[$"weekly.{what}.{report.Period.WeekOf(week)}"]))]);

    private static PageBlock Bars(ReportFigures all, string prefix, string caption, Func<string, string>? words = null) =>
        all.Under(prefix).ToList() is { Count: > 0 } bars
        ? new PageBlock.Bars(caption, [.. bars.Select(bar => ((words ?? Words)(bar.Name), bar.Value))]) : new PageBlock.Paragraph($"{caption}: none.");

    private static string MisreadRate(ReportFigures all) => all["hits.judged"] == 0 ? "none judged" : Share(all["hits.judged.misread"], all["hits.judged"]);

    private static string CaseLinked(long linked, long all, string what) => all == 0 ? "" : linked == all ? $"All of these {what} name a case."
        : $"{Number(all - linked)} of these {what} name no case.";

    private static string Tried(string name) => name switch
    {
        "order" => "an order that was refused before its kind was known", "hotlist-entry" => "an entry of a list", "hotlist" => "a list of another agency",
        "grant" => "a grant to share",
        _ => $"the order {name}",
    };

    private static string Verdict(string name) => name switch
    {
        "confirmed" => "the right plate", "misread" => "misread", "wrong-region" => "plate of another state or country", "no-action" => "nothing was done",
        _ => Words(name),
    };

    private static string Capital(string text) => text.Length == 0 ? text : char.ToUpperInvariant(text[0]) + text[1..];

    private static string Words(string name) => name.Replace('-', ' ').Replace('.', ' ');

    private static string List(IReadOnlyCollection<string> values) => values.Count == 0 ? "none" : string.Join(", ", values);

    private static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    private static string Times(long count) => count switch { 0 => "never", 1 => "once", _ => $"{Number(count)} times" };

    private static string Times(long count, string one, string many) => $"{Number(count)} {(count == 1 ? one : many)}";

    // Never rounded up to all or down to none.
    private static string Share(long part, long whole) => whole == 0 ? "nothing" : part == whole ? "100 %"
        : string.Create(CultureInfo.InvariantCulture, $"{Math.Clamp(Math.Round(100.0 * part / whole, 1), part == 0 ? 0 : 0.1, 99.9):0.0} %");

    private static string Hours(long hours) => hours % 24 == 0 && hours >= 48 ? $"{hours / 24} days" : Times(hours, "hour", "hours");

    private static string Day(DateTimeOffset time) => time.UtcDateTime.ToString("d MMMM yyyy", CultureInfo.InvariantCulture);

    private static string ShortDay(DateTimeOffset time) => time.UtcDateTime.ToString("d MMM", CultureInfo.InvariantCulture);

    private static string Time(long seconds) => seconds < 60 ? Times(seconds, "second", "seconds") : seconds < 3600 ? Times(seconds / 60, "minute", "minutes")
        : seconds < 48 * 3600 ? Times(seconds / 3600, "hour", "hours") : Times(seconds / 86400, "day", "days");
}
