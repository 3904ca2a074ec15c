using CsCheck;
using Edge.Agent.Governance;
using Edge.Agent.Hub;
using Edge.Storage.Audit;
using Edge.Storage.Keys;

namespace Edge.Tests.Governance;

/// <summary>(request, policy, grants, now) → allowed, or refused and why.</summary>
public sealed class SharingDecisionTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly SigningKey Overseer = SigningKey.Create();
    private static readonly SigningKey Stranger = SigningKey.Create();

    private static readonly Operators Operators = new("riverton", 1,
        [new Operator("overseer-1", AuditRole.Oversight, Overseer.Public, Start.AddDays(-1), Start.AddDays(20))]);

    private static readonly Grant[] Signed = [.. AllGrants()];

    private static IEnumerable<Grant> AllGrants()
    {
        foreach (var agency in new[] { "sheriff", "bureau", "riverton" })
            foreach (var jurisdiction in Enum.GetValues<Jurisdiction>())
                foreach (var cases in new[] { new[] { "S-7" }, ["S-7", "S-8"] })
                    foreach (var (from, to) in new[] { (0, 10), (5, 30) })
                    {
                        var grant = GrantsTests.Example with
                        {
                            Id = $"{agency}-{from}", Agency = agency, Jurisdiction = jurisdiction, Cases = cases, NotBefore = Start.AddDays(from),
                            Expires = Start.AddDays(to),
                            Disclosure = new DateOnly(2026, 12, 1),
                            Recipients = [GrantsTests.Example.Recipients[0] with { Expires = Start.AddDays(25) }],
                        };
                        foreach (var key in new[] { null, Overseer, Stranger }) yield return key is null ? grant : grant.Countersign("riverton", key);
                    }
    }

    private static Gen<T> One<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    private static readonly Gen<Policy> Policies = Gen.Enum<Jurisdiction>().Array[0, 4].Select(classes =>
        AgencyPlan.ExamplePolicy("riverton") with { Sharing = [.. classes.Distinct()] });

    private static readonly Gen<ShareRequest> Requests = Gen.Select(One("sheriff", "bureau", "nobody"), One("S-7", "S-8", "S-9"),
        One("stolen-vehicle", "immigration"), (agency, caseId, purpose) => new ShareRequest(agency, caseId, purpose));

    [Fact]
    public void Nothing_is_shared_but_under_a_grant_in_force_that_names_agency_and_case_and_that_the_policy_allows() =>
        Gen.Select(Requests, Policies, One(Signed).Array[0, 5], Gen.Int[-1, 35], Gen.Bool).Sample((request, policy, grants, day, isHalfPast) =>
        {
            var now = Start.AddDays(day).AddHours(isHalfPast ? 12 : 0);
            var until = Start.AddDays(28);
            var sharing = Sharing.Under(policy, until, Operators, new Grants("riverton", 1, grants), out var refused);
            Assert.Equal(grants.Length, sharing.Grants.Count() + refused.Count);

            // Each rule of docs/sharing.md by itself, over the grants that are in use.
            bool IsOpen(Grant grant) => grant.NotBefore <= now && now < grant.Expires && now < until && now < Start.AddDays(25)
                && (grant.Oversight is null || now < Start.AddDays(20));
            Assert.All(sharing.Grants, grant =>
            {
                Assert.Contains(grant.Jurisdiction, policy.Sharing);
                Assert.NotEqual("riverton", grant.Agency);
                Assert.Equal(grant.Oversight is not null, grant.Countersigner("riverton", Operators) is not null);
                Assert.True(!grant.NeedsOversight || grant.Oversight is not null);
                Assert.Equal(grant.Jurisdiction, sharing.ClassOf(grant.Agency));
            });
            var expected = sharing.Grants.Any(grant => grant.Agency == request.Agency && grant.Cases.Contains(request.Case) && IsOpen(grant))
                && policy.Allows(request.Purpose);

            var decision = sharing.Decide(request, now);
            Assert.Equal(expected, decision is ShareDecision.Allowed);
            if (decision is ShareDecision.Allowed(var under, var to))
            {
                Assert.True(under.Agency == request.Agency && under.Cases.Contains(request.Case) && IsOpen(under));
                Assert.Contains(under.Recipients, recipient => recipient.Key.Equals(to));
                Assert.True(sharing.Shares(request.Agency, now));
            }
            else Assert.True(AuditWords.IsWords(((ShareDecision.Refused)decision).Reason));
        });

    [Fact]
    public void Of_grants_that_can_be_used_none_is_refused() => One(Signed).Sample(grant =>
    {
        var policy = AgencyPlan.ExamplePolicy("riverton") with { Sharing = [.. Enum.GetValues<Jurisdiction>()] };
        Sharing.Under(policy, DateTimeOffset.MaxValue, Operators, new Grants("riverton", 1, [grant]), out var refused);
        var isGood = grant.Agency != "riverton" && (grant.Oversight is null ? !grant.NeedsOversight : grant.Countersigner("riverton", Operators) is not null);
        Assert.Equal(isGood, refused.Count == 0);
    });

    [Theory]
    [InlineData("nobody", "S-7", 1, "no-grant")]
    [InlineData("sheriff", "S-9", 1, "case-not-granted")]
    [InlineData("sheriff", "S-7", -1, "grant-not-begun")]
    [InlineData("sheriff", "S-7", 90, "grant-ended")]
    public void A_refusal_says_why(string agency, string caseId, int day, string reason)
    {
        var policy = AgencyPlan.ExamplePolicy("riverton") with { Sharing = [Jurisdiction.Local] };
        var sharing = Sharing.Under(policy, DateTimeOffset.MaxValue, Operators, new Grants("riverton", 1, [GrantsTests.Example]), out _);
        Assert.Equal(reason, Assert.IsType<ShareDecision.Refused>(sharing.Decide(new ShareRequest(agency, caseId, "stolen-vehicle"),
            Start.AddDays(day))).Reason);
    }

    [Fact]
    public void One_agency_has_one_class_and_a_grant_one_id()
    {
        var policy = AgencyPlan.ExamplePolicy("riverton") with { Sharing = [Jurisdiction.Local, Jurisdiction.State] };
        var grants = new Grants("riverton", 1,
            [GrantsTests.Example, GrantsTests.Example, GrantsTests.Example with { Id = "x", Jurisdiction = Jurisdiction.State }]);
        Sharing.Under(policy, DateTimeOffset.MaxValue, Operators, grants, out var refused);
        Assert.Equal(["id: stands in the list before", "jurisdiction: a grant before names this agency as local"], refused.Select(one => one.Reason));
    }
}
