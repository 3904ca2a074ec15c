using System.Net;
using System.Text.Json;
using Edge.Agent.Door;
using Edge.Agent.Governance;
using Edge.Agent.LanConsole;
using Edge.Agent.Orders;
using Edge.Storage.Audit;
using Edge.Storage.Audit.Bundles;
using Edge.Storage.Sealing;
using Edge.Tests.Support;

namespace Edge.Tests.LanConsole;

/// <summary>What technicians and auditors do at a console.</summary>
public sealed class ConsolePagesTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task One_copy_of_the_log_is_handed_out_at_a_time_so_that_whoever_stalls_does_not_fill_the_disk()
    {
        await using var lab = await ConsoleLab.StartAsync();
        var incidents = lab.Box.Incidents;
        await using var desk = new LogDesk(lab.Box, new ConsoleDiary(lab.Audit, incidents, lab.Clock));
        var session = new Session("audit-1", AuditRole.Auditor, "c", lab.Clock.GetUtcNow().AddMinutes(5), "f");
        await using (var stalled = desk.Export(session, null))
        {
            Assert.NotNull(stalled);
            Assert.Null(desk.Export(session, null));
        }
        await using var next = desk.Export(session, null);
        Assert.NotNull(next);
    }

    [Fact]
    public async Task A_copy_leaves_what_hits_need_of_the_disk()
    {
        await using var lab = await ConsoleLab.StartAsync();
        using var browser = await lab.InAsync("audit-1");
        lab.FreeSpace = lab.Audit.BytesOfCopy() + LogCopies.Reserve - 1;
        using (var refused = await CopyAsync(browser))
        {
            Assert.Equal(HttpStatusCode.InsufficientStorage, refused.StatusCode);
            Assert.Contains("Plug in a stick", await refused.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
        }
        Assert.Empty(lab.Logged(AuditAction.LogExported));

        lab.FreeSpace = lab.Audit.BytesOfCopy() + LogCopies.Reserve;
        using var made = await CopyAsync(browser);
        Assert.Equal(HttpStatusCode.OK, made.StatusCode);
    }

    private static async Task<HttpResponseMessage> CopyAsync(HttpClient browser) =>
        await ConsoleLab.PostAsync(browser, "/log/export", ("form", await ConsoleLab.FormAsync(browser, "/log")), ("kind", "public"));

    [Fact]
    public async Task Every_viewing_is_logged_before_the_first_picture_and_ends_after_five_minutes()
    {
        await using var lab = await ConsoleLab.StartAsync();
        using var browser = await lab.InAsync("tech-7");
        using (var none = await browser.GetAsync("/aim/south-lane/picture", Cancel)) Assert.Equal(HttpStatusCode.NotFound, none.StatusCode);
        Assert.Empty(lab.Logged(AuditAction.AimViewed));

        await BeginAsync(browser, "south-lane");
        var entry = Assert.Single(lab.Logged(AuditAction.AimViewed));
        Assert.Equal((AuditEntry.APerson, AuditRole.Technician, 2L), (entry.Actor, entry.Role, entry.Sequence));
        Assert.Equal(("south-lane", AimRequest.Longest), Assert.Single(lab.Cameras.Asked) is var asked ? (asked.Camera, asked.For) : default);
        await Eventually.True(async () =>
        {
            using var answer = await browser.GetAsync("/aim/south-lane/picture", Cancel);
            return answer.StatusCode == HttpStatusCode.OK;
        }, "the picture");
        Assert.Equal(lab.Cameras.View.Jpeg, await browser.GetByteArrayAsync("/aim/south-lane/picture", Cancel));
        // Another camera's picture was not asked for.
        using (var other = await browser.GetAsync("/aim/north-lane/picture", Cancel)) Assert.Equal(HttpStatusCode.NotFound, other.StatusCode);

        lab.Time.Advance(AimRequest.Longest);
        using (var over = await browser.GetAsync("/aim/south-lane/picture", Cancel)) Assert.Equal(HttpStatusCode.NotFound, over.StatusCode);
        using (var over = await browser.GetAsync("/aim/south-lane/look", Cancel)) Assert.Equal(HttpStatusCode.Gone, over.StatusCode);
    }

    [Fact]
    public async Task Stopping_and_logging_out_end_a_viewing()
    {
        await using var lab = await ConsoleLab.StartAsync();
        using var browser = await lab.InAsync("tech-7");
        await BeginAsync(browser, "north-lane");
        using (await ConsoleLab.PostAsync(browser, "/aim/north-lane/stop", ("form", await ConsoleLab.FormAsync(browser, "/aim")))) { }
        await Eventually.True(() => lab.Cameras.Ended == 1, "nobody looks");
        using (var over = await browser.GetAsync("/aim/north-lane/look", Cancel)) Assert.Equal(HttpStatusCode.Gone, over.StatusCode);

        await BeginAsync(browser, "north-lane");
        using (await ConsoleLab.PostAsync(browser, "/logout", ("form", await ConsoleLab.FormAsync(browser, "/aim")))) { }
        await Eventually.True(() => lab.Cameras.Ended == 2, "nobody looks");
    }

    [Theory]
    [InlineData("tech-7", "/aim/north-lane", "/aim", "viewings", AuditAction.AimViewed)]
    [InlineData("audit-1", "/log/export", "/log", "copies", AuditAction.LogExported)]
    public async Task Who_is_in_does_not_fill_the_log_either(string account, string path, string page, string what, AuditAction action)
    {
        await using var lab = await ConsoleLab.StartAsync();
        using var browser = await lab.InAsync(account);
        var form = await ConsoleLab.FormAsync(browser, page == "/aim" ? path : page);
        var answers = new List<HttpStatusCode>();
        for (var i = 0; i < 62; i++)
            using (var answer = await ConsoleLab.PostAsync(browser, path, ("form", form), ("kind", "public"))) answers.Add(answer.StatusCode);
        Assert.Equal((60, 2), (answers.Count(one => one is HttpStatusCode.SeeOther or HttpStatusCode.OK),
            answers.Count(one => one == HttpStatusCode.TooManyRequests)));
        Assert.Equal(60, lab.Logged(action).Count);

        lab.Time.Advance(TimeSpan.FromHours(1));
        using var again = await lab.InAsync(account);
        using var taken = await ConsoleLab.PostAsync(again, path, ("form", await ConsoleLab.FormAsync(again, page == "/aim" ? path : page)),
            ("kind", "public"));
        Assert.NotEqual(HttpStatusCode.TooManyRequests, taken.StatusCode);
        Assert.Equal(61, lab.Logged(action).Count);
        var further = Assert.Single(lab.Logged(AuditAction.ConsoleRefused));
        Assert.Equal((AuditOutcome.Refused("too-often"), what, 2L), (further.Outcome, further.Kind, further.Count));
    }

    [Fact]
    public async Task The_aim_page_says_what_is_good_and_what_to_turn()
    {
        await using var lab = await ConsoleLab.StartAsync();
        using var browser = await lab.InAsync("tech-7");
        await BeginAsync(browser, "north-lane");
        await Eventually.True(async () => (await browser.GetStringAsync("/aim/north-lane/look", Cancel)).Contains("\"n\":1", StringComparison.Ordinal),
            "the picture");
        using var look = JsonDocument.Parse(await browser.GetStringAsync("/aim/north-lane/look", Cancel));
        var checks = look.RootElement.GetProperty("checks").EnumerateArray()
            .ToDictionary(check => check.GetProperty("quality").GetString()!, check => check.GetProperty("words").GetString());
        Assert.Equal("√ good", checks["plate-height"]);
        Assert.Equal("× turn the camera clockwise", checks["roll"]);
        var page = await browser.GetStringAsync("/aim/north-lane", Cancel);
        Assert.Contains("29 px", page, StringComparison.Ordinal);
        Assert.Contains("1 of 7 not good yet", page, StringComparison.Ordinal);
        Assert.Contains("<noscript><meta http-equiv=\"refresh\"", page, StringComparison.Ordinal); // without a script too
    }

    [Fact]
    public async Task The_auditor_finds_entries_and_sees_no_account()
    {
        await using var lab = await ConsoleLab.StartAsync();
        using (var technician = await lab.InAsync("tech-7")) await BeginAsync(technician, "north-lane");
        using var browser = await lab.InAsync("audit-1");
        var page = await browser.GetStringAsync("/log/search?from=&to=&action=aim.viewed&outcome=done", Cancel);
        Assert.Contains("One entry.", page, StringComparison.Ordinal);
        Assert.Contains("person, technician", page, StringComparison.Ordinal);
        Assert.DoesNotContain("tech-7", page, StringComparison.Ordinal);
        foreach (var nonsense in new[] { "from=yesterday", "action=plate.read", "outcome=maybe" })
            using (var wrong = await browser.GetAsync($"/log/search?{nonsense}", Cancel)) Assert.Equal(HttpStatusCode.BadRequest, wrong.StatusCode);
    }

    [Fact]
    public async Task The_log_is_verified_and_a_quarter_counted_into_a_page_with_charts()
    {
        await using var lab = await ConsoleLab.StartAsync();
        using var browser = await lab.InAsync("audit-1");
        using (await ConsoleLab.PostAsync(browser, "/log/verify", ("form", await ConsoleLab.FormAsync(browser, "/log")), ("quarter", "2026Q4"))) { }
        await Eventually.True(async () => (await browser.GetStringAsync("/log", Cancel)).Contains("√ Log verified", StringComparison.Ordinal),
            "the log is verified");
        var report = await browser.GetStringAsync("/log/report?quarter=2026Q4", Cancel);
        Assert.Contains("October to December 2026", report, StringComparison.Ordinal);
        Assert.Contains("<svg", report, StringComparison.Ordinal);
        using var other = await browser.GetAsync("/log/report?quarter=2026Q3", Cancel);
        Assert.Equal(HttpStatusCode.NotFound, other.StatusCode);
    }

    [Fact]
    public async Task Copies_verify_elsewhere_and_the_full_one_opens_for_its_auditor_alone()
    {
        await using var lab = await ConsoleLab.StartAsync();
        using var browser = await lab.InAsync("audit-1");
        var form = await ConsoleLab.FormAsync(browser, "/log");
        using var auditor = RecipientKey.Create();
        await File.WriteAllBytesAsync(lab.File("public.tar"), await CopyAsync(browser, ("form", form), ("kind", "public")), Cancel);
        await File.WriteAllBytesAsync(lab.File("full.tar"), await CopyAsync(browser, ("form", form), ("kind", "full"), ("auditor", auditor.Public.X)), Cancel);
        using (var copy = Bundle.Open(lab.File("public.tar")))
        {
            Assert.True(copy.Verify(lab.LogKey, null, [], out _, lab.LogEpochKey).Holds);
            Assert.Equal((BundleKind.Public, 0), (copy.Manifest!.Kind, copy.Opened));
        }
        using (var copy = Bundle.Open(lab.File("full.tar"), auditor))
        {
            Assert.True(copy.Verify(lab.LogKey, null, [], out _, lab.LogEpochKey).Holds);
            Assert.Contains(AuditSearch.In(copy, new AuditQuery { Actor = "audit-1" }), match => match.Entry!.Action == AuditAction.ConsoleLogin);
        }
        Assert.Equal(["public", "full"], lab.Logged(AuditAction.LogExported).Select(entry => entry.Kind));
        Assert.DoesNotContain(Directory.EnumerateFiles(lab.File("state/console")), file => file.EndsWith(".tar", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("audit-1", "full", "", HttpStatusCode.BadRequest)]
    [InlineData("audit-1", "full", "/etc/passwd", HttpStatusCode.BadRequest)]
    [InlineData("audit-1", "everything", "", HttpStatusCode.BadRequest)]
    [InlineData("board-2", "full", "good", HttpStatusCode.Forbidden)]
    public async Task A_copy_that_is_not_to_be_had_is_refused(string account, string kind, string auditor, HttpStatusCode wanted)
    {
        await using var lab = await ConsoleLab.StartAsync();
        using var browser = await lab.InAsync(account);
        using var key = RecipientKey.Create();
        using var answer = await ConsoleLab.PostAsync(browser, "/log/export", ("form", await ConsoleLab.FormAsync(browser, "/log")), ("kind", kind),
            ("auditor", auditor == "good" ? key.Public.X : auditor));
        Assert.Equal(wanted, answer.StatusCode);
        Assert.Empty(lab.Logged(AuditAction.LogExported));
    }

    [Fact]
    public async Task The_policy_is_the_page_that_the_box_enforces()
    {
        await using var lab = await ConsoleLab.StartAsync(publicPolicy: true);
        using var anybody = lab.Browser(certificate: null);
        var page = await anybody.GetStringAsync("/policy", Cancel);
        Assert.Contains("north-lane", page, StringComparison.Ordinal);
        Assert.DoesNotContain("camera-1.example", page, StringComparison.Ordinal);
    }

    private static async Task BeginAsync(HttpClient browser, string camera)
    {
        using var answer = await ConsoleLab.PostAsync(browser, $"/aim/{camera}", ("form", await ConsoleLab.FormAsync(browser, "/aim")));
        Assert.Equal(HttpStatusCode.SeeOther, answer.StatusCode);
    }

    private static async Task<byte[]> CopyAsync(HttpClient browser, params (string, string)[] fields)
    {
        using var answer = await ConsoleLab.PostAsync(browser, "/log/export", fields);
        Assert.Equal((HttpStatusCode.OK, "application/x-tar"), (answer.StatusCode, answer.Content.Headers.ContentType!.MediaType));
        return await answer.Content.ReadAsByteArrayAsync(Cancel);
    }
}
