using System.Globalization;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using Edge.Agent.Cli;
using Edge.Agent.Governance;
using Edge.Agent.Hub;
using Edge.Agent.Transparency;
using Edge.Agent.UsePolicy;
using Edge.Storage.Audit;
using Edge.Storage.Audit.Bundles;
using Edge.Storage.Sealing;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Edge.Agent.LanConsole;

/// <summary>Who may ask for a page.</summary>
internal enum Access
{
    /// <summary>Anybody on that network, where the configuration says so; else whoever has a certificate.</summary>
    Public,
    /// <summary>Whoever has a certificate.</summary>
    Certificate,
    /// <summary>Whoever came in with both factors.</summary>
    Session,
}

/// <summary>One page or action.</summary>
/// <param name="Path"><c>{camera}</c> stands for the name of one.</param>
/// <param name="Verb">What the policy must allow to the role; null where coming in is enough.</param>
internal sealed record ConsoleRoute(string Method, string Path, Access Access, Verb? Verb, Func<ConsoleCall, Task> Answer)
{
    /// <summary>What each call writes an entry of, in lower-case words: nobody may fill the log. Null if it writes none.</summary>
    public string? Logs { get; init; }
}

/// <summary>One request, as far as it was judged.</summary>
internal sealed record ConsoleCall(HttpContext Http, ConsoleUser? User, Session? Session, string Camera, IReadOnlyDictionary<string, string> Fields);

/// <summary>Every page of the console, and the one way to each: budget, certificate, session, role, form, page. What is not in the table is not
/// there.</summary>
internal sealed partial class ConsolePages : IAsyncDisposable
{
    /// <summary>Cannot be set by a page of another host, nor without TLS.</summary>
    public const string Cookie = "__Host-edge";

    private const string OwnPolicy =
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

    private static readonly byte[] Style = Asset("console.css");
    private static readonly byte[] Script = Asset("console.js");

    private readonly ConsoleBox _box;
    private readonly ConsoleConfiguration _configuration;
    private readonly OneTimeCodes _codes;
    private readonly ConsoleDiary _diary;
    private readonly Sessions _sessions;
    private readonly AimDesk _aim;
    private readonly LogDesk _log;
    private readonly RequestBudget _known;
    private readonly RequestBudget _strangers;
    private readonly RequestBudget _logins;

    public ConsolePages(ConsoleBox box, ConsoleConfiguration configuration, OneTimeCodes codes, ConsoleDiary diary, CancellationToken stop)
    {
        (_box, _configuration, _codes, _diary) = (box, configuration, codes, diary);
        _sessions = new Sessions(box.Time);
        _aim = new AimDesk(box.Aim, diary, box.Time, stop);
        _log = new LogDesk(box, diary);
        // A page that shows a camera asks four times a second.
        (_known, _strangers, _logins) = (new RequestBudget(900, box.Time), new RequestBudget(60, box.Time), new RequestBudget(10, box.Time));
        _log.Sweep();
        Routes =
        [
            new("GET", "/", Access.Certificate, null, call => GoAsync(call, call.Session is null ? "/login" : Links(call.Session).First().Path)),
            new("GET", "/console.css", Access.Certificate, null, call => SendAsync(call, "text/css; charset=utf-8", Style)),
            new("GET", "/console.js", Access.Certificate, null, call => SendAsync(call, "text/javascript; charset=utf-8", Script)),
            new("GET", "/login", Access.Certificate, null, call => call.Session is null ? LoginAsync(call, null, 200) : GoAsync(call, "/")),
            new("POST", "/login", Access.Certificate, null, ComeInAsync),
            new("POST", "/logout", Access.Session, null, LogOutAsync),
            new("GET", "/policy", Access.Public, null, PolicyAsync),
            new("GET", "/aim", Access.Session, Verb.ViewAim,
                call => PageAsync(call, "Aim a camera", AimPage.Cameras(_box.Look().Cameras, _box.Time.GetUtcNow()), "/aim")),
            new("GET", "/aim/{camera}", Access.Session, Verb.ViewAim, AimAsync),
            new("POST", "/aim/{camera}", Access.Session, Verb.ViewAim, BeginAimAsync) { Logs = "viewings" },
            new("POST", "/aim/{camera}/stop", Access.Session, Verb.ViewAim, StopAimAsync),
            new("GET", "/aim/{camera}/look", Access.Session, Verb.ViewAim, LookAsync),
            new("GET", "/aim/{camera}/picture", Access.Session, Verb.ViewAim, PictureAsync),
            new("GET", "/log", Access.Session, Verb.Export,
                call => PageAsync(call, "The audit log", LogPage.Write(_box, _box.Look(), _log, call.Session!), "/log")),
            new("GET", "/log/search", Access.Session, Verb.Export, SearchAsync),
            new("POST", "/log/verify", Access.Session, Verb.Export, VerifyAsync),
            new("POST", "/log/verify/stop", Access.Session, Verb.Export, StopVerifyingAsync),
            new("GET", "/log/report", Access.Session, Verb.Export, ReportAsync),
            new("POST", "/log/export", Access.Session, Verb.Export, ExportAsync) { Logs = "copies" },
        ];
    }

    /// <summary>Everything that there is.</summary>
    public IReadOnlyList<ConsoleRoute> Routes { get; }

    /// <summary>Answers one request; whatever goes wrong on the way, nothing is shown that was not allowed before.</summary>
    public async Task AnswerAsync(HttpContext http)
    {
        Harden(http.Response.Headers);
        try
        {
            await JudgeAsync(http);
        }
        catch (BadHttpRequestException bad)
        {
            Refuse(http, bad.StatusCode);
        }
        catch (Exception refused) when (refused is AuditException or IOException or UnauthorizedAccessException)
        {
            _box.Log.LogError("the console refused something: {Reason}", refused.Message);
            if (!http.Response.HasStarted) await SayAsync(http, 503, "Not now",
                "The box's disk or log refuses. Nothing was shown or handed out. See the box's journal.");
        }
#pragma warning disable CA1031 // the outermost frame of a request: the box must not fall over one
        catch (Exception bug) when (bug is not OperationCanceledException)
#pragma warning restore CA1031
        {
            // Its message may quote what was being read.
            _box.Log.LogError("the console failed in {Type} {Place}; this is a bug", bug.GetType().Name, bug.StackTrace?.Split('\n').FirstOrDefault()?.Trim());
            Refuse(http, 500);
        }
    }

    public ValueTask DisposeAsync() => _log.DisposeAsync();

    private async Task JudgeAsync(HttpContext http)
    {
        // Judged anew with each request, by the list of now.
        var certificate = http.Connection.ClientCertificate is { } shown ? ConsoleAdmissions.Fingerprint(shown.RawData) : null;
        var user = certificate is null ? null : _box.Find(certificate);
        var budget = user is null ? _strangers : _known;
        if (!budget.TrySpend(user?.Certificate ?? http.Connection.RemoteIpAddress?.ToString() ?? ""))
        {
            http.Response.Headers.RetryAfter = "60";
            Refuse(http, 429);
            return;
        }
        if (Match(http.Request) is not var (route, camera))
        {
            Refuse(http, user is null ? 403 : 404);
            return;
        }
        var session = user is null ? null : _sessions.Find(http.Request.Cookies[Cookie], user.Certificate);
        if (user is null && !(route.Access == Access.Public && _configuration.PublicPolicy))
        {
            // Whoever types the address alone finds the one page that is there for them.
            if (_configuration.PublicPolicy && route is { Method: "GET", Path: "/" }) Go(http, "/policy");
            else Refuse(http, 403);
            return;
        }
        if (route.Access == Access.Session && session is null)
        {
            if (HttpMethods.IsGet(http.Request.Method)) http.Response.Redirect("/login");
            else Refuse(http, 403);
            return;
        }
        if (route.Verb is { } verb && !_box.Allows(session!.Role, verb))
        {
            _diary.NotTheirs(session, Duties.Write(verb));
            await SayAsync(http, 403, "Not for this role", "The agency's policy does not give this page to your role, or has run out.", session);
            return;
        }
        IReadOnlyDictionary<string, string> fields = Single(http.Request.Query.ToDictionary(one => one.Key, one => one.Value));
        if (HttpMethods.IsPost(http.Request.Method))
        {
            if (!IsFromHere(http.Request) || await FormAsync(http.Request) is not { } form || (session is not null && !IsOurs(form, session)))
            {
                Refuse(http, 403);
                return;
            }
            fields = form;
        }
        if (route.Logs is { } what && _diary.IsTooOften(session!, what))
        {
            await SayAsync(http, 429, "Too often",
                $"You did this {HourlyBudget.Most} times within an hour, and the log has an entry of each. Try again in an hour.", session);
            return;
        }
        await route.Answer(new ConsoleCall(http, user, session, camera, fields));
    }

    private (ConsoleRoute Route, string Camera)? Match(HttpRequest request)
    {
        if (request.Path.Value is not { } path) return null;
        foreach (var route in Routes.Where(route => route.Method == request.Method))
        {
            if (route.Path == path) return (route, "");
            if (route.Path.Split('/') is not [_, _, "{camera}", ..] wanted || path.Split('/') is not { } asked || asked.Length != wanted.Length) continue;
            if (asked.Index().All(part => part.Index == 2 || part.Item == wanted[part.Index])
                && _box.Configuration.Cameras.Any(camera => camera.Name == asked[2])) return (route, asked[2]);
        }
        return null;
    }

    // Every browser says where a form comes from; one that does not is none.
    private static bool IsFromHere(HttpRequest request) => request.Headers.Origin is [{ } origin] && origin == $"https://{request.Host.Value}";

    private static bool IsOurs(IReadOnlyDictionary<string, string> form, Session session) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(form.GetValueOrDefault("form", "")), Encoding.UTF8.GetBytes(session.Form));

    // ---- coming in and going -------------------------------------------------------------------------------------

    private Task LoginAsync(ConsoleCall call, string? refused, int status) => HtmlAsync(call.Http, status,
        ConsolePage.Login(_box.Name.Box, call.User!.Account, refused, _codes.LockedUntil(call.User.Certificate)));

    private async Task ComeInAsync(ConsoleCall call)
    {
        var user = call.User!;
        if (!_logins.TrySpend(user.Certificate))
        {
            _diary.Refused(user, CodeVerdict.Locked);
            call.Http.Response.Headers.RetryAfter = "60";
            await LoginAsync(call, "Too many tries in this minute. Wait for the next.", 429);
            return;
        }
        if (_box.Trust() is not { } trust || !user.TryOpenSecret(_box.Name.Agency, _box.Name.Box, _box.Key, out var secret))
        {
            _box.Log.LogError("the secret of {Role} does not open on this box: hub console admit anew", Duties.Write(user.Role));
            await LoginAsync(call, "This box cannot check your codes. The agency must let you in anew.", 403);
            return;
        }
        CodeVerdict verdict;
        try
        {
            verdict = _codes.Check(user, secret, call.Fields.GetValueOrDefault("code", "").Trim(), trust.Console);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
        }
        if (verdict != CodeVerdict.Good)
        {
            _diary.Refused(user, verdict);
            await LoginAsync(call, verdict switch
            {
                CodeVerdict.Used => "That code was used already. Wait for the next one.",
                CodeVerdict.Locked => null,
                _ => "That code is wrong.",
            }, 403);
            return;
        }
        _diary.CameIn(user);
        call.Http.Response.Cookies.Append(Cookie, _sessions.Begin(user), new CookieOptions
        {
            Secure = true, HttpOnly = true, SameSite = SameSiteMode.Strict, Path = "/", MaxAge = Sessions.Life,
        });
        await GoAsync(call, "/");
    }

    private Task LogOutAsync(ConsoleCall call)
    {
        _aim.End(call.Session!);
        _sessions.End(call.Session!);
        call.Http.Response.Cookies.Delete(Cookie, new CookieOptions { Secure = true, HttpOnly = true, SameSite = SameSiteMode.Strict, Path = "/" });
        return GoAsync(call, "/login");
    }

    // ---- the policy ----------------------------------------------------------------------------------------------

    private Task PolicyAsync(ConsoleCall call)
    {
        if (_box.Trust() is not { } trust) return SayAsync(call.Http, 503, "No policy yet", "No signed policy is in force on this box. It reads nothing.");
        var page = UsePolicyPage.Of(trust.Policy, _box.Configuration, _box.Time.GetUtcNow(), trust.Sharing);
        return HtmlAsync(call.Http, 200, PageHtml.Write(page), PageHtml.ContentSecurityPolicy);
    }

    // ---- aiming --------------------------------------------------------------------------------------------------

    private Task AimAsync(ConsoleCall call) =>
        _aim.Of(call.Session!, call.Camera) is { } viewing ? ShowAimAsync(call, viewing) : AimClosedAsync(call, null, 200);

    private Task ShowAimAsync(ConsoleCall call, Viewing viewing) => PageAsync(call, $"Aim {call.Camera}",
        AimPage.Open(Camera(call), viewing, call.Session!, _box.Time.GetUtcNow()), "/aim", AimPage.Head);

    private Task AimClosedAsync(ConsoleCall call, string? said, int status)
    {
        call.Http.Response.StatusCode = status;
        var health = _box.Look().Cameras.First(camera => camera.Name == call.Camera).Health;
        return PageAsync(call, $"Aim {call.Camera}", AimPage.Closed(Camera(call), health, call.Session!, said), "/aim");
    }

    private Configuration.CameraConfiguration Camera(ConsoleCall call) => _box.Configuration.Cameras.First(camera => camera.Name == call.Camera);

    private Task BeginAimAsync(ConsoleCall call)
    {
        var number = _box.Configuration.Cameras.Index().First(camera => camera.Item.Name == call.Camera).Index + 1;
        return _aim.Begin(call.Session!, call.Camera, number) is not null ? GoAsync(call, $"/aim/{call.Camera}")
            : AimClosedAsync(call, "Others are aiming on this box. Try again when they are done.", 409);
    }

    private Task StopAimAsync(ConsoleCall call)
    {
        _aim.End(call.Session!);
        return GoAsync(call, $"/aim/{call.Camera}");
    }

    private Task LookAsync(ConsoleCall call)
    {
        if (_aim.Of(call.Session!, call.Camera) is { } viewing) return SendAsync(call, "application/json", AimPage.Json(viewing, _box.Time.GetUtcNow()));
        Refuse(call.Http, 410);
        return Task.CompletedTask;
    }

    private Task PictureAsync(ConsoleCall call)
    {
        if (_aim.Of(call.Session!, call.Camera)?.Latest is { } shown) return SendAsync(call, "image/jpeg", shown.View.Jpeg);
        Refuse(call.Http, 404);
        return Task.CompletedTask;
    }

    // ---- the log -------------------------------------------------------------------------------------------------

    private async Task SearchAsync(ConsoleCall call)
    {
        var asked = new LogQuestion(call.Fields.GetValueOrDefault("from", ""), call.Fields.GetValueOrDefault("to", ""),
            call.Fields.GetValueOrDefault("action", ""),
            call.Fields.GetValueOrDefault("outcome", ""));
        if (!TryDay(asked.From, out var from) || !TryDay(asked.To, out var to) || asked.Outcome is not ("" or "done" or "refused"))
        {
            await Wrong("A day is written as 2026-01-31.");
            return;
        }
        var query = new AuditQuery { From = from, To = to, Done = asked.Outcome switch { "done" => true, "refused" => false, _ => null } };
        if (asked.Action.Length > 0)
        {
            if (!AuditCode.TryParse<AuditAction>(asked.Action, out var action))
            {
                await Wrong("No action has this name.");
                return;
            }
            query = query with { Actions = [action] };
        }
        await (await _log.SearchAsync(query, call.Http.RequestAborted) is var (newest, all)
            ? PageAsync(call, "Entries of the log", LogPage.Found(asked, newest, all), "/log") : BusyAsync(call));

        Task Wrong(string text) => SayAsync(call.Http, 400, "Not understood", text, call.Session, "/log");
    }

    private Task VerifyAsync(ConsoleCall call) =>
        !ReportPeriod.TryParse(call.Fields.GetValueOrDefault("quarter", ""), out var period)
            ? SayAsync(call.Http, 400, "Not understood", "A quarter is written as 2026Q4.", call.Session, "/log")
        : _log.BeginCheck(period) ? GoAsync(call, "/log") : BusyAsync(call);

    private Task StopVerifyingAsync(ConsoleCall call)
    {
        _log.StopCheck();
        return GoAsync(call, "/log");
    }

    private Task ReportAsync(ConsoleCall call) =>
        _log.Check is { Box: { } counted } check && check.Period.Name == call.Fields.GetValueOrDefault("quarter", "")
            ? HtmlAsync(call.Http, 200, LogDesk.Page(check, counted), PageHtml.ContentSecurityPolicy)
            : SayAsync(call.Http, 404, "Not counted", "This quarter is not counted yet: verify the log first.", call.Session, "/log");

    private async Task ExportAsync(ConsoleCall call)
    {
        var full = call.Fields.GetValueOrDefault("kind", "") switch { "full" => true, "public" => false, _ => (bool?)null };
        RecipientPublicKey? to = null;
        if (full is null || (full is true && !TryKey(call.Fields.GetValueOrDefault("auditor", ""), out to)))
        {
            await SayAsync(call.Http, 400, "Not understood", "An auditor's public key is 43 characters, as edge-agent audit key prints it.",
                call.Session, "/log");
            return;
        }
        // Sealed copies open what the log conceals: for auditors, not for everybody who may have the public one.
        if (full is true && call.Session!.Role != AuditRole.Auditor)
        {
            _diary.NotTheirs(call.Session, "full-copy");
            await SayAsync(call.Http, 403, "Not for this role", "Full copies are for auditors.", call.Session, "/log");
            return;
        }
        if (!_log.HasRoom())
        {
            await NoRoomAsync(call);
            return;
        }
        if (await Task.Run(() => _log.Export(call.Session!, to)) is not { } copy)
        {
            await BusyAsync(call);
            return;
        }
        await using (copy)
        {
            var file = copy.File;
            var response = call.Http.Response;
            response.ContentType = "application/x-tar";
            response.ContentLength = file.Length;
            response.Headers.ContentDisposition = string.Create(CultureInfo.InvariantCulture,
                $"attachment; filename=\"{_box.Name.Box}-{(full is true ? "full" : "public")}-{copy.Size}.tar\"");
            await file.CopyToAsync(response.Body, call.Http.RequestAborted);
        }
    }
}
