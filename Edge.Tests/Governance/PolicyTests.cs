using System.Text;
using Edge.Agent.Governance;
using Edge.Agent.Hub;
using Edge.Agent.Matching;

namespace Edge.Tests.Governance;

public sealed class PolicyTests
{
    private static IEnumerable<string> Problems(string json)
    {
        Assert.False(Policy.TryParse(Encoding.UTF8.GetBytes(json), out _, out var problems));
        return problems.Select(problem => problem.ToString());
    }

    [Fact]
    public void What_is_not_said_has_its_most_private_value()
    {
        Assert.True(Policy.TryParse("""{"agency":"riverton","version":3,"purposes":[{"name":"stolen-vehicle","basis":"§ 1"}]}"""u8.ToArray(),
            out var policy, out _));
        Assert.Equal(MatchForm.Exact, policy.Matching);
        Assert.Equal(TimeSpan.FromHours(24), policy.HitRetention);
        Assert.Equal(TimeSpan.FromDays(30), policy.LongestEntry);
        Assert.True(policy.Allows("stolen-vehicle"));
        Assert.False(policy.Allows("Stolen-vehicle"));
    }

    [Fact]
    public void What_is_written_is_read_back_the_same()
    {
        var policy = AgencyPlan.ExamplePolicy("riverton") with { Matching = MatchForm.Folded, HitRetentionHours = 504, LargestHotlist = 7 };
        Assert.True(Policy.TryParse(policy.Write(), out var read, out _));
        Assert.Equal(policy.Write(), read.Write());
        Assert.Equal(MatchForm.Folded, read.Matching);
    }

    [Fact]
    public void Every_problem_is_listed_with_its_path() =>
        Assert.Equal([
            "agency: must be 1 to 40 of a-z, 0-9 and '-', not starting or ending with '-'",
            "version: must be a whole number from 1 to 2147483647",
            "purposes[1].basis: missing",
            "matching: must be one of exact, folded",
            "longestEntryDays: must be a whole number from 1 to 30",
            "hitRetentionHours: must be a whole number from 1 to 504",
            "purposes[1]: names a purpose a second time",
            "summaryMinute: unknown key; did you mean summaryMinutes?",
        ], Problems("""
            {"agency":"River ton","version":0,"matching":"fuzzy","longestEntryDays":31,"hitRetentionHours":505,"summaryMinute":1,
             "purposes":[{"name":"a","basis":"x"},{"name":"a"}]}
            """));

    [Fact]
    public void What_is_not_said_shares_nothing_holds_nothing_and_forbids_the_files_that_states_forbid()
    {
        Assert.True(Policy.TryParse("""{"agency":"riverton","version":3,"purposes":[{"name":"stolen-vehicle","basis":"§ 1"}]}"""u8.ToArray(),
            out var policy, out _));
        Assert.Empty(policy.Sharing);
        Assert.Equal(TimeSpan.Zero, policy.LongestHold);
        Assert.True(policy.Forbids("ncic immigration violator file"));
        Assert.False(policy.Forbids("Stolen Vehicle File"));
        Assert.All(policy.NotifyWithinHours.Values, hours => Assert.Equal(24, hours));
        Assert.Equal(Enum.GetValues<IncidentKind>().Length, policy.NotifyWithinHours.Count);
        Assert.Equal((null, null, null), (policy.Expires, policy.Notify, policy.Complaints));
    }

    [Theory]
    [InlineData("\"longestHoldHours\":23", "longestHoldHours: must be 0 for no holds, or at least hitRetentionHours")]
    [InlineData("\"longestHoldHours\":505", "longestHoldHours: must be a whole number from 0 to 504")]
    [InlineData("\"forbiddenSources\":[\"Gang File\",\"GANG FILE\"]", "forbiddenSources: names a file a second time; letter case does not matter")]
    [InlineData("\"sharing\":[\"everybody\"]", "sharing[0]: must be one of local, state, federal, foreign")]
    [InlineData("\"notifyWithinHours\":{\"tamper\":73}", "notifyWithinHours.tamper: must be a whole number from 1 to 72")]
    [InlineData("\"complaints\":{\"office\":\"Ombudsperson\"}", "complaints.office: needs an email, a phone or an address beside it")]
    [InlineData("\"complaints\":{\"office\":\"o\",\"phone\":\"311\",\"url\":\"http://a.example\"}",
        "complaints.url: must be an address such as https://city.example/complaints")]
    [InlineData("\"expires\":\"next year\"", "expires: must be a time such as 2026-01-31T23:59:59Z")]
    public void A_bad_value_is_named_with_what_it_must_be(string member, string problem) =>
        Assert.Equal([problem], Problems($$"""{"agency":"a","version":1,"purposes":[{"name":"a","basis":"b"}],{{member}}}"""));

    [Fact]
    public void A_policy_without_purposes_is_none() =>
        Assert.Equal(["purposes: must be a list of 1 to 64 entries"], Problems("""{"agency":"a","version":1,"purposes":[]}"""));
}
