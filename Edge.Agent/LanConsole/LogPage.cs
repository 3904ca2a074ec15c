using System.Globalization;
using System.Text;
using Edge.Agent.Device;
using Edge.Agent.Transparency;
using Edge.Storage.Audit;
using static Edge.Agent.LanConsole.Html;

namespace Edge.Agent.LanConsole;

/// <summary>What an auditor asked the log for, as they typed it.</summary>
internal sealed record LogQuestion(string From, string To, string Action, string Outcome);

/// <summary>The pages about the audit log.</summary>
internal static class LogPage
{
    public static string Write(ConsoleBox box, BoxHealth health, LogDesk desk, Session session) =>
        $"""
        {State(box, health)}
        {Checking(desk, session, box.Time.GetUtcNow())}
        <section aria-labelledby="find"><h2 id="find">Find entries</h2>{Search(new LogQuestion("", "", "", ""))}</section>
        {Copies(session)}
        """;

    /// <summary>What was found, newest first.</summary>
    public static string Found(LogQuestion question, IReadOnlyList<AuditRecord> newest, long all)
    {
        var rows = new StringBuilder();
        foreach (var record in newest)
        {
            var entry = record.Entry!;
            rows.Append($"""
                <tr><th scope="row">{record.Index.ToString(CultureInfo.InvariantCulture)}</th><td data-label="Time">{Time(entry.Time)}</td><td data-label="What">{AuditCode.Of(entry.Action)}</td>
                <td data-label="Outcome">{Text(entry.Outcome.ToString())}</td><td data-label="Who">{Text(Who(entry))}</td><td data-label="More">{Text(More(entry))}</td></tr>

                """);
        }
        var said = all switch { 0 => "Nothing found.", 1 => "One entry.", _ when all > newest.Count => $"{Number(all)} entries; the newest {newest.Count}.",
            _ => $"{Number(all)} entries." };
        return $"""
            <p class="back"><a href="/log">The log</a></p>
            <section aria-labelledby="find"><h2 id="find">Find entries</h2>{Search(question)}</section>
            <section>
            <p role="status">{said} Cases and accounts are concealed here; a copy for an auditor opens them.</p>
            {(newest.Count == 0 ? "" : $"<table class=\"entries\"><caption>Entries, newest first</caption><thead><tr><th scope=\"col\">Entry</th><th scope=\"col\">Time</th><th scope=\"col\">What</th><th scope=\"col\">Outcome</th><th scope=\"col\">Who</th><th scope=\"col\">More</th></tr></thead><tbody>{rows}</tbody></table>")}
            </section>
            """;
    }

    /// <summary>The quarter that a moment is in, as <see cref="ReportPeriod"/> reads it.</summary>
    public static string Quarter(DateTimeOffset now) =>
        string.Create(CultureInfo.InvariantCulture, $"{now.UtcDateTime.Year}Q{(now.UtcDateTime.Month + 2) / 3}");

    private static string State(ConsoleBox box, BoxHealth health)
    {
        var standing = health.Log.Witnessed;
        var cosigned = standing is null ? "The policy names no witness." : standing.Time is not
            { } time ? "Not cosigned yet by as many witnesses as the policy needs."
            : $"{Time(time)}: {Number(standing.Size)} entries. Since then {Number(Math.Max(0, health.Log.Size - standing.Size))}, which no witness has seen.";
        return $"""
            <section aria-labelledby="state"><h2 id="state">As it stands</h2>
            <dl class="facts">
            <div><dt>Log</dt><dd>{Text(box.Name.LogOrigin)}</dd></div>
            <div><dt>Entries</dt><dd>{Number(health.Log.Size)}</dd></div>
            <div><dt>Last cosignature</dt><dd>{Text(cosigned)}</dd></div>
            <div><dt>Key</dt><dd class="code">{Text(box.LogKey.ToString())}</dd></div>
            <div><dt>Key of the first epoch</dt><dd class="code">{Text(box.LogEpochKey.ToString())}</dd></div>
            </dl>
            <p class="soft">Compare the keys with those that the agency gave you: a key that comes from the box alone proves nothing.</p>
            </section>
            """;
    }

    private static string Checking(LogDesk desk, Session session, DateTimeOffset now)
    {
        var period = Quarter(now);
        var check = desk.Check;
        var result = check switch
        {
            null => "<p>Not verified since the agent started.</p>",
            { IsDone: false } => $"<p role=\"status\">Being verified since {Time(check.Began)}: {Number(desk.Seen)} entries so far. <a href=\"/log\">Look again</a></p>"
                + $"<form method=\"post\" action=\"/log/verify/stop\">{ConsolePage.Form(session)}<button>Stop verifying</button></form>",
            { Failure: { } failure } => $"<p class=\"alert\" role=\"status\">× The log was not verified: {Text(failure)}</p>",
            { Report: { } report } => Result(check, report),
            _ => "",
        };
        return $"""
            <section aria-labelledby="check"><h2 id="check">Verify, and count a quarter</h2>
            {result}
            <form method="post" action="/log/verify" class="inline">{ConsolePage.Form(session)}
            <span><label for="quarter">Quarter</label> <input id="quarter" name="quarter" value="{check?.Period.Name ?? period}" pattern="[0-9][0-9][0-9][0-9]Q[1-4]" maxlength="6" required></span>
            <button>Verify and count</button></form>
            <p class="soft">A box cannot vouch for itself: take a copy, and run <code>edge-agent audit verify</code> on a machine of your own.</p>
            </section>
            """;
    }

    private static string Result(LogCheck check, AuditReport report)
    {
        var rows = new StringBuilder();
        foreach (var one in report.Checks)
        {
            var (css, word) = one.Result switch
                { CheckResult.Passed => ("pass", "√ holds"), CheckResult.Failed => ("fail", "× FAILED"), _ => ("open", "– skipped") };
            rows.Append($"<tr class=\"{css}\"><th scope=\"row\">{Text(one.Name)}</th><td data-label=\"Result\" class=\"verdict\">{word}</td><td data-label=\"What was found\">{Text(one.File is null ? one.Detail : $"{one.File}: {one.Detail}")}</td></tr>\n");
        }
        var page = check.Box is null ? "<p>The quarter is not counted, because the log does not verify.</p>"
            : $"<p><a class=\"button\" href=\"/log/report?quarter={check.Period.Name}\">Report of {Text(check.Period.Words)}, with charts</a></p>";
        return $"""
            <p class="overall {(report.Holds ? "pass" : "fail")}" role="status">{(report.Holds ? "√ Log verified" : "× Log NOT verified")}, {Number(report.Checkpoint?.Size ?? 0)} entries, {Time(check.Began)}</p>
            {page}
            <details{(report.Holds ? "" : " open")}><summary>Every check</summary><table><caption>Checks</caption>
            <thead><tr><th scope="col">Check</th><th scope="col">Result</th><th scope="col">What was found</th></tr></thead><tbody>{rows}</tbody></table></details>
            """;
    }

    private static string Search(LogQuestion asked)
    {
        var actions = new StringBuilder($"<option value=\"\"{(asked.Action.Length == 0 ? " selected" : "")}>everything</option>");
        foreach (var code in Enum.GetValues<AuditAction>().Select(AuditCode.Of).Order(StringComparer.Ordinal))
            actions.Append($"<option{(code == asked.Action ? " selected" : "")}>{code}</option>");
        string Outcome(string value, string text) => $"<option value=\"{value}\"{(value == asked.Outcome ? " selected" : "")}>{text}</option>";
        return $"""
            <form method="get" action="/log/search" class="grid">
            <span><label for="from">From (UTC)</label><input id="from" name="from" type="date" value="{Text(asked.From)}"></span>
            <span><label for="to">Before (UTC)</label><input id="to" name="to" type="date" value="{Text(asked.To)}"></span>
            <span><label for="action">What</label><select id="action" name="action">{actions}</select></span>
            <span><label for="outcome">Outcome</label><select id="outcome" name="outcome">{Outcome("", "any")}{Outcome("done", "done")}{Outcome("refused", "refused")}</select></span>
            <button>Find</button>
            </form>
            """;
    }

    private static string Copies(Session session) =>
        $"""
        <section aria-labelledby="copies"><h2 id="copies">Take a copy</h2>
        <form method="post" action="/log/export">{ConsolePage.Form(session)}<input type="hidden" name="kind" value="public">
        <p>For anybody: nothing that the log conceals.</p><button>Public copy</button></form>
        <form method="post" action="/log/export">{ConsolePage.Form(session)}<input type="hidden" name="kind" value="full">
        <label for="auditor">For one auditor: their public key, 43 characters, as <code>edge-agent audit key</code> printed it</label>
        <input id="auditor" name="auditor" class="key" minlength="43" maxlength="43" pattern="[A-Za-z0-9_\-]*" autocomplete="off" spellcheck="false" required>
        <p class="soft">Cases and accounts are sealed to that key, and open with nothing else.</p><button>Full copy</button></form>
        </section>
        """;

    private static string Who(AuditEntry entry) => entry.Role == AuditRole.Agent ? entry.Actor : $"{entry.Actor}, {AuditCode.Of(entry.Role)}";

    private static string More(AuditEntry entry)
    {
        (string Name, object? Value)[] all =
        [
            ("purpose", entry.Purpose), ("agency", entry.Agency), ("kind", entry.Kind), ("detail", entry.Detail), ("version", entry.Version),
            ("sequence", entry.Sequence),
            ("count", entry.Count), ("frames", entry.Frames), ("reads", entry.Reads), ("discarded", entry.Discarded), ("hits", entry.Hits),
            ("case", entry.Case is null ? null : "concealed"),
        ];
        return string.Join(", ", all.Where(one => one.Value is not null).Select(one => string.Create(CultureInfo.InvariantCulture, $"{one.Name} {one.Value}")));
    }
}
