using Edge.Storage.Database;
using Edge.Storage.Outbox;
using Microsoft.Extensions.Logging;

namespace Edge.Agent.Publishing;

/// <summary>What the broker brings to a box.</summary>
public interface ILetterbox
{
    /// <summary>The topic filters to subscribe to.</summary>
    IReadOnlyList<string> Filters { get; }

    /// <summary>Deals with one message, durably, before it returns; then the broker may forget it.</summary>
    /// <param name="again">True if the broker says that it may have brought it before.</param>
    /// <exception cref="IOException">The disk refused: the message comes again.</exception>
    Task TakeAsync(string topic, ReadOnlyMemory<byte> payload, bool again, CancellationToken cancel);
}

/// <summary>Carries the outbox to the broker: a message leaves the disk only after its PUBACK, and until then the same
/// bytes are sent again, so that its id stays the same. Says online at every connect and offline at a clean stop; the
/// broker says offline if the link ends otherwise.</summary>
public sealed class OutboxWorker
{
    // Small, so that an incident does not wait behind a long batch.
    private const int Batch = 8;

    // More than these refused at once is not about single messages: the whole pass waits.
    private const int MaxSetAside = 64;

    private static readonly TimeSpan SetAsideFor = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromSeconds(1);

    private readonly StateDatabase _state;
    private readonly LinkSettings _settings;
    private readonly MessageSigner _signer;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly Backoff _backoff = Backoff.Create();
    private readonly Dictionary<long, DateTimeOffset> _setAside = [];
    private readonly Dictionary<MessageKind, (Backoff Backoff, DateTimeOffset Until)> _unheard = [];
    private readonly ILetterbox? _letterbox;

    /// <param name="state">Holds the outbox.</param>
    /// <param name="settings">To which broker; the last will is added here.</param>
    /// <param name="signer">Signs the status.</param>
    /// <param name="time">Measures deadlines and waits.</param>
    /// <param name="log">Told what a technician can act on.</param>
    /// <param name="letterbox">Takes what the broker brings over the same link; null takes nothing.</param>
    public OutboxWorker(StateDatabase state, LinkSettings settings, MessageSigner signer, TimeProvider time,
        ILogger<OutboxWorker> log, ILetterbox? letterbox = null)
    {
        _state = state;
        _settings = settings;
        _signer = signer;
        _time = time;
        _log = log;
        _letterbox = letterbox;
    }

    /// <summary>Sends until told to stop, reconnecting as often as it takes. No broker, no certificate, a full disk: it says
    /// so and tries again, because the box must go on recording hits without it.</summary>
    /// <param name="stop">Ends the link with a goodbye; returns normally.</param>
    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await using var link = await ConnectAsync(stop);
                using var linked = CancellationTokenSource.CreateLinkedTokenSource(stop);
                var receiving = ReceiveAsync(link, linked.Token);
                try
                {
                    await SendAsync(link, receiving, stop);
                }
                finally
                {
                    await linked.CancelAsync();
                    await receiving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                }
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failure) when (failure is BrokerException or IOException)
            {
                await PauseAsync(failure.Message, stop);
            }
        }
    }

    private async Task<MqttLink> ConnectAsync(CancellationToken stop)
    {
        var now = _time.GetUtcNow();
        var will = _signer.Status(Presence.Offline, _state.LastSequence, now);
        var link = await MqttLink.OpenAsync(_settings with { LastWill = will }, _time, stop);
        try
        {
            await link.PublishAsync(_signer.Status(Presence.Online, _state.LastSequence, now), stop);
            _log.LogInformation("linked to {Broker} as {Client}", _settings.Broker, _settings.ClientId);
            await SubscribeAsync(link, stop);
            return link;
        }
        catch
        {
            await link.DisposeAsync();
            throw;
        }
    }

    /// <summary>A broker that lets the box hear nothing still takes its hits.</summary>
    private async Task SubscribeAsync(MqttLink link, CancellationToken stop)
    {
        if (_letterbox is null) return;
        try
        {
            await link.SubscribeAsync(_letterbox.Filters, stop);
        }
        catch (BrokerException refused) when (refused.Failure == BrokerFailure.NotAuthorised)
        {
            _log.LogError("{Reason}; until then orders and signed files reach this box only by folder", refused.Message);
        }
    }

    /// <summary>Takes what comes, in its order. What could not be dealt with is not acknowledged, and the link is given up: the
    /// broker sends it again.</summary>
    private async Task ReceiveAsync(MqttLink link, CancellationToken stop)
    {
        if (_letterbox is null) await Task.Delay(Timeout.InfiniteTimeSpan, _time, stop);
        await foreach (var message in link.Inbound.ReadAllAsync(stop))
        {
            await _letterbox!.TakeAsync(message.Topic, message.Payload, message.Again, stop);
            await message.AcknowledgeAsync();
        }
        await Task.Delay(Timeout.InfiniteTimeSpan, _time, stop); // the link ended, which is not this task's to say
    }

    private async Task SendAsync(MqttLink link, Task receiving, CancellationToken stop)
    {
        try
        {
            while (true)
            {
                stop.ThrowIfCancellationRequested();
                var ready = NextBatch();
                if (ready.Count == 0)
                {
                    // All that could be sent was: whatever troubled the link is over.
                    _backoff.Reset();
                    await WaitAsync(link, receiving, stop);
                }
                foreach (var message in ready)
                    if (IsHeard(message.Kind) && !await SendAsync(link, message, stop)) break;
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            await SayGoodbyeAsync(link);
            throw;
        }
    }

    /// <summary>False if what follows would fare no better now.</summary>
    private async Task<bool> SendAsync(MqttLink link, OutboxMessage message, CancellationToken stop)
    {
        var topic = _signer.TopicOf(message.Kind, message.Payload.Span);
        var (outcome, reason) = await link.PublishAsync(new Publication(topic, message.Payload), stop);
        switch (outcome)
        {
            case PublishOutcome.Acknowledged:
                _state.Outbox.Acknowledge(message.Sequence);
                _unheard.Remove(message.Kind);
                return true;
            case PublishOutcome.Unheard when topic == Topics.Of(_signer.Box, EventType.Of(message.Kind)):
                Quieten(message.Kind, $"message {message.Sequence} stays here: {reason}");
                return true;
            // Another agency's hub is away: its own hits wait, and nobody else's.
            case PublishOutcome.Unheard or PublishOutcome.Reject when _setAside.Count < MaxSetAside:
                _setAside[message.Sequence] = _time.GetUtcNow() + SetAsideFor;
                _log.LogError("message {Sequence} stays here for {Minutes} minutes: {Reason}", message.Sequence,
                    SetAsideFor.TotalMinutes, reason);
                return true;
            default:
                await PauseAsync($"message {message.Sequence} stays here: {reason}", stop);
                return false;
        }
    }

    private List<OutboxMessage> NextBatch()
    {
        var now = _time.GetUtcNow();
        foreach (var (sequence, until) in _setAside)
            if (until <= now) _setAside.Remove(sequence);
        foreach (var (kind, quiet) in _unheard)
            if (quiet.Until <= now) _unheard[kind] = quiet with { Until = default };
        return [.. _state.Outbox.Ready(Batch + _setAside.Count, IsHeard).Where(message => !_setAside.ContainsKey(message.Sequence)).Take(Batch)];
    }

    /// <summary>A hub that listens to hits alone must not keep back an answer that somebody waits for, nor the reverse: what nobody
    /// is subscribed to waits by kind.</summary>
    private void Quieten(MessageKind kind, string reason)
    {
        var backoff = _unheard.TryGetValue(kind, out var quiet) ? quiet.Backoff : Backoff.Create();
        var wait = backoff.Next();
        _unheard[kind] = (backoff, _time.GetUtcNow() + wait);
        _log.LogWarning("{Reason}; next attempt in {Seconds:0} s", reason, Math.Ceiling(wait.TotalSeconds));
    }

    private bool IsHeard(MessageKind kind) => !_unheard.TryGetValue(kind, out var quiet) || quiet.Until == default;

    private async Task WaitAsync(MqttLink link, Task receiving, CancellationToken stop)
    {
        using var woken = CancellationTokenSource.CreateLinkedTokenSource(stop);
        // The outbox counts what is set aside as ready, so waiting for it would not wait.
        var arrival = _setAside.Count + _unheard.Count > 0 ? Task.Delay(LookAgainAfter, _time, woken.Token) : _state.Outbox.WaitAsync(woken.Token);
        var first = await Task.WhenAny(arrival, receiving, link.Lost);
        await woken.CancelAsync();
        if (first == link.Lost) throw await link.Lost;
        if (first == receiving) await receiving;
        await arrival;
    }

    private async Task PauseAsync(string reason, CancellationToken stop)
    {
        var wait = _backoff.Next();
        _log.LogWarning("{Reason}; next attempt in {Seconds:0} s", reason, Math.Ceiling(wait.TotalSeconds));
        try
        {
            await Task.Delay(wait, _time, stop);
        }
        catch (OperationCanceledException)
        {
            // Told to stop: the caller sees it next.
        }
    }

    private async Task SayGoodbyeAsync(MqttLink link)
    {
        try
        {
            await link.PublishAsync(_signer.Status(Presence.Offline, _state.LastSequence, _time.GetUtcNow()), CancellationToken.None);
        }
        catch (BrokerException)
        {
            // The last will says it instead.
        }
        await link.CloseAsync();
    }
}
