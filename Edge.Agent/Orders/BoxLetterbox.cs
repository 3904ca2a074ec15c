using Edge.Agent.Governance;
using Edge.Agent.Publishing;
using Edge.Storage.Trust;
using Microsoft.Extensions.Logging;

namespace Edge.Agent.Orders;

/// <summary>What the broker brings to a box: orders to its desk, receipts to their tray, files of the trust repository to its mailbox, what
/// witnesses cosigned to its log. Nothing else is subscribed to, and nothing is believed because of the topic it came on.</summary>
internal sealed class BoxLetterbox(BoxName box, OrderDesk desk, ReceiptTray receipts, TrustMailbox trust, Action<ReadOnlyMemory<byte>> cosigned, ILogger log)
    : ILetterbox
{
    /// <summary>The largest message that may come: a hotlist.</summary>
    public static int LargestPayload => TrustPath.MaxBytes(TrustPath.Hotlist("any"));

    public IReadOnlyList<string> Filters { get; } = [Topics.Order(box), Topics.Receipt(box), Topics.EveryTrustFile(box.Agency), Topics.Cosignature(box)];

    public bool IsOnce(string topic) => topic == Topics.Order(box);

    public async Task TakeAsync(string topic, ReadOnlyMemory<byte> payload, bool again, CancellationToken cancel)
    {
        // Whoever adds an operator, publishes and then orders finds the order judged by what was published: it waits, unacknowledged, until that
        // was looked at. What comes behind it waits too, since acknowledgements go in order (MQTT 5 §4.6).
        if (topic == Topics.Order(box)) await trust.LookedAtAsync(cancel);
        Intake.TryTake(() => Take(topic, payload, again), $"a message on {topic}", log);
    }

    private void Take(string topic, ReadOnlyMemory<byte> payload, bool again)
    {
        if (topic == Topics.Order(box)) desk.Take(payload, again);
        else if (topic == Topics.Cosignature(box)) cosigned(payload);
        else if (topic == Topics.Receipt(box)) receipts.Take(payload.Span);
        else if (Topics.TryParseTrust(topic, box.Agency, out var file)) trust.Put(file, payload);
    }
}
