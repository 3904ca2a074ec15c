using System.Net;
using System.Text;
using Edge.Agent.Hub;

namespace Edge.Agent.Demo;

/// <summary>The demo's result as one HTML page without scripts or links to anywhere: the table, and for each hit what the
/// hub opened.</summary>
internal static class DemoPage
{
    public static string Write(DemoResult result, string footage)
    {
        var rows = string.Concat(result.Rows.Select(row =>
            $"<tr class=\"{Mood(row.Good)}\"><td>{Text(row.What)}</td><td>{Text(row.Found)}</td></tr>\n"));
        var hits = result.Alerts.Count == 0 ? "<p>No plate was read that anybody looks for.</p>"
            : string.Concat(result.Alerts.Select(Hit));
        return $$"""
            <!doctype html>
            <html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
            <title>Edge demo</title>
            <style>
              body { font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; color: #1b1f24; }
              table { border-collapse: collapse; width: 100%; } td { padding: .4rem .6rem; border-bottom: 1px solid #d7dce2; }
              td:last-child { text-align: right; font-variant-numeric: tabular-nums; }
              .good td:last-child { color: #116329; } .good td:last-child::after { content: " √"; }
              .bad td:last-child { color: #b3261e; font-weight: 700; } .bad td:last-child::after { content: " ×"; }
              figure { display: flex; gap: 1.2rem; align-items: center; margin: 1rem 0; padding: 1rem; border: 1px solid #d7dce2; border-radius: .5rem; }
              img { width: 14rem; flex: none; border-radius: .25rem; } strong { font-size: 1.4rem; letter-spacing: .08em; }
              small { color: #57606a; } code { background: #f2f4f7; padding: .1rem .3rem; }
            </style>
            <h1>What the box did with {{Text(Path.GetFileName(footage))}}</h1>
            <table>{{rows}}</table>
            <h2>Opened at the hub</h2>
            {{hits}}
            <p><small>The box sealed each hit to the agency's key and cannot open it again. Everybody else was counted and forgotten.
            Check the log yourself: <code>edge-agent audit verify audit --key audit.vkey</code></small></p>
            </html>
            """;
    }

    private static string Hit(ReceivedMessage.Hit hit)
    {
        var (body, facts) = (hit.Body, hit.Body.Facts);
        var page = new StringBuilder("<figure>");
        page.Append($"<img alt=\"the plate, nothing else\" src=\"data:image/jpeg;base64,{Convert.ToBase64String(facts.Crop.Span)}\">");
        page.Append($"<figcaption><strong>{Text(body.Text)}</strong><br>{facts.Frames} frames agreed, weakest character ");
        page.Append($"{facts.Confidences.Min():P0}");
        if (facts.Right is { } right) page.Append($", right with probability {right:P1}");
        if (facts.RuleChanged.Count > 0) page.Append($", a region rule changed {facts.RuleChanged.Count} of its characters");
        page.Append($"<br>{Text(facts.Region.Code ?? "region unknown")}<br><small>camera {Text(facts.Camera)}, {facts.Time:yyyy-MM-dd HH:mm:ss} UTC, ");
        page.Append($"entry {Text(facts.EntryId)}, kept until {hit.Header.Expires:yyyy-MM-dd HH:mm} UTC</small></figcaption></figure>\n");
        return page.ToString();
    }

    private static string Mood(bool? good) => good switch { true => "good", false => "bad", null => "" };

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
