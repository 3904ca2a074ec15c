using System.Diagnostics.CodeAnalysis;
using Edge.Storage.Database;
using Edge.Storage.Outbox;

namespace Edge.Storage.Hits;

/// <summary>The hits on the disk, each sealed to its agency and sealed again under the key of the hour in which it
/// expires. A plate never enters here, that of a miss not even sealed. Thread-safe.</summary>
public sealed class HitStore
{
    private readonly StateDatabase _database;

    internal HitStore(StateDatabase database) => _database = database;

    /// <summary>How many hits are stored.</summary>
    public int Count
    {
        get
        {
            lock (_database.Gate) return _database.Engine.Hits.Count;
        }
    }

    /// <summary>Makes a hit and its message durable in one step, under the next number. The message stays
    /// <i>unlogged</i> until <see cref="Outbox.Outbox.MarkLogged"/>.</summary>
    /// <param name="build">Seals the hit and signs its message for the number it is given, which both carry. If it
    /// throws, the number is not used. It must not use the store itself.</param>
    /// <returns>The number.</returns>
    /// <exception cref="ArgumentException">The entry has another number or kind, or a field has the wrong shape.</exception>
    /// <exception cref="StateStorageException">The disk refused; see there.</exception>
    public long Commit(Func<long, HitEntry> build)
    {
        ArgumentNullException.ThrowIfNull(build);
        lock (_database.Gate)
        {
            var sequence = _database.Build(build, out var entry);
            var heading = Heading(sequence, entry.Hit);
            if (entry.Message.Sequence != sequence || entry.Message.Kind != MessageKind.Hit)
                throw new ArgumentException($"the message must be hit {sequence}");
            var row = Outbox.Outbox.Row(entry.Message);

            var hit = StateRows.OfHit(heading, _database.Seal(heading.Place, entry.Hit.Record.Span));
            var message = StateRows.OfMessage(row, _database.Outbox.SealPayload(row, entry.Message.Payload.Span), null);
            _database.Persist(lite =>
            {
                lite.GetCollection(StateRows.State).Update(StateRows.OfState(sequence));
                lite.GetCollection(HitHeading.Collection).Insert(hit);
                lite.GetCollection(OutboxRow.Collection).Insert(message);
            });
            _database.Engine.LastSequence = sequence;
            _database.Engine.Hits.Add(sequence, heading);
            _database.Outbox.Put(row);
            return sequence;
        }
    }

    /// <summary>The same, for a hit whose record does not hold its own number.</summary>
    /// <inheritdoc cref="Commit(Func{long, HitEntry})"/>
    public long Commit(NewHit hit, Func<long, OutboxMessage> message)
    {
        ArgumentNullException.ThrowIfNull(hit);
        ArgumentNullException.ThrowIfNull(message);
        return Commit(sequence => new HitEntry(hit, message(sequence)));
    }

    /// <summary>What stays clear of every stored hit, by sequence.</summary>
    public IReadOnlyList<HitHeading> List()
    {
        lock (_database.Gate) return [.. _database.Engine.Hits.Values];
    }

    /// <summary>Opens the outer seal of one hit; the inner one only the agency opens. False = no such hit, expired,
    /// damaged or forged; it never says which.</summary>
    public bool TryRead(long sequence, [NotNullWhen(true)] out StoredHit? hit)
    {
        hit = null;
        lock (_database.Gate)
        {
            if (!_database.Engine.Hits.TryGetValue(sequence, out var heading)) return false;
            if (heading.Expires <= _database.Time.GetUtcNow()) return false;
            if (_database.Engine.Find(HitHeading.Collection, sequence) is not { } row || !row["r"].IsBinary) return false;
            if (!_database.Sealer.TryOpen(heading.Place, row["r"].AsBinary, out var record)) return false;
            hit = new StoredHit(heading, record);
            return true;
        }
    }

    /// <summary>Every hit that opens, by sequence, one at a time: a hit that the sweep takes meanwhile is left out.</summary>
    public IEnumerable<StoredHit> ReadAll()
    {
        foreach (var heading in List())
            if (TryRead(heading.Sequence, out var hit)) yield return hit;
    }

    private static HitHeading Heading(long sequence, NewHit hit)
    {
        if (!NewHit.IsPseudonym(hit.CasePseudonym))
            throw new ArgumentException("a case pseudonym is 1 to 64 of A-Z, a-z, 0-9, '-' and '_'");
        if (hit.Record.Length is 0 or > NewHit.MaxRecord)
            throw new ArgumentException($"a sealed record is 1 to {NewHit.MaxRecord} bytes, not {hit.Record.Length}");
        return new HitHeading(sequence, StateRows.ToMilliseconds(hit.Expires), hit.CasePseudonym);
    }
}
