using Edge.Storage.Database;
using Edge.Storage.Hits;
using Edge.Storage.Keys;
using Edge.Storage.Retention;

namespace Edge.Storage.Orders;

/// <summary>What an order changes of the holds, worked out before anything is written.</summary>
/// <param name="Finding">What the answer may tell.</param>
/// <param name="Begins">The hold that will be; null for none.</param>
/// <param name="Ends">The hold that will be no more; null for none.</param>
/// <param name="Keys">Under which the hits of the case will be sealed.</param>
internal sealed record HoldChange(OrderFinding Finding, Hold? Begins, Hold? Ends, IReadOnlyCollection<RecordKey> Keys)
{
    /// <summary>The caller holds the gate.</summary>
    public static HoldChange Of(OrderEffect effect, StateDatabase database) => effect switch
    {
        OrderEffect.Hold hold => Holding(hold, database),
        OrderEffect.Release release => Releasing(release.CasePseudonym, database),
        OrderEffect.Search search when database.Hits.Search(search.Query) is var page =>
            new HoldChange(new OrderFinding(page.Hits.Count, Page: page), null, null, []),
        _ => new HoldChange(new OrderFinding(0), null, null, []),
    };

    private static HoldChange Holding(OrderEffect.Hold order, StateDatabase database)
    {
        NewHit.RefuseUnlessPseudonym(order.CasePseudonym);
        ArgumentOutOfRangeException.ThrowIfLessThan(order.Longest, TimeSpan.FromMilliseconds(1));
        var engine = database.Engine;
        var ends = engine.Holds.GetValueOrDefault(order.CasePseudonym);
        var until = StateRows.ToMilliseconds(ends is not null && ends.Until > order.Until ? ends.Until : order.Until);
        if (until <= database.Time.GetUtcNow()) return new HoldChange(new OrderFinding(0), null, null, []);

        var begins = new Hold(engine.LastSequence + 1, order.CasePseudonym, until,
            TimeSpan.FromMilliseconds(Math.Floor(order.Longest.TotalMilliseconds)));
        var kept = OfCase(order.CasePseudonym, database).Select(hit => hit.Under(begins)).Where(hit => hit.SealedFor != 0).ToList();
        return new HoldChange(new OrderFinding(kept.Count, until), begins, ends, kept.Select(hit => hit.Place.Key).ToHashSet());
    }

    private static HoldChange Releasing(string casePseudonym, StateDatabase database)
    {
        NewHit.RefuseUnlessPseudonym(casePseudonym);
        if (!database.Engine.Holds.TryGetValue(casePseudonym, out var ends)) return new HoldChange(new OrderFinding(0), null, null, []);
        var back = OfCase(casePseudonym, database).Count(hit => hit.KeptUntil(ends) > hit.Expires);
        return new HoldChange(new OrderFinding(back), null, ends, []);
    }

    private static IEnumerable<HitRow> OfCase(string casePseudonym, StateDatabase database) =>
        database.Engine.Hits.Values.Where(hit => hit.CasePseudonym == casePseudonym && database.Hits.IsAlive(hit));
}
