using Edge.Agent.Governance;
using Edge.Agent.Matching;
using Edge.Storage.Sealing;
using Edge.Storage.Trust;
using Edge.Tests.Matching;

namespace Edge.Tests.Governance;

public sealed class ActiveTrustTests
{
    private static ActiveTrust Trust(DateTimeOffset? policyExpires, DateTimeOffset signatureExpires)
    {
        using var key = RecipientKey.Create();
        var policy = Lists.Policy with { Expires = policyExpires };
        return new ActiveTrust
        {
            Targets = new TrustedTargets
            {
                Agency = "riverton", Policy = policy.Write(), Operators = default, Recipients = default, Hotlist = default,
                Versions = new Dictionary<string, int>(),
                Expiries = new Dictionary<string, DateTimeOffset>
                {
                    [TrustPath.Targets] = signatureExpires, [TrustPath.HotlistMetadata("riverton")] = Lists.Now.AddDays(1),
                },
            },
            Policy = policy,
            Recipients = new Recipients("riverton", 1, [new Recipient(key.Public, Lists.Now.AddDays(-1), Lists.Now.AddDays(9))]),
            Operators = new Operators("riverton", 1, []),
            Matcher = new HotlistMatcher(Lists.Blind(policy, Lists.Wanted("AB123"))),
            Refused = [],
        };
    }

    [Fact]
    public void Under_an_expired_policy_no_order_is_taken_and_matching_goes_on()
    {
        var trust = Trust(Lists.Now.AddHours(1), Lists.Now.AddDays(30));
        Assert.True(trust.TakesOrders(Lists.Now.AddHours(1).AddTicks(-1)));
        Assert.False(trust.TakesOrders(Lists.Now.AddHours(1)));
        using var plate = Lists.Plate("AB123");
        Assert.Single(trust.Match(plate, Lists.Now.AddHours(2)));
        Assert.Empty(trust.Match(plate, Lists.Now.AddDays(1)));
    }

    [Fact]
    public void A_policy_never_outlives_the_signature_on_it()
    {
        Assert.Equal(Lists.Now.AddDays(1), Trust(null, Lists.Now.AddDays(1)).PolicyExpires);
        Assert.Equal(Lists.Now.AddDays(1), Trust(Lists.Now.AddDays(2), Lists.Now.AddDays(1)).PolicyExpires);
    }
}
