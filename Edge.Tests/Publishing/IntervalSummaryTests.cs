using System.Text;
using Edge.Agent.Publishing;
using Edge.Tests.Support;

namespace Edge.Tests.Publishing;

public sealed class IntervalSummaryTests
{
    [Fact]
    public void A_summary_reads_back_as_it_was_written()
    {
        var summary = SampleBox.Summary(4, 5);

        Assert.True(IntervalSummary.TryParse(summary.ToJson(), out var read, out var reason), reason);
        Assert.Equal(summary.ToJson(), read.ToJson());
        Assert.Equal(summary.Cameras, read.Cameras);
        Assert.Equal([4, 5], read.Dropped);
    }

    [Fact]
    public void A_summary_is_written_as_documented() => Assert.Equal(
        """{"from":"2026-03-04T05:01:07.890Z","to":"2026-03-04T05:06:07.890Z","frames":9000,"reads":41,"discarded":40,"hits":1,"cameras":[{"name":"lane-1","state":"running","frames":9000,"dropped":2,"reconnects":0}],"hotlistVersion":3,"policyVersion":12,"clock":"synced","retentionHours":24,"logSize":77,"logRoot":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","dropped":[4],"shared":[],"ordersDone":0,"ordersRefused":0}""",
        Encoding.UTF8.GetString(SampleBox.Summary(4).ToJson()));

    [Fact]
    public void A_summary_from_before_there_were_grants_shares_nothing()
    {
        var json = Encoding.UTF8.GetString(SampleBox.Summary().ToJson()).Replace(",\"shared\":[]", "", StringComparison.Ordinal);
        Assert.True(IntervalSummary.TryParse(Encoding.UTF8.GetBytes(json), out var read, out var reason), reason);
        Assert.Empty(read.Shared);
    }

    [Theory]
    [InlineData("""[{"agency":"a","jurisdiction":"local","hits":1},{"agency":"b","jurisdiction":"federal","hits":2}]""", true)]
    [InlineData("""[{"agency":"b","jurisdiction":"local","hits":1},{"agency":"a","jurisdiction":"local","hits":2}]""", false)]
    [InlineData("""[{"agency":"a","jurisdiction":"local","hits":1},{"agency":"a","jurisdiction":"local","hits":2}]""", false)]
    [InlineData("""[{"agency":"a","jurisdiction":"local","hits":0}]""", false)]
    [InlineData("""[{"agency":"A","jurisdiction":"local","hits":1}]""", false)]
    [InlineData("""[{"agency":"a","jurisdiction":"Local","hits":1}]""", false)]
    [InlineData("""[{"agency":"a","jurisdiction":"local"}]""", false)]
    public void What_was_shared_is_one_line_an_agency_in_order(string shared, bool isGood)
    {
        var json = Encoding.UTF8.GetString(SampleBox.Summary().ToJson()).Replace("\"shared\":[]", $"\"shared\":{shared}", StringComparison.Ordinal);
        Assert.Equal(isGood, IntervalSummary.TryParse(Encoding.UTF8.GetBytes(json), out _, out _));
    }

    [Fact]
    public void Reads_are_always_discarded_or_hits()
    {
        var wrong = SampleBox.Summary() with { Discarded = 39 };
        Assert.Contains("discarded + hits", Assert.Throws<InvalidOperationException>(() => wrong.ToJson()).Message, StringComparison.Ordinal);

        var json = Encoding.UTF8.GetString(SampleBox.Summary().ToJson()).Replace("\"discarded\":40", "\"discarded\":39", StringComparison.Ordinal);
        Assert.False(IntervalSummary.TryParse(Encoding.UTF8.GetBytes(json), out _, out var reason));
        Assert.Contains("discarded + hits", reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"logSize\":77", "\"logSize\":-1")]
    [InlineData("\"retentionHours\":24", "\"retentionHours\":505")]
    [InlineData("\"clock\":\"synced\"", "\"clock\":\"good\"")]
    [InlineData("\"state\":\"running\"", "\"state\":\"Running\"")]
    [InlineData("\"name\":\"lane-1\"", "\"name\":\"lane 1\"")]
    [InlineData("AAAA\"", "AA\"")]
    [InlineData("\"dropped\":[]", "\"dropped\":[0]")]
    [InlineData("\"dropped\":[]", "\"dropped\":null")]
    [InlineData("\"dropped\":[]", "\"dropped\":[],\"plates\":[]")]
    [InlineData("\"from\":\"2026-03", "\"from\":\"2027-03")]
    public void Anything_else_is_refused(string part, string instead)
    {
        var json = Encoding.UTF8.GetString(SampleBox.Summary().ToJson());
        var changed = json.Replace(part, instead, StringComparison.Ordinal);
        Assert.NotEqual(json, changed);

        Assert.False(IntervalSummary.TryParse(Encoding.UTF8.GetBytes(changed), out _, out var reason));
        Assert.NotEmpty(reason);
    }
}
