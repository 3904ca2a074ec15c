using CsCheck;
using Edge.Agent.Publishing;
using Edge.Storage.Outbox;

namespace Edge.Tests.Publishing;

public sealed class TopicsTests
{
    private static readonly Gen<string> Names = Gen.Char["abcdefghijklmnopqrstuvwxyz0123456789"].Array[1, 32].Select(letters => new string(letters));

    [Fact]
    public void A_topic_names_agency_box_and_event() =>
        Assert.Equal("edge/v1/city-police/box-7/hit", Topics.Of(new BoxName("city-police", "box-7"), EventType.Hit));

    [Fact]
    public void Every_topic_reads_back_as_what_it_was_written_from() =>
        Gen.Select(Names, Names, Gen.Int[0, EventType.All.Count - 1].Select(i => EventType.All[i])).Sample((agency, box, type) =>
        {
            var name = new BoxName(agency, box);
            return Topics.TryParse(Topics.Of(name, type), out var readBox, out var readType, out var audience)
                && readBox == name && readType == type && audience == agency
                && BoxName.TryParseSource(name.Source, out var readSource) && readSource == name;
        });

    [Fact]
    public void A_hit_for_another_agency_has_a_topic_of_its_own() => Gen.Select(Names, Names, Names).Sample((agency, box, other) =>
        Topics.TryParse(Topics.OfHits(new BoxName(agency, box), other), out var name, out var type, out var audience)
        && name == new BoxName(agency, box) && type == EventType.Hit && audience == other);

    [Fact]
    public void An_order_goes_to_one_box_and_a_signed_file_to_all_of_an_agency()
    {
        Assert.Equal("edge/v1/city/box-7/order", Topics.Order(new BoxName("city", "box-7")));
        Assert.Equal("edge/v1/city/trust/hotlists/city.json", Topics.Trust("city", "hotlists/city.json"));
        Assert.True(Topics.TryParseTrust("edge/v1/city/trust/hotlists/city.json", "city", out var file));
        Assert.Equal("hotlists/city.json", file);
        Assert.False(Topics.TryParseTrust("edge/v1/town/trust/root.json", "city", out _));
        Assert.False(Topics.TryParseTrust("edge/v1/city/trust/", "city", out _));
        Assert.False(Topics.TryParse("edge/v1/city/box-7/order", out _, out _, out _));
        Assert.Throws<ArgumentException>(() => Topics.Trust("a/b", "root.json"));
    }

    [Theory]
    [InlineData("edge/v1/demo/box/hit/demo")]
    [InlineData("edge/v1/demo/box/hit/Sheriff")]
    [InlineData("edge/v1/demo/box/hit/sheriff/x")]
    [InlineData("edge/v1/demo/box/summary/sheriff")]
    [InlineData("edge/v1/demo/box/hits")]
    [InlineData("edge/v2/demo/box/hit")]
    [InlineData("edge/v1/demo/box/hit/")]
    [InlineData("/edge/v1/demo/box/hit")]
    [InlineData("edge/v1//box/hit")]
    [InlineData("edge/v1/demo/+/hit")]
    [InlineData("edge/v1/demo/#")]
    [InlineData("edge/v1/Demo/box/hit")]
    [InlineData("edge/v1/demo/böx/hit")]
    [InlineData("")]
    public void Another_topic_is_nobody_s(string topic) => Assert.False(Topics.TryParse(topic, out _, out _, out _));

    [Theory]
    [InlineData("")]
    [InlineData("a/b")]
    [InlineData("+")]
    [InlineData("#")]
    [InlineData("Box")]
    [InlineData("box 1")]
    [InlineData("12345678901234567890123456789012345678901")]
    public void A_name_that_could_change_a_topic_is_refused(string name)
    {
        Assert.False(BoxName.TryCreate("demo", name, out _));
        Assert.Throws<ArgumentException>(() => new BoxName(name, "box"));
        Assert.Throws<ArgumentException>(() => Topics.OfEveryBox(name, EventType.Hit));
    }

    [Fact]
    public void Every_kind_in_the_outbox_has_its_topic() =>
        Assert.All(Enum.GetValues<MessageKind>(), kind => Assert.Equal(kind.ToString(), EventType.Of(kind).Level, ignoreCase: true));

    [Theory]
    [InlineData("broker.example", "broker.example", 8883)]
    [InlineData("broker.example:1884", "broker.example", 1884)]
    [InlineData("127.0.0.1:1", "127.0.0.1", 1)]
    [InlineData("[::1]:8883", "::1", 8883)]
    public void A_broker_is_host_and_port(string text, string host, int port)
    {
        Assert.True(BrokerAddress.TryParse(text, out var address));
        Assert.Equal(new BrokerAddress(host, port), address);
    }

    [Theory]
    [InlineData("")]
    [InlineData(":8883")]
    [InlineData("broker:")]
    [InlineData("broker:0")]
    [InlineData("broker:08883")]
    [InlineData("broker:65536")]
    [InlineData("broker:+1")]
    [InlineData("mqtts://broker")]
    [InlineData("a b:1")]
    public void Anything_else_is_no_broker(string text) => Assert.False(BrokerAddress.TryParse(text, out _));
}
