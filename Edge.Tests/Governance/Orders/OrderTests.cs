using System.Text;
using Edge.Agent.Governance;
using Edge.Agent.Governance.Orders;
using Edge.Storage.Sealing;
using Edge.Tests.Matching;

namespace Edge.Tests.Governance.Orders;

public sealed class OrderTests
{
    public static TheoryData<string> Every => [.. Samples.Keys];

    internal static Dictionary<string, Order> Samples { get; } = new()
    {
        ["hold"] = new Order.Hold("2026-17", "stolen-vehicle", Lists.Now.AddDays(3)),
        ["release"] = new Order.Release("2026-17", "stolen-vehicle"),
        ["search"] = new Order.Search("2026-17", "stolen-vehicle", Lists.Now.AddDays(-1), Lists.Now, 12),
        ["disposition"] = new Order.Disposition("2026-17", "stolen-vehicle", 7, Verdict.WrongRegion, null),
        ["export"] = new Order.Export(),
        ["revoke"] = new Order.Revoke(new string('k', 43)),
        ["decommission"] = new Order.Decommission(),
    };

    [Theory]
    [MemberData(nameof(Every))]
    public void What_is_written_is_read(string verb)
    {
        Assert.True(Order.TryParse(Samples[verb].Write(), out var read, out var refusal), refusal);
        Assert.Equal(Samples[verb], read);
        Assert.Equal(verb, Duties.Write(read.Verb));
    }

    [Fact]
    public void A_note_stays_sealed_to_the_agency()
    {
        using var agency = RecipientKey.Create();
        var note = SealedPart.Seal(agency.Public, "header"u8, "not the car"u8, SealedUse.Note);
        var written = new Order.Disposition("2026-17", "stolen-vehicle", 7, Verdict.Misread, note).Write();
        Assert.True(Order.TryParse(written, out var read, out _));
        Assert.True(((Order.Disposition)read).Note!.TryOpen(agency, "header"u8, out var words, SealedUse.Note));
        Assert.Equal("not the car", Encoding.UTF8.GetString(words));
    }

    [Theory]
    [InlineData("search")]
    [InlineData("hold")]
    [InlineData("release")]
    [InlineData("disposition")]
    public void No_case_ID_no_order_about_hits(string verb)
    {
        Assert.Equal("no-case", Refusal(verb, """ "case":"2026-17", """, ""));
        Assert.Equal("no-case", Refusal(verb, """ "2026-17" """, """ "" """));
        Assert.Equal("no-case", Refusal(verb, """ "2026-17" """, """ "---" """));
    }

    [Theory]
    [InlineData("search")]
    [InlineData("hold")]
    [InlineData("release")]
    [InlineData("disposition")]
    public void No_purpose_no_order_about_hits(string verb) =>
        Assert.Equal("no-purpose", Refusal(verb, """ "purpose":"stolen-vehicle", """, ""));

    [Fact]
    public void There_is_no_search_by_plate()
    {
        Assert.Equal("no-such-verb", Refusal("search", "\"verb\":\"search\"", "\"verb\":\"search-plate\""));
        Assert.Equal("unknown-field", Refusal("search", "\"after\":12", "\"after\":12,\"plate\":\"AB123\""));
        Assert.Equal("no-case", Refusal("search", """ "case":"2026-17", """, """ "plate":"AB123", """));
    }

    [Fact]
    public void There_is_no_search_across_cases() =>
        Assert.Equal("no-case", Refusal("search", """ "2026-17" """, """ ["2026-17","2026-18"] """));

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{")]
    public void What_is_no_order_is_malformed_or_has_no_verb(string json)
    {
        Assert.False(Order.TryParse(Encoding.UTF8.GetBytes(json), out _, out var refusal));
        Assert.Contains(refusal, new[] { "malformed", "no-such-verb" });
    }

    [Fact]
    public void An_order_about_a_case_prints_neither_case_nor_purpose() =>
        Assert.Equal("search(redacted)", Samples["search"].ToString());

    private static string Refusal(string verb, string part, string instead)
    {
        var json = Encoding.UTF8.GetString(Samples[verb].Write());
        Assert.Contains(part.Trim(), json, StringComparison.Ordinal);
        Assert.False(Order.TryParse(Encoding.UTF8.GetBytes(json.Replace(part.Trim(), instead.Trim(), StringComparison.Ordinal)), out _, out var refusal));
        return refusal;
    }
}
