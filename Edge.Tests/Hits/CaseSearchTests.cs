using Edge.Storage.Hits;
using Edge.Storage.Orders;
using Edge.Tests.Database;
using LiteDB;

namespace Edge.Tests.Hits;

public sealed class CaseSearchTests : IDisposable
{
    private readonly StateFixture _state = new();

    public void Dispose() => _state.Dispose();

    [Fact]
    public void A_search_finds_the_hits_of_its_case_and_no_other()
    {
        foreach (var name in new[] { "a", "b", "a", "A", "b" }) _state.Commit(name);
        var page = _state.Hits.Search(Query("a"));
        Assert.Equal([1, 3], Numbers(page));
        Assert.All(page.Hits, hit => Assert.Equal("a", hit.Heading.CasePseudonym));
        Assert.Equal((3, false), (page.Last, page.More));
        Assert.Empty(_state.Hits.Search(Query("c")).Hits);
    }

    [Fact]
    public void The_time_asked_for_is_when_a_hit_was_found_from_its_first_instant_to_before_its_last()
    {
        for (var i = 0; i < 5; i++)
        {
            _state.Commit("a");
            _state.Time.Advance(TimeSpan.FromMinutes(1));
        }
        var query = Query("a") with { From = StateFixture.Start.AddMinutes(1), To = StateFixture.Start.AddMinutes(3) };
        Assert.Equal([2, 3], Numbers(_state.Hits.Search(query)));
        Assert.Empty(_state.Hits.Search(query with { To = query.From }).Hits);
    }

    [Fact]
    public void Pages_bounded_by_count_and_by_bytes_together_give_every_hit_once()
    {
        for (var i = 0; i < 11; i++) _state.Commit("a", body: new string('x', 100 + 300 * (i % 3)));
        var size = _state.Hits.ReadAll().Max(hit => hit.Record.Length);
        foreach (var query in new[] { Query("a") with { MaxHits = 1 }, Query("a") with { MaxHits = 4 }, Query("a") with { MaxBytes = size },
            Query("a") with { MaxBytes = 2 * size } })
        {
            var found = new List<long>();
            var (after, more) = (0L, true);
            while (more)
            {
                var page = _state.Hits.Search(query with { After = after });
                Assert.InRange(page.Hits.Count, 1, query.MaxHits);
                Assert.InRange(page.Hits.Sum(hit => hit.Record.Length), 1, query.MaxBytes);
                found.AddRange(Numbers(page));
                (after, more) = (page.Last, page.More);
            }
            Assert.Equal(Enumerable.Range(1, 11).Select(number => (long)number), found);
        }
    }

    [Fact]
    public void A_hit_that_cannot_be_given_is_named_and_passed_over()
    {
        _state.Commit("a");
        _state.Commit("a", body: new string('x', 5000));
        _state.Commit("a");
        _state.Commit("a");
        _state.Close();
        RowFile.Edit(_state.DatabaseFile, lite =>
        {
            var row = lite.GetCollection("hits").FindById(3L);
            row["r"] = new byte[50];
            lite.GetCollection("hits").Update(row);
        });
        var page = _state.Hits.Search(Query("a") with { MaxBytes = 3000 });
        Assert.Equal([1, 4], Numbers(page));
        Assert.Equal([2, 3], page.Missing);
        Assert.False(page.More);
    }

    [Fact]
    public void What_has_expired_is_not_found()
    {
        _state.Commit("a", TimeSpan.FromHours(1));
        _state.Commit("a", TimeSpan.FromHours(2));
        _state.Time.Advance(TimeSpan.FromHours(1));
        Assert.Equal([2], Numbers(_state.Hits.Search(Query("a"))));
    }

    [Fact]
    public void A_search_by_order_is_answered_with_the_page_and_counted()
    {
        _state.Commit("a");
        _state.Commit("a");
        OrderFinding? told = null;
        _state.Carry("order", new OrderEffect.Search(Query("a") with { MaxHits = 1 }), (number, finding) =>
        {
            told = finding;
            return StateFixture.Message(number);
        });
        Assert.Equal((1, 1, true), (told!.Hits, told.Page!.Hits.Count, told.Page.More));
    }

    [Fact]
    public void A_number_is_looked_up_to_its_case_or_to_nothing()
    {
        _state.Commit("a", TimeSpan.FromHours(1));
        _state.Carry("order", new OrderEffect.None());
        Assert.Equal(new HitHeading(1, "a", StateFixture.Start, StateFixture.Start.AddHours(1), StateFixture.Start.AddHours(1)), _state.Hits.Find(1));
        Assert.Null(_state.Hits.Find(2)); // an answer, not a hit
        Assert.Null(_state.Hits.Find(3));
        _state.Time.Advance(TimeSpan.FromHours(1));
        Assert.Null(_state.Hits.Find(1));
    }

    [Fact]
    public void There_is_no_search_without_a_case_and_none_without_room()
    {
        Assert.Throws<ArgumentException>(() => _state.Hits.Search(Query("")));
        Assert.Throws<ArgumentException>(() => _state.Hits.Search(Query("*")));
        Assert.Throws<ArgumentOutOfRangeException>(() => _state.Hits.Search(Query("a") with { MaxHits = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => _state.Hits.Search(Query("a") with { MaxBytes = 0 }));
    }

    private static CaseQuery Query(string casePseudonym) => new(casePseudonym, StateFixture.Start, StateFixture.Start.AddDays(30), 0, 100, 1_000_000);

    private static IEnumerable<long> Numbers(CaseHits page) => page.Hits.Select(hit => hit.Heading.Sequence);
}
