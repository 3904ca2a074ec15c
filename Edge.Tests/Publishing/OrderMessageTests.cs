using System.Text;
using Edge.Agent.Governance.Orders;
using Edge.Agent.Publishing;
using Edge.Storage.Audit;
using Edge.Storage.Keys;
using Edge.Storage.Sealing;
using Edge.Storage.Signing;
using Edge.Tests.Governance.Orders;
using Edge.Tests.Support;

namespace Edge.Tests.Publishing;

public sealed class OrderMessageTests : IDisposable
{
    private static readonly OrderTerms Terms = new("order-0123456789abcdef", new BoxName("riverton", "box-1"),
        SampleBox.Now, SampleBox.Now.AddHours(1));

    private readonly SigningKey _operator = SigningKey.Create();
    private readonly RecipientKey _box = RecipientKey.Create();

    private byte[] Written() => OrderMessage.Write(OrderTests.Samples["search"], Terms, "investigator-7", _operator, _box.Public);

    private string Event()
    {
        Assert.True(Jws.TryVerify(Written(), _operator.Public, CloudEvent.ContentType, out var json));
        return Encoding.UTF8.GetString(json);
    }

    [Fact]
    public void The_box_reads_what_the_operator_wrote()
    {
        Assert.True(OrderMessage.TryParse(Encoding.UTF8.GetBytes(Event()), out var message));
        Assert.Equal((Terms, "investigator-7"), (message.Terms, message.Account));
        Assert.True(message.TryOpen(_box, out var order));
        Assert.Equal(OrderTests.Samples["search"].Write(), order);
    }

    [Fact]
    public void No_case_data_stands_on_the_broker_in_clear()
    {
        var json = Event();
        Assert.DoesNotContain("2026-17", json, StringComparison.Ordinal);
        Assert.DoesNotContain("stolen-vehicle", json, StringComparison.Ordinal);
        Assert.DoesNotContain("search", json, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_box_opens_nothing()
    {
        using var other = RecipientKey.Create();
        Assert.True(OrderMessage.TryParse(Encoding.UTF8.GetBytes(Event()), out var message));
        Assert.False(message.TryOpen(other, out _));
    }

    [Theory]
    [InlineData("edge.order.v1", "edge.hit.v1")]
    [InlineData("/operators/", "/boxes/")]
    [InlineData("/agencies/riverton", "/agencies/millbrook")]
    [InlineData("order-0123456789abcdef", "order-0123456789abcdeF")]
    [InlineData("order-0123456789abcdef", "short")]
    [InlineData("05:06:07.890", "05:06:07.891")]
    [InlineData("\"specversion\":\"1.0\"", "\"specversion\":\"1.0\",\"plate\":\"AB123\"")]
    public void What_its_parts_do_not_agree_on_is_no_order(string part, string instead)
    {
        var json = Event();
        Assert.Contains(part, json, StringComparison.Ordinal);
        Assert.False(OrderMessage.TryParse(Encoding.UTF8.GetBytes(json.Replace(part, instead, StringComparison.Ordinal)), out _));
    }

    [Fact]
    public void An_answer_is_read_as_it_was_written()
    {
        var hit = """{"header":"aaaa","sealed":{}}"""u8.ToArray();
        var answer = new OrderAnswer(Terms.Id, "search", AuditOutcome.Refused("no-case"), 3, SampleBox.Now, 1, 17, [new AnsweredHit(SampleBox.Now, hit)]);
        Assert.True(OrderAnswer.TryParse(answer.ToJson(), out var read, out var reason), reason);
        Assert.Equal(answer with { Hits = read.Hits }, read);
        Assert.Equal(hit, Assert.Single(read.Hits).Record.ToArray());
        Assert.Equal(SampleBox.Now, read.Hits[0].KeptUntil);
        Assert.True(OrderAnswer.TryParse(new OrderAnswer(Terms.Id, null, AuditOutcome.Done).ToJson(), out read, out _));
        Assert.Null(read.Verb);
    }

    [Theory]
    [InlineData("\"done\"", "\"DONE\"")]
    [InlineData("\"count\":0", "\"count\":-1")]
    [InlineData("\"more\":null", "\"more\":0")]
    [InlineData("\"hits\":[]", "\"hits\":[1]")]
    public void An_answer_that_makes_no_sense_is_refused(string part, string instead)
    {
        var json = Encoding.UTF8.GetString(new OrderAnswer(Terms.Id, "hold", AuditOutcome.Done).ToJson());
        Assert.Contains(part, json, StringComparison.Ordinal);
        Assert.False(OrderAnswer.TryParse(Encoding.UTF8.GetBytes(json.Replace(part, instead, StringComparison.Ordinal)), out _, out var reason));
        Assert.NotEmpty(reason);
    }

    public void Dispose()
    {
        _operator.Dispose();
        _box.Dispose();
    }
}
