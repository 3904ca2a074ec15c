using System.CommandLine;
using System.Text;
using System.Text.Json;
using Edge.Agent.Cli;
using Edge.Agent.Transparency;
using Edge.Agent.UsePolicy;
using Edge.Storage.Audit;
using Edge.Storage.Audit.Bundles;

namespace Edge.Tests.Transparency;

/// <summary>Requirement 15: a stranger recomputes the same numbers from the public bundle.</summary>
public sealed class TransparencyReportTests(SharedMonth shared) : IClassFixture<SharedMonth>
{
    private readonly ScriptedMonth _month = shared.Month;

    [Fact]
    public async Task The_report_of_a_public_bundle_says_what_the_script_did_and_a_second_count_agrees()
    {
        var bundle = _month.File("public");
        BundleExport.Write(_month.Log, bundle, new BundleForm(null, Archive: false));
        var (code, output, _) = await Report(bundle, "--key", _month.Vkey, "--quarter", "2026Q4", "--json");
        Assert.Equal(ExitCode.Ok, code);
        var total = JsonDocument.Parse(output).RootElement.GetProperty("total");
        var counts = total.GetProperty("counts").EnumerateObject().ToDictionary(one => one.Name, one => one.Value.GetInt64());
        Assert.InRange(_month.Truth.Count, 25, 60);
        foreach (var (name, truth) in _month.Truth) Assert.Equal((name, truth), (name, counts.GetValueOrDefault(name)));

        var second = SecondCount.Of(bundle, new DateTimeOffset(2026, 10, 1, 0, 0, 0, TimeSpan.Zero), new DateTimeOffset(2027, 1, 1, 0, 0, 0, TimeSpan.Zero));
        Assert.Equal(total.GetProperty("secondsUp").GetInt64(), second["seconds up"]);
        second.Remove("seconds up");
        foreach (var (name, counted) in second) Assert.Equal((name, counted), (name, counts.GetValueOrDefault(name)));
        Assert.Equal(24, total.GetProperty("retentionHours")[0].GetInt64());
        Assert.Equal(48, total.GetProperty("retentionHours")[1].GetInt64());
        Assert.Equal(["4"], total.GetProperty("sets").GetProperty("policy.versions").EnumerateArray().Select(one => one.GetString()!));
    }

    [Fact]
    public async Task Several_boxes_are_summed_and_whoever_counts_gets_the_same_file()
    {
        using var other = new ScriptedMonth("box-2", seed: 2);
        foreach (var month in new[] { _month, other }) BundleExport.Write(month.Log, month.File("b.tar"), new BundleForm(null, Archive: true));
        var first = await Report(_month.File("b.tar"), other.File("b.tar"), "--key", _month.Vkey, "--key", other.Vkey, "--quarter", "2026Q4", "--csv");
        var second = await Report(other.File("b.tar"), _month.Log, "--key", _month.Vkey, "--key", other.Vkey, "--quarter", "2026Q4", "--csv");
        Assert.Equal((ExitCode.Ok, first.Output), (second.Code, second.Output));
        var rows = first.Output.Split("\r\n").Select(line => line.Split(',')).ToDictionary(row => row[0]);
        Assert.Equal(["number", "total", _month.Origin, other.Origin], rows["number"]);
        foreach (var name in new[] { "searches", "hits", "shares.federal", "reads" })
            Assert.Equal([name, $"{_month.Truth[name] + other.Truth[name]}", $"{_month.Truth[name]}", $"{other.Truth[name]}"], rows[name]);
    }

    [Fact]
    public async Task A_later_bundle_gives_the_same_numbers_for_a_quarter_that_is_over()
    {
        var early = await Report(_month.Log, "--key", _month.Vkey, "--quarter", "2026Q3", "--json");
        var counts = JsonDocument.Parse(early.Output).RootElement.GetProperty("total").GetProperty("counts");
        Assert.False(counts.TryGetProperty("searches", out _));
        Assert.Equal(1, counts.GetProperty("policy.changes").GetInt64());
    }

    [Fact]
    public async Task The_page_says_its_numbers_and_shows_no_script_and_asks_for_nothing()
    {
        var (code, page, _) = await Report(_month.Log, "--key", _month.Vkey, "--quarter", "2026Q4", "--html");
        Assert.Equal(ExitCode.Ok, code);
        foreach (var name in new[] { "reads", "searches", "hits", "out-of-policy" })
            Assert.Contains(_month.Truth[name].ToString("N0", System.Globalization.CultureInfo.InvariantCulture), page, StringComparison.Ordinal);
        Assert.Contains("What this proves, and what it cannot", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", page, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("src=", page, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("<svg", page, StringComparison.Ordinal);
        var text = await Report(_month.Log, "--key", _month.Vkey, "--quarter", "2026Q4");
        Assert.Contains(" of nobody's interest", text.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void An_empty_quarter_makes_a_page_too()
    {
        Assert.True(ReportPeriod.TryParse("2027Q1", out var period));
        var page = PageHtml.Write(ReportPage.Of(new TransparencyReport(period,
            [new ReportedBox("other.example", 0, "", "", [], null, new BoxTally(period).Figures())])));
        Assert.Contains("January to March 2027", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_does_not_verify_is_not_counted()
    {
        var bundle = _month.File("spoiled");
        BundleExport.Write(_month.Log, bundle, new BundleForm(null, Archive: false));
        var path = Path.Combine(bundle, "tile/entries/001");
        var bytes = await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken);
        bytes[100] ^= 1;
        await File.WriteAllBytesAsync(path, bytes, TestContext.Current.CancellationToken);
        var (code, output, _) = await Report(bundle, "--key", _month.Vkey, "--quarter", "2026Q4");
        Assert.Equal(ExitCode.Verification, code);
        Assert.Empty(output);
    }

    [Fact]
    public async Task An_agency_may_sign_a_report_with_its_keeper_s_key()
    {
        var (key, words, page) = (_month.File("keeper.key"), _month.File("words"), _month.File("report.html"));
        await File.WriteAllTextAsync(words, "correct horse battery staple\n", TestContext.Current.CancellationToken);
        Assert.Equal(ExitCode.Ok, (await Run("hub", "key", key, "--passphrase-file", words)).Code);
        var (code, said, _) = await Report(_month.Log, "--key", _month.Vkey, "--quarter", "2026Q4", "--html", "--out", page, "--sign", key,
            "--passphrase-file", words);
        Assert.Equal(ExitCode.Ok, code);
        Assert.True(NoteKey.TryParse(said.Trim().Split(' ')[^1], out var signer));
        Assert.True(SignedNote.TryParse(await File.ReadAllBytesAsync($"{page}.note", TestContext.Current.CancellationToken), out var note));
        Assert.True(note!.IsSignedBy(signer!));
        Assert.Contains(Convert.ToBase64String(System.Security.Cryptography.SHA256.HashData(await File.ReadAllBytesAsync(page,
            TestContext.Current.CancellationToken))), note.Text, StringComparison.Ordinal);

        var checkedNote = await Run("audit", "note", page, "--key", signer!.ToString(), "--json");
        Assert.Equal(ExitCode.Ok, checkedNote.Code);
        Assert.Equal((true, "2026Q4", 1), (JsonElement.Parse(checkedNote.Output).GetProperty("verified").GetBoolean(),
            JsonElement.Parse(checkedNote.Output).GetProperty("quarter").GetString(),
                JsonElement.Parse(checkedNote.Output).GetProperty("logs").GetArrayLength()));
        Assert.Contains("signed this report of 2026Q4", (await Run("audit", "note", page, "--key", signer.ToString())).Output, StringComparison.Ordinal);
        using var stranger = Edge.Storage.Keys.SigningKey.Create();
        await Refused(new NoteKey(signer.Name, stranger.Public).ToString(), "not signed with the key");
        var signedNote = await File.ReadAllTextAsync($"{page}.note", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync($"{page}.note", signedNote.Replace("2026Q4", "2026Q3", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        await Refused(signer.ToString(), "does not hold");
        await File.WriteAllTextAsync($"{page}.note", signedNote, TestContext.Current.CancellationToken);
        await File.AppendAllTextAsync(page, " ", TestContext.Current.CancellationToken);
        await Refused(signer.ToString(), "not the file that was signed");

        async Task Refused(string vkey, string why)
        {
            var refused = await Run("audit", "note", page, "--key", vkey, "--json");
            Assert.Equal(ExitCode.Verification, refused.Code);
            Assert.Contains(why, JsonElement.Parse(refused.Output).GetProperty("refused").GetString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_report_says_whether_the_key_of_the_first_epoch_was_given()
    {
        var without = JsonElement.Parse((await Report(_month.Log, "--key", _month.Vkey, "--quarter", "2026Q4", "--json")).Output);
        Assert.False(without.GetProperty("boxes")[0].GetProperty("epochKeyGiven").GetBoolean());
        Assert.Contains("not given", (await Report(_month.Log, "--key", _month.Vkey, "--quarter", "2026Q4")).Output, StringComparison.Ordinal);
        using var lab = new Edge.Tests.Audit.LogLab();
        using (var log = lab.OpenEpochs()) log.AppendMany(Edge.Tests.Audit.LogLab.Entries(5));
        var given = JsonElement.Parse((await Report(lab.Directory, "--key", lab.Vkey, "--epoch-key", lab.EpochVkey, "--quarter", "2026Q1", "--json")).Output);
        Assert.True(given.GetProperty("boxes")[0].GetProperty("epochKeyGiven").GetBoolean());
    }

    [Theory]
    [InlineData("2026Q5")]
    [InlineData("2026q4")]
    [InlineData("26Q4")]
    [InlineData("2026Q4 ")]
    public void A_quarter_has_one_spelling(string text) => Assert.False(ReportPeriod.TryParse(text, out _));

    private static Task<(ExitCode Code, string Output, string Error)> Report(params string[] args) => Run(["audit", "report", .. args]);

    internal static async Task<(ExitCode Code, string Output, string Error)> Run(params string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var parsed = CommandTable.Build().Parse(args);
        Assert.Empty(parsed.Errors);
        var code = await parsed.InvokeAsync(new InvocationConfiguration { Output = output, Error = error }, TestContext.Current.CancellationToken);
        return ((ExitCode)code, output.ToString(), error.ToString());
    }

    [Fact]
    public void Hits_of_an_interval_that_is_still_open_are_said_to_be_uncounted_and_a_running_quarter_has_not_ended()
    {
        Assert.True(ReportPeriod.TryParse("2026Q4", out var period));
        var tally = new BoxTally(period);
        foreach (var action in new[] { AuditAction.HitStored, AuditAction.IntervalSummary, AuditAction.HitStored, AuditAction.HitStored })
            tally.Look(Entry(action));
        var figures = tally.Figures();
        Assert.Equal(2, figures["hits.after-summary"]);
        var text = string.Join(' ', PageText.Write(ReportPage.Of(new TransparencyReport(period,
            [new ReportedBox("box.example", 4, "", "", [], tally.Covered, figures)])))
            .Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains("2 of them came after the last summary; their reads are not counted yet.", text, StringComparison.Ordinal);
        Assert.Contains("before the log ended", text, StringComparison.Ordinal);

        static AuditEntry Entry(AuditAction action) => new()
        {
            Action = action, Time = new DateTimeOffset(2026, 11, 1, 0, 0, 0, TimeSpan.Zero), Boot = "boot", Sequence = 1,
            Frames = 9, Reads = 1, Discarded = 0, Hits = 1,
        };
    }
}
