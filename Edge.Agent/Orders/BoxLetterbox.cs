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

    public Task TakeAsync(string topic, ReadOnlyMemory<byte> payload, bool again, CancellationToken cancel)
    {
        try
        {
            if (topic == Topics.Order(box)) desk.Take(payload, again);
            else if (topic == Topics.Cosignature(box)) cosigned(payload);
            else if (topic == Topics.Receipt(box)) receipts.Take(payload.Span);
            else if (Topics.TryParseTrust(topic, box.Agency, out var file)) trust.Put(file, payload);
        }
#pragma warning disable CA1031 // one message that nobody foresaw must not stop the box: it is refused by being forgotten
        catch (Exception bug) when (bug is not IOException)
#pragma warning restore CA1031
        {
            log.LogError("a message on {Topic} was dropped: unexpected {Failure}; this is a bug, please report this line", topic, bug.GetType().Name);
        }
        return Task.CompletedTask;
    }
}
