using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Edge.Storage.Database;
using Edge.Storage.Hits;
using Edge.Storage.Sealing;
using Edge.Storage.Signing;
using LiteDB;

namespace Edge.Storage.Outbox;

/// <summary>
/// Messages that wait on the disk for the hub to have them. A message is <i>unlogged</i> until its audit entry is on disk, then
/// <i>ready</i>, <i>sent</i> once the broker has acknowledged it, and gone with the hub's receipt or when it expires; the states are drawn
/// in this folder's README. Thread-safe.
/// Every method throws <see cref="StateStorageException"/> when the disk refuses.
/// </summary>
public sealed class Outbox
{
    /// <summary>Leaf index of a message that needs no audit entry.</summary>
    private const long NoLeaf = -1;

    /// <summary>So long after it was sent a hit for another agency is sent again, then after twice as long, and so on until it expires.</summary>
    public static readonly TimeSpan SharedAgainAfter = TimeSpan.FromHours(1);

    /// <summary>So long after a receipt what was sent before the hub's account began leaves again, then after twice as long, and so on.</summary>
    public static readonly TimeSpan BeforeAgainAfter = TimeSpan.FromMinutes(15);

    private readonly StateDatabase _database;
    private readonly Dictionary<long, (DateTimeOffset Since, TimeSpan Wait)> _shared = [];
    private (DateTimeOffset Since, TimeSpan Wait)? _before;
    private TaskCompletionSource _arrival = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Few enough for the journal's reserve, so that a full disk can be cleared.
    private const int DroppedPerStep = 32;

    internal Outbox(StateDatabase database) => _database = database;

    /// <summary>What is here may take this many bytes, sealed. Beyond them what was sent goes first. Then the least worth is dropped, and
    /// accounted for like what expired: summaries, then checkpoints, then answers, the oldest first. Incidents and hits are never dropped before they expire:
    /// they are bounded by their retention, and by the disk.</summary>
    public long Limit { get; set; } = DefaultLimit;

    /// <summary>512 MiB: some 40,000 hits, or what a broken link of three months gathers of everything else.</summary>
    public const long DefaultLimit = 512L * 1024 * 1024;

    /// <summary>Stores a message under the next number.</summary>
    /// <param name="kind">Anything but a hit, which enters with <see cref="HitStore.Commit(Func{long, HitEntry})"/>.</param>
    /// <param name="expires">After this it is dropped, sent or not.</param>
    /// <param name="payload">Builds the signed bytes for the number; if it throws, the number is not used.</param>
    /// <param name="logged">True if it needs no audit entry of its own, as a summary.</param>
    /// <param name="accountsFor">Numbers of <see cref="Dropped"/> that this message names; they leave that list in
    /// the same step, and come back if the message is dropped itself.</param>
    /// <returns>The number.</returns>
    /// <exception cref="ArgumentException">The kind is a hit, or the payload is empty or too long.</exception>
    public long Enqueue(MessageKind kind, DateTimeOffset expires, Func<long, byte[]> payload, bool logged = false,
        IReadOnlyCollection<long>? accountsFor = null)
    {
        ArgumentNullException.ThrowIfNull(payload);
        if (kind == MessageKind.Hit)
            throw new ArgumentException("a hit enters the outbox together with its record", nameof(kind));
        lock (_database.Gate)
        {
            var sequence = _database.Build(payload, ahead: 0, out var bytes);
            var row = Row(new OutboxMessage(sequence, kind, bytes, expires)) with { Logged = logged };
            var document = StateRows.OfMessage(row, SealPayload(row, bytes), logged ? SealLeaf(row, NoLeaf) : null);
            var named = (accountsFor ?? []).Where(_database.Engine.Dropped.ContainsKey)
                .Select(number => _database.Engine.Dropped[number] with { NamedBy = sequence }).ToList();
            _database.Persist(lite =>
            {
                lite.GetCollection(StateRows.State).Update(StateRows.OfState(sequence));
                lite.GetCollection(OutboxRow.Collection).Insert(document);
                Update(lite, named);
            });
            var engine = _database.Engine;
            engine.LastSequence = sequence;
            foreach (var dropped in named) engine.Dropped[dropped.Sequence] = dropped;
            Put(row);
            MakeRoom();
            return sequence;
        }
    }

    /// <summary>The audit entry of this message is on disk: it may leave.</summary>
    /// <param name="sequence">Its number.</param>
    /// <param name="leafIndex">Where the entry stands in the log, from 0.</param>
    /// <returns>False if there is no such message: it expired meanwhile, or the hub has it.</returns>
    public bool MarkLogged(long sequence, long leafIndex) => MarkLogged([(sequence, leafIndex)]) == 1;

    /// <summary>The same for several, in one step.</summary>
    /// <returns>How many may leave: the others expired meanwhile, or the hub has them.</returns>
    public int MarkLogged(IReadOnlyList<(long Sequence, long LeafIndex)> logged)
    {
        ArgumentNullException.ThrowIfNull(logged);
        lock (_database.Gate)
        {
            var (rows, documents, already) = (new List<OutboxRow>(), new List<BsonDocument>(), 0);
            foreach (var (sequence, leafIndex) in logged)
            {
                ArgumentOutOfRangeException.ThrowIfNegative(leafIndex);
                if (_database.Engine.Waiting.Find(sequence) is not { } row) continue;
                if (row.Logged) already++;
                else if (_database.Engine.Find(OutboxRow.Collection, sequence) is { } document)
                {
                    document["l"] = SealLeaf(row, leafIndex);
                    documents.Add(document);
                    rows.Add(row with { Logged = true });
                }
            }
            if (rows.Count > 0) _database.Persist(lite => lite.GetCollection(OutboxRow.Collection).Update(documents));
            foreach (var row in rows) Put(row);
            return already + rows.Count;
        }
    }

    /// <summary>Messages without their audit entry, by sequence: after a crash the agent appends the entries that are
    /// missing and marks them.</summary>
    public IReadOnlyList<UnloggedMessage> Unlogged()
    {
        lock (_database.Gate)
        {
            var waiting = _database.Engine.Waiting;
            var unlogged = new List<UnloggedMessage>();
            foreach (var row in waiting.All.Where(row => !row.Logged).ToList())
            {
                if (!TryOpen(row, out var payload))
                {
                    waiting.SetAside(row);
                    continue;
                }
                var record = _database.Hits.TryRead(row.Sequence, out var hit) ? hit.Record : payload;
                unlogged.Add(new UnloggedMessage(row.Sequence, row.Kind, SHA256.HashData(record.Span), payload));
            }
            return unlogged;
        }
    }

    /// <summary>Up to <paramref name="max"/> messages that may leave: incidents first, then by number.</summary>
    /// <param name="wanted">Which of them, asked before any is opened; null for all.</param>
    public IReadOnlyList<OutboxMessage> Ready(int max, Func<MessageHeading, bool>? wanted = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(max);
        lock (_database.Gate)
        {
            var now = _database.Time.GetUtcNow();
            var waiting = _database.Engine.Waiting;
            var (ready, expired, unreadable) = (new List<OutboxMessage>(), new List<OutboxRow>(), new List<OutboxRow>());
            foreach (var row in waiting.Ready)
            {
                if (ready.Count == max) break;
                if (wanted?.Invoke(new MessageHeading(row.Sequence, row.Kind, row.Shared)) == false) continue;
                if (row.Expires <= now) expired.Add(row);
                else if (TryOpen(row, out var payload)) ready.Add(new OutboxMessage(row.Sequence, row.Kind, payload, row.Expires));
                else unreadable.Add(row);
            }
            // Only now: they stand in what was walked.
            foreach (var row in expired) waiting.Withhold(row);
            foreach (var row in unreadable) waiting.SetAside(row);
            return ready;
        }
    }

    /// <summary>The broker has it: it does not leave again, durably, and is kept until the hub's receipt. An answer is removed: whoever
    /// waits for it asks again. A second PUBACK does nothing.</summary>
    /// <exception cref="InvalidOperationException">It is not logged, so it must not have left.</exception>
    public void Acknowledge(long sequence)
    {
        lock (_database.Gate)
        {
            if (_database.Engine.Waiting.Find(sequence) is not { Sent: false } row) return;
            if (!row.Logged)
                throw new InvalidOperationException($"message {sequence} has no audit entry and must not have left");
            if (row.Kind == MessageKind.Answer) Forget([row]);
            else MarkSent([row], sent: true);
        }
    }

    /// <summary>What the hub last said, over restarts; null before the first time.</summary>
    public HubAccount? Account
    {
        get
        {
            lock (_database.Gate) return _database.Engine.Account;
        }
    }

    /// <summary>Takes the hub's receipt: what it has is forgotten, but for hits that another agency is to have; what was sent and did not reach it becomes
    /// ready again. A number that it misses and that is here no more is listed as dropped, so that the next summary names it. If its account begins
    /// later than before, what was sent with lower numbers becomes ready too, once: the hub may have it or not.</summary>
    /// <param name="account">Newer than <see cref="Account"/>, and of this box: the caller has made sure. Remembered last, so that a receipt that was
    /// cut off is taken again.</param>
    /// <param name="missing">What has not come of it.</param>
    /// <returns>How many are to be sent again.</returns>
    public int Settle(HubAccount account, IReadOnlySet<long> missing)
    {
        ArgumentNullException.ThrowIfNull(account);
        ArgumentNullException.ThrowIfNull(missing);
        // The gate is left between steps: a hit must not wait for a long receipt.
        while (ForgetSettled(account, missing) > 0)
        {
        }
        var again = 0;
        foreach (var step in SentBefore(account).Chunk(DroppedPerStep)) again += SendAgain(step, orName: false);
        foreach (var step in missing.Order().Chunk(DroppedPerStep)) again += SendAgain(step, orName: true);
        lock (_database.Gate)
        {
            _database.Persist(lite => lite.GetCollection(StateRows.State).Upsert(StateRows.OfAccount(account)));
            _database.Engine.Account = account;
        }
        return again;
    }

    /// <summary>Has the hits for other agencies that were sent leave again, 1, 2, 4, 8 … hours after: the broker's PUBACK says only that somebody was
    /// subscribed, and no receipt says whether that agency was. To be called every few minutes.</summary>
    /// <returns>How many.</returns>
    public int SendSharedAgain()
    {
        lock (_database.Gate)
        {
            var (now, engine) = (_database.Time.GetUtcNow(), _database.Engine);
            foreach (var gone in _shared.Keys.Where(number => engine.Waiting.Find(number) is null).ToList()) _shared.Remove(gone);
            var due = new List<OutboxRow>();
            foreach (var row in engine.Waiting.Sent.Where(row => row.Shared && row.Expires > now))
                if (!_shared.TryGetValue(row.Sequence, out var last)) _shared.Add(row.Sequence, (now, SharedAgainAfter));
                else if (now - last.Since >= last.Wait && due.Count < DroppedPerStep) due.Add(row);
            MarkSent(due, sent: false);
            foreach (var row in due) _shared[row.Sequence] = (now, _shared[row.Sequence].Wait * 2);
            return due.Count;
        }
    }

    private int ForgetSettled(HubAccount account, IReadOnlySet<long> missing)
    {
        lock (_database.Gate)
            return Forget([.. _database.Engine.Waiting.Sent.SkipWhile(row => row.Sequence < account.From).TakeWhile(row => row.Sequence <= account.Through)
                .Where(row => !row.Shared && !missing.Contains(row.Sequence)).Take(DroppedPerStep)]);
    }

    // All at once: what leaves meanwhile must not be found a second time. A broker may lose it once more, and where a number of before the account
    // never comes no receipt will ever cover the others: so it leaves again, ever less often.
    private List<long> SentBefore(HubAccount account)
    {
        lock (_database.Gate)
        {
            var now = _database.Time.GetUtcNow();
            var anew = _database.Engine.Account is not { } known || known.From < account.From;
            var due = _before is { } last && now - last.Since >= last.Wait;
            if (anew || _before is null) _before = (now, BeforeAgainAfter);
            else if (due) _before = (now, _before.Value.Wait * 2);
            return anew || due ? [.. _database.Engine.Waiting.Sent.Select(row => row.Sequence).TakeWhile(number => number < account.From)] : [];
        }
    }

    /// <param name="orName">True: what is here no more is listed as dropped.</param>
    private int SendAgain(long[] sequences, bool orName)
    {
        lock (_database.Gate)
        {
            var engine = _database.Engine;
            var again = sequences.Select(engine.Waiting.Find).OfType<OutboxRow>().Where(row => row.Sent).ToList();
            var gone = sequences.Where(number => orName && number >= 1 && number <= engine.LastSequence && engine.Waiting.Find(number) is null
                && !engine.Dropped.ContainsKey(number)).Select(number => new DroppedMessage(number)).ToList();
            if (gone.Count > 0) _database.Persist(lite =>
            {
                foreach (var message in gone) lite.GetCollection(OutboxRow.Collection).Insert(StateRows.OfDropped(message));
            });
            foreach (var message in gone) engine.Dropped.Add(message.Sequence, message);
            MarkSent(again, sent: false);
            return again.Count;
        }
    }

    /// <summary>Numbers whose messages were given up, by sequence, that no waiting message names.</summary>
    public IReadOnlyList<DroppedMessage> Dropped()
    {
        lock (_database.Gate) return [.. _database.Engine.Dropped.Values.Where(dropped => dropped.NamedBy == 0)];
    }

    /// <summary>How full it is.</summary>
    public OutboxCounts Count()
    {
        lock (_database.Gate) return _database.Engine.Waiting.Counts;
    }

    /// <summary>Completes as soon as a message may leave; at once if one may already.</summary>
    /// <exception cref="OperationCanceledException">Cancelled, or the database was closed.</exception>
    public async Task WaitAsync(CancellationToken cancel)
    {
        Task arrival;
        lock (_database.Gate)
        {
            if (_database.Engine.Waiting.AnyReady) return;
            if (_arrival.Task.IsCompleted)
                _arrival = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            arrival = _arrival.Task;
        }
        await arrival.WaitAsync(cancel).ConfigureAwait(false);
    }

    /// <summary>Forgets what has expired, a step of it; what was not sent is dropped.</summary>
    /// <returns>How many; 0 at the end.</returns>
    internal int DropExpired(DateTimeOffset now)
    {
        lock (_database.Gate)
        {
            var expired = _database.Engine.Waiting.All.Where(row => row.Expires <= now).Take(DroppedPerStep).ToLookup(row => row.Sent);
            return Forget([.. expired[true]]) + Drop([.. expired[false]]);
        }
    }

    /// <summary>Gives up what is least worth until the rest fits. The caller holds the gate, and its own step is durable.</summary>
    internal void MakeRoom()
    {
        try
        {
            while (_database.Engine.Waiting is { } waiting && waiting.Bytes > Limit)
            {
                var excess = waiting.Bytes - Limit;
                if (Forget(Enough(waiting.Sent)) + Drop(Enough(waiting.Expendable)) == 0) return;

                List<OutboxRow> Enough(IEnumerable<OutboxRow> rows)
                {
                    var given = new List<OutboxRow>();
                    foreach (var row in rows.Take(DroppedPerStep).TakeWhile(_ => excess > 0))
                    {
                        given.Add(row);
                        excess -= row.Bytes;
                    }
                    return given;
                }
            }
        }
        catch (StateStorageException)
        {
            // What was stored before stands. The next message makes room again.
        }
    }

    private int Drop(List<OutboxRow> rows)
    {
        if (rows.Count == 0) return 0;
        var dropped = rows.ConvertAll(row => new DroppedMessage(row.Sequence));
        // What these would have said of others has to be said anew.
        dropped.AddRange(NamedBy([.. rows.Select(row => row.Sequence)]).Select(named => named with { NamedBy = 0 }));
        _database.Persist(lite => Update(lite, dropped));
        foreach (var row in rows) _database.Engine.Waiting.Remove(row);
        foreach (var message in dropped) _database.Engine.Dropped[message.Sequence] = message;
        return rows.Count;
    }

    // With what these named of others: it was said.
    private int Forget(List<OutboxRow> rows)
    {
        if (rows.Count == 0) return 0;
        var named = NamedBy([.. rows.Select(row => row.Sequence)]);
        _database.Persist(lite =>
        {
            foreach (var number in rows.Select(row => row.Sequence).Concat(named.Select(dropped => dropped.Sequence)))
                lite.GetCollection(OutboxRow.Collection).Delete(number);
        });
        foreach (var row in rows) _database.Engine.Waiting.Remove(row);
        foreach (var dropped in named) _database.Engine.Dropped.Remove(dropped.Sequence);
        return rows.Count;
    }

    private void MarkSent(List<OutboxRow> rows, bool sent)
    {
        var found = rows.Select(row => (Row: row with { Sent = sent }, Document: _database.Engine.Find(OutboxRow.Collection, row.Sequence)))
            .Where(one => one.Document is not null).ToList();
        if (found.Count == 0) return;
        foreach (var (_, document) in found) document!["s"] = sent;
        _database.Persist(lite =>
        {
            foreach (var (_, document) in found) lite.GetCollection(OutboxRow.Collection).Update(document);
        });
        foreach (var (row, _) in found) Put(row);
    }

    private List<DroppedMessage> NamedBy(HashSet<long> sequences) =>
        [.. _database.Engine.Dropped.Values.Where(dropped => sequences.Contains(dropped.NamedBy))];

    private static void Update(LiteDatabase lite, IEnumerable<DroppedMessage> dropped)
    {
        foreach (var message in dropped) lite.GetCollection(OutboxRow.Collection).Update(StateRows.OfDropped(message));
    }

    internal void Close() => _arrival.TrySetCanceled();

    /// <summary>The clear part of a message that is about to be stored; refuses what no receiver would take.</summary>
    internal static OutboxRow Row(OutboxMessage message)
    {
        if (message.Payload.Length is 0 or > Jws.MaxBytes)
            throw new ArgumentException($"a payload is 1 to {Jws.MaxBytes} bytes, not {message.Payload.Length}");
        if (!Enum.IsDefined(message.Kind)) throw new ArgumentException($"{message.Kind} is no kind of message");
        return new OutboxRow(message.Sequence, message.Kind, StateRows.ToMilliseconds(message.Expires), Logged: false,
            RecordSealer.Overhead + message.Payload.Length)
        {
            Shared = message.Shared,
        };
    }

    /// <summary>A message whose audit entry stands in the log already, and its row.</summary>
    internal (OutboxRow Row, BsonDocument Document) Logged(OutboxMessage message, long leafIndex)
    {
        var row = Row(message) with { Logged = true };
        return (row, StateRows.OfMessage(row, SealPayload(row, message.Payload.Span), SealLeaf(row, leafIndex)));
    }

    internal byte[] SealPayload(OutboxRow row, ReadOnlySpan<byte> payload) => _database.Seal(row.PayloadPlace, payload);

    /// <summary>The caller holds the gate and has made the row durable.</summary>
    internal void Put(OutboxRow row)
    {
        _database.Engine.Waiting.Put(row);
        if (row is { Logged: true, Sent: false }) _arrival.TrySetResult();
    }

    private byte[] SealLeaf(OutboxRow row, long leafIndex)
    {
        Span<byte> index = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(index, leafIndex);
        return _database.Seal(row.LeafPlace, index);
    }

    private bool TryOpen(OutboxRow row, [NotNullWhen(true)] out byte[]? payload)
    {
        payload = null;
        if (_database.Engine.Find(OutboxRow.Collection, row.Sequence) is { } document && document["p"].IsBinary &&
            _database.Sealer.TryOpen(row.PayloadPlace, document["p"].AsBinary, out payload) &&
            (!row.Logged || HasLeaf(row, document["l"]))) return true;
        return false;
    }

    // Sealed, so that an edit of the file cannot pass an unlogged message for a logged one.
    private bool HasLeaf(OutboxRow row, BsonValue leaf) =>
        leaf.IsBinary && _database.Sealer.TryOpen(row.LeafPlace, leaf.AsBinary, out _);
}
