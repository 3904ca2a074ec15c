using System.Text;
using Edge.Agent.Governance;
using Edge.Agent.Hub;
using Edge.Storage.Audit;

namespace Edge.Tests.Governance;

public sealed class DutiesTests
{
    // Written out a second time on purpose: whoever widens a role has to say so here.
    private static readonly Dictionary<string, string[]> Widest = new()
    {
        ["technician"] = ["view-aim", "decommission"],
        ["auditor"] = ["export"],
        ["investigator"] = ["search", "hold", "release", "disposition"],
        ["oversight"] = ["release", "export", "revoke", "decommission"],
        ["hub"] = ["export", "revoke", "decommission"],
    };

    private static readonly Dictionary<string, string[]> Least = new()
    {
        ["technician"] = ["view-aim"], ["auditor"] = ["export"], ["investigator"] = ["search", "disposition"], ["oversight"] = ["export", "revoke"],
        ["hub"] = [],
    };

    public static TheoryData<string, string> EveryVerbOfEveryRole => [.. Duties.Roles.Keys.SelectMany(role => Duties.Verbs.Keys.Select(verb => (role, verb)))];

    private static bool TryPolicy(string roles, out Policy? policy) => Policy.TryParse(Encoding.UTF8.GetBytes(
        $$"""{"agency":"a","version":1,"purposes":[{"name":"a","basis":"b"}],"roles":{{roles}}}"""), out policy, out _);

    [Theory, MemberData(nameof(EveryVerbOfEveryRole))]
    public void A_verb_is_given_only_by_the_policy_and_only_to_a_role_that_may_ever_have_it(string role, string verb)
    {
        var (who, what) = (Duties.Roles[role], Duties.Verbs[verb]);
        Assert.True(TryPolicy("{}", out var silent));
        Assert.Equal(Least[role].Contains(verb), silent!.Allows(who, what));

        Assert.True(TryPolicy($$"""{"{{role}}":[]}""", out var nothing));
        Assert.False(nothing!.Allows(who, what));

        var mayEver = Widest[role].Contains(verb);
        Assert.Equal(mayEver, TryPolicy($$"""{"{{role}}":["{{verb}}"]}""", out var given));
        if (mayEver) Assert.True(given!.Allows(who, what));

        var slipped = AgencyPlan.ExamplePolicy("a") with { Roles = new Dictionary<AuditRole, IReadOnlyList<Verb>> { [who] = [what] } };
        Assert.Equal(mayEver, slipped.Allows(who, what));
    }

    [Theory]
    [InlineData("""{"mayor":["search"]}""")]
    [InlineData("""{"agent":["search"]}""")]
    [InlineData("""{"investigator":["track"]}""")]
    [InlineData("""{"investigator":["search","search"]}""")]
    [InlineData("""{"investigator":"search"}""")]
    public void An_unknown_role_or_verb_is_refused(string roles) => Assert.False(TryPolicy(roles, out _));

    [Fact]
    public void The_box_itself_may_order_nothing() => Assert.All(Duties.Verbs.Values,
        verb => Assert.False(AgencyPlan.ExamplePolicy("a").Allows(AuditRole.Agent, verb)));
}
