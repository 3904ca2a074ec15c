using System.Net;
using System.Security.Cryptography.X509Certificates;
using Edge.Agent.LanConsole;
using Edge.Storage.Audit;
using Edge.Tests.Support;

namespace Edge.Tests.LanConsole;

/// <summary>Every page and method of the console for everybody who may come: by role, and by what they bring of the two factors.</summary>
public sealed class ConsoleTableTests
{
    private const string Camera = "north-lane";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    // What each with a certificate gets: '-' nothing, or the way to the login; 's' a page, a redirect or what was asked for; 'x' a refusal that says so. A page
    // without a row fails the tests.
    private static readonly Row[] Table =
    [
        //                                 certificate  technician  auditor  oversight
        new("GET", "/",                      's',         's',        's',      's'),
        new("GET", "/console.css",           's',         's',        's',      's'),
        new("GET", "/console.js",            's',         's',        's',      's'),
        new("GET", "/login",                 's',         's',        's',      's'),
        new("POST", "/login",                'x',         'x',        'x',      'x'), // no code in it
        new("GET", "/policy",                's',         's',        's',      's'),
        new("GET", "/aim",                   '-',         's',        'x',      'x'),
        new("GET", "/aim/{camera}",          '-',         's',        'x',      'x'),
        new("POST", "/aim/{camera}",         '-',         's',        'x',      'x'),
        new("GET", "/aim/{camera}/look",     '-',         's',        'x',      'x'),
        new("GET", "/aim/{camera}/picture",  '-',         's',        'x',      'x'),
        new("POST", "/aim/{camera}/stop",    '-',         's',        'x',      'x'),
        new("GET", "/log",                   '-',         'x',        's',      's'),
        new("GET", "/log/search",            '-',         'x',        's',      's'),
        new("POST", "/log/verify",           '-',         'x',        's',      's'),
        new("POST", "/log/verify/stop",      '-',         'x',        's',      's'),
        new("GET", "/log/report",            '-',         'x',        's',      's'),
        new("POST", "/log/export",           '-',         'x',        's',      's'),
        new("POST", "/logout",               '-',         's',        's',      's'),
    ];

    private static readonly string[] People = ["tech-7", "audit-1", "board-2"];

    [Fact]
    public async Task The_table_is_all_that_the_running_console_answers_to()
    {
        await using var lab = await ConsoleLab.StartAsync();
        Assert.Equal(lab.Routes.Select(route => $"{route.Method} {route.Path}").Order(), Table.Select(row => $"{row.Method} {row.Path}").Order());
    }

    [Theory]
    [InlineData("nobody")]
    [InlineData("a certificate of another agency")]
    [InlineData("the box's own certificate")]
    [InlineData("a code without a certificate")]
    [InlineData("somebody who was revoked")]
    [InlineData("a certificate that has run out")]
    public async Task A_stranger_gets_no_word_of_any_page(string who)
    {
        await using var lab = await ConsoleLab.StartAsync();
        using var other = new TestAuthority("riverton CA");
        using var certificate = Shown(lab, who, other);
        foreach (var row in Table)
        {
            lab.Time.Advance(TimeSpan.FromMinutes(1)); // connections are counted, and each is tried
            using var browser = lab.Browser(certificate);
            await Assert.ThrowsAnyAsync<HttpRequestException>(() =>
                AskAsync(browser, row, form: "x", who.StartsWith("a code", StringComparison.Ordinal) ? lab.Code("tech-7") : ""));
        }
        AssertNothingDone(lab);
    }

    [Theory]
    [InlineData("a certificate alone")]
    [InlineData("somebody else's code")]
    [InlineData("a used code")]
    [InlineData("a right code while locked out")]
    [InlineData("the session of another role")]
    [InlineData("a session that is over")]
    [InlineData("a session that was logged out")]
    [InlineData("a session that a later login ended")]
    public async Task One_factor_gets_the_login_and_the_policy_in_every_role(string what)
    {
        await using var lab = await ConsoleLab.StartAsync();
        foreach (var account in People)
        {
            lab.Time.Advance(TimeSpan.FromHours(2)); // what was wrong before is forgiven
            using var browser = await WithOneFactorAsync(lab, account, what);
            foreach (var row in Table) await AssertAsync(browser, row, row.Certificate, form: "x", $"{account}, {what}");
        }
        AssertNothingDone(lab);
    }

    [Fact]
    public async Task Both_factors_get_what_the_role_has_and_no_more()
    {
        await using var lab = await ConsoleLab.StartAsync();
        foreach (var (role, account) in People.Index())
        {
            using var browser = await lab.InAsync(account);
            var form = await ConsoleLab.FormAsync(browser, role == 0 ? "/aim" : "/log");
            foreach (var row in Table) await AssertAsync(browser, row, row.Roles[role], form, $"{account}, both factors");
        }
    }

    [Fact]
    public async Task A_method_that_a_page_does_not_have_does_nothing_for_anybody()
    {
        await using var lab = await ConsoleLab.StartAsync();
        foreach (var account in People)
        {
            lab.Time.Advance(TimeSpan.FromMinutes(1));
            using var certificate = lab.Browser(account);
            using var both = await lab.InAsync(account);
            foreach (var path in Table.Select(row => row.Path).Distinct())
                foreach (var method in new[] { "GET", "POST", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE",
                    "FETCH" }.Where(method => !Table.Any(row => row.Path == path && row.Method == method)))
                    foreach (var browser in new[] { certificate, both })
                    {
                        using var request = new HttpRequestMessage(new HttpMethod(method), Place(path));
                        using var answer = await browser.SendAsync(request, Cancel);
                        Assert.Equal((path, method, true), (path, method, (int)answer.StatusCode >= 400));
                        Assert.Equal(0L, answer.Content.Headers.ContentLength ?? 0);
                    }
        }
        AssertNothingDone(lab);
    }

    [Fact]
    public async Task Anybody_on_that_LAN_reads_the_policy_where_that_is_configured_and_nothing_else()
    {
        await using var lab = await ConsoleLab.StartAsync(publicPolicy: true);
        using var anybody = lab.Browser(certificate: null);
        var page = await anybody.GetStringAsync("/policy", Cancel);
        Assert.Contains("Plate readers of", page, StringComparison.Ordinal);
        using (var root = await anybody.GetAsync("/", Cancel))
            Assert.Equal((HttpStatusCode.SeeOther, "/policy"), (root.StatusCode, root.Headers.Location?.ToString()));
        foreach (var row in Table.Where(row => row.Path is not ("/policy" or "/")))
        {
            using var answer = await AskAsync(anybody, row, "x", "");
            Assert.Equal((row.Path, HttpStatusCode.Forbidden, 0L), (row.Path, answer.StatusCode, answer.Content.Headers.ContentLength ?? 0));
        }
        using var unknown = await anybody.GetAsync("/there-is-no-such-page", Cancel);
        Assert.Equal(HttpStatusCode.Forbidden, unknown.StatusCode);
        AssertNothingDone(lab);
    }

    private static X509Certificate2? Shown(ConsoleLab lab, string who, TestAuthority other)
    {
        switch (who)
        {
            case "a certificate of another agency":
                var files = other.Client("tech-7");
                return Usable(X509Certificate2.CreateFromPemFile(files.CertificateFile, files.KeyFile));
            case "the box's own certificate": return Usable(X509Certificate2.CreateFromPemFile(lab.File("enrolment/box.crt"), lab.File("enrolment/box.key")));
            case "somebody who was revoked":
                lab.Revoke("tech-7");
                lab.Refresh();
                return lab.Certificate("tech-7");
            case "a certificate that has run out":
                lab.Time.SetUtcNow(Matching.Lists.Now.AddDays(364)); // it begins the day before, for clocks that lag
                return lab.Certificate("tech-7");
            default: return null;
        }
    }

    private static async Task<HttpClient> WithOneFactorAsync(ConsoleLab lab, string account, string what)
    {
        var other = People[(Array.IndexOf(People, account) + 1) % People.Length];
        var cookies = new CookieContainer();
        HttpClient Mine() => lab.Browser(lab.Certificate(account), cookies: cookies);
        switch (what)
        {
            case "somebody else's code": return await RefusedAsync(Mine(), lab.Code(other));
            case "a used code":
                var code = lab.Code(account);
                (await lab.InAsync(account)).Dispose();
                return await RefusedAsync(Mine(), code);
            case "a right code while locked out":
                for (var i = 0; i < OneTimeCodes.MostWrong; i++) (await RefusedAsync(lab.Browser(account), lab.WrongCode(account))).Dispose();
                return await RefusedAsync(Mine(), lab.Code(account));
            case "the session of another role":
                (await InAsync(lab, other, cookies)).Dispose();
                return Mine();
            case "a session that is over":
                (await InAsync(lab, account, cookies)).Dispose();
                lab.Time.Advance(Sessions.Life);
                return Mine();
            case "a session that was logged out":
                using (var mine = await InAsync(lab, account, cookies))
                {
                    var kept = new CookieContainer();
                    kept.Add(cookies.GetCookies(lab.Address)); // what logging out makes the browser forget
                    using (await ConsoleLab.PostAsync(mine, "/logout", ("form", await ConsoleLab.FormAsync(mine, account == "tech-7" ? "/aim" : "/log")))) { }
                    return lab.Browser(lab.Certificate(account), cookies: kept);
                }
            case "a session that a later login ended":
                (await InAsync(lab, account, cookies)).Dispose();
                lab.Time.Advance(TimeSpan.FromSeconds(30));
                (await lab.InAsync(account)).Dispose();
                return Mine();
            default: return Mine();
        }
    }

    private static async Task<HttpClient> InAsync(ConsoleLab lab, string account, CookieContainer cookies)
    {
        var browser = lab.Browser(lab.Certificate(account), cookies: cookies);
        using var answer = await ConsoleLab.LoginAsync(browser, lab.Code(account));
        Assert.Equal(HttpStatusCode.SeeOther, answer.StatusCode);
        Assert.Equal(1, cookies.Count);
        return browser;
    }

    private static async Task<HttpClient> RefusedAsync(HttpClient browser, string code)
    {
        using var answer = await ConsoleLab.LoginAsync(browser, code);
        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        return browser;
    }

    private static async Task AssertAsync(HttpClient browser, Row row, char wanted, string form, string who)
    {
        var what = $"{who}: {row.Method} {row.Path}";
        using var answer = await AskAsync(browser, row, form, "");
        var sentAway = answer.Headers.Location?.ToString() == "/login" && row.Path is not ("/" or "/logout");
        // 404, 409, 410: there is no picture yet, say.
        if (wanted == 's') Assert.True(!sentAway && (int)answer.StatusCode is < 400 or 404 or 409 or 410, $"{what}: {answer.StatusCode}");
        else if (wanted == 'x') Assert.Equal((what, HttpStatusCode.Forbidden), (what, answer.StatusCode));
        else if (row.Method == "GET") Assert.Equal((what, HttpStatusCode.Found, "/login"), (what, answer.StatusCode, answer.Headers.Location?.ToString()));
        else Assert.Equal((what, HttpStatusCode.Forbidden, 0L), (what, answer.StatusCode, answer.Content.Headers.ContentLength ?? 0));
    }

    private static void AssertNothingDone(ConsoleLab lab)
    {
        Assert.Empty(lab.Logged(AuditAction.AimViewed));
        Assert.Empty(lab.Logged(AuditAction.LogExported));
        Assert.Empty(lab.Cameras.Asked);
    }

    private static string Place(string path) => path.Replace("{camera}", Camera, StringComparison.Ordinal);

    private static async Task<HttpResponseMessage> AskAsync(HttpClient browser, Row row, string form, string code) =>
        row.Method == "GET" ? await browser.GetAsync(Place(row.Path), Cancel)
        : await ConsoleLab.PostAsync(browser, Place(row.Path), ("form", form), ("code", code), ("kind", "public"), ("quarter", "2026Q4"));

    private static X509Certificate2 Usable(X509Certificate2 pem)
    {
        using (pem) return X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), null);
    }

    private sealed record Row(string Method, string Path, char Certificate, char Technician, char Auditor, char Oversight)
    {
        public char[] Roles => [Technician, Auditor, Oversight];
    }
}
