using Edge.Agent.Publishing;

namespace Edge.Tests.Publishing;

/// <summary>What a broker that says "again" is believed.</summary>
public sealed class RedeliveriesTests
{
    private readonly Redeliveries _redeliveries = new();

    private static ReadOnlyMemory<byte> Order(int number) => BitConverter.GetBytes(number);

    private void Acknowledge(params IEnumerable<int> orders)
    {
        foreach (var order in orders) _redeliveries.Acknowledged(Order(order));
    }

    private bool MayRepeat(int order) => _redeliveries.MayRepeat(Order(order));

    [Fact]
    public void Who_was_started_anew_knows_nothing_and_believes_it() => Assert.True(MayRepeat(1));

    [Fact]
    public void Over_the_same_link_nothing_comes_again()
    {
        _redeliveries.BeginLink();
        Acknowledge(1);
        Assert.False(MayRepeat(1));
        Assert.True(MayRepeat(2));
    }

    [Fact]
    public void Over_the_next_link_what_the_broker_may_not_have_heard_of_comes_again_however_often_the_link_breaks()
    {
        for (var link = 0; link < 3; link++)
        {
            _redeliveries.BeginLink();
            Assert.True(MayRepeat(1));
            Acknowledge(1);
        }
    }

    [Fact]
    public void What_left_before_something_that_the_broker_acknowledged_it_has_had_for_good()
    {
        _redeliveries.BeginLink();
        Acknowledge(1);
        var left = _redeliveries.Left;
        Acknowledge(2);
        _redeliveries.Had(left);
        _redeliveries.BeginLink();
        Assert.False(MayRepeat(1));
        Assert.True(MayRepeat(2));

        // Nor does an acknowledgement over this link say anything of those of the last.
        _redeliveries.Had(_redeliveries.Left);
        Assert.True(MayRepeat(2));
    }

    [Fact]
    public void The_oldest_are_forgotten_and_over_one_link_no_more_are_kept()
    {
        _redeliveries.BeginLink();
        Acknowledge(Enumerable.Range(0, Redeliveries.Most + 1));
        Assert.True(MayRepeat(Redeliveries.Most));
        _redeliveries.Had(_redeliveries.Left);
        _redeliveries.BeginLink();
        Acknowledge(Redeliveries.Most);
        _redeliveries.Had(_redeliveries.Left);
        _redeliveries.BeginLink();
        Assert.True(MayRepeat(0));
        Assert.False(MayRepeat(1));
        Assert.False(MayRepeat(Redeliveries.Most));
    }
}
