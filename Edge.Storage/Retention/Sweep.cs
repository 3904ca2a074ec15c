using Edge.Storage.Database;
using Edge.Storage.Hits;
using Edge.Storage.Orders;
using Edge.Storage.Outbox;
using LiteDB;

namespace Edge.Storage.Retention;

/// <summary>Retention ends here: expired rows are deleted, hits that a hold began or ceased to keep are sealed under their new
/// key, then the keys that nothing needs any more are destroyed. Run it every minute or so, and at every start.</summary>
public static class Sweep
{
    // Few enough for the journal's reserve, so that a full disk can be swept: an ordinary hit takes three or four pages.
    private const int RowsPerStep = 32;
    private const int BytesPerStep = 1024 * 1024;

    /// <summary>Sweeps once. A crash or a failing disk in the middle leaves the rest to the next sweep.</summary>
    /// <exception cref="StateStorageException">The disk refused; some may be swept already.</exception>
    public static SweepResult Run(StateDatabase database)
    {
        ArgumentNullException.ThrowIfNull(database);
        var now = database.Time.GetUtcNow();
        int messages = 0, resealed = 0, orders = 0, keys = 0;
        // The gate is left between steps: a hit must not wait for a long sweep.
        DeleteExpired(database, now);
        while (database.Outbox.DropExpired(now) is > 0 and var dropped) messages += dropped;
        while (ForgetOrders(database, now) is > 0 and var forgotten) orders += forgotten;
        var holds = EndHolds(database, now);
        try
        {
            var waiting = Misplaced(database);
            while (waiting.Count > 0) resealed += Reseal(database, waiting);
        }
        finally
        {
            // What could not be sealed again still needs its old key; no other key has to wait for that.
            keys = DestroyKeys(database, now);
        }
        var (hits, ofHolds) = database.TakeDeleted();
        return new SweepResult(hits, messages, keys) { HitsOfHolds = ofHolds, Resealed = resealed, HoldsEnded = holds, Orders = orders };
    }

    /// <summary>Deletes the hits that are not kept any more; the next sweep tells how many.</summary>
    internal static void DeleteExpired(StateDatabase database, DateTimeOffset now)
    {
        while (DeleteHits(database, now))
        {
        }
    }

    private static bool DeleteHits(StateDatabase database, DateTimeOffset now)
    {
        lock (database.Gate)
        {
            var engine = database.Engine;
            var expired = engine.Hits.Values.Where(hit => engine.KeptUntil(hit) <= now).Take(RowsPerStep).ToList();
            if (expired.Count == 0) return false;
            database.Persist(lite =>
            {
                foreach (var hit in expired) lite.GetCollection(HitRow.Collection).Delete(hit.Sequence);
            });
            foreach (var hit in expired)
            {
                engine.Hits.Remove(hit.Sequence);
                engine.Unreadable.Remove(hit.Sequence);
            }
            database.CountDeleted(expired.Count, expired.Count(hit => hit.SealedFor != 0));
            return true;
        }
    }

    private static int ForgetOrders(StateDatabase database, DateTimeOffset now)
    {
        lock (database.Gate)
        {
            var expired = database.Engine.Orders.Values.Where(order => order.Until <= now).Take(RowsPerStep).ToList();
            if (expired.Count == 0) return 0;
            database.Persist(lite =>
            {
                foreach (var order in expired) lite.GetCollection(UsedOrder.Collection).Delete(order.Answer);
            });
            foreach (var order in expired) database.Engine.Orders.Remove(order.Id);
            return expired.Count;
        }
    }

    // What ended keeps nothing any more, with its row or without.
    private static int EndHolds(StateDatabase database, DateTimeOffset now)
    {
        lock (database.Gate)
        {
            var engine = database.Engine;
            var ended = engine.Holds.Values.Where(hold => hold.Until <= now).ToList();
            if (ended.Count + engine.Unproven.Count == 0) return 0;
            database.Persist(lite =>
            {
                foreach (var hold in ended.Concat(engine.Unproven)) lite.GetCollection(Hold.Collection).Delete(hold.Number);
            });
            foreach (var hold in ended) engine.Holds.Remove(hold.CasePseudonym);
            engine.Unproven.Clear();
            return ended.Count;
        }
    }

    // Those in a key that other cases share come first, so that it dies on time; their new keys exist already, while a
    // release may need room for one.
    private static Queue<long> Misplaced(StateDatabase database)
    {
        lock (database.Gate)
        {
            var engine = database.Engine;
            return new Queue<long>(engine.Hits.Values.Where(hit => engine.Sealed(hit) != hit).OrderBy(hit => hit.SealedFor)
                .Select(hit => hit.Sequence));
        }
    }

    /// <summary>One durable step: some hits under their new keys.</summary>
    private static int Reseal(StateDatabase database, Queue<long> waiting)
    {
        lock (database.Gate)
        {
            var engine = database.Engine;
            var step = new List<(HitRow Hit, BsonDocument Row)>();
            for (var bytes = 0; step.Count < RowsPerStep && bytes < BytesPerStep && waiting.TryPeek(out var sequence); waiting.Dequeue())
            {
                // Deleted, released or held once more since the queue was made?
                if (!engine.Hits.TryGetValue(sequence, out var hit) || engine.Sealed(hit) is var next && next == hit) continue;
                if (!database.Hits.TryOpen(hit, out var record))
                {
                    engine.Unreadable.Add(sequence);
                    continue;
                }
                try
                {
                    step.Add((next, StateRows.OfHit(next, database.Seal(next.Place, record))));
                }
                catch (StateStorageException) when (step.Count > 0)
                {
                    break; // no room for its key: those before it have theirs, and it fails the next step alone
                }
                bytes += record.Length;
            }
            if (step.Count == 0) return 0;
            database.Persist(lite =>
            {
                foreach (var (_, row) in step) lite.GetCollection(HitRow.Collection).Update(row);
            });
            foreach (var (hit, _) in step) engine.Hits[hit.Sequence] = hit;
            return step.Count;
        }
    }

    // Rows first, keys last: a crash between the two leaves a key without rows, which the next sweep destroys.
    private static int DestroyKeys(StateDatabase database, DateTimeOffset now)
    {
        lock (database.Gate)
        {
            var engine = database.Engine;
            var needed = engine.Hits.Values.Where(hit => !engine.Unreadable.Contains(hit.Sequence)).Select(hit => hit.Place.Key)
                .Concat(engine.Waiting.All.Select(row => row.PayloadPlace.Key))
                .Concat(engine.Holds.Values.Select(hold => hold.Place.Key)).ToHashSet();
            var holds = engine.Holds.Values.Select(hold => hold.Number).Append(0).ToHashSet();
            // A key of an hour still to come is kept although unused: the next record would only make it again. Not so that of
            // a hold which is over.
            var spent = database.Keys.Names.Where(key => !needed.Contains(key) && (key.Hour.Start <= now || !holds.Contains(key.Hold)))
                .ToList();
            try
            {
                foreach (var key in spent) database.Keys.Destroy(key);
            }
            catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
            {
                throw new StateStorageException($"an expired key could not be destroyed: {refused.Message}", refused);
            }
            return spent.Count;
        }
    }
}
