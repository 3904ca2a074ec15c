using System.Text;
using Edge.Storage.Database;
using Edge.Storage.Hits;
using Edge.Storage.Orders;
using Edge.Storage.Outbox;
using Edge.Storage.Retention;
using Edge.Tests.Database;
using LiteDB;

namespace Edge.Tests.Orders;

public sealed class UsedOrdersTests : IDisposable
{
    private readonly StateFixture _state = new();

    public void Dispose() => _state.Dispose();

    [Fact]
    public void An_order_is_used_once_also_after_a_restart()
    {
        Assert.Equal(new OrderOutcome(OrderUse.Carried, 1), _state.Carry("order-1", new OrderEffect.None()));
        Assert.Equal(new OrderOutcome(OrderUse.UsedBefore, 1), _state.Carry("order-1", new OrderEffect.Release("case-1")));
        _state.Reopen();
        Assert.Equal(new OrderOutcome(OrderUse.UsedBefore, 1), _state.Carry("order-1", new OrderEffect.None()));
        Assert.Equal(new UsedOrder("order-1", StateFixture.Start.AddHours(12), 1), _state.Database.Orders.Find("order-1"));
        Assert.Null(_state.Database.Orders.Find("ORDER-1"));
        Assert.Equal(new OrderOutcome(OrderUse.Carried, 2), _state.Carry("ORDER-1", new OrderEffect.None())); // another order
        Assert.Equal(2, _state.Outbox.Ready(10).Count); // and no third answer
    }

    [Fact]
    public void An_order_is_remembered_until_it_expires_and_then_forgotten()
    {
        _state.Carry("order-1", new OrderEffect.None());
        _state.Time.Advance(TimeSpan.FromHours(12) - TimeSpan.FromMilliseconds(1));
        Assert.Equal(0, Sweep.Run(_state.Database).Orders);
        Assert.Equal(OrderUse.UsedBefore, _state.Carry("order-1", new OrderEffect.None()).Use);
        _state.Time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(1, Sweep.Run(_state.Database).Orders);
        Assert.Equal(0, _state.Database.Orders.Count);
        _state.Reopen();
        Assert.Equal(0, _state.Database.Orders.Count);
    }

    [Fact]
    public void The_answer_is_told_its_number_and_the_finding_and_may_leave_at_once()
    {
        _state.Commit("case-1");
        _state.Commit("case-1");
        _state.Commit("case-2");
        var until = StateFixture.Start.AddDays(10);
        OrderFinding? told = null;
        var outcome = _state.Carry("order-1", new OrderEffect.Hold("case-1", until, TimeSpan.FromDays(21)), (number, finding) =>
        {
            told = finding;
            return Encoding.ASCII.GetBytes($"answer {number}");
        });
        Assert.Equal(new OrderOutcome(OrderUse.Carried, 4), outcome);
        Assert.Equal(new OrderFinding(2, until), told);
        var message = Assert.Single(_state.Outbox.Ready(10));
        Assert.Equal((4, MessageKind.Answer), (message.Sequence, message.Kind));
        Assert.Equal("answer 4"u8, message.Payload.Span);
        _state.Outbox.Acknowledge(4);
        Assert.Equal(5, _state.Commit());
    }

    [Fact]
    public void An_order_whose_answer_cannot_be_built_is_not_used_and_has_no_effect()
    {
        _state.Commit("case-1");
        Assert.Throws<TimeoutException>(() => _state.Carry("order-1", Hold("case-1"), (_, _) => throw new TimeoutException()));
        Assert.Throws<ArgumentException>(() => _state.Carry("order-1", Hold("case-1"), (_, _) => []));
        Assert.Throws<InvalidOperationException>(() => _state.Carry("order-1", Hold("case-1"), (_, _) => [(byte)_state.Commit()]));
        Assert.Empty(_state.Database.Holds);
        Assert.Null(_state.Database.Orders.Find("order-1"));
        Assert.Equal(1, _state.Database.LastSequence);
        Assert.Equal(new OrderOutcome(OrderUse.Carried, 2), _state.Carry("order-1", Hold("case-1")));
    }

    [Theory]
    [InlineData("")]
    [InlineData("order 1")]
    [InlineData("Ä")]
    public void An_id_that_could_not_have_come_in_an_order_is_refused(string id)
    {
        Assert.Throws<ArgumentException>(() => _state.Carry(id, new OrderEffect.None()));
        Assert.Throws<ArgumentException>(() => _state.Carry(new string('a', 81), new OrderEffect.None()));
        Assert.Equal(OrderUse.Carried, _state.Carry(new string('a', 80), new OrderEffect.None()).Use);
    }

    [Fact]
    public void A_hold_search_or_release_without_a_well_formed_case_is_refused()
    {
        OrderEffect[] effects =
        [
            Hold(""), Hold("not a case"), new OrderEffect.Release(""), new OrderEffect.Hold("case-1", StateFixture.Start.AddDays(1), TimeSpan.Zero),
            new OrderEffect.Search(new CaseQuery("", StateFixture.Start, StateFixture.Start, 0, 1, 1)),
        ];
        Assert.All(effects, effect => Assert.ThrowsAny<ArgumentException>(() => _state.Carry("order-1", effect)));
        Assert.Null(_state.Database.Orders.Find("order-1"));
    }

    [Fact]
    public void A_box_that_remembers_as_many_orders_as_it_may_takes_no_more_until_some_expire()
    {
        _state.Carry("first", new OrderEffect.None());
        _state.Close();
        RowFile.Edit(_state.DatabaseFile, lite =>
        {
            lite.GetCollection("state").Update(new BsonDocument { ["_id"] = "state", ["format"] = "edge-state/2", ["last"] = 10_000L });
            lite.GetCollection("orders").InsertBulk(Enumerable.Range(2, UsedOrders.MostOrders - 1).Select(number => new BsonDocument
            {
                ["_id"] = (long)number, ["x"] = StateFixture.Start.AddHours(13).ToUnixTimeMilliseconds(), ["o"] = $"order-{number}",
            }));
        });
        Assert.Equal(new OrderOutcome(OrderUse.Full, 0), _state.Carry("one-more", Hold("case-1")));
        Assert.Equal(OrderUse.UsedBefore, _state.Carry("order-2", new OrderEffect.None()).Use); // and none of them comes again
        Assert.Empty(_state.Database.Holds);
        _state.Time.Advance(TimeSpan.FromHours(12));
        Sweep.Run(_state.Database);
        Assert.Equal(OrderUse.Carried, _state.Carry("one-more", Hold("case-1")).Use);
    }

    private static OrderEffect.Hold Hold(string casePseudonym) => new(casePseudonym, StateFixture.Start.AddDays(10), TimeSpan.FromDays(21));
}
