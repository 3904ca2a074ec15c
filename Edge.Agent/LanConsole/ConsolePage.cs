using System.Text;
using Edge.Agent.Governance;
using static Edge.Agent.LanConsole.Html;

namespace Edge.Agent.LanConsole;

/// <summary>What every page of the console has around it: works without a script, with a keyboard, read aloud and at 390 px.</summary>
internal static class ConsolePage
{
    /// <summary>A page.</summary>
    /// <param name="session">Who reads it; null before they came in.</param>
    /// <param name="links">Where they may go.</param>
    /// <param name="here">Which of these this is.</param>
    /// <param name="head">More for the head.</param>
    public static string Write(string box, string title, string main, Session? session = null, IEnumerable<(string Path, string Text)>? links = null,
        string here = "", string head = "")
    {
        var navigation = new StringBuilder();
        foreach (var (path, text) in links ?? [])
            navigation.Append($"<li><a href=\"{path}\"{(path == here ? " aria-current=\"page\"" : "")}>{Text(text)}</a></li>");
        return $"""
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <title>{Text(title)} – {Text(box)}</title>
            <link rel="stylesheet" href="/console.css">
            {head}
            </head>
            <body>
            <a class="skip" href="#main">Skip to the page</a>
            <header class="top"><div>
            <p class="box"><span>Plate reader</span> {Text(box)}</p>
            {(navigation.Length == 0 ? "" : $"<nav aria-label=\"Console\"><ul>{navigation}</ul></nav>")}
            {(session is null ? "" : $"<form method=\"post\" action=\"/logout\">{Form(session)}<button class=\"quiet\">Log out <span class=\"who\">{Text(session.Account)}, {Duties.Write(session.Role)}</span></button></form>")}
            </div></header>
            <main id="main" tabindex="-1">
            <h1>{Text(title)}</h1>
            {main}
            </main>
            </body>
            </html>

            """;
    }

    /// <summary>What says that a form is this session's own.</summary>
    public static string Form(Session session) => $"<input type=\"hidden\" name=\"form\" value=\"{session.Form}\">";

    /// <summary>A page that says one thing.</summary>
    public static string Say(string box, string title, string text, Session? session = null, IEnumerable<(string Path, string Text)>? links = null,
        string here = "") =>
        Write(box, title, $"<section><p>{Text(text)}</p></section>", session, links, here);

    /// <summary>The page to come in by.</summary>
    public static string Login(string box, string account, string? refused, DateTimeOffset? lockedUntil) => Write(box, "Come in",
        $"""
        <section class="narrow">
        <p>Your certificate says that you are <strong>{Text(account)}</strong>. Now the code of your authenticator.</p>
        {(refused is null ? "" : $"<p class=\"alert\" role=\"alert\">{Text(refused)}</p>")}
        {(lockedUntil is null ? "" : $"<p class=\"alert\" role=\"alert\">Too many codes were wrong. No code is looked at before {Time(lockedUntil.Value)}.</p>")}
        <form method="post" action="/login" autocomplete="off">
        <label for="code">Code, 6 digits</label>
        <input id="code" name="code" class="code" inputmode="numeric" pattern="[0-9]*" maxlength="6" autocomplete="one-time-code" required>
        <button>Come in</button>
        </form>
        <p class="soft">A code is good once and for half a minute. You are logged out after 15 minutes. The box writes down who came in, and who was refused.</p>
        </section>
        """);
}
