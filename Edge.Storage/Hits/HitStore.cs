using System.Diagnostics.CodeAnalysis;
using Edge.Storage.Database;
using Edge.Storage.Outbox;
using LiteDB;

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
    /// <i>unlogged</i> until <see cref="Outbox.Outbox.MarkLogged"/>. A hold of its case keeps the hit, never the message.</summary>
    /// <param name="build">Seals the hit and signs its message for the number it is given, which both carry. If it
    /// throws, the number is not used. It must not use the store itself.</param>
    /// <returns>The number.</returns>
    /// <exception cref="ArgumentException">The entry has another number or kind, or a field has the wrong shape.</exception>
    /// <exception cref="StateStorageException">The disk refused; see there.</exception>
    public long Commit(Func<long, HitEntry> build) => Commit([build])[0];

    /// <summary>The same for several, under numbers that follow each other: all are durable, or none. A burst costs the disk little more than one
    /// hit.</summary>
    /// <returns>The numbers, in the order of <paramref name="builds"/>.</returns>
    /// <inheritdoc cref="Commit(Func{long, HitEntry})"/>
    public IReadOnlyList<long> Commit(IReadOnlyList<Func<long, HitEntry>> builds)
    {
        ArgumentNullException.ThrowIfNull(builds);
        lock (_database.Gate)
        {
            var made = builds.Select((build, i) => Made(build, i)).ToList();
            if (made.Count == 0) return [];
            var (engine, last) = (_database.Engine, made[^1].Message.Sequence);
            _database.Persist(lite =>
            {
                lite.GetCollection(StateRows.State).Update(StateRows.OfState(last));
                lite.GetCollection(HitRow.Collection).Insert(made.Select(one => one.HitDocument));
                lite.GetCollection(OutboxRow.Collection).Insert(made.Select(one => one.MessageDocument));
            });
            engine.LastSequence = last;
            foreach (var one in made)
            {
                engine.Hits.Add(one.Hit.Sequence, one.Hit);
                _database.Outbox.Put(one.Message);
            }
            _database.Outbox.MakeRoom();
            return [.. made.Select(one => one.Hit.Sequence)];
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
        lock (_database.Gate)
        {
            var engine = _database.Engine;
            return [.. engine.Hits.Values.Select(engine.Heading)];
        }
    }

    /// <summary>The number of the stored hit of this origin; null if there is none, or no more.</summary>
    public long? Of(string origin)
    {
        lock (_database.Gate) return _database.Engine.Hits.Values.FirstOrDefault(row => row.Origin == origin)?.Sequence;
    }

    /// <summary>What stays clear of one hit; null if there is none of this number, or no more.</summary>
    public HitHeading? Find(long sequence)
    {
        lock (_database.Gate)
            return _database.Engine.Hits.TryGetValue(sequence, out var row) && IsAlive(row) ? _database.Engine.Heading(row) : null;
    }

    /// <summary>Opens the outer seal of one hit; the inner one only the agency opens. False = no such hit, expired,
    /// damaged or forged; it never says which.</summary>
    public bool TryRead(long sequence, [NotNullWhen(true)] out StoredHit? hit)
    {
        lock (_database.Gate)
        {
            hit = _database.Engine.Hits.TryGetValue(sequence, out var row) && IsAlive(row) && TryOpen(row, out var record)
                ? new StoredHit(_database.Engine.Heading(row), record) : null;
            return hit is not null;
        }
    }

    /// <summary>The sealed hits of one case, a page at a time.</summary>
    /// <exception cref="ArgumentException">The query has no well-formed pseudonym, or a page without room.</exception>
    public CaseHits Search(CaseQuery query)
    {
        ArgumentNullException.ThrowIfNull(query);
        NewHit.RefuseUnlessPseudonym(query.CasePseudonym);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(query.MaxHits);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(query.MaxBytes);
        lock (_database.Gate)
        {
            var (hits, missing, last, room) = (new List<StoredHit>(), new List<long>(), query.After, query.MaxBytes);
            foreach (var row in _database.Engine.Hits.Values.Where(row => row.CasePseudonym == query.CasePseudonym
                && row.Sequence > query.After && row.Found >= query.From && row.Found < query.To && IsAlive(row)))
            {
                if (hits.Count + missing.Count == query.MaxHits) return new CaseHits(hits, missing, last, More: true);
                if (!TryOpen(row, out var record) || record.Length > query.MaxBytes)
                    missing.Add(row.Sequence);
                else if (record.Length > room)
                    return new CaseHits(hits, missing, last, More: true);
                else
                {
                    hits.Add(new StoredHit(_database.Engine.Heading(row), record));
                    room -= record.Length;
                }
                last = row.Sequence;
            }
            return new CaseHits(hits, missing, last, More: false);
        }
    }

    /// <summary>Every hit that opens, by sequence, one at a time: a hit that the sweep takes meanwhile is left out.</summary>
    public IEnumerable<StoredHit> ReadAll()
    {
        foreach (var heading in List())
            if (TryRead(heading.Sequence, out var hit)) yield return hit;
    }

    /// <summary>Opens the outer seal, expired or not. The caller holds the gate.</summary>
    internal bool TryOpen(HitRow row, [NotNullWhen(true)] out byte[]? record)
    {
        record = null;
        return _database.Engine.Find(HitRow.Collection, row.Sequence) is { } document && document["r"].IsBinary
            && _database.Sealer.TryOpen(row.Place, document["r"].AsBinary, out record);
    }

    // The clock is asked, not the sweep: an expired hit is gone at that instant.
    internal bool IsAlive(HitRow row) => _database.Engine.KeptUntil(row) > _database.Time.GetUtcNow();

    /// <summary>What is stored of a hit. The caller holds the gate.</summary>
    /// <param name="ahead">How many numbers of the same step come before its own.</param>
    private (HitRow Hit, BsonDocument HitDocument, OutboxRow Message, BsonDocument MessageDocument) Made(Func<long, HitEntry> build, int ahead)
    {
        ArgumentNullException.ThrowIfNull(build);
        var sequence = _database.Build(build, ahead, out var entry);
        if (entry.Message.Sequence != sequence || entry.Message.Kind != MessageKind.Hit) throw new ArgumentException($"the message must be hit {sequence}");
        var hit = _database.Engine.Sealed(Row(sequence, entry.Hit));
        var message = Outbox.Outbox.Row(entry.Message);
        return (hit, StateRows.OfHit(hit, _database.Seal(hit.Place, entry.Hit.Record.Span)),
            message, StateRows.OfMessage(message, _database.Outbox.SealPayload(message, entry.Message.Payload.Span), null));
    }

    private static HitRow Row(long sequence, NewHit hit)
    {
        NewHit.RefuseUnlessPseudonym(hit.CasePseudonym);
        if (hit.Record.Length is 0 or > NewHit.MaxRecord)
            throw new ArgumentException($"a sealed record is 1 to {NewHit.MaxRecord} bytes, not {hit.Record.Length}");
        var expires = StateRows.ToMilliseconds(hit.Expires);
        return new HitRow(sequence, hit.CasePseudonym, StateRows.ToMilliseconds(hit.Found), expires, expires, SealedFor: 0) { Origin = hit.Origin };
    }
}
