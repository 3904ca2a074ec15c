using System.Text;
using CsCheck;
using Edge.Agent.Publishing;
using Edge.Tests.Support;

namespace Edge.Tests.Publishing;

public sealed class CloudEventTests
{
    private const string Good = """
        {"specversion":"1.0","id":"a.1","source":"/agencies/demo/boxes/box-1","type":"edge.summary.v1","time":"2026-03-04T05:06:07.890Z","sequence":1,"data":{}}
        """;

    [Fact]
    public void An_event_is_written_as_the_specification_says()
    {
        var said = new CloudEvent("a.1", new BoxName("demo", "box-1"), EventType.Summary, SampleBox.Now, 1, "{}"u8.ToArray());

        Assert.Equal(Good, Encoding.UTF8.GetString(said.ToJson()));
    }

    [Fact]
    public void Every_event_reads_back_as_it_was_written() =>
        Gen.Select(Gen.Int[0, EventType.All.Count - 1].Select(i => EventType.All[i]), Gen.Long[1, long.MaxValue],
            Gen.Int[0, int.MaxValue], Gen.Char.AlphaNumeric.Array[1, 80].Select(letters => new string(letters))).Sample((type, sequence, milliseconds, id) =>
        {
            var said = new CloudEvent(id, new BoxName("demo", "box-1"), type,
                DateTimeOffset.UnixEpoch.AddMilliseconds(milliseconds), sequence, """{"a":[1,"é"]}"""u8.ToArray());
            return CloudEvent.TryParse(said.ToJson(), out var read, out _)
                && read with { Data = said.Data } == said && read.Data.Span.SequenceEqual(said.Data.Span);
        });

    [Theory]
    [InlineData("\"specversion\":\"1.0\"", "\"specversion\":\"0.3\"")]
    [InlineData("\"specversion\":\"1.0\",", "")]
    [InlineData("\"id\":\"a.1\",", "")]
    [InlineData("\"id\":\"a.1\"", "\"id\":\"\"")]
    [InlineData("\"id\":\"a.1\"", "\"id\":\"a 1\"")]
    [InlineData("\"id\":\"a.1\"", "\"id\":null")]
    [InlineData("\"id\":\"a.1\"", "\"id\":1")]
    [InlineData("\"id\":\"a.1\"", "\"id\":\"a.1\",\"id\":\"a.1\"")]
    [InlineData("\"id\":\"a.1\"", "\"ID\":\"a.1\"")]
    [InlineData("\"id\":\"a.1\"", "\"id\":\"a.1\",\"subject\":\"x\"")]
    [InlineData("/agencies/demo/boxes/box-1", "/agencies/demo/boxes/box-1/")]
    [InlineData("/agencies/demo/boxes/box-1", "/agencies/de+mo/boxes/box-1")]
    [InlineData("edge.summary.v1", "edge.summary.v2")]
    [InlineData("edge.summary.v1", "edge.order.v1")]
    [InlineData("05:06:07.890Z", "05:06:07Z")]
    [InlineData("05:06:07.890Z", "05:06:07.890+00:00")]
    [InlineData("05:06:07.890Z", "05:06:07.8900Z")]
    [InlineData("2026-03-04T", "2026-02-30T")]
    [InlineData("\"sequence\":1", "\"sequence\":0")]
    [InlineData("\"sequence\":1", "\"sequence\":-1")]
    [InlineData("\"sequence\":1", "\"sequence\":1.0")]
    [InlineData("\"sequence\":1", "\"sequence\":\"1\"")]
    [InlineData("\"sequence\":1", "\"sequence\":9223372036854775808")]
    [InlineData("\"data\":{}", "\"data\":[]")]
    [InlineData("\"data\":{}", "\"data\":null")]
    [InlineData("\"data\":{}}", "\"data\":{}}{}")]
    [InlineData("\"data\":{}}", "\"data\":{},}")]
    [InlineData("\"data\":{}}", "\"data\":{}/* */}")]
    [InlineData("\"data\":{}}", "\"data\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":1}}}}}}}}}")]
    public void Anything_else_is_refused_with_a_reason(string part, string instead)
    {
        Assert.Contains(part, Good, StringComparison.Ordinal);
        var changed = Good.Replace(part, instead, StringComparison.Ordinal);

        Assert.False(CloudEvent.TryParse(Encoding.UTF8.GetBytes(changed), out _, out var reason));
        Assert.NotEmpty(reason);
    }

    [Fact]
    public void Bytes_that_are_not_UTF_8_are_refused()
    {
        var bytes = Encoding.UTF8.GetBytes(Good);
        bytes[Good.IndexOf("a.1", StringComparison.Ordinal)] = 0xFF;

        Assert.False(CloudEvent.TryParse(bytes, out _, out var reason));
        Assert.Equal("not UTF-8", reason);
    }

    [Fact]
    public void An_event_that_would_not_fit_a_message_is_refused_by_both_sides()
    {
        var large = Encoding.UTF8.GetBytes($$"""{"a":"{{new string('a', CloudEvent.MaxBytes)}}"}""");
        var said = new CloudEvent("a.1", new BoxName("demo", "box-1"), EventType.Summary, SampleBox.Now, 1, large);

        Assert.Throws<InvalidOperationException>(() => said.ToJson());
        Assert.False(CloudEvent.TryParse(Encoding.UTF8.GetBytes(Good.Replace("{}", Encoding.UTF8.GetString(large), StringComparison.Ordinal)), out _, out _));
    }

    [Fact]
    public void No_random_bytes_are_an_event_and_none_throw() =>
        Gen.Byte.Array[0, 200].Sample(bytes => !CloudEvent.TryParse(bytes, out _, out _));

    [Fact]
    public void Two_processes_never_give_the_same_id()
    {
        var (first, second) = (new EventIds(), new EventIds());
        Assert.Equal(first.OfMessage(7), first.OfMessage(7));
        Assert.Equal(6, new HashSet<string>([first.OfMessage(7), first.OfMessage(8), second.OfMessage(7),
            first.OfNextStatus(), first.OfNextStatus(), second.OfNextStatus()]).Count);
    }
}
