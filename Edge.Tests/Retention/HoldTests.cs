using Edge.Storage.Database;
using Edge.Storage.Keys;
using Edge.Storage.Orders;
using Edge.Storage.Outbox;
using Edge.Storage.Retention;
using Edge.Tests.Database;
using LiteDB;

namespace Edge.Tests.Retention;

public sealed class HoldTests : IDisposable
{
    private static readonly TimeSpan Longest = TimeSpan.FromDays(21);

    private readonly StateFixture _state = new();
    private int _orders;

    public void Dispose() => _state.Dispose();

    [Fact]
    public void A_hold_moves_only_its_own_case_and_the_key_of_the_hour_dies_on_time()
    {
        _state.Commit("held");
        _state.Commit("other");
        Hold("held", days: 10);
        Assert.Equal(StateFixture.Start.AddDays(10), _state.Hits.Find(1)!.KeptUntil);
        Assert.Equal(StateFixture.Start.AddDays(1), _state.Hits.Find(1)!.Expires);
        Assert.Equal(StateFixture.Start.AddDays(1), _state.Hits.Find(2)!.KeptUntil);

        _state.Time.Advance(TimeSpan.FromDays(1));
        Assert.True(_state.Hits.TryRead(1, out _)); // in that instant, before any sweep
        Assert.False(_state.Hits.TryRead(2, out _));
        var swept = Sweep.Run(_state.Database);
        Assert.Equal((1, 3, 1), (swept.Hits, swept.Messages, swept.Resealed)); // the messages of both hits, and the answer, are not held
        Assert.Equal(["2026-12-03T18.3"], Keys());
        _state.ReloadKeys();
        Assert.True(_state.Hits.TryRead(1, out _));
    }

    [Fact]
    public void A_hit_that_comes_while_the_hold_lasts_is_kept_and_one_that_comes_later_is_not()
    {
        Hold("case-1", days: 3);
        _state.Time.Advance(TimeSpan.FromDays(1));
        var during = _state.Commit("case-1");
        Assert.Equal(StateFixture.Start.AddDays(3), _state.Hits.Find(during)!.KeptUntil);
        _state.Time.Advance(TimeSpan.FromDays(2) - TimeSpan.FromMilliseconds(1));
        Assert.Equal(0, Sweep.Run(_state.Database).Hits);
        Assert.True(_state.Hits.TryRead(during, out _));
        _state.Time.Advance(TimeSpan.FromMilliseconds(1));
        var swept = Sweep.Run(_state.Database);
        Assert.Equal((1, 1, 1), (swept.Hits, swept.HitsOfHolds, swept.HoldsEnded));
        var after = _state.Commit("case-1");
        Assert.Equal(StateFixture.Start.AddDays(4), _state.Hits.Find(after)!.KeptUntil);
        Assert.Empty(_state.Database.Holds);
    }

    [Fact]
    public void No_hit_is_kept_longer_than_the_longest_hold_after_it_was_found()
    {
        _state.Commit("case-1");
        _state.Time.Advance(TimeSpan.FromHours(10));
        _state.Commit("case-1");
        _state.Carry("order", new OrderEffect.Hold("case-1", StateFixture.Start.AddDays(30), TimeSpan.FromDays(5)));
        Assert.Equal(StateFixture.Start.AddDays(5), _state.Hits.Find(1)!.KeptUntil);
        Assert.Equal(StateFixture.Start.AddDays(5).AddHours(10), _state.Hits.Find(2)!.KeptUntil);
        Sweep.Run(_state.Database);
        _state.Time.SetUtcNow(StateFixture.Start.AddDays(5));
        var swept = Sweep.Run(_state.Database);
        Assert.Equal((1, 1, 0), (swept.Hits, swept.HitsOfHolds, swept.HoldsEnded));
        Assert.Equal([2], _state.Hits.List().Select(hit => hit.Sequence));
        Assert.Equal(["2026-11-29T04.3", "2026-12-23T18.3"], Keys()); // of the second hit, and the proof of the hold
    }

    [Fact]
    public void A_hold_never_makes_a_retention_shorter()
    {
        _state.Commit("case-1", TimeSpan.FromDays(7));
        OrderFinding? told = null;
        _state.Carry("order", new OrderEffect.Hold("case-1", StateFixture.Start.AddDays(2), Longest), (number, finding) =>
        {
            told = finding;
            return StateFixture.Message(number);
        });
        Assert.Equal(0, told!.Hits);
        _state.Time.Advance(TimeSpan.FromDays(7) - TimeSpan.FromMilliseconds(1));
        Sweep.Run(_state.Database);
        Assert.True(_state.Hits.TryRead(1, out _));
    }

    [Fact]
    public void A_release_gives_hits_back_to_their_own_retention_and_the_next_sweep_takes_what_is_past_it()
    {
        _state.Commit("case-1");
        Hold("case-1", days: 10);
        _state.Time.Advance(TimeSpan.FromDays(2));
        Sweep.Run(_state.Database);
        var young = _state.Commit("case-1");
        Assert.Equal(StateFixture.Start.AddDays(10), _state.Hits.Find(young)!.KeptUntil);

        Release("case-1");
        Assert.Null(_state.Hits.Find(1));
        Assert.False(_state.Hits.TryRead(1, out _));
        Assert.Equal(StateFixture.Start.AddDays(3), _state.Hits.Find(young)!.KeptUntil);
        var swept = Sweep.Run(_state.Database);
        Assert.Equal((1, 1, 1), (swept.Hits, swept.HitsOfHolds, swept.Resealed));
        Assert.DoesNotContain(Keys(), name => name.Contains('.', StringComparison.Ordinal));
        _state.ReloadKeys();
        Assert.True(_state.Hits.TryRead(young, out _));
        _state.Time.Advance(TimeSpan.FromDays(1));
        Assert.Equal(1, Sweep.Run(_state.Database).Hits);
    }

    [Fact]
    public void A_second_hold_of_a_case_lengthens_the_first_and_never_shortens_it()
    {
        _state.Commit("case-1");
        Hold("case-1", days: 5);
        Sweep.Run(_state.Database);
        Hold("case-1", days: 3);
        Assert.Equal(StateFixture.Start.AddDays(5), _state.Hits.Find(1)!.KeptUntil);
        Hold("case-1", days: 9);
        Assert.Equal(StateFixture.Start.AddDays(9), _state.Hits.Find(1)!.KeptUntil);
        Assert.Single(_state.Database.Holds);
        Sweep.Run(_state.Database);
        Assert.Equal(["2026-12-02T18.4"], Keys().Where(name => name.Contains('.', StringComparison.Ordinal)));
        _state.ReloadKeys();
        Assert.True(_state.Hits.TryRead(1, out _));
        Assert.Equal(StateFixture.Start.AddDays(9), _state.Database.Holds["case-1"].Until);
    }

    [Fact]
    public void What_has_expired_is_not_brought_back_by_a_hold()
    {
        _state.Commit("case-1");
        _state.Time.Advance(TimeSpan.FromDays(1)); // and no sweep yet
        Hold("case-1", days: 10);
        Assert.Null(_state.Hits.Find(1));
        Assert.Equal(1, Sweep.Run(_state.Database).Hits); // counted all the same
        _state.Commit("case-1");
        Release("case-1");
        _state.Time.Advance(TimeSpan.FromDays(1));
        Hold("case-1", days: 10);
        Assert.Empty(_state.Hits.List());
    }

    [Fact]
    public void A_hold_whose_end_has_passed_holds_nothing()
    {
        _state.Commit("case-1");
        Assert.Equal(OrderUse.Carried, _state.Carry("order", new OrderEffect.Hold("case-1", StateFixture.Start, Longest)).Use);
        Assert.Empty(_state.Database.Holds);
        Assert.Equal(StateFixture.Start.AddDays(1), _state.Hits.Find(1)!.KeptUntil);
    }

    [Fact]
    public void A_release_of_a_case_that_is_not_held_does_nothing()
    {
        _state.Commit("case-1");
        Hold("case-1", days: 10);
        Release("case-2");
        Assert.Equal(StateFixture.Start.AddDays(10), _state.Hits.Find(1)!.KeptUntil);
    }

    [Fact]
    public void An_edit_of_the_file_holds_nothing()
    {
        _state.Commit("case-1");
        Hold("case-1", days: 3);
        Hold("case-2", days: 3);
        _state.Close();
        BsonDocument hold = [];
        RowFile.Edit(_state.DatabaseFile, lite => hold = lite.GetCollection("holds").FindById(2L));
        foreach (var edit in new Action<BsonDocument>[]
        {
            row => row["x"] = row["x"].AsInt64 + 1,
            row => row["x"] = row["x"].AsInt64 + 9 * 24 * 3_600_000L,
            row => row["m"] = row["m"].AsInt64 + 1,
            row => row["c"] = "case-3",
            row => row["r"] = new byte[48],
        })
        {
            RowFile.Edit(_state.DatabaseFile, lite =>
            {
                var row = new BsonDocument(hold.ToDictionary(pair => pair.Key, pair => pair.Value));
                edit(row);
                lite.GetCollection("holds").Update(row);
            });
            Assert.Equal(StateFixture.Start.AddDays(1), _state.Hits.Find(1)!.KeptUntil);
            Assert.Equal(["case-2"], _state.Database.Holds.Keys);
            _state.Close();
        }
        Sweep.Run(_state.Database);
        _state.Close();
        RowFile.Edit(_state.DatabaseFile, lite => Assert.Equal(1, lite.GetCollection("holds").Count()));
    }

    [Fact]
    public void A_damaged_hit_under_hold_does_not_keep_the_key_of_others_alive()
    {
        _state.Commit("held");
        _state.Commit("other");
        Hold("held", days: 10);
        _state.Close();
        RowFile.Edit(_state.DatabaseFile, lite =>
        {
            var row = lite.GetCollection("hits").FindById(1L);
            row["r"] = new byte[100];
            lite.GetCollection("hits").Update(row);
        });
        _state.Time.Advance(TimeSpan.FromDays(1));
        Assert.Equal(1, Sweep.Run(_state.Database).Hits);
        Assert.Equal(["2026-12-03T18.3"], Keys());
    }

    [Fact]
    public void Search_gives_what_a_hold_keeps()
    {
        _state.Commit("case-1");
        Hold("case-1", days: 10);
        _state.Time.Advance(TimeSpan.FromDays(2));
        var page = _state.Hits.Search(new("case-1", StateFixture.Start, StateFixture.Start.AddDays(1), 0, 10, 100_000));
        Assert.Equal([1], page.Hits.Select(hit => hit.Heading.Sequence));
    }

    [Fact]
    public void A_hold_and_its_end_survive_a_restart_between_every_two_steps()
    {
        _state.Commit("case-1");
        _state.ReloadKeys();
        Hold("case-1", days: 10);
        _state.ReloadKeys();
        _state.Time.Advance(TimeSpan.FromDays(1));
        _state.ReloadKeys();
        Sweep.Run(_state.Database);
        _state.ReloadKeys();
        Assert.True(_state.Hits.TryRead(1, out _));
        Release("case-1");
        _state.ReloadKeys();
        Sweep.Run(_state.Database);
        Assert.Empty(_state.Hits.List());
        Assert.DoesNotContain(Keys(), name => name.Contains('.', StringComparison.Ordinal));
    }

    private void Hold(string casePseudonym, int days) =>
        Assert.Equal(OrderUse.Carried, _state.Carry($"order-{++_orders}", new OrderEffect.Hold(casePseudonym, StateFixture.Start.AddDays(days), Longest)).Use);

    private void Release(string casePseudonym) =>
        Assert.Equal(OrderUse.Carried, _state.Carry($"order-{++_orders}", new OrderEffect.Release(casePseudonym)).Use);

    private IEnumerable<string> Keys() => _state.Keys.Hours.Names.Select(name => name.ToString());
}
