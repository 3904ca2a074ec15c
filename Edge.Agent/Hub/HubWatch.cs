using Edge.Agent.Publishing;

namespace Edge.Agent.Hub;

/// <summary>Why boxes are not told what has come.</summary>
/// <param name="ByBroker">True if the broker refused; false if nothing could be signed.</param>
public sealed record NotTold(string Reason, bool ByBroker);

/// <summary>The agency's side of the broker: subscribes to every box of the agency and shows what they say, verified.</summary>
public sealed class HubWatch : IAsyncDisposable
{
    private readonly LinkSettings _settings;
    private readonly TimeProvider _time;
    private readonly IReadOnlyList<string> _topics;
    private readonly Inbox _inbox;
    private readonly Lock _gate = new();
    private readonly Dictionary<BoxName, Receipt> _receipts = [];
    private Task _telling = Task.CompletedTask;
    private readonly ShortLinks _short;
    private MqttLink _link;

    private HubWatch(LinkSettings settings, Inbox inbox, TimeProvider time, IReadOnlyList<string> topics, MqttLink link)
    {
        _settings = settings;
        _topics = topics;
        _time = time;
        _link = link;
        _inbox = inbox;
        _short = new ShortLinks(time, settings.ClientId);
    }

    /// <summary>Called when the link is lost, and again for each attempt that fails.</summary>
    public Action<BrokerException>? LinkLost { get; init; }

    /// <summary>Called when there is a link again.</summary>
    public Action? LinkedAgain { get; set; }

    /// <summary>Called when a batch has been shown, before it is remembered and the broker may forget it: what was written
    /// must be safe when this returns.</summary>
    public Action? Shown { get; init; }

    /// <summary>Signs what boxes are told to have come; null, and nobody is told anything.</summary>
    public Func<Receipt, byte[]>? SignReceipt { get; init; }

    /// <summary>Called when boxes cannot be told anything.</summary>
    public Action<NotTold>? ReceiptRefused { get; init; }

    /// <summary>False if the broker had kept nothing for this hub: it was never there, or was away for too long.</summary>
    public bool Resumed => _link.Resumed;

    /// <summary>Messages that had come before and were not shown again.</summary>
    public long Repeats => _inbox.Repeats;

    /// <summary>Connects and subscribes; what boxes send from now on is kept for this hub, also while it is away.</summary>
    /// <param name="settings">The broker, and who we are there. The hub that comes back under the same client id finds
    /// what came meanwhile.</param>
    /// <param name="verifier">Whom to believe; borrowed.</param>
    /// <param name="time">For retention, deadlines and reconnects.</param>
    /// <param name="linkLost">See <see cref="LinkLost"/>.</param>
    /// <param name="cancel">Gives up.</param>
    /// <param name="other">Another agency, if the broker is its: then what its boxes have for this one is shown, and nothing else.</param>
    /// <param name="ledger">What has been shown; borrowed. Without one it is remembered only by this object.</param>
    /// <param name="group">Name of a group of hubs, each with a client id of its own, of whom each message reaches one.</param>
    /// <param name="shown">See <see cref="Shown"/>.</param>
    /// <param name="signReceipt">See <see cref="SignReceipt"/>; one of a group, who gets a part, tells nobody anything.</param>
    /// <param name="receiptRefused">See <see cref="ReceiptRefused"/>.</param>
    /// <exception cref="BrokerException">There is no link; the message says why and what to do.</exception>
    public static async Task<HubWatch> OpenAsync(LinkSettings settings, MessageVerifier verifier, TimeProvider time,
        Action<BrokerException>? linkLost, CancellationToken cancel, string? other = null, ArrivalLedger? ledger = null,
        string? group = null, Action? shown = null, Func<Receipt, byte[]>? signReceipt = null, Action<NotTold>? receiptRefused = null)
    {
        IReadOnlyList<string> topics = other is not null ? [Topics.OfSharedHits(other, verifier.Agency)]
            : [.. EventType.All.Select(type => Topics.OfEveryBox(verifier.Agency, type)), Topics.OfSharedHits(verifier.Agency, null)];
        if (group is not null) topics = [.. topics.Select(topic => Topics.Shared(group, topic))];
        var inbox = new Inbox(verifier, ledger ?? new ArrivalLedger(), seesAll: group is null);
        return new HubWatch(settings, inbox, time, topics, await SubscribeAsync(settings, topics, time, cancel)) 
        {
            LinkLost = linkLost, Shown = shown, SignReceipt = signReceipt, ReceiptRefused = receiptRefused,
        };
    }

    /// <summary>Shows each message once, reconnecting as often as it takes, until told to stop.</summary>
    /// <param name="show">Takes one delivery and answers whether to go on. The broker may forget a message only once this
    /// has returned; if it throws, the message comes again.</param>
    /// <param name="cancel">Stops; also between two batches.</param>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    /// <exception cref="IOException">What was shown could not be remembered: it comes again, marked.</exception>
    public async Task RunAsync(Func<Delivery, bool> show, CancellationToken cancel)
    {
        while (true)
        {
            while (await _link.Inbound.WaitToReadAsync(cancel))
            {
                cancel.ThrowIfCancellationRequested();
                if (await TakeBatchAsync(show)) continue;
                await _link.CloseAsync();
                return;
            }
            LinkLost?.Invoke(_short.Ended(await _link.Lost));
            await ReconnectAsync(cancel);
        }
    }

    /// <summary>Takes what has come, at most what the broker may have unacknowledged at us: it is remembered in one write, and only
    /// then acknowledged. Shown first, remembered second, acknowledged last: whatever is cut off, nothing is lost, and what may come twice is marked by the
    /// broker.</summary>
    private async Task<bool> TakeBatchAsync(Func<Delivery, bool> show)
    {
        var taken = new List<InboundMessage>();
        var more = true;
        try
        {
            using var together = _inbox.Together();
            while (more && taken.Count < MqttLink.MaxUnacknowledged && _link.Inbound.TryRead(out var message))
            {
                more = _inbox.Take(message.Topic, message.Payload.Span, message.Again, _time.GetUtcNow(), show);
                taken.Add(message);
            }
        }
        finally
        {
            // Also if showing one has failed: those before it were shown.
            Shown?.Invoke();
            _inbox.Keep();
            foreach (var message in taken) await message.AcknowledgeAsync();
            Tell(_inbox.TakeReceipts(_time.GetUtcNow()));
        }
        return more;
    }

    /// <summary>Tells boxes what has come, beside what goes on here: of each box only the newest waits. One that gets lost is no harm, the
    /// box's next summary brings another.</summary>
    private void Tell(IReadOnlyList<Receipt> receipts)
    {
        if (SignReceipt is null || receipts.Count == 0) return;
        lock (_gate)
        {
            foreach (var receipt in receipts) _receipts[receipt.Box] = receipt;
            if (_telling.IsCompleted) _telling = TellAsync(_link);
        }
    }

    private async Task TellAsync(MqttLink link)
    {
        await Task.Yield(); // out of the lock
        while (true)
        {
            Receipt receipt;
            lock (_gate)
            {
                if (_receipts.Count == 0) return;
                receipt = _receipts.Values.First();
                _receipts.Remove(receipt.Box);
            }
            try
            {
                var publication = new Publication(Topics.Receipt(receipt.Box), SignReceipt!(receipt), Retain: true);
                var (outcome, reason) = await link.PublishAsync(publication, CancellationToken.None);
                if (outcome is PublishOutcome.Reject or PublishOutcome.TooLarge) ReceiptRefused?.Invoke(new NotTold(reason, ByBroker: true));
            }
            catch (BrokerException)
            {
                return; // said by whoever reads from the same link
            }
            catch (Exception noKey) when (noKey is AgencyException or IOException)
            {
                ReceiptRefused?.Invoke(new NotTold(noKey.Message, ByBroker: false));
                return; // it is the same for every box; the next batch tries again
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _link.DisposeAsync();
        await _telling;
    }

    private async Task ReconnectAsync(CancellationToken cancel)
    {
        await _link.DisposeAsync();
        var backoff = Backoff.Create();
        while (true)
        {
            await Task.Delay(backoff.Next(), _time, cancel);
            try
            {
                _link = await SubscribeAsync(_settings, _topics, _time, cancel);
                _short.Opened();
                LinkedAgain?.Invoke();
                return;
            }
            catch (BrokerException still)
            {
                LinkLost?.Invoke(still);
            }
        }
    }

    private static async Task<MqttLink> SubscribeAsync(LinkSettings settings, IReadOnlyList<string> topics, TimeProvider time,
        CancellationToken cancel)
    {
        var link = await MqttLink.OpenAsync(settings, time, cancel);
        try
        {
            await link.SubscribeAsync(topics, cancel);
            return link;
        }
        catch
        {
            await link.DisposeAsync();
            throw;
        }
    }
}
