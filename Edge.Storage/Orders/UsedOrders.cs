using Edge.Storage.Database;
using Edge.Storage.Hits;
using Edge.Storage.Outbox;
using Edge.Storage.Retention;
using LiteDB;

namespace Edge.Storage.Orders;

/// <summary>Carries out each order once: its effect, its answer and the fact that it was used are one durable step. Which orders
/// are good is not decided here. Thread-safe.</summary>
public sealed class UsedOrders
{
    /// <summary>Most used orders remembered at once. A thousand a day is far more than people give; what floods us is refused.</summary>
    public const int MostOrders = 8192;

    /// <summary>Most cases under a hold at once.</summary>
    public const int MostHolds = 1024;

    /// <summary>Longest id, in characters.</summary>
    public const int MaxId = 80;

    private readonly StateDatabase _database;

    internal UsedOrders(StateDatabase database) => _database = database;

    /// <summary>How many are remembered.</summary>
    public int Count
    {
        get
        {
            lock (_database.Gate) return _database.Engine.Orders.Count;
        }
    }

    /// <summary>True for 1 to 80 characters of A–Z, a–z, 0–9, '.', '-' and '_'.</summary>
    public static bool IsId(string? text) => text is { Length: >= 1 and <= MaxId }
        && text.All(static character => char.IsAsciiLetterOrDigit(character) || character is '.' or '-' or '_');

    /// <summary>The order of this id, if it was used; null if not, or forgotten since it expired.</summary>
    public UsedOrder? Find(string id)
    {
        lock (_database.Gate) return _database.Engine.Orders.GetValueOrDefault(id);
    }

    /// <summary>Uses an order: in one durable step it is remembered, its effect is in force, and its answer is in the outbox,
    /// free to leave. After a crash all of it is there or nothing.</summary>
    /// <param name="id">The order's id; see <see cref="IsId"/>.</param>
    /// <param name="until">The order's expiry.</param>
    /// <param name="effect">What it does.</param>
    /// <param name="answer">What is sent back.</param>
    /// <exception cref="ArgumentException">An id, pseudonym or bound is not of its shape, or the answer is empty or too long.</exception>
    /// <exception cref="StateStorageException">The disk refused; see there.</exception>
    public OrderOutcome Carry(string id, DateTimeOffset until, OrderEffect effect, AnswerMessage answer)
    {
        ArgumentNullException.ThrowIfNull(effect);
        ArgumentNullException.ThrowIfNull(answer);
        ArgumentOutOfRangeException.ThrowIfNegative(answer.LeafIndex);
        if (!IsId(id)) throw new ArgumentException($"an order's id is 1 to {MaxId} of A-Z, a-z, 0-9, '.', '-' and '_'", nameof(id));
        lock (_database.Gate)
        {
            if (_database.Engine.Orders.TryGetValue(id, out var used)) return new OrderOutcome(OrderUse.UsedBefore, used.Answer);
            if (_database.Engine.Orders.Count >= MostOrders) return new OrderOutcome(OrderUse.Full, 0);
            // No hold brings back what has expired and only waits for the sweep.
            if (effect is OrderEffect.Hold) Sweep.DeleteExpired(_database, _database.Time.GetUtcNow());

            var change = HoldChange.Of(effect, _database);
            if (change.Begins is not null && change.Ends is null && _database.Engine.Holds.Count >= MostHolds)
                return new OrderOutcome(OrderUse.Full, 0);
            var sequence = _database.Build(number => answer.Build(number, change.Finding), ahead: 0, out var payload);
            return new OrderOutcome(OrderUse.Carried, Persist(new UsedOrder(id, StateRows.ToMilliseconds(until), sequence), change,
                new OutboxMessage(sequence, MessageKind.Answer, payload, answer.Expires), answer.LeafIndex));
        }
    }

    private long Persist(UsedOrder order, HoldChange change, OutboxMessage message, long leafIndex)
    {
        var (row, document) = _database.Outbox.Logged(message, leafIndex);
        var begins = change.Begins;
        var hold = begins is null ? null : StateRows.OfHold(begins, _database.Seal(begins.Place, new byte[sizeof(long)]));
        // Made before the step, so that on a full disk the hold is refused here and not when its hits are sealed again.
        foreach (var key in change.Keys) _database.MakeKey(key);
        _database.Persist(lite =>
        {
            lite.GetCollection(StateRows.State).Update(StateRows.OfState(order.Answer));
            lite.GetCollection(UsedOrder.Collection).Insert(StateRows.OfOrder(order));
            lite.GetCollection(OutboxRow.Collection).Insert(document);
            if (change.Ends is { } ends) lite.GetCollection(Hold.Collection).Delete(ends.Number);
            if (hold is not null) lite.GetCollection(Hold.Collection).Insert(hold);
        });

        var engine = _database.Engine;
        engine.LastSequence = order.Answer;
        engine.Orders.Add(order.Id, order);
        if (change.Ends is not null) engine.Holds.Remove(change.Ends.CasePseudonym);
        if (begins is not null) engine.Holds.Add(begins.CasePseudonym, begins);
        _database.Outbox.Put(row);
        _database.Outbox.MakeRoom();
        return order.Answer;
    }
}
