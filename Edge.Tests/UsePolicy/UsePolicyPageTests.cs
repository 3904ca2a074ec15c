using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Edge.Agent.Configuration;
using Edge.Agent.Governance;
using Edge.Agent.Matching;
using Edge.Agent.UsePolicy;
using Edge.Storage.Audit;
using Edge.Storage.Json;
using Edge.Tests.Support;

namespace Edge.Tests.UsePolicy;

public sealed partial class UsePolicyPageTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 1, 12, 0, 0, TimeSpan.Zero);

    private static readonly Policy Example = Read(File.ReadAllText(Path.Combine(Repository.Root, "docs", "policy.example.json")));

    private static readonly AgentConfiguration Box = StrictJson.TryRead<AgentConfiguration>(Encoding.UTF8.GetBytes("""
        {"broker":{"host":"broker.example"},"cameras":[
         {"name":"north-lane","source":"rtsp://viewer:SECRET@camera-1.lan/stream"},
         {"name":"south-lane","source":"/dev/video0","region":{"x":0,"y":0.3,"width":1,"height":0.7}}]}
        """), AgentConfiguration.MaxBytes, AgentConfiguration.Read, out var box, out var problems) ? box : throw new FormatException(problems[0].ToString());

    private static Policy Read(string json) => Policy.TryParse(Encoding.UTF8.GetBytes(json), out var policy, out var problems)
        ? policy : throw new FormatException(problems[0].ToString());

    private static string Html(Policy policy, AgentConfiguration? configuration = null) => PageHtml.Write(UsePolicyPage.Of(policy, configuration, Now));

    private static string Text(Policy policy, AgentConfiguration? configuration = null) => PageText.Write(UsePolicyPage.Of(policy, configuration, Now));

    private static string OneLine(string text) => Regex.Replace(text, @"\s+", " ");

    public static Dictionary<string, Func<Policy, Policy>> Changes { get; } = new()
    {
        ["Agency"] = policy => policy with { Agency = "lakeside" },
        ["Version"] = policy => policy with { Version = 77 },
        ["Purposes"] = policy => policy with { Purposes = [new Purpose("stolen-vehicle", "Another law")] },
        ["ForbiddenSources"] = policy => policy with { ForbiddenSources = ["Some other file"] },
        ["Matching"] = policy => policy with { Matching = MatchForm.Folded },
        ["LongestEntryDays"] = policy => policy with { LongestEntryDays = 7 },
        ["LargestHotlist"] = policy => policy with { LargestHotlist = 12_345 },
        ["HitRetentionHours"] = policy => policy with { HitRetentionHours = 48 },
        ["LongestHoldHours"] = policy => policy with { LongestHoldHours = 72 },
        ["DisclosureDays"] = policy => policy with { DisclosureDays = 90 },
        ["SummaryMinutes"] = policy => policy with { SummaryMinutes = 120 },
        ["Roles"] = policy => policy with { Roles = new Dictionary<AuditRole, IReadOnlyList<Verb>>(policy.Roles) { [AuditRole.Hub] = [Verb.Decommission] } },
        ["Sharing"] = policy => policy with { Sharing = [Jurisdiction.State] },
        ["NotifyWithinHours"] = policy =>
        policy with { NotifyWithinHours = new Dictionary<IncidentKind, int>(policy.NotifyWithinHours) { [IncidentKind.Tamper] = 71 } },
        ["Witnesses"] = policy => policy with { Witnesses = Witnesses.None },
        ["PublicationLog"] = policy => policy with { PublicationLog = null },
        ["Notify"] = policy => policy with { Notify = policy.Notify! with { Phone = "311" } },
        ["Complaints"] = policy => policy with { Complaints = null },
        ["Expires"] = policy => policy with { Expires = Now.AddDays(900) },
    };

    [Fact]
    public void Each_key_of_the_policy_changes_the_page()
    {
        Assert.Equal(typeof(Policy).GetProperties().Where(property => property.SetMethod is not null).Select(property => property.Name).Order(),
            Changes.Keys.Order());
        Assert.All(Changes, change =>
        {
            Assert.NotEqual(Html(Example), Html(change.Value(Example)));
            Assert.NotEqual(Text(Example), Text(change.Value(Example)));
        });
    }

    [Fact]
    public void Each_duty_and_each_deadline_stands_on_the_page()
    {
        foreach (var (role, verb) in Duties.Roles.Values.SelectMany(role => Duties.Widest(role).Select(verb => (role, verb))))
        {
            var without = Example with { Roles = new Dictionary<AuditRole, IReadOnlyList<Verb>>(Example.Roles) { [role] = [] } };
            var with = Example with { Roles = new Dictionary<AuditRole, IReadOnlyList<Verb>>(Example.Roles) { [role] = [verb] } };
            Assert.NotEqual(Text(without), Text(with));
        }
        foreach (var kind in Enum.GetValues<IncidentKind>())
            Assert.Contains("71 hours", Text(Example with { NotifyWithinHours = new Dictionary<IncidentKind, int>(Example.NotifyWithinHours) { [kind] = 71 } }),
                StringComparison.Ordinal);
    }

    [Fact]
    public void Text_and_HTML_say_the_same()
    {
        var page = UsePolicyPage.Of(Example, Box, Now);
        var html = OneLine(WebUtility.HtmlDecode(Tags().Replace(PageHtml.Write(page), " ")));
        var text = OneLine(PageText.Write(page));
        Assert.All(page.Sections, section =>
        {
            Assert.Contains(section.Heading, html, StringComparison.Ordinal);
            Assert.Contains(section.Heading, text, StringComparison.Ordinal);
            Assert.NotEmpty(section.Blocks);
            Assert.All(section.Blocks.SelectMany(block => block.Lines), line =>
            {
                Assert.Contains(OneLine(line).Trim(), text, StringComparison.Ordinal);
                // A figure and a table show label and value apart from each other.
                Assert.All(OneLine(line).TrimStart('-', ' ').Split(": ", StringSplitOptions.RemoveEmptyEntries),
                    part => Assert.Contains(part.Trim(), html, StringComparison.Ordinal));
            });
        });
    }

    [Fact]
    public void Without_a_grant_nobody_else_receives_anything_federal_agencies_included()
    {
        var text = OneLine(Text(Example));
        Assert.Contains("No other agency receives anything. That includes federal agencies.", text, StringComparison.Ordinal);
        Assert.Contains("- Federal agencies What they receive: nothing -", text, StringComparison.Ordinal);
        Assert.Contains("Only Riverton can open it.", text, StringComparison.Ordinal);
    }

    [Fact]
    public void What_federal_agencies_could_receive_says_who_must_sign()
    {
        var text = OneLine(Text(Example with { Sharing = [Jurisdiction.Local, Jurisdiction.Federal] }));
        Assert.Contains("Local and federal agencies can receive something only under a written, signed grant. Federal agencies need a second signature", text,
            StringComparison.Ordinal);
        Assert.Contains("- Federal agencies What they receive: nothing without a grant that the oversight board has signed too", text,
            StringComparison.Ordinal);
        Assert.Contains("Only Riverton, or an agency that a grant names for that case, can open it.", text, StringComparison.Ordinal);
        Assert.Contains("- State agencies What they receive: nothing -", text, StringComparison.Ordinal);
    }

    [Fact]
    public void It_says_that_the_box_reports_what_goes_wrong_by_itself_and_what_it_cannot_notice_yet()
    {
        Assert.Contains("at once, before everything else", OneLine(Text(Example)), StringComparison.Ordinal);
        Assert.Contains("cannot notice that it is opened", OneLine(Text(Example)), StringComparison.Ordinal);
    }

    [Fact]
    public void It_says_that_orders_are_signed_and_carried_out_once_and_what_nobody_can_do_yet()
    {
        Assert.Contains("The box obeys an order only if one of these people signed it, for this box; each order is carried out once.", OneLine(Text(Example)),
            StringComparison.Ordinal);
        Assert.Contains("nobody can look through a camera yet", OneLine(Text(Example)), StringComparison.Ordinal);
        Assert.DoesNotContain("no orders", OneLine(Text(Example)), StringComparison.Ordinal);
    }

    [Fact]
    public void Grants_in_force_say_who_and_why_and_an_undisclosed_one_says_when_it_will()
    {
        var policy = Example with { Agency = "riverton", Sharing = [Jurisdiction.Local, Jurisdiction.Federal] };
        using var overseer = Edge.Storage.Keys.SigningKey.Create();
        var local = Governance.GrantsTests.Example;
        var federal = (local with { Id = "b", Agency = "bureau", Jurisdiction = Jurisdiction.Federal, Justification = "A reason that is still secret.",
            Disclosure = new DateOnly(2027, 1, 31) })
            .Countersign("riverton", overseer);
        var operators = new Operators("riverton", 1, [new Operator("overseer-1", AuditRole.Oversight, overseer.Public, Now, Now.AddDays(100))]);
        string Shown(DateTimeOffset now, params IReadOnlyList<Grant> grants) => OneLine(PageText.Write(UsePolicyPage.Of(policy, null, now,
            Sharing.Under(policy, DateTimeOffset.MaxValue, operators, new Grants("riverton", 1, grants), out _))));

        var text = Shown(Now.AddDays(1), local, federal);
        Assert.Contains("Sheriff (local)", text, StringComparison.Ordinal);
        Assert.Contains("A joint task force on stolen vehicles.", text, StringComparison.Ordinal);
        Assert.Contains("Federal agency", text, StringComparison.Ordinal);
        Assert.Contains("made public on 31 January 2027", text, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", text, StringComparison.Ordinal);
        Assert.DoesNotContain("S-7", text, StringComparison.Ordinal);
        Assert.Contains("Bureau (federal)", Shown(Now.AddDays(1), (federal with { Disclosure = new DateOnly(2026, 11, 2) }).Countersign("riverton", overseer)),
            StringComparison.Ordinal);
        Assert.Contains("At the moment no grant is in force.", Shown(Now.AddDays(91), local), StringComparison.Ordinal);
    }

    [Fact]
    public void An_agency_s_name_becomes_words()
    {
        var page = UsePolicyPage.Of(Example with { Agency = "county-of-west-lakeside" }, null, Now);
        Assert.Equal("Plate readers of County of West Lakeside", page.Title);
        Assert.Contains("“county-of-west-lakeside”", PageText.Write(page), StringComparison.Ordinal);
    }

    [Fact]
    public void A_policy_that_ran_out_says_so_first()
    {
        var page = UsePolicyPage.Of(Example with { Expires = Now }, null, Now);
        Assert.Equal("These rules ran out on 1 November 2026, 12:00 UTC. Since then no order is taken under them.", page.Sections[0].Blocks[0].Lines.Single());
        Assert.DoesNotContain("ran out", Text(Example with { Expires = Now.AddSeconds(1) }), StringComparison.Ordinal);
    }

    [Fact]
    public void Cameras_are_named_and_their_addresses_and_passwords_are_not()
    {
        var text = Text(Example, Box);
        Assert.Contains("This box reads 2 cameras.", text, StringComparison.Ordinal);
        Assert.Contains("- north-lane\n  Looks at: the whole picture\n- south-lane\n  Looks at: a part of the picture\n", text, StringComparison.Ordinal);
        Assert.Contains("at most 1 % of the plates", OneLine(text), StringComparison.Ordinal);
        Assert.DoesNotContain("SECRET", text, StringComparison.Ordinal);
        Assert.DoesNotContain("camera-1.lan", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_hostile_policy_is_only_text()
    {
        const string hostile = "<script>alert(1)</script><img src=x onerror=\"alert(2)\"> '\" & </style><b>a";
        var html = Html(Example with
        {
            Purposes = [new Purpose("stolen-vehicle", hostile)], ForbiddenSources = [hostile],
            Notify = Example.Notify! with { Name = hostile, Address = hostile }, Complaints = Example.Complaints! with { Name = hostile },
        });
        var plain = Html(Example);
        Assert.Equal(Tag().Matches(plain).Select(tag => tag.Value).Distinct().Order(StringComparer.Ordinal),
            Tag().Matches(html).Select(tag => tag.Value).Distinct().Order(StringComparer.Ordinal));
        Assert.Contains("&lt;script&gt;alert(1)", html, StringComparison.Ordinal);
        Assert.DoesNotContain("onerror=\"", html, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("javascript:alert(1)")]
    [InlineData("https://city.example/\" onclick=\"x")]
    [InlineData("data:text/html,x")]
    public void A_hostile_link_is_no_policy(string url) =>
        Assert.Throws<FormatException>(() => Read($$"""
            {"agency":"a","version":1,"purposes":[{"name":"a","basis":"b"}],"complaints":{"office":"o","phone":"311","url":{{System.Text.Json.JsonSerializer.Serialize(url)}} } }
            """));

    [Fact]
    public void The_page_asks_for_nothing_and_allows_its_own_style_alone()
    {
        var html = Html(Example, Box);
        Assert.StartsWith("<!doctype html>\n<html lang=\"en\">\n", html, StringComparison.Ordinal);
        var style = Regex.Match(html, "<style>(.*?)</style>", RegexOptions.Singleline).Groups[1].Value;
        var hash = Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(style)));
        Assert.Contains($"content=\"default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'\"", html, StringComparison.Ordinal);
        Assert.Contains("@media print", style, StringComparison.Ordinal);
        Assert.DoesNotMatch(@"<script|<link|<img|<iframe|\bsrc=|style=|@import|url\(", html);
    }

    [Fact]
    public void Text_fits_a_terminal() => Assert.All(Text(Example, Box).Split('\n'), line => Assert.True(line.Length <= 78, line));

    [GeneratedRegex("<style>.*?</style>|<[^>]*>", RegexOptions.Singleline)]
    private static partial Regex Tags();

    [GeneratedRegex("</?[a-z0-9]+")]
    private static partial Regex Tag();
}
