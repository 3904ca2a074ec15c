using Edge.Agent.Governance;
using Edge.Agent.Governance.Orders;
using Edge.Agent.Matching;
using Edge.Agent.Publishing;
using Edge.Storage.Audit;
using Edge.Storage.Keys;
using Edge.Storage.Sealing;
using Edge.Storage.Trust;
using Edge.Tests.Matching;

namespace Edge.Tests.Governance.Orders;

public sealed class OrderJudgementTests
{
    private static readonly BoxName Box = new("riverton", "box-1");
    private static readonly DateTimeOffset Now = Lists.Now;
    private static readonly OrderFacts Found = new(CaseHasHits: true, HitIsOfCase: true);

    public static TheoryData<string, string> EveryVerbByEveryRole
    {
        get
        {
            var all = new TheoryData<string, string>();
            foreach (var role in Duties.Roles.Keys)
                foreach (var verb in OrderTests.Samples.Keys) all.Add(role, verb);
            return all;
        }
    }

    private static Operator By(AuditRole role) => new("somebody-1", role, SigningKey.Create().Public, Now.AddDays(-1), Now.AddDays(1));

    // Every role has all it may ever have, and holds are allowed.
    private static Policy Widest => Lists.Policy with
    {
        LongestHoldHours = 100, Roles = Duties.Roles.Values.ToDictionary(role => role, Duties.Widest),
    };

    private static ActiveTrust Trust(Policy? policy = null, params string[] plates)
    {
        policy ??= Widest;
        return new ActiveTrust
        {
            Targets = new TrustedTargets
            {
                Agency = "riverton", Policy = policy.Write(), Operators = default, Recipients = default, Hotlist = default,
                Versions = new Dictionary<string, int>(), Expiries = new Dictionary<string, DateTimeOffset> { [TrustPath.Targets] = Now.AddDays(30) },
            },
            Policy = policy,
            Recipients = new Recipients("riverton", 1, []),
            Operators = new Operators("riverton", 1, []),
            Matcher = new HotlistMatcher(Lists.Blind(policy, [.. plates.Select(plate => Lists.Wanted(plate))])),
            Refused = [],
        };
    }

    private static OrderTerms Terms(BoxName? box = null, double given = 0, double expires = 1) =>
        new("order-0123456789", box ?? Box, Now.AddHours(given), Now.AddHours(expires));

    private static string? Admit(OrderTerms terms, Operator? by = null, ActiveTrust? trust = null) =>
        OrderJudgement.Admit(terms, Box, by ?? By(AuditRole.Investigator), trust ?? Trust(), Now);

    private static string? Judge(Order order, AuditRole role = AuditRole.Investigator, ActiveTrust? trust = null, OrderFacts? facts = null) =>
        OrderJudgement.Judge(order, By(role), trust ?? Trust(), facts ?? Found, Now);

    [Fact]
    public void An_order_in_order_is_admitted() => Assert.Null(Admit(Terms()));

    [Fact]
    public void An_order_for_another_box_is_refused()
    {
        Assert.Equal("other-box", Admit(Terms(new BoxName("riverton", "box-2"))));
        Assert.Equal("other-box", Admit(Terms(new BoxName("millbrook", "box-1"))));
    }

    [Fact]
    public void An_order_has_its_time()
    {
        Assert.Equal("expired", Admit(Terms(given: -2, expires: 0)));
        Assert.Equal("too-long-lived", Admit(Terms(expires: 7 * 24 + 0.01)));
        Assert.Equal("from-the-future", Admit(Terms(given: 0.2, expires: 1)));
        Assert.Null(Admit(Terms(given: 0.1, expires: 7 * 24)));
    }

    [Fact]
    public void Under_an_expired_policy_nobody_is_obeyed() =>
        Assert.Equal("policy-expired", Admit(Terms(), trust: Trust(Widest with { Expires = Now })));

    [Fact]
    public void An_operator_whose_term_is_over_is_refused() =>
        Assert.Equal("operator-expired", Admit(Terms(), By(AuditRole.Investigator) with { Expires = Now }));

    [Theory]
    [MemberData(nameof(EveryVerbByEveryRole))]
    public void Every_verb_needs_its_role(string role, string verb)
    {
        var order = OrderTests.Samples[verb];
        var may = Duties.Widest(Duties.Roles[role]).Contains(order.Verb);
        Assert.Equal(may ? null : "wrong-role", Judge(order, Duties.Roles[role]));
        // A policy that is silent gives the least; one that gives nothing, nothing.
        var nothing = Widest with { Roles = Duties.Roles.Values.ToDictionary(one => one, _ => (IReadOnlyList<Verb>)[]) };
        Assert.Equal("wrong-role", Judge(order, Duties.Roles[role], Trust(nothing)));
    }

    [Fact]
    public void A_purpose_outside_the_policy_is_refused()
    {
        Assert.Equal("purpose-not-allowed", Judge(new Order.Search("2026-17", "curiosity", Now.AddDays(-1), Now, 0)));
        Assert.Equal("purpose-not-allowed", Judge(new Order.Hold("2026-17", "curiosity", Now.AddDays(1))));
        Assert.Equal("purpose-not-allowed", Judge(new Order.Release("2026-17", "curiosity")));
        Assert.Equal("purpose-not-allowed", Judge(new Order.Disposition("2026-17", "curiosity", 7, Verdict.Confirmed, null)));
    }

    [Fact]
    public void A_case_keeps_the_purpose_it_was_opened_for()
    {
        var entry = Trust(plates: "AB123").Matcher.Hotlist.Entries[0];
        var other = Widest.Purposes.First(purpose => purpose.Name != entry.Purpose).Name;
        var (trust, nothing) = (Trust(plates: "AB123"), new OrderFacts(CaseHasHits: false));
        Assert.Null(Judge(new Order.Search(entry.Case, entry.Purpose, Now.AddDays(-1), Now, 0), trust: trust, facts: nothing));
        Assert.Equal("purpose-of-another-case", Judge(new Order.Search(entry.Case, other, Now.AddDays(-1), Now, 0), trust: trust, facts: nothing));
        Assert.Equal("purpose-of-another-case", Judge(new Order.Hold(entry.Case, other, Now.AddHours(1)), trust: trust, facts: nothing));
        Assert.Equal("purpose-of-another-case", Judge(new Order.Release(entry.Case, other), trust: trust, facts: nothing));
        // The list gave it another purpose since: what was found for the one before stays within reach of that one.
        Assert.Null(Judge(new Order.Search(entry.Case, other, Now.AddDays(-1), Now, 0), trust: trust, facts: new OrderFacts(CaseHasHits: true)));
    }

    [Fact]
    public void A_made_up_case_is_neither_searched_nor_held()
    {
        var unknown = new OrderFacts(CaseHasHits: false);
        Assert.Equal("unknown-case", Judge(OrderTests.Samples["search"], facts: unknown));
        Assert.Equal("unknown-case", Judge(OrderTests.Samples["hold"], facts: unknown));
        Assert.Null(Judge(OrderTests.Samples["release"], facts: unknown));
    }

    [Fact]
    public void A_hold_stays_inside_the_bound_of_the_policy()
    {
        Assert.Null(Judge(new Order.Hold("2026-17", "stolen-vehicle", Now.AddHours(100))));
        Assert.Equal("beyond-longest-hold", Judge(new Order.Hold("2026-17", "stolen-vehicle", Now.AddHours(100).AddSeconds(1))));
        Assert.Equal("until-has-passed", Judge(new Order.Hold("2026-17", "stolen-vehicle", Now)));
        Assert.Equal("no-holds", Judge(OrderTests.Samples["hold"], trust: Trust(Widest with { LongestHoldHours = 0 })));
    }

    [Fact]
    public void A_disposition_is_about_a_hit_of_its_own_case()
    {
        Assert.Equal("hit-of-another-case", Judge(OrderTests.Samples["disposition"], facts: Found with { HitIsOfCase = false }));
        Assert.Equal("no-such-hit", Judge(OrderTests.Samples["disposition"], facts: new OrderFacts(false)));
        // Its retention is over, but the log remembers of which case it was.
        Assert.Null(Judge(OrderTests.Samples["disposition"], facts: new OrderFacts(CaseHasHits: false, HitIsOfCase: true)));
    }
}
