using System.Globalization;
using System.Reflection;
using System.Text;
using Edge.Agent.Cli;
using Edge.Agent.Governance;
using Edge.Storage.Sealing;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Edge.Agent.LanConsole;

/// <summary>How what is asked is read, and how an answer goes out.</summary>
internal sealed partial class ConsolePages
{
    private IEnumerable<(string Path, string Text)> Links(Session session)
    {
        if (_box.Allows(session.Role, Verb.ViewAim)) yield return ("/aim", "Aim");
        if (_box.Allows(session.Role, Verb.Export)) yield return ("/log", "Log");
        yield return ("/policy", "Policy");
    }

    private static async Task<IReadOnlyDictionary<string, string>?> FormAsync(HttpRequest request)
    {
        if (request.ContentType != "application/x-www-form-urlencoded") return null;
        try
        {
            return Single((await request.ReadFormAsync()).ToDictionary(one => one.Key, one => one.Value));
        }
        catch (InvalidDataException)
        {
            return null; // more fields, or longer names, than any form has
        }
    }

    private static Dictionary<string, string> Single(Dictionary<string, StringValues> all) =>
        all.Where(one => one.Value is [{ Length: <= 256 }]).ToDictionary(one => one.Key, one => one.Value[0]!, StringComparer.Ordinal);

    private Task PageAsync(ConsoleCall call, string title, string main, string here, string head = "") =>
        HtmlAsync(call.Http, call.Http.Response.StatusCode, ConsolePage.Write(_box.Name.Box, title, main, call.Session, Links(call.Session!), here, head));

    private Task SayAsync(HttpContext http, int status, string title, string text, Session? session = null, string here = "") =>
        HtmlAsync(http, status, ConsolePage.Say(_box.Name.Box, title, text, session, session is null ? null : Links(session), here));

    private Task BusyAsync(ConsoleCall call) =>
        SayAsync(call.Http, 409, "Busy", "The log is being read for somebody already. Try again in a moment.", call.Session, "/log");

    private Task NoRoomAsync(ConsoleCall call) => SayAsync(call.Http, 507, "No room",
        "The disk of this box has no room for a copy of the log beside what hits need. Plug in a stick with an order instead, and tell the agency.",
        call.Session, "/log");

    private static async Task HtmlAsync(HttpContext http, int status, string html, string? contentSecurityPolicy = null)
    {
        http.Response.StatusCode = status;
        if (contentSecurityPolicy is not null) http.Response.Headers.ContentSecurityPolicy = $"{contentSecurityPolicy}; frame-ancestors 'none'";
        http.Response.ContentType = "text/html; charset=utf-8";
        var bytes = Encoding.UTF8.GetBytes(html);
        http.Response.ContentLength = bytes.Length;
        await http.Response.Body.WriteAsync(bytes, http.RequestAborted);
    }

    private static async Task SendAsync(ConsoleCall call, string type, byte[] bytes)
    {
        call.Http.Response.ContentType = type;
        call.Http.Response.ContentLength = bytes.Length;
        await call.Http.Response.Body.WriteAsync(bytes, call.Http.RequestAborted);
    }

    // 303: what was posted is not posted again.
    private static Task GoAsync(ConsoleCall call, string path)
    {
        Go(call.Http, path);
        return Task.CompletedTask;
    }

    private static void Go(HttpContext http, string path)
    {
        http.Response.StatusCode = 303;
        http.Response.Headers.Location = path;
    }

    // Says nothing: whoever is refused before coming in learns nothing of the box.
    private static void Refuse(HttpContext http, int status)
    {
        if (http.Response.HasStarted) http.Abort();
        else http.Response.StatusCode = status;
    }

    private static void Harden(IHeaderDictionary headers)
    {
        headers.ContentSecurityPolicy = OwnPolicy;
        headers.StrictTransportSecurity = "max-age=31536000";
        headers.CacheControl = "no-store";
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers["Referrer-Policy"] = "same-origin";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=()";
    }

    private static byte[] Asset(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream($"Edge.Agent.LanConsole.{name}")
            ?? throw new InvalidOperationException($"{name} is not in the program");
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return bytes.ToArray();
    }

    private static bool TryDay(string text, out DateTimeOffset? day)
    {
        day = DateTimeOffset.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var parsed) ? parsed : null;
        return text.Length == 0 || day is not null;
    }

    private static bool TryKey(string text, out RecipientPublicKey? key)
    {
        key = null;
        try
        {
            // Never a file: what comes from the network names nothing on this machine.
            if (text.Length == 43 && !text.AsSpan().ContainsAny('/', '.')) key = AuditInputs.AuditorWritten(text);
        }
        catch (FormatException)
        {
            // Said by the page.
        }
        return key is not null;
    }
}
