using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Edge.Agent.LanConsole;
using Edge.Storage.Audit;
using Edge.Tests.Support;

namespace Edge.Tests.LanConsole;

/// <summary>Requirement 3 and 4 on the LAN: a certificate of the agency and a one-time code, in the role that both name, or nothing at all.</summary>
public sealed class ConsoleAccessTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_stranger_hears_nothing_and_is_logged()
    {
        await using var lab = await ConsoleLab.StartAsync();
        using var other = new TestAuthority("riverton CA");
        var files = other.Client("tech-7");
        using var foreign = Usable(X509Certificate2.CreateFromPemFile(files.CertificateFile, files.KeyFile));
        // The box's own certificate is of the right CA, and nobody's.
        using var box = Usable(X509Certificate2.CreateFromPemFile(lab.File("enrolment/box.crt"), lab.File("enrolment/box.key")));
        foreach (var certificate in new[] { null, foreign, box })
        {
            using var browser = lab.Browser(certificate);
            await Assert.ThrowsAsync<HttpRequestException>(() => browser.GetAsync("/login", Cancel));
            await Assert.ThrowsAsync<HttpRequestException>(() => browser.GetAsync("/policy", Cancel));
        }
        Assert.Contains(lab.Logged(AuditAction.ConsoleLogin), entry => entry.Outcome == AuditOutcome.Refused("unknown-certificate"));
        Assert.Contains(lab.Logged(AuditAction.ConsoleLogin), entry => entry.Outcome == AuditOutcome.Refused("not-admitted"));
    }

    [Fact]
    public async Task Nothing_older_than_TLS_1_3_is_spoken()
    {
        await using var lab = await ConsoleLab.StartAsync(publicPolicy: true);
#pragma warning disable CA5398, CA5397 // the old one is what is to be refused
        using var old = lab.Browser(lab.Certificate("tech-7"), SslProtocols.Tls12);
#pragma warning restore CA5398, CA5397
        await Assert.ThrowsAsync<HttpRequestException>(() => old.GetAsync("/login", Cancel));
        using var plain = new HttpClient();
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => plain.GetAsync(new Uri($"http://127.0.0.1:{lab.Port}/policy"), Cancel));
    }

    [Fact]
    public async Task A_used_code_is_good_for_nothing_also_after_a_restart()
    {
        await using var lab = await ConsoleLab.StartAsync();
        var code = lab.Code("tech-7");
        using (await lab.InAsync("tech-7")) { }
        using (var again = lab.Browser("tech-7"))
        using (var refused = await ConsoleLab.LoginAsync(again, code)) Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        await lab.RestartAsync();
        using (var again = lab.Browser("tech-7"))
        using (var refused = await ConsoleLab.LoginAsync(again, code)) Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        Assert.Equal(2, lab.Logged(AuditAction.ConsoleLogin).Count(entry => entry.Outcome == AuditOutcome.Refused("used-code")));
        // Nor is the one before it, which was never used.
        using (var earlier = lab.Browser("tech-7"))
        using (var refused = await ConsoleLab.LoginAsync(earlier, lab.Code("tech-7", -1))) Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        lab.Time.Advance(TimeSpan.FromSeconds(30));
        using var next = await lab.InAsync("tech-7");
    }

    [Fact]
    public async Task Somebody_elses_code_is_wrong()
    {
        await using var lab = await ConsoleLab.StartAsync();
        using var browser = lab.Browser("tech-7");
        using var refused = await ConsoleLab.LoginAsync(browser, lab.Code("audit-1"));
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
    }

    [Fact]
    public async Task After_five_wrong_codes_a_right_one_opens_nothing_until_the_lock_is_over_also_after_a_restart()
    {
        await using var lab = await ConsoleLab.StartAsync();
        using (var guesser = lab.Browser("tech-7"))
            for (var i = 0; i < OneTimeCodes.MostWrong; i++)
                using (var wrong = await ConsoleLab.LoginAsync(guesser, lab.WrongCode("tech-7"))) Assert.Equal(HttpStatusCode.Forbidden, wrong.StatusCode);
        await lab.RestartAsync();
        using (var locked = lab.Browser("tech-7"))
        using (var refused = await ConsoleLab.LoginAsync(locked, lab.Code("tech-7")))
        {
            Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
            Assert.Contains("Too many codes were wrong", await refused.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
        }
        // Others are not locked out with them.
        using (await lab.InAsync("audit-1")) { }
        lab.Time.Advance(OneTimeCodes.FirstLock);
        using (await lab.InAsync("tech-7")) { }
        var logins = lab.Logged(AuditAction.ConsoleLogin);
        Assert.Equal(OneTimeCodes.MostWrong, logins.Count(entry => entry.Outcome == AuditOutcome.Refused("wrong-code")));
        Assert.Contains(lab.Logged(AuditAction.Incident), entry => entry.Kind == "failed-logins");
        Assert.All(logins, entry => Assert.Equal(entry.Role == AuditRole.Agent ? "unknown" : AuditEntry.APerson, entry.Actor));
    }

    [Fact]
    public async Task A_thousand_wrong_logins_do_not_fill_the_log()
    {
        await using var lab = await ConsoleLab.StartAsync();
        using var guesser = lab.Browser("tech-7");
        var before = lab.Audit.Latest.Size;
        for (var i = 0; i < 1000; i++)
        {
            using var refused = await ConsoleLab.LoginAsync(guesser, lab.WrongCode("tech-7"));
            Assert.True(refused.StatusCode is HttpStatusCode.Forbidden or HttpStatusCode.TooManyRequests);
            lab.Time.Advance(TimeSpan.FromSeconds(6)); // as fast as the budget lets through, for 100 minutes
        }
        Assert.InRange(lab.Audit.Latest.Size - before, 6, 60);
        Assert.InRange(lab.Logged(AuditAction.ConsoleLogin).Count(entry => entry.Outcome == AuditOutcome.Refused("wrong-code")), 6, 20);
    }

    [Fact]
    public async Task Of_a_thousand_wrong_logins_in_a_minute_ten_are_looked_at_and_the_reader_keeps_the_rest_of_the_machine()
    {
        await using var lab = await ConsoleLab.StartAsync();
        using var guesser = lab.Browser("tech-7");
        var answers = new List<HttpStatusCode>();
        for (var i = 0; i < 1000; i++)
            using (var refused = await ConsoleLab.LoginAsync(guesser, lab.WrongCode("tech-7"))) answers.Add(refused.StatusCode);
        // A code that is looked at costs a write to the disk; one that is not, a look into a table.
        Assert.Equal((10, 990), (answers.Count(one => one == HttpStatusCode.Forbidden), answers.Count(one => one == HttpStatusCode.TooManyRequests)));
        using var codes = System.Text.Json.JsonDocument.Parse(await File.ReadAllBytesAsync(lab.File("state/console/codes.json"), Cancel));
        // After so many it was locked.
        Assert.Equal(OneTimeCodes.MostWrong, codes.RootElement.GetProperty("people").EnumerateObject().Single().Value.GetProperty("wrong").GetInt32());
        Assert.InRange(lab.Logged(AuditAction.ConsoleLogin).Count, 1, 6);
    }

    [Fact]
    public async Task A_session_ends_after_a_quarter_of_an_hour()
    {
        await using var lab = await ConsoleLab.StartAsync();
        using var browser = await lab.InAsync("tech-7");
        lab.Time.Advance(Sessions.Life - TimeSpan.FromSeconds(1));
        using (var page = await browser.GetAsync("/aim", Cancel)) Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        lab.Time.Advance(TimeSpan.FromSeconds(1));
        using (var page = await browser.GetAsync("/aim", Cancel)) AssertNothing(page, "GET", "after expiry");
    }

    [Fact]
    public async Task A_session_is_of_one_certificate_and_ends_with_the_next_login_and_with_logging_out()
    {
        await using var lab = await ConsoleLab.StartAsync();
        var cookies = new CookieContainer();
        using var own = lab.Browser(lab.Certificate("tech-7"), cookies: cookies);
        using (var answer = await ConsoleLab.LoginAsync(own, lab.Code("tech-7")))
        {
            var set = Assert.Single(answer.Headers.GetValues("Set-Cookie"));
            Assert.StartsWith("__Host-edge=", set, StringComparison.Ordinal);
            foreach (var wanted in new[] { "secure", "httponly", "samesite=strict", "path=/" })
                Assert.Contains(wanted, set.ToLowerInvariant(), StringComparison.Ordinal);
        }
        // Stolen, and shown by a person who is let in too.
        using var thief = lab.Browser(lab.Certificate("board-2"), cookies: cookies);
        using (var page = await thief.GetAsync("/aim", Cancel)) AssertNothing(page, "GET", "stolen cookie");

        lab.Time.Advance(TimeSpan.FromSeconds(30));
        using var later = await lab.InAsync("tech-7");
        using (var page = await own.GetAsync("/aim", Cancel)) AssertNothing(page, "GET", "replaced session");

        var form = await ConsoleLab.FormAsync(later, "/aim");
        using (await ConsoleLab.PostAsync(later, "/logout", ("form", form))) { }
        using (var page = await later.GetAsync("/aim", Cancel)) AssertNothing(page, "GET", "logged out");
    }

    [Fact]
    public async Task Whoever_is_revoked_is_out_in_the_middle_of_a_page()
    {
        await using var lab = await ConsoleLab.StartAsync();
        using var browser = await lab.InAsync("tech-7");
        lab.Revoke("tech-7");
        using (var still = await browser.GetAsync("/aim", Cancel)) Assert.Equal(HttpStatusCode.OK, still.StatusCode); // the box does not have the list yet
        lab.Refresh();
        using (var page = await browser.GetAsync("/aim", Cancel))
            Assert.Equal((HttpStatusCode.Forbidden, 0L), (page.StatusCode, page.Content.Headers.ContentLength ?? 0));
        using var anew = lab.Browser("tech-7");
        await Assert.ThrowsAsync<HttpRequestException>(() => anew.GetAsync("/login", Cancel));
    }

    [Fact]
    public async Task No_page_of_anybody_else_can_send_a_form()
    {
        await using var lab = await ConsoleLab.StartAsync();
        using var browser = await lab.InAsync("tech-7");
        var form = await ConsoleLab.FormAsync(browser, "/aim");
        using (var forged = await ConsoleLab.PostAsync(browser, "/aim/north-lane", ("form", "guessed")))
            Assert.Equal(HttpStatusCode.Forbidden, forged.StatusCode);
        browser.DefaultRequestHeaders.Remove("Origin");
        using (var silent = await ConsoleLab.PostAsync(browser, "/aim/north-lane", ("form", form))) Assert.Equal(HttpStatusCode.Forbidden, silent.StatusCode);
        browser.DefaultRequestHeaders.Add("Origin", "https://evil.example");
        using (var foreign = await ConsoleLab.PostAsync(browser, "/aim/north-lane", ("form", form))) Assert.Equal(HttpStatusCode.Forbidden, foreign.StatusCode);
        Assert.Empty(lab.Cameras.Asked);
    }

    [Fact]
    public async Task Every_answer_forbids_scripts_from_elsewhere_frames_and_caches()
    {
        await using var lab = await ConsoleLab.StartAsync();
        using var browser = await lab.InAsync("audit-1");
        foreach (var path in new[] { "/", "/policy", "/log", "/log/search", "/login", "/no-such-page", "/aim", "/console.js" })
        {
            using var answer = await browser.GetAsync(path, Cancel);
            var policy = Assert.Single(answer.Headers.GetValues("Content-Security-Policy"));
            Assert.Contains("default-src 'none'", policy, StringComparison.Ordinal);
            Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
            Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
            Assert.True(answer.Headers.CacheControl!.NoStore);
            Assert.Equal("nosniff", Assert.Single(answer.Headers.GetValues("X-Content-Type-Options")));
            Assert.StartsWith("max-age=", Assert.Single(answer.Headers.GetValues("Strict-Transport-Security")), StringComparison.Ordinal);
            Assert.False(answer.Headers.Contains("Server"));
        }
    }

    [Fact]
    public async Task What_is_larger_than_a_form_is_refused()
    {
        await using var lab = await ConsoleLab.StartAsync();
        using var browser = lab.Browser("tech-7");
        using var refused = await ConsoleLab.PostAsync(browser, "/login", ("code", new string('1', 2 * ConsoleServer.LargestRequest)));
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, refused.StatusCode);
        using var file = new MultipartFormDataContent { { new StringContent("000000"), "code" } };
        using var upload = await browser.PostAsync("/login", file, Cancel);
        Assert.Equal(HttpStatusCode.Forbidden, upload.StatusCode);
    }

    [Fact]
    public async Task Whoever_asks_too_often_is_told_to_wait()
    {
        await using var lab = await ConsoleLab.StartAsync(publicPolicy: true);
        using var anybody = lab.Browser(certificate: null);
        HttpStatusCode last = default;
        for (var i = 0; i < 61; i++)
            using (var answer = await anybody.GetAsync("/policy", Cancel)) last = answer.StatusCode;
        Assert.Equal(HttpStatusCode.TooManyRequests, last);
        lab.Time.Advance(TimeSpan.FromMinutes(1));
        using var later = await anybody.GetAsync("/policy", Cancel);
        Assert.Equal(HttpStatusCode.OK, later.StatusCode);
    }

    [Fact]
    public async Task Whoever_connects_too_often_is_hung_up_on_before_a_handshake()
    {
        await using var lab = await ConsoleLab.StartAsync(publicPolicy: true);
        for (var i = 0; i < ConsoleServer.MostConnections; i++)
        {
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(IPAddress.Loopback, lab.Port, Cancel);
            socket.Shutdown(SocketShutdown.Send);
            await HangsUpAsync(socket); // so it was counted, and holds no place
        }
        using var anybody = lab.Browser(certificate: null);
        Assert.True(await RefusedAsync(anybody), "it is hung up on");
        lab.Time.Advance(TimeSpan.FromMinutes(1));
        using var later = await anybody.GetAsync("/policy", Cancel);
        Assert.Equal(HttpStatusCode.OK, later.StatusCode);

        static async Task HangsUpAsync(Socket socket)
        {
            try
            {
                while (await socket.ReceiveAsync(new byte[1024], Cancel) > 0) continue;
            }
            catch (SocketException)
            {
                // By a reset.
            }
        }

        static async Task<bool> RefusedAsync(HttpClient browser)
        {
            try
            {
                using var answer = await browser.GetAsync("/policy", Cancel);
                return false;
            }
            catch (HttpRequestException)
            {
                return true;
            }
        }
    }

    [Fact]
    public async Task Under_a_policy_that_has_run_out_nobody_sees_anything()
    {
        await using var lab = await ConsoleLab.StartAsync();
        lab.Time.SetUtcNow(lab.PolicyExpires.AddMinutes(-1));
        using var browser = await lab.InAsync("tech-7");
        using (var page = await browser.GetAsync("/aim", Cancel)) Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        lab.Time.Advance(TimeSpan.FromMinutes(1));
        using (var page = await browser.GetAsync("/aim", Cancel)) Assert.Equal(HttpStatusCode.Forbidden, page.StatusCode);
    }

    [Fact]
    public async Task A_certificate_that_has_run_out_opens_nothing()
    {
        await using var lab = await ConsoleLab.StartAsync();
        using var browser = await lab.InAsync("tech-7");
        lab.Time.SetUtcNow(Matching.Lists.Now.AddDays(364)); // it begins the day before, for clocks that lag
        using (var page = await browser.GetAsync("/login", Cancel))
        Assert.Equal((HttpStatusCode.Forbidden, 0L), (page.StatusCode, page.Content.Headers.ContentLength ?? 0));
        using var anew = lab.Browser("tech-7");
        await Assert.ThrowsAsync<HttpRequestException>(() => anew.GetAsync("/login", Cancel));
    }

    // To the page where one comes in, or nothing.
    private static void AssertNothing(HttpResponseMessage answer, string method, string what)
    {
        Assert.True(answer.StatusCode is HttpStatusCode.Forbidden or HttpStatusCode.Found, $"{what}: {answer.StatusCode}");
        if (answer.StatusCode == HttpStatusCode.Found) Assert.Equal(("GET", "/login"), (method, answer.Headers.Location!.ToString()));
    }

    private static X509Certificate2 Usable(X509Certificate2 pem)
    {
        using (pem) return X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), null);
    }
}
