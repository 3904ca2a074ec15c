using System.Text;
using Edge.Agent.Governance;
using Edge.Agent.Publishing;
using Edge.Tests.Support;

namespace Edge.Tests.Publishing;

public sealed class IncidentNoticeTests
{
    private const string Written =
        """{"kind":"rollback-attempt","when":"2026-03-04T05:05:07.890Z","notifyBy":"2026-03-05T04:06:07.890Z","detail":"snapshot-json","count":1}""";

    [Fact]
    public void A_notice_is_written_as_documented_and_read_back()
    {
        Assert.Equal(Written, Encoding.UTF8.GetString(SampleBox.Notice.ToJson()));
        Assert.True(IncidentNotice.TryParse(Encoding.UTF8.GetBytes(Written), out var read, out var reason), reason);
        Assert.Equal(SampleBox.Notice, read);
    }

    [Fact]
    public void Every_kind_of_incident_has_its_spelling() => Assert.All(Enum.GetValues<IncidentKind>(), kind =>
    {
        Assert.True(IncidentNotice.TryParse((SampleBox.Notice with { Kind = kind }).ToJson(), out var read, out _));
        Assert.Equal(kind, read.Kind);
    });

    [Theory]
    [InlineData("rollback-attempt", "rollback")]
    [InlineData("\"rollback-attempt\"", "1")]
    [InlineData("2026-03-05T04", "2026-03-04T04")]
    [InlineData("2026-03-05T04", "2026-03-07T06")] // more than the longest deadline
    [InlineData("snapshot-json", "AB123CD")]
    [InlineData("snapshot-json", "case-17")]
    [InlineData("\"count\":1", "\"count\":0")]
    [InlineData("\"count\":1", "\"count\":1,\"plate\":\"x\"")]
    [InlineData(",\"count\":1", "")]
    public void Anything_else_is_refused(string part, string instead)
    {
        var changed = Written.Replace(part, instead, StringComparison.Ordinal);
        Assert.NotEqual(Written, changed);
        Assert.False(IncidentNotice.TryParse(Encoding.UTF8.GetBytes(changed), out _, out var reason));
        Assert.NotEmpty(reason);
        Assert.DoesNotContain("AB123CD", reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_notice_without_its_deadline_is_not_written() =>
        Assert.Throws<InvalidOperationException>(() => (SampleBox.Notice with { NotifyBy = SampleBox.Notice.When }).ToJson());
}
