using System.Threading.Channels;
using Edge.Agent.Governance;
using Edge.Agent.Publishing;
using Edge.Storage.Audit;
using Edge.Storage.Database;
using Edge.Storage.Hits;
using Edge.Storage.Keys;
using Edge.Storage.Outbox;
using Microsoft.Extensions.Logging;

namespace Edge.Agent.Hits;

/// <summary>
/// The only path from a read to the disk. A match becomes a sealed hit and a signed message in one durable step, then an
/// audit entry, and a second one in the same step if it is shared; only then may the message leave and the hit be counted. A
/// read that several cases look for gives each of them a hit of its own, sealed to that case's agency. When the disk refuses,
/// hits wait in memory and are tried again: none is given up while the agent runs.
/// </summary>
public sealed class HitRecorder : IDisposable
{
    // Beyond what the door lets in before the disk has it, so that there is always room.
    private const int MaxWaiting = 1024;
    private const int TailToSearch = 4096;

    // What waits is stored together, so that a burst costs the disk little more than one hit, and its first does not wait for all of it.
    private const int MaxTogether = 32;

    private readonly StateDatabase _state;
    private readonly AuditLog _audit;
    private readonly MessageSigner _signer;
    private readonly KeyFolder _keys;
    private readonly ReadCounter _counter;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly Channel<PendingRead> _waiting = Channel.CreateBounded<PendingRead>(MaxWaiting);

    public HitRecorder(StateDatabase state, AuditLog audit, MessageSigner signer, KeyFolder keys, ReadCounter counter,
        TimeProvider time, ILogger log)
    {
        (_state, _audit, _signer, _keys, _counter, _time, _log) = (state, audit, signer, keys, counter, time, log);
    }

    /// <summary>Takes a read that matched. It copies what it needs; the caller still disposes the sighting.</summary>
    /// <param name="camera">The camera's configured name.</param>
    /// <param name="at">When it was seen.</param>
    /// <param name="matches">Every case that looks for it, at least one.</param>
    /// <param name="now">When they matched.</param>
    /// <param name="stored">Told once it is durable and logged, so that whoever brought it may forget it.</param>
    /// <param name="origin">What tells this read from every other, the same whenever it is brought again: one that is stored already is not stored twice, also
    /// after a crash. Null for one that comes once.</param>
    /// <exception cref="InvalidOperationException">More wait than whoever brings them may have waiting, or no more are taken.</exception>
    public void Record(Sighting seen, string camera, DateTimeOffset at, IReadOnlyList<AddressedMatch> matches, ActiveTrust trust, DateTimeOffset now,
        Action? stored = null,
        Sha256Hash? origin = null)
    {
        ArgumentNullException.ThrowIfNull(seen);
        var read = PendingRead.From(seen, camera, at, matches, trust, now, origin, stored);
        if (_waiting.Writer.TryWrite(read)) return;
        read.Dispose();
        throw new InvalidOperationException("no more hits are taken");
    }

    /// <summary>Reads that wait for the disk.</summary>
    public int Waiting => _waiting.Reader.Count;

    /// <summary>No more hits will come: <see cref="RunAsync"/> ends once the last is stored.</summary>
    public void Complete() => _waiting.Writer.TryComplete();

    /// <summary>Stores hits until <see cref="Complete"/>, or until <paramref name="stop"/> fires while the disk refuses.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        var reads = new List<PendingRead>();
        while (await _waiting.Reader.WaitToReadAsync(CancellationToken.None))
            try
            {
                for (var hits = 0; hits < MaxTogether && _waiting.Reader.TryRead(out var read); hits += read.Hits.Count) reads.Add(read);
                var stored = NotYetStored(reads.SelectMany(read => read.Hits));
                await StoreAsync(stored, stop);
                foreach (var read in reads)
                {
                    if (read.Hits.Any(stored.Contains)) _counter.Hit();
                    read.Stored?.Invoke();
                }
            }
            finally
            {
                foreach (var read in reads) read.Dispose();
                reads.Clear();
            }
    }

    /// <summary>Without those that came before: to this process, or to one that ended before it could say so. What was stored is logged too:
    /// one task stores, step by step, and <see cref="Reconcile"/> comes before the first.</summary>
    private List<PendingHit> NotYetStored(IEnumerable<PendingHit> hits)
    {
        var (fresh, origins) = (new List<PendingHit>(), new HashSet<string>(StringComparer.Ordinal));
        foreach (var hit in hits)
            if (hit.Origin is { } origin && (!origins.Add(origin) || _state.Hits.Of(origin) is not null))
                _log.LogInformation("a hit came again and is stored already");
            else fresh.Add(hit);
        return fresh;
    }

    private async Task StoreAsync(List<PendingHit> hits, CancellationToken stop)
    {
        if (hits.Count == 0) return;
        // A disk may have failed after it had done what was asked: what is there is not done twice.
        await UntilDurableAsync(again => Store([.. again ? hits.Where(hit => !IsStored(hit)) : hits]), hits.Count, stop);
        await UntilDurableAsync(again => Log([.. again ? hits.Where(hit => !IsLogged(hit)) : hits]), hits.Count, stop);
        await UntilDurableAsync(_ => _state.Outbox.MarkLogged([.. hits.Select(hit => (hit.Sequence, hit.Leaf!.Value))]), hits.Count, stop);
        foreach (var hit in hits)
        {
            if (hit.Match.Under is { } grant) _counter.Shared(grant.Agency, grant.Jurisdiction);
            _log.LogInformation("hit {Sequence} stored", hit.Sequence);
        }
    }

    /// <summary>Finishes what a crash cut off between the database and the log: every stored message without an audit entry
    /// gets one, or is told which entry it has.</summary>
    /// <param name="sharing">Knows the class of an agency that a hit was shared with.</param>
    public void Reconcile(Sharing sharing)
    {
        var unlogged = _state.Outbox.Unlogged().Where(message => message.Kind == MessageKind.Hit).ToList();
        if (unlogged.Count == 0) return;
        foreach (var message in unlogged)
        {
            var digest = new Sha256Hash(message.Digest.Span);
            var leaf = LeafOf(message.Sequence, digest) ?? _audit.AppendMany(Entries(
                new AuditEntry { Action = AuditAction.HitStored, Sequence = message.Sequence, Digest = digest }, SharedWith(message.Sequence),
                agency => sharing.ClassOf(agency) is { } known ? Jurisdictions.Write(known) : "unknown"));
            _state.Outbox.MarkLogged(message.Sequence, leaf);
        }
        _log.LogWarning("{Count} hits stored before the last stop were logged now", unlogged.Count);
    }

    public void Dispose()
    {
        Complete();
        while (_waiting.Reader.TryRead(out var read)) read.Dispose();
    }

    private bool IsStored(PendingHit hit) =>
        _state.Hits.TryRead(hit.Sequence, out var stored) && Sha256Hash.Of(stored.Record.Span).Equals(hit.Digest);

    private bool IsLogged(PendingHit hit) => (hit.Leaf ??= LeafOf(hit.Sequence, hit.Digest)) is not null;

    /// <summary>Where the log already says that this hit was stored; null where it does not.</summary>
    private long? LeafOf(long sequence, Sha256Hash digest) => _audit.ReadTail(TailToSearch)
        .Where(record => record.Entry is { Action: AuditAction.HitStored } entry && entry.Sequence == sequence
            && digest.Equals(entry.Digest!.Value))
        .Select(record => (long?)record.Index).FirstOrDefault();

    private void Store(IReadOnlyList<PendingHit> hits) =>
        _state.Hits.Commit([.. hits.Select(hit => (Func<long, HitEntry>)(sequence => Sealed(hit, sequence)))]);

    private HitEntry Sealed(PendingHit hit, long sequence)
    {
        var now = _time.GetUtcNow();
        var expires = ExpiryOf(now, hit.Retention);
        var header = new HitHeader(_signer.Box, sequence, hit.Match.Entry.Id, expires) { For = hit.Match.For };
        var hitSealed = SealedHit.Seal(hit.Match.To, header, hit.Body);
        var record = hitSealed.ToJson();
        (hit.Sequence, hit.Digest) = (sequence, Sha256Hash.Of(record));
        return new HitEntry(new NewHit(Pseudonym(hit.Match), hit.Found, expires, record) { Origin = hit.Origin },
            new OutboxMessage(sequence, MessageKind.Hit, _signer.Hit(hitSealed, now), LeavesUntil(hit.Match, expires))
            {
                Shared = hit.Match.Under is not null,
            });
    }

    // On the hour, the key that wraps a hit dies with it. A short retention is not cut by more than half for that.
    // What waits for another agency does not leave when the grant has ended meanwhile.
    private static DateTimeOffset LeavesUntil(AddressedMatch match, DateTimeOffset expires) =>
        match.Under is { Expires: var ends } && ends < expires ? ends : expires;

    private static DateTimeOffset ExpiryOf(DateTimeOffset now, TimeSpan retention) =>
        KeyHour.LastWithin(now, retention) is var onTheHour && onTheHour >= now + retention / 2 ? onTheHour : now + retention;

    // Another agency's case is never this one's of the same name, to no hold and no search.
    private string Pseudonym(AddressedMatch match) =>
        _keys.CasePseudonym(match.Entry.Case, match.Entry.Purpose, match.Under is null ? null : match.For);

    private void Log(IReadOnlyList<PendingHit> hits)
    {
        if (hits.Count == 0) return;
        var entries = hits.Select(Entries).ToList();
        var leaf = _audit.AppendMany([.. entries.SelectMany(some => some)]);
        foreach (var (hit, some) in hits.Zip(entries))
        {
            hit.Leaf = leaf;
            leaf += some.Count;
        }
    }

    private static IReadOnlyList<AuditEntry> Entries(PendingHit hit) => Entries(new AuditEntry
    {
        Action = AuditAction.HitStored, Sequence = hit.Sequence, Digest = hit.Digest,
        Case = ConcealedValue.Case(hit.Match.Entry.Case), Purpose = hit.Match.Entry.Purpose, Agency = hit.Match.For,
    }, hit.Match.Under?.Agency, _ => Jurisdictions.Write(hit.Match.Under!.Jurisdiction));

    /// <summary>The entry of a stored hit, and beside it that of the share if it is one: in one step, so that where the first is the
    /// second is too.</summary>
    private static IReadOnlyList<AuditEntry> Entries(AuditEntry stored, string? sharedWith, Func<string, string> classOf) => sharedWith is null
        ? [stored] : [stored, stored with { Action = AuditAction.HitShared, Agency = sharedWith, Kind = classOf(sharedWith) }];

    private string? SharedWith(long sequence) => _state.Hits.TryRead(sequence, out var stored)
        && SealedHit.TryParse(stored.Record.Span, out var hit, out _) && hit.Header.For != _signer.Box.Agency ? hit.Header.For : null;

    /// <param name="step">Told whether it was tried before.</param>
    /// <param name="hits">How many wait for it.</param>
    private async Task UntilDurableAsync(Action<bool> step, int hits, CancellationToken stop)
    {
        var backoff = Backoff.Create();
        for (var again = false; ; again = true)
        {
            try
            {
                step(again);
                return;
            }
            catch (IOException refused) when (refused.MayPass())
            {
                var wait = backoff.Next();
                _log.LogError("{Reason}; {Waiting} hits wait in memory, next attempt in {Seconds:0} s", refused.Message,
                    _waiting.Reader.Count + hits, Math.Ceiling(wait.TotalSeconds));
                await Task.Delay(wait, _time, stop);
            }
        }
    }
}
