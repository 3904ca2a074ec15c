using Edge.Agent.Governance;
using Edge.Agent.Publishing;
using Edge.Storage.Database;
using Edge.Storage.Outbox;
using Edge.Storage.Signing;
using Microsoft.Extensions.Logging;

namespace Edge.Agent.Orders;

/// <summary>Where the hub's receipts come in: what it has is forgotten here, what it misses is sent again. The broker may bring one again
/// and again, late, or one that was for the box that had this name before: each is acted on once, none that is older than the last, also over restarts,
/// and none that speaks of numbers which this box has not given out.</summary>
/// <param name="key">The id of this box's message key.</param>
internal sealed class ReceiptTray(BoxName box, string key, StateDatabase state, Func<ActiveTrust?> trust, Action<IncidentKind, string> incident,
    TimeProvider time, ILogger log)
{
    /// <summary>A receipt from further ahead than this is refused: the hub's clock was wrong, and taken it would hide every right one until that day.</summary>
    public static readonly TimeSpan ClockLag = TimeSpan.FromDays(1);

    private readonly HourlyBudget _refused = new();

    /// <exception cref="IOException">The disk refused: the receipt may be brought again.</exception>
    public void Take(ReadOnlySpan<byte> message)
    {
        if (trust() is not { } active) return; // whose word it is cannot be told yet, and the next one says the same
        if (!Receipt.TryVerify(message, active.Targets.OnlineKeys, out var receipt) || receipt.Box != box)
        {
            // Of a key that this box does not know (yet, or any more) nothing can be said: the hub's keys rotate.
            Refuse("not of the hub's key that this box knows, or not for this box",
                accuse: Jws.TryReadKeyId(message, out var id) && active.Targets.OnlineKeys.Any(one => one.KeyId == id));
            return;
        }
        var last = state.Outbox.Account;
        if (receipt.Key != key)
            Refuse("it speaks of another key under this box's name: of the box that this one replaces, until the hub has heard of this one");
        else if (receipt.Through > state.LastSequence)
            Refuse($"it speaks of number {receipt.Through}, and this box has given out {state.LastSequence}: was it set back to an older state?");
        else if (receipt.Time > time.GetUtcNow() + ClockLag)
            Refuse("it was signed more than a day ahead of this box's clock: look at the hub's clock, and at this one");
        else if (receipt.Time < last?.Told) Refuse("it is older than the last one");
        else if (receipt.Time != last?.Told) Settle(receipt); // the same again is what a broker retains
    }

    private void Settle(Receipt receipt)
    {
        var again = state.Outbox.Settle(new HubAccount(receipt.Time, receipt.From, receipt.Through), receipt.Missing.ToHashSet());
        if (again > 0)
            log.LogWarning("the hub has not got {Count} message(s) that the broker had acknowledged, or does not know of them: they are sent again", again);
    }

    private void Refuse(string reason, bool accuse = false)
    {
        _refused.TakeFurther(time.GetUtcNow());
        if (!_refused.TrySpend(time.GetUtcNow())) return;
        log.LogWarning("a receipt was refused: {Reason}", reason);
        if (accuse) incident(IncidentKind.RefusedSignature, "receipt");
    }
}
