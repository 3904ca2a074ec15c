using Edge.Storage.Database;
using Edge.Storage.Hits;
using Edge.Storage.Keys;
using Edge.Storage.Outbox;

namespace Edge.Storage.Retention;

/// <summary>Retention ends here: expired rows are deleted, then the keys that nothing unexpired needs are destroyed.
/// Run it every minute or so, and at every start.</summary>
public static class Sweep
{
    // Few enough for the journal's reserve, so that a full disk can be swept: an ordinary hit takes three or four pages.
    private const int RowsPerStep = 32;

    /// <summary>Sweeps once. A crash or a failing disk in the middle leaves the rest to the next sweep.</summary>
    /// <exception cref="StateStorageException">The disk refused; some may be swept already.</exception>
    public static SweepResult Run(StateDatabase database)
    {
        ArgumentNullException.ThrowIfNull(database);
        var now = database.Time.GetUtcNow();
        int hits = 0, messages = 0;
        // The gate is left between steps: a hit must not wait for a long sweep.
        while (DeleteHits(database, now) is > 0 and var deleted) hits += deleted;
        while (DropMessages(database, now) is > 0 and var dropped) messages += dropped;
        return new SweepResult(hits, messages, DestroyKeys(database, now));
    }

    private static int DeleteHits(StateDatabase database, DateTimeOffset now)
    {
        lock (database.Gate)
        {
            var expired = database.Engine.Hits.Values.Where(hit => hit.Expires <= now).Take(RowsPerStep).ToList();
            if (expired.Count == 0) return 0;
            database.Persist(lite =>
            {
                foreach (var hit in expired) lite.GetCollection(HitHeading.Collection).Delete(hit.Sequence);
            });
            foreach (var hit in expired) database.Engine.Hits.Remove(hit.Sequence);
            return expired.Count;
        }
    }

    private static int DropMessages(StateDatabase database, DateTimeOffset now)
    {
        lock (database.Gate)
        {
            var expired = database.Engine.Waiting.All.Where(row => row.Expires <= now).Take(RowsPerStep).ToList();
            if (expired.Count == 0) return 0;
            var dropped = expired.ConvertAll(row => new DroppedMessage(row.Sequence, row.Kind));
            database.Persist(lite =>
            {
                foreach (var message in dropped)
                    lite.GetCollection(OutboxRow.Collection).Update(StateRows.OfDropped(message));
            });
            foreach (var row in expired) database.Engine.Waiting.Remove(row);
            foreach (var message in dropped) database.Engine.Dropped.Add(message.Sequence, message);
            return expired.Count;
        }
    }

    // Rows first, keys last: a crash between the two leaves a key without rows, which the next sweep destroys.
    private static int DestroyKeys(StateDatabase database, DateTimeOffset now)
    {
        lock (database.Gate)
        {
            var engine = database.Engine;
            var needed = engine.Hits.Values.Select(hit => hit.Expires)
                .Concat(engine.Waiting.All.Select(row => row.Expires))
                .Select(KeyHour.OfExpiry).ToHashSet();
            // A key of an hour still to come is kept although unused: the next record would only make it again.
            var spent = database.Keys.Hours.Where(hour => hour.Start <= now && !needed.Contains(hour)).ToList();
            try
            {
                foreach (var hour in spent) database.Keys.Destroy(hour);
            }
            catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
            {
                throw new StateStorageException($"an expired key could not be destroyed: {refused.Message}", refused);
            }
            return spent.Count;
        }
    }
}
