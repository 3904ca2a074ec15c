using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;

namespace Edge.Agent.UsePolicy;

/// <summary>The page as one HTML file that asks for nothing: no script, no picture, no font from anywhere. Its content
/// security policy allows this one style sheet by its hash, so that text from a policy stays text even if it were not
/// escaped.</summary>
internal static class PageHtml
{
    private const string Style = """

        :root { --ink: #17212b; --soft: #4c5a67; --line: #d5dde4; --paper: #fff; --ground: #f3f6f8; --deep: #12344d; --accent: #0b5c8a; --mark: #e8f2f8; }
        * { box-sizing: border-box; }
        html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; scroll-behavior: smooth; }
        body { margin: 0; background: var(--ground); color: var(--ink); font: 1.0625rem/1.6 system-ui, "Segoe UI", Roboto, "Helvetica Neue", "DejaVu Sans", sans-serif; overflow-wrap: break-word; }
        header { background: var(--deep); color: #fff; padding: 3.5rem 0 6.5rem; }
        header > div { padding: 0 3.25rem; }
        header > div, main, footer { max-width: 50rem; margin: 0 auto; }
        h1 { margin: 0 0 .75rem; font-size: clamp(1.75rem, 5vw, 2.6rem); line-height: 1.15; letter-spacing: -.015em; text-wrap: balance; }
        header p { margin: 0; color: #cfe0ec; font-size: 1.125rem; max-width: 40rem; }
        main { padding: 0 1.25rem 3rem; }
        section { background: var(--paper); border: 1px solid var(--line); border-radius: .75rem; padding: 1.75rem 2rem; margin: 1.25rem 0; }
        section:first-of-type { margin-top: -4.5rem; box-shadow: 0 .75rem 2rem rgb(18 52 77 / .16); }
        h2 { margin: 0 0 .75rem; font-size: 1.4rem; line-height: 1.25; color: var(--deep); text-wrap: balance; }
        p { margin: .75rem 0; } section > :last-child { margin-bottom: 0; }
        ul { margin: .75rem 0; padding-left: 1.25rem; } li { margin: .4rem 0; padding-left: .2rem; } li::marker { color: var(--accent); }
        a { color: var(--accent); text-underline-offset: .15em; } a:focus-visible { outline: 3px solid #f2a900; outline-offset: 2px; border-radius: .15rem; }
        .figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); gap: .75rem; margin: 1rem 0 1.25rem; }
        .figures div { background: var(--mark); border-radius: .5rem; padding: 1rem 1.1rem; display: flex; flex-direction: column-reverse; justify-content: flex-end; }
        .figures dd { margin: 0; font-size: 1.6rem; font-weight: 700; line-height: 1.2; color: var(--deep); font-variant-numeric: tabular-nums; }
        .figures dt { font-size: .95rem; line-height: 1.4; color: var(--soft); margin-top: .25rem; }
        nav ol { list-style: none; margin: 0; padding: 0; columns: 2; column-gap: 2rem; } nav li { margin: 0; padding: .3rem 0; break-inside: avoid; }
        nav { padding: 1rem 2rem; margin: 1.25rem 0; border: 1px solid var(--line); border-radius: .75rem; background: var(--paper); }
        table { width: 100%; border-collapse: collapse; margin: 1rem 0; font-size: 1rem; line-height: 1.5; }
        th { text-align: left; vertical-align: top; } thead th { font-size: .85rem; color: var(--soft); font-weight: 600; padding: 0 1rem .4rem 0; border-bottom: 2px solid var(--line); }
        tbody th, td { padding: .7rem 1rem .7rem 0; border-bottom: 1px solid var(--line); vertical-align: top; } tbody th { font-weight: 600; width: 34%; }
        tr > :last-child { padding-right: 0; } tbody tr:last-child > * { border-bottom: 0; } td.long { overflow-wrap: anywhere; }
        .reach { border-left: 4px solid var(--accent); background: var(--mark); border-radius: 0 .5rem .5rem 0; padding: 1rem 1.25rem; margin: 1rem 0; font-style: normal; }
        .reach strong { display: block; font-size: 1.125rem; } .reach span { display: block; }
        figure { margin: 1.25rem 0; } figcaption { font-size: .95rem; font-weight: 600; color: var(--soft); margin-bottom: .5rem; }
        .bars { display: grid; grid-template-columns: minmax(6rem, 15rem) 1fr auto; gap: .35rem .75rem; align-items: center; margin: 0; font-size: .95rem; line-height: 1.35; }
        .bars dt { overflow-wrap: anywhere; } .bars dd { margin: 0; font-variant-numeric: tabular-nums; text-align: right; } .bars svg { display: block; width: 100%; height: 1rem; }
        .columns svg { display: block; width: 100%; height: 8rem; border-bottom: 2px solid var(--line); } .columns p { display: flex; justify-content: space-between; gap: .75rem; margin: .3rem 0 0; font-size: .85rem; color: var(--soft); }
        rect { fill: var(--accent); } rect.none { fill: var(--line); }
        footer { padding: 0 1.25rem 3rem; color: var(--soft); font-size: .95rem; }
        @media (max-width: 40rem) {
          header { padding: 2.25rem 0 5.75rem; } header > div { padding: 0 1.85rem; } main { padding: 0 .75rem 2rem; } section { padding: 1.25rem 1.1rem; } nav { padding: .75rem 1.1rem; } nav ol { columns: 1; }
          .figures { grid-template-columns: 1fr; }
          thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
          .bars { grid-template-columns: 1fr auto; } .bars dt { grid-column: 1 / 3; margin-top: .35rem; }
          table, tbody, tr, tbody th, td { display: block; width: auto; } tr { padding: .7rem 0; border-bottom: 1px solid var(--line); } tbody tr:last-child { border-bottom: 0; }
          tbody th, td { border: 0; padding: 0 0 .2rem; } td::before { content: attr(data-label) ": "; color: var(--soft); }
        }
        @media screen and (prefers-color-scheme: dark) {
          :root { --ink: #e4ebf1; --soft: #a9b8c5; --line: #2d3b48; --paper: #17212b; --ground: #0e151c; --accent: #7cc4ee; --mark: #1e2f3d; }
          h2, .figures dd { color: #fff; } section:first-of-type { box-shadow: none; }
        }
        @media print {
          body { background: #fff; color: #000; font-size: 10.5pt; } header { background: none; color: #000; padding: 0 0 1rem; } header p { color: #000; }
          main, footer { padding: 0; max-width: none; } header > div { max-width: none; padding: 0; } nav { display: none; }
          section, section:first-of-type { border: 0; border-top: 1px solid #999; border-radius: 0; box-shadow: none; padding: .75rem 0; margin: 0; background: none; }
          h2 { break-after: avoid; } tr, .figures div, .reach { break-inside: avoid; } a { color: inherit; }
        }

        """;

    /// <summary>What a page of it may load: its one style sheet. A server sends it as a header too.</summary>
    public static string ContentSecurityPolicy { get; } =
        $"default-src 'none'; style-src 'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(Style)))}'; base-uri 'none'; form-action 'none'";

    public static string Write(Page page)
    {
        var html = new StringBuilder($"""
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="{ContentSecurityPolicy}">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <meta name="referrer" content="no-referrer">
            <title>{Text(page.Title)}</title>
            <style>{Style}</style>
            </head>
            <body>
            <header><div>
            <h1>{Text(page.Title)}</h1>
            <p>{Text(page.Subtitle)}</p>
            </div></header>
            <main>

            """);
        foreach (var (i, section) in page.Sections.Index())
        {
            html.Append($"<section id=\"{section.Id}\" aria-labelledby=\"{section.Id}-heading\">\n<h2 id=\"{section.Id}-heading\">{Text(section.Heading)}</h2>\n");
            foreach (var block in section.Blocks) Block(html, block);
            html.Append("</section>\n");
            if (i == 0) Contents(html, page.Sections.Skip(1));
        }
        return html.Append("</main>\n</body>\n</html>\n").ToString();
    }

    private static void Contents(StringBuilder html, IEnumerable<PageSection> sections)
    {
        html.Append("<nav aria-label=\"On this page\"><ol>\n");
        foreach (var section in sections) html.Append($"<li><a href=\"#{section.Id}\">{Text(section.Heading)}</a></li>\n");
        html.Append("</ol></nav>\n");
    }

    private static void Block(StringBuilder html, PageBlock block)
    {
        switch (block)
        {
            case PageBlock.Paragraph paragraph:
                html.Append($"<p>{Text(paragraph.Text)}</p>\n");
                break;
            case PageBlock.Items items:
                html.Append("<ul>\n");
                foreach (var item in items.Texts) html.Append($"<li>{Text(item)}</li>\n");
                html.Append("</ul>\n");
                break;
            case PageBlock.Figures figures:
                html.Append("<dl class=\"figures\">\n");
                foreach (var (value, label) in figures.All) html.Append($"<div><dt>{Text(label)}</dt><dd>{Text(value)}</dd></div>\n");
                html.Append("</dl>\n");
                break;
            case PageBlock.Table table:
                Table(html, table);
                break;
            case PageBlock.Bars bars:
                Bars(html, bars);
                break;
            case PageBlock.Timeline columns:
                Columns(html, columns);
                break;
            case PageBlock.Reach reach:
                html.Append($"<address class=\"reach\"><strong>{Text(reach.Office)}</strong>\n");
                foreach (var (label, text, target) in reach.Ways)
                    html.Append(target is null ? $"<span>{Text(label)}: {Text(text)}</span>\n"
                        : $"<span>{Text(label)}: <a href=\"{Text(target)}\">{Text(text)}</a></span>\n");
                html.Append("</address>\n");
                break;
            default:
                throw new InvalidOperationException($"a page cannot show {block.GetType().Name}");
        }
    }

    private static void Table(StringBuilder html, PageBlock.Table table)
    {
        html.Append("<table>\n<thead><tr>");
        foreach (var column in table.Columns) html.Append($"<th scope=\"col\">{Text(column)}</th>");
        html.Append("</tr></thead>\n<tbody>\n");
        foreach (var row in table.Rows)
        {
            html.Append($"<tr><th scope=\"row\">{Text(row[0])}</th>");
            foreach (var (column, cell) in table.Columns.Zip(row).Skip(1))
                html.Append($"<td{(IsLong(cell) ? " class=\"long\"" : "")} data-label=\"{Text(column)}\">{Text(cell)}</td>");
            html.Append("</tr>\n");
        }
        html.Append("</tbody>\n</table>\n");
    }

    // A hash may break anywhere, a number nowhere.
    private static bool IsLong(string cell) => cell.Split(' ').Any(word => word.Length > 24);

    // Words and numbers are text beside the drawing, so that they keep their size on a telephone and can be read aloud.
    private static void Bars(StringBuilder html, PageBlock.Bars bars)
    {
        var most = Math.Max(1, bars.All.Max(bar => bar.Value));
        html.Append($"<figure><figcaption>{Text(bars.Caption)}</figcaption>\n<dl class=\"bars\">\n");
        foreach (var (label, value) in bars.All)
            html.Append(CultureInfo.InvariantCulture,
                $"<dt>{Text(label)}</dt><svg viewBox=\"0 0 1000 10\" preserveAspectRatio=\"none\" aria-hidden=\"true\"><rect width=\"{Length(value, most)}\" height=\"10\"/></svg><dd>{value:N0}</dd>\n");
        html.Append("</dl></figure>\n");
    }

    private static void Columns(StringBuilder html, PageBlock.Timeline columns)
    {
        const int width = 20, gap = 4;
        var most = Math.Max(1, columns.All.Max(column => column.Value));
        html.Append(CultureInfo.InvariantCulture,
            $"<figure class=\"columns\"><figcaption>{Text(columns.Caption)}</figcaption>\n<svg viewBox=\"0 0 {columns.All.Count * (width + gap) - gap} 1000\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"{Text(columns.Caption)}\">\n");
        foreach (var (i, (label, value)) in columns.All.Index())
            html.Append(CultureInfo.InvariantCulture,
                $"<rect x=\"{i * (width + gap)}\" y=\"{1000 - Length(value, most)}\" width=\"{width}\" height=\"{Length(value, most)}\"><title>{Text(label)}: {value:N0}</title></rect>\n");
        html.Append(CultureInfo.InvariantCulture,
            $"</svg><p><span>{Text(columns.All[0].Label)}</span><span>most: {columns.All.Max(column => column.Value):N0}</span><span>{Text(columns.All[^1].Label)}</span></p></figure>\n");
    }

    // Of a thousand; what is not nothing is seen.
    private static int Length(long value, long most) => value <= 0 ? 0 : Math.Max(4, (int)((Int128)value * 1000 / most));

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
