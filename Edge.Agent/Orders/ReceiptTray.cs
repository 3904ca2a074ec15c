using Edge.Agent.Governance;
using Edge.Agent.Publishing;
using Edge.Storage.Database;
using Edge.Storage.Signing;
using Microsoft.Extensions.Logging;

namespace Edge.Agent.Orders;

/// <summary>Where the hub's receipts come in: what it has is forgotten here, what it misses is sent again. The broker may bring one again
/// and again, or late, so each is acted on once, and none that is older.</summary>
internal sealed class ReceiptTray(BoxName box, StateDatabase state, Func<ActiveTrust?> trust, Action<IncidentKind, string> incident, TimeProvider time, ILogger log)
{
    private readonly HourlyBudget _refused = new();
    private (long Through, DateTimeOffset Time) _last;

    /// <exception cref="IOException">The disk refused: the receipt may be brought again.</exception>
    public void Take(ReadOnlySpan<byte> message)
    {
        if (trust() is not { } active) return; // whose word it is cannot be told yet, and the next one says the same
        if (!Receipt.TryVerify(message, active.Targets.OnlineKeys, out var receipt) || receipt.Box != box)
        {
            // Of a key that this box does not know (yet, or any more) nothing can be said: the hub's keys rotate.
            Refuse(accuse: Jws.TryReadKeyId(message, out var id) && active.Targets.OnlineKeys.Any(key => key.KeyId == id));
            return;
        }
        if ((receipt.Through, receipt.Time).CompareTo(_last) <= 0) return;
        var again = state.Outbox.Settle(receipt.Through, receipt.Missing.ToHashSet());
        _last = (receipt.Through, receipt.Time);
        if (again > 0) log.LogWarning("the hub has not got {Count} message(s) that the broker had acknowledged: they are sent again", again);
    }

    private void Refuse(bool accuse)
    {
        _refused.TakeFurther(time.GetUtcNow());
        if (!_refused.TrySpend(time.GetUtcNow())) return;
        log.LogWarning("a receipt was refused: not of the hub's key that this box knows, or not for this box");
        if (accuse) incident(IncidentKind.RefusedSignature, "receipt");
    }
}
