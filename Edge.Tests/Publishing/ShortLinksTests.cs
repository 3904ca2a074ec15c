using Edge.Agent.Publishing;
using Microsoft.Extensions.Time.Testing;

namespace Edge.Tests.Publishing;

public sealed class ShortLinksTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly ShortLinks _links;

    public ShortLinksTests() => _links = new ShortLinks(_time, "city-hub");

    private string Link(TimeSpan lasting)
    {
        _links.Opened();
        _time.Advance(lasting);
        return _links.Ended(new BrokerException(BrokerFailure.Lost, "the link ended")).Message;
    }

    [Fact]
    public void Three_links_in_a_row_that_end_within_ten_seconds_are_suspected_of_a_second_client()
    {
        Assert.Equal("the link ended", Link(TimeSpan.FromSeconds(1)));
        Assert.Equal("the link ended", Link(TimeSpan.FromSeconds(9.9)));
        Assert.Contains("does a second client connect as city-hub?", Link(TimeSpan.FromSeconds(1)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_link_that_lasted_clears_the_suspicion()
    {
        for (var i = 0; i < 2; i++) Link(TimeSpan.FromSeconds(1));
        Assert.Equal("the link ended", Link(ShortLinks.Short));
        for (var i = 0; i < 2; i++) Assert.Equal("the link ended", Link(TimeSpan.FromSeconds(1)));
        Assert.NotEqual("the link ended", Link(TimeSpan.FromSeconds(1)));
    }
}
