using System.Text;
using System.Text.Json.Nodes;
using Edge.Agent.Governance;
using Edge.Agent.Matching;
using Edge.Agent.Publishing;

namespace Edge.Tests.Matching;

public sealed class HotlistTests
{
    private static readonly Hotlist Three = Lists.Blind(Lists.FoldingPolicy,
        Lists.Wanted("AB123"), Lists.Wanted("CD456", "C-2", MatchForm.Folded), Lists.Wanted("EF789", "C-3"));

    private static (Hotlist? List, IReadOnlyList<RefusedEntry> Refused) Parse(JsonObject json, Policy? policy = null)
    {
        Hotlist.TryParse(Encoding.UTF8.GetBytes(json.ToJsonString()), policy ?? Lists.FoldingPolicy, Lists.Now, out var list, out var refused);
        return (list, refused);
    }

    [Fact]
    public void A_name_with_half_a_surrogate_pair_in_it_refuses_the_list_and_throws_nothing()
    {
        var written = System.Text.Encoding.UTF8.GetString(Lists.Blind(Lists.Policy, Lists.Wanted("AB123CD")).Write());
        var spoilt = System.Text.Encoding.UTF8.GetBytes(written.Replace("\"entries\"", "\"entrie\\ud800s\"", StringComparison.Ordinal));
        Assert.False(Hotlist.TryParse(spoilt, Lists.Policy, Lists.Now, out _, out var refused));
        Assert.NotEmpty(refused);
    }

    [Fact]
    public void What_is_written_is_read_back_the_same()
    {
        var (list, refused) = Parse(Lists.Json(Three));
        Assert.Empty(refused);
        Assert.Equal(Three.Write(), list!.Write());
    }

    public static TheoryData<string, string?, string> BadFields => new()
    {
        { "case", null, "case: missing" },
        { "case", "", "case: must be text of 1 to 64 characters with a letter or digit in it" },
        { "case", " ", "case: must be text of 1 to 64 characters with a letter or digit in it" },
        { "case", "\u200B", "case: must be text of 1 to 64 characters with a letter or digit in it" },
        { "case", "\u3000", "case: must be text of 1 to 64 characters with a letter or digit in it" },
        { "case", "-", "case: must be text of 1 to 64 characters with a letter or digit in it" },
        { "case", " C-1", "case: must be text of 1 to 64 characters with a letter or digit in it" },
        { "purpose", "section-21", "purpose: must be lower-case words joined by '-', such as stolen-vehicle" },
        { "purpose", null, "purpose: missing" },
        { "purpose", "immigration", "purpose: is not one the policy allows" },
        { "basis", null, "basis: missing" },
        { "expires", null, "expires: missing" },
        { "expires", "2026-12-02T12:00:00Z", "expires: more than 30 days after notBefore" },
        { "expires", "2026-11-01T12:00:00Z", "expires: must be after notBefore" },
        { "notBefore", "yesterday", "notBefore: must be a time such as 2026-01-31T23:59:59Z" },
        { "tag", "AAAA", "tag: must be 16 bytes as base64url" },
        { "form", "fuzzy", "form: must be one of exact, folded" },
        { "id", "e 1", "id: must be 1 to 64 of A-Z, a-z, 0-9, '.', '-' and '_'" },
        { "plate", "AB123", "plate: unknown key; remove it" },
    };

    [Theory, MemberData(nameof(BadFields))]
    public void A_bad_entry_is_refused_alone_with_its_reason(string field, string? value, string reason)
    {
        var json = Lists.Json(Three);
        Lists.Entry(json, 1).Remove(field);
        if (value is not null) Lists.Entry(json, 1)[field] = value;

        var (list, refused) = Parse(json);

        var refusal = Assert.Single(refused);
        Assert.Equal((1, reason), (refusal.Index, refusal.Reason));
        Assert.Equal([Three.Entries[0].Id, Three.Entries[2].Id], list!.Entries.Select(entry => entry.Id));
    }

    [Fact]
    public void Of_two_entries_with_one_id_the_second_is_refused()
    {
        var json = Lists.Json(Three);
        Lists.Entry(json, 2)["id"] = Three.Entries[0].Id;
        var (list, refused) = Parse(json);
        Assert.Equal("id: stands in the list before", Assert.Single(refused).Reason);
        Assert.Equal(2, list!.Entries.Count);
    }

    [Fact]
    public void An_entry_expired_on_arrival_is_refused()
    {
        Assert.True(Hotlist.TryParse(Three.Write(), Lists.FoldingPolicy, Lists.Now.AddDays(2), out var list, out var refused));
        Assert.Empty(list.Entries);
        Assert.All(refused, refusal => Assert.Equal("expires: has passed", refusal.Reason));
    }

    [Fact]
    public void A_folded_entry_is_refused_where_the_policy_matches_exactly()
    {
        var (list, refused) = Parse(Lists.Json(Three), Lists.Policy);
        Assert.Equal("form: folded is not allowed by the policy", Assert.Single(refused).Reason);
        Assert.Equal(2, list!.Entries.Count);
    }

    [Theory]
    [InlineData("Gang File")]
    [InlineData("gang file")]
    [InlineData("NCIC IMMIGRATION VIOLATOR FILE")]
    [InlineData("ncic-gang")]
    [InlineData("ncic_immigration_violator")]
    [InlineData("ImmigrationViolator")]
    public void An_entry_from_a_forbidden_file_is_refused_alone_on_the_box(string source)
    {
        var json = Lists.Json(Three);
        Lists.Entry(json, 1)["source"] = source;
        var (list, refused) = Parse(json);
        Assert.Equal((1, "source: is a file that the policy forbids"), (Assert.Single(refused).Index, refused[0].Reason));
        Assert.Equal(2, list!.Entries.Count);
        Assert.Empty(Parse(json, Lists.FoldingPolicy with { ForbiddenSources = [] }).Refused);
    }

    [Fact]
    public void Only_the_whole_name_of_a_file_is_forbidden()
    {
        var json = Lists.Json(Three);
        Lists.Entry(json, 1)["source"] = "Gang File of 2019";
        Assert.Empty(Parse(json).Refused);
    }

    [Theory]
    [InlineData("agency", "\"elsewhere\"", "agency: must be riverton, the policy's agency")]
    [InlineData("salt", "\"AAAA\"", "salt: must be 16 bytes as base64url")]
    [InlineData("argon2id", """{"memoryKiB":8,"passes":1}""", "argon2id.memoryKiB: and passes together are outside what a box accepts")]
    [InlineData("argon2id", """{"memoryKiB":19456,"passes":2,"lanes":4}""", "argon2id.lanes: unknown key; did you mean")]
    [InlineData("expires", "null", "expires: must be a time such as 2026-01-31T23:59:59Z")]
    [InlineData("entries", "{}", "entries: must be a list of 0 to 50000 entries")]
    [InlineData("plates", "[]", "plates: unknown key; remove it")]
    public void A_bad_head_refuses_the_whole_list(string field, string value, string reason)
    {
        var json = Lists.Json(Three);
        json[field] = JsonNode.Parse(value);
        var (list, refused) = Parse(json);
        Assert.Null(list);
        Assert.StartsWith(reason.Replace("; did you mean", "", StringComparison.Ordinal), Assert.Single(refused).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Entries_beyond_what_the_policy_allows_are_refused_and_the_first_ones_stay()
    {
        var (list, refused) = Parse(Lists.Json(Three), Lists.FoldingPolicy with { LargestHotlist = 2 });
        Assert.Equal(2, list!.Entries.Count);
        Assert.Equal($"entry 2 ({Three.Entries[2].Id}): too-many: the policy allows a hotlist of 2 entries", Assert.Single(refused).ToString());
    }

    [Fact]
    public void The_same_plate_for_the_same_case_is_refused_the_second_time_and_another_case_may_have_it()
    {
        var json = Lists.Json(Three);
        Lists.Entry(json, 2)["tag"] = Lists.Entry(json, 0)["tag"]!.GetValue<string>();
        Assert.Empty(Parse(json).Refused);
        Lists.Entry(json, 2)["case"] = "C-1";
        Assert.Equal("duplicate: the plate stands in the list before, for the same case", Assert.Single(Parse(json).Refused).Reason);
    }

    [Fact]
    public void The_list_on_the_disk_holds_no_plate_and_prints_no_case()
    {
        var text = Encoding.UTF8.GetString(Three.Write());
        Assert.All(new[] { "AB123", "CD456", "EF789" }, plate => Assert.DoesNotContain(plate, text, StringComparison.OrdinalIgnoreCase));
        Assert.DoesNotContain("C-1", $"{Three} {Three.Entries[0]} {new HotlistMatch(Three.Entries[0], MatchForm.Exact)}", StringComparison.Ordinal);
    }
}
