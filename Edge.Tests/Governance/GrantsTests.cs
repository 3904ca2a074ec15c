using System.Text;
using System.Text.Json.Nodes;
using Edge.Agent.Governance;
using Edge.Storage.Audit;
using Edge.Storage.Keys;
using Edge.Storage.Sealing;

namespace Edge.Tests.Governance;

public sealed class GrantsTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly Recipient Key = new(RecipientKey.Create().Public, Start.AddDays(-1), Start.AddDays(90));

    internal static Grant Example { get; } = new()
    {
        Id = "sheriff-1", Agency = "sheriff", Jurisdiction = Jurisdiction.Local, Cases = ["S-7", "S-8"],
        Justification = "A joint task force on stolen vehicles.", NotBefore = Start, Expires = Start.AddDays(90), Recipients = [Key],
    };

    private static Grant Federal { get; } = Example with { Jurisdiction = Jurisdiction.Federal, Disclosure = new DateOnly(2027, 1, 31) };

    private static JsonObject Json(Grant grant) => JsonNode.Parse(new Grants("riverton", 3, [grant]).Write())!.AsObject();

    private static (Grants? Grants, IReadOnlyList<RefusedGrant> Refused) Parse(JsonObject json) =>
        (Grants.TryParse(Encoding.UTF8.GetBytes(json.ToJsonString()), out var grants, out var refused, out _) ? grants : null, refused);

    [Fact]
    public void What_is_written_is_read_back_the_same()
    {
        var grants = new Grants("riverton", 3, [Example, Federal with { Id = "b", Agency = "bureau", Oversight = "h..s" }]);
        Assert.True(Grants.TryParse(grants.Write(), out var read, out var refused, out _));
        Assert.Empty(refused);
        Assert.Equal(grants.Write(), read.Write());
        Assert.Equal((new DateOnly(2027, 1, 31), "h..s"), (read.All[1].Disclosure!.Value, read.All[1].Oversight));
    }

    public static TheoryData<string, string, string> Spoilt { get; } = new()
    {
        { "id", "\"No Name\"", "id: must be" },
        { "agency", "\"sheriff.county.example\"", "agency: must be" },
        { "jurisdiction", "\"Local\"", "jurisdiction: must be one of local, state, federal, foreign" },
        { "jurisdiction", "\"federal\"", "disclosure: missing" },
        { "cases", "[]", "cases: must be a list of 1 to 64" },
        { "cases", "[\"S-7\",\"S-7\"]", "cases[1]: stands here twice" },
        { "cases", "[\" \"]", "cases[0]: must be a case ID" },
        { "justification", "\"because\"", "justification: must say why" },
        { "justification", $"\"{new string('x', 2001)}\"", "justification: must say why" },
        { "notBefore", "\"2026-11-01\"", "notBefore: must be a time" },
        { "expires", "\"2026-11-01T12:00:00Z\"", "expires: must be after notBefore" },
        { "expires", "\"2027-01-30T12:00:01Z\"", "expires: must be at most 90 days after notBefore" },
        { "disclosure", "\"2026-10-31\"", "disclosure: must be within 180 days after notBefore" },
        { "disclosure", "\"2027-05-01\"", "disclosure: must be within 180 days after notBefore" },
        { "disclosure", "\"31.1.2027\"", "disclosure: must be a day such as 2027-01-31" },
        { "recipients", "[]", "recipients: must be a list of 1 to 64" },
        { "oversight", "\"a.b.c\"", "oversight: must be a JWS with detached content" },
        { "extra", "1", "extra: unknown key" },
    };

    [Theory, MemberData(nameof(Spoilt))]
    public void A_grant_that_is_not_well_formed_is_refused_by_itself_and_says_why(string member, string value, string reason)
    {
        var json = Json(Example);
        json["grants"]!.AsArray().Add(JsonNode.Parse((Example with { Id = "good" }).Write().ToJsonString()));
        json["grants"]![0]![member] = JsonNode.Parse(value);
        var (grants, refused) = Parse(json);
        Assert.Equal("good", Assert.Single(grants!.All).Id);
        var only = Assert.Single(refused);
        Assert.Equal(0, only.Index);
        Assert.StartsWith(reason, only.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("agency")]
    [InlineData("jurisdiction")]
    [InlineData("cases")]
    [InlineData("justification")]
    [InlineData("notBefore")]
    [InlineData("expires")]
    [InlineData("recipients")]
    public void A_grant_names_agency_class_cases_reason_term_and_keys(string member)
    {
        var json = Json(Example);
        json["grants"]![0]!.AsObject().Remove(member);
        Assert.Contains($"{member}: missing", Assert.Single(Parse(json).Refused).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_list_with_a_bad_head_or_too_many_grants_is_refused_whole()
    {
        var json = Json(Example);
        json["version"] = 0;
        Assert.Null(Parse(json).Grants);
        var many = new Grants("riverton", 1, [.. Enumerable.Range(0, Grants.Most + 1).Select(i => Example with { Id = $"g-{i}" })]);
        Assert.False(Grants.TryParse(many.Write(), out _, out _, out var problems));
        Assert.Equal("grants: must be a list of 0 to 32 entries", problems[0].ToString());
    }

    [Fact]
    public void The_oversight_role_signs_every_member_and_for_one_grantor_only()
    {
        using var key = SigningKey.Create();
        using var other = SigningKey.Create();
        Operators Of(AuditRole role) => new("riverton", 1, [new Operator("overseer-1", role, key.Public, Start, Start.AddDays(9))]);
        var signed = Federal.Countersign("riverton", key);
        Assert.Equal("overseer-1", signed.Countersigner("riverton", Of(AuditRole.Oversight))!.Account);
        Assert.Null(signed.Countersigner("elsewhere", Of(AuditRole.Oversight)));
        Assert.Null(signed.Countersigner("riverton", Of(AuditRole.Investigator)));
        Assert.Null(Federal.Countersign("riverton", other).Countersigner("riverton", Of(AuditRole.Oversight)));
        Assert.All(new[]
        {
            signed with { Agency = "bureau" }, signed with { Cases = ["S-7"] }, signed with { Justification = Federal.Justification + "!" },
            signed with { Expires = signed.Expires.AddSeconds(-1) }, signed with { NotBefore = signed.NotBefore.AddSeconds(1) },
            signed with { Disclosure = new DateOnly(2027, 2, 1) }, signed with { Jurisdiction = Jurisdiction.Foreign }, signed with { Id = "x" },
            signed with { Recipients = [new Recipient(RecipientKey.Create().Public, Start, Start.AddDays(1))] },
        }, changed => Assert.Null(changed.Countersigner("riverton", Of(AuditRole.Oversight))));
    }
}
