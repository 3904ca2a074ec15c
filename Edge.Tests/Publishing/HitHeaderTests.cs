using System.Text;
using Edge.Agent.Publishing;
using Edge.Storage.Sealing;
using Edge.Tests.Support;

namespace Edge.Tests.Publishing;

public sealed class HitHeaderTests
{
    private static readonly HitHeader Header = new(new BoxName("demo", "box-1"), 17, "entry-7", SampleBox.Expires);

    [Fact]
    public void A_header_says_whom_the_hit_is_for() => Assert.Equal(
        """{"agency":"demo","box":"box-1","sequence":17,"entry":"entry-7","expires":"2090-01-01T00:00:00.000Z","for":"sheriff"}""",
        Encoding.UTF8.GetString((Header with { For = "sheriff" }).ToJson()));

    [Fact]
    public void A_header_from_before_there_were_grants_is_for_the_box_s_own_agency()
    {
        var old = """{"agency":"demo","box":"box-1","sequence":17,"entry":"entry-7","expires":"2090-01-01T00:00:00.000Z"}"""u8;
        Assert.True(HitHeader.TryParse(old, out var header, out _));
        Assert.Equal(Header, header);
        Assert.Equal("demo", header.For);
    }

    [Theory]
    [InlineData("\"Sheriff\"")]
    [InlineData("\"\"")]
    [InlineData("7")]
    public void Whom_it_is_for_is_a_name(string audience) => Assert.False(HitHeader.TryParse(
        Encoding.UTF8.GetBytes($$"""{"agency":"demo","box":"box-1","sequence":17,"entry":"entry-7","expires":"2090-01-01T00:00:00.000Z","for":{{audience}}}"""),
        out _, out _));

    [Fact]
    public void Whom_it_is_for_is_bound_to_what_is_sealed()
    {
        using var key = RecipientKey.Create();
        using var body = HitBody.Write("34A36837"u8, SampleBox.Facts(8));
        var hit = SealedHit.Seal(key.Public, Header with { For = "sheriff" }, body);
        var forged = Encoding.UTF8.GetString(hit.ToJson()).Replace(
            System.Buffers.Text.Base64Url.EncodeToString((Header with { For = "sheriff" }).ToJson()),
            System.Buffers.Text.Base64Url.EncodeToString(Header.ToJson()), StringComparison.Ordinal);
        Assert.True(hit.TryOpen(key, out _));
        Assert.True(SealedHit.TryParse(Encoding.UTF8.GetBytes(forged), out var passedOn, out _));
        Assert.Equal("demo", passedOn.Header.For);
        Assert.False(passedOn.TryOpen(key, out _));
    }
}
