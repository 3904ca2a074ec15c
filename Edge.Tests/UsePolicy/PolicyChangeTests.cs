using System.Text.Json.Nodes;
using Edge.Agent.Governance;
using Edge.Agent.UsePolicy;
using Edge.Storage.Audit;
using Edge.Storage.Json;
using Edge.Storage.Keys;
using Edge.Tests.Matching;

namespace Edge.Tests.UsePolicy;

public sealed class PolicyChangeTests
{
    private static readonly Policy Old = Lists.Policy;

    private static Policy With(string key, string json)
    {
        var document = JsonNode.Parse(Old.Write())!.AsObject();
        document[key] = JsonNode.Parse(json);
        Assert.True(Policy.TryParse(System.Text.Encoding.UTF8.GetBytes(document.ToJsonString()), out var policy, out var problems),
            string.Join("; ", problems));
        return policy;
    }

    [Theory]
    [InlineData("hitRetentionHours", "48", "wider", "a found plate is kept: 24 hours -> 48 hours (longer)")]
    [InlineData("hitRetentionHours", "1", "narrower", "a found plate is kept: 24 hours -> 1 hour (shorter)")]
    [InlineData("longestHoldHours", "72", "wider", "a hold keeps it at most: no holds -> 72 hours (longer)")]
    [InlineData("longestEntryDays", "7", "narrower", "an entry of a hotlist lives at most: 30 days -> 7 days (shorter)")]
    [InlineData("largestHotlist", "50000", "wider", "a hotlist has at most: 10,000 -> 50,000 (more plates)")]
    [InlineData("summaryMinutes", "60", "wider", "boxes give their numbers every: 15 minutes -> hour (less often)")]
    [InlineData("matching", "\"folded\"", "wider", "matching exact -> folded (look-alikes such as O and 0 count)")]
    [InlineData("forbiddenSources", "[\"ncic-gang\"]", "wider", "plates from “Immigration Violator File” may be looked for")]
    [InlineData("sharing", "[\"federal\"]", "wider", "Federal agencies may be named in a grant")]
    [InlineData("roles", "{\"investigator\":[\"search\",\"disposition\",\"hold\"]}", "wider",
        "An investigator with a case may keep what was found in one case longer")]
    [InlineData("roles", "{\"auditor\":[]}", "narrower", "An independent auditor may no longer take a copy of the log, which holds no plates")]
    [InlineData("notifyWithinHours", "{\"tamper\":72}", "wider", "“The box was opened” is told within: 24 hours -> 72 hours (later)")]
    [InlineData("complaints", "{\"office\":\"Ombudsperson\",\"phone\":\"311 555\"}", "other", "complaints go to: the agency -> Ombudsperson")]
    [InlineData("notify", "{\"office\":\"Council\",\"phone\":\"311 555\"}", "other", "incidents are told to: the agency -> Council")]
    [InlineData("expires", "\"2027-01-01T00:00:00Z\"", "narrower", "orders are taken until: the signature ends -> 1 January 2027, 00:00 UTC (shorter)")]
    public void A_change_says_which_way_it_goes(string key, string value, string direction, string text)
    {
        var change = Assert.Single(PolicyChange.Between(Old, With(key, value)));
        Assert.Equal((direction, text), (change.Word, change.Text));
    }

    [Fact]
    public void A_purpose_more_is_wider_one_less_is_narrower_and_another_basis_is_said()
    {
        var next = Old with { Purposes = [Old.Purposes[0] with { Basis = "§ 7" }, new Purpose("amber-alert", "§ 8")] };
        Assert.Equal(["wider", "narrower", "other"], PolicyChange.Between(Old, next).Select(change => change.Word));
    }

    [Fact]
    public void A_witness_less_is_wider_one_more_is_narrower_and_so_is_how_many_must_cosign()
    {
        using var key = SigningKey.Create();
        var witnessed = Old with { Witnesses = new Witnesses([new NoteKey("ombudsman.example/log", key.Public, NoteKeyType.Cosignature)], Needed: 1) };
        var (come, gone) = (PolicyChange.Between(Old, witnessed), PolicyChange.Between(witnessed, Old));
        Assert.Equal([("narrower", $"{witnessed.Witnesses.Keys[0]} cosigns the logs of boxes"), ("narrower", "witnesses who must cosign within a day: 0 -> 1")],
            come.Select(change => (change.Word, change.Text)));
        Assert.Equal([("wider", $"{witnessed.Witnesses.Keys[0]} no longer cosigns the logs of boxes"),
            ("wider", "witnesses who must cosign within a day: 1 -> 0")],
            gone.Select(change => (change.Word, change.Text)));
    }

    [Fact]
    public void To_need_a_proof_of_publication_is_narrower_and_no_longer_to_is_wider()
    {
        using var key = SigningKey.Create();
        using var log = SigningKey.Create();
        var before = Old with { Witnesses = new Witnesses([new NoteKey("w", key.Public, NoteKeyType.Cosignature)], Needed: 1) };
        var published = before with { PublicationLog = new NoteKey("log", log.Public) };
        Assert.Equal(["narrower", "other"], PolicyChange.Between(before, published).Select(change => change.Word));
        Assert.Equal(["wider", "other"], PolicyChange.Between(published, before).Select(change => change.Word));
        Assert.Equal("boxes look for what is in a hotlist without a witness having seen that it was published", PolicyChange.Between(published,
            before)[0].Text);
        Assert.Contains(PolicyChange.Statements(before, published, Lists.Now),
            line => line.StartsWith("+ Every list of wanted plates is entered in a public log", StringComparison.Ordinal));
        Assert.Contains(PolicyChange.Statements(before, published, Lists.Now), line => line.StartsWith("- Nobody outside the agency has to see",
            StringComparison.Ordinal));
    }

    /// <summary>A key that a later version adds must say its change too, or keepers would sign what they did not read.</summary>
    [Fact]
    public void Every_key_of_a_policy_but_agency_and_version_is_told_when_it_changes()
    {
        string[] told =
        [
            "purposes", "matching", "longestEntryDays", "hitRetentionHours", "summaryMinutes", "disclosureDays", "largestHotlist", "forbiddenSources",
                "longestHoldHours",
            "roles", "sharing", "notifyWithinHours", "notify", "complaints", "witnesses", "publicationLog", "expires",
        ];
        var office = new Office("o", null, "311", null, null);
        using var key = SigningKey.Create();
        var full = JsonNode.Parse((Old with { Notify = office, Complaints = office, Expires = Lists.Now, PublicationLog = new NoteKey("log",
            key.Public) }).Write())!.AsObject();
        Assert.Equal(told.Order(StringComparer.Ordinal), full.Select(key => key.Key).Except(["agency", "version"]).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_same_policy_under_another_version_changes_nothing() => Assert.Empty(PolicyChange.Between(Old, Old with { Version = 2 }));

    [Fact]
    public void The_statements_that_residents_read_go_and_come()
    {
        var statements = PolicyChange.Statements(Old, Old with { Version = 2, HitRetentionHours = 48 }, Lists.Now).ToList();
        Assert.Contains("- How long a found plate is kept: 24 hours", statements);
        Assert.Contains("+ How long a found plate is kept: 2 days", statements);
        Assert.DoesNotContain(statements, statement => statement.Contains("camera", StringComparison.Ordinal));
    }
}
