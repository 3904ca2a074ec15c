using Edge.Agent.Governance;
using Edge.Storage.Database;
using Edge.Storage.Outbox;
using Microsoft.Extensions.Logging;

namespace Edge.Agent.Publishing;

/// <summary>Carries the outbox to the broker: a message leaves the disk only after its PUBACK, and until then the same
/// bytes are sent again, so that its id stays the same. Says online at every connect and offline at a clean stop; the
/// broker says offline if the link ends otherwise.</summary>
public sealed class OutboxWorker
{
    // Small, so that an incident does not wait behind a long batch.
    private const int Batch = 8;

    private static readonly TimeSpan SetAsideFor = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LookAtFilesEvery = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LookBackEvery = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan WarnEvery = TimeSpan.FromDays(1);

    /// <summary>A refusal that lasts as long is an incident: by then nobody is still setting the broker up.</summary>
    public static readonly TimeSpan RefusedFor = TimeSpan.FromHours(1);

    /// <summary>So long before its end a certificate is an incident.</summary>
    public static readonly TimeSpan WarnBefore = TimeSpan.FromDays(30);

    private readonly StateDatabase _state;
    private readonly LinkSettings _settings;
    private readonly MessageSigner _signer;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly Backoff _backoff = Backoff.Create();
    private readonly Dictionary<long, DateTimeOffset> _setAside = [];
    private readonly QuietTopics _quiet;
    private readonly Redeliveries _redeliveries = new();
    private readonly Dictionary<string, (DateTimeOffset Since, bool Told)> _refused = [];
    private readonly ILetterbox? _letterbox;
    private DateTimeOffset _lookAtFiles, _warnAgain, _warnedOf;
    private volatile LinkLook _look;
    private byte[] _unusable = [];

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
        _quiet = new QuietTopics(signer.Box, time);
        _look = new LinkLook(null, time.GetUtcNow(), "not tried yet");
    }

    /// <summary>Whom the box speaks to now, or why it speaks to nobody.</summary>
    public LinkLook Look => _look;

    /// <summary>Told what must be notified, in lower-case words.</summary>
    public Action<IncidentKind, string> Incident { get; init; } = static (_, _) => { };

    private IEnumerable<BrokerAddress> Brokers => _settings.StandIns.Prepend(_settings.Broker);

    /// <summary>Sends until told to stop, reconnecting as often as it takes. No broker, no certificate, a full disk: it says
    /// so and tries again, because the box must go on recording hits without it.</summary>
    /// <param name="stop">Ends the link with a goodbye; returns normally.</param>
    public async Task RunAsync(CancellationToken stop)
    {
        MqttLink? next = null;
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await using var link = next ?? await ConnectAsync(stop);
                next = null;
                using var linked = CancellationTokenSource.CreateLinkedTokenSource(stop);
                var receiving = ReceiveAsync(link, linked.Token);
                try
                {
                    next = await SendAsync(link, receiving, stop);
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
                await PauseAsync(failure.Message, stop, (failure as BrokerException)?.Failure);
            }
        }
        if (next is not null) await next.DisposeAsync();
    }

    /// <summary>The first broker, in their order, that takes us.</summary>
    private async Task<MqttLink> ConnectAsync(CancellationToken stop)
    {
        var failures = new List<BrokerException>();
        foreach (var broker in Brokers)
            try
            {
                var link = await OpenAsync(broker, stop);
                foreach (var failure in failures) _log.LogWarning("{Reason}; {Broker} stands in", failure.Message, broker);
                _refused.Remove("");
                return link;
            }
            catch (BrokerException failure)
            {
                failures.Add(failure);
            }
        if (failures.Select(RefusalOf).FirstOrDefault(detail => detail is not null) is { } refusal) Refused("", refusal);
        else _refused.Remove("");
        throw failures is [var only] ? only
            : new BrokerException(failures[0].Failure, string.Join("; ", failures.Select(failure => failure.Message)), failures[0]);
    }

    private async Task<MqttLink> OpenAsync(BrokerAddress broker, CancellationToken stop)
    {
        var now = _time.GetUtcNow();
        var will = _signer.Status(Presence.Offline, _state.LastSequence, now);
        var link = await MqttLink.OpenAsync(_settings with { Broker = broker, LastWill = will }, _time, stop);
        try
        {
            await link.PublishAsync(_signer.Status(Presence.Online, _state.LastSequence, now), stop);
            _log.LogInformation("linked to {Broker} as {Client}", broker, _settings.ClientId);
            _look = new LinkLook(broker.ToString(), _time.GetUtcNow(), null);
            await SubscribeAsync(link, stop);
            return link;
        }
        catch
        {
            await link.DisposeAsync();
            throw;
        }
    }

    /// <summary>Tries the brokers before <paramref name="standIn"/> until one of them is back.</summary>
    private async Task<MqttLink> LookBackAsync(BrokerAddress standIn, CancellationToken stop)
    {
        var before = Brokers.TakeWhile(broker => broker != standIn).ToList();
        while (true)
        {
            await Task.Delay(before.Count == 0 ? Timeout.InfiniteTimeSpan : LookBackEvery, _time, stop);
            foreach (var broker in before)
                try
                {
                    return await OpenAsync(broker, stop);
                }
                catch (BrokerException away)
                {
                    _log.LogDebug("{Reason}; {Broker} still stands in", away.Message, standIn);
                }
        }
    }

    /// <summary>How an incident says that the two do not accept each other; null for what is no such thing.</summary>
    private static string? RefusalOf(BrokerException failure) => failure.Failure switch
    {
        BrokerFailure.OwnCertificate => "own-certificate",
        BrokerFailure.CertificateRefused => "certificate-refused",
        BrokerFailure.NotAuthorised => "not-authorised",
        BrokerFailure.UntrustedCertificate or BrokerFailure.WrongHostName => "broker-not-trusted",
        _ => null,
    };

    /// <param name="what">The topic that was refused; empty for the link itself.</param>
    private void Refused(string what, string detail)
    {
        var now = _time.GetUtcNow();
        var (since, told) = _refused.GetValueOrDefault(what, (now, false));
        if (!told && now - since >= RefusedFor) Incident(IncidentKind.BrokerLink, detail);
        _refused[what] = (since, told || now - since >= RefusedFor);
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
        _redeliveries.BeginLink();
        await foreach (var message in link.Inbound.ReadAllAsync(stop))
        {
            var isOnce = _letterbox!.IsOnce(message.Topic);
            await _letterbox.TakeAsync(message.Topic, message.Payload, message.Again && isOnce && _redeliveries.MayRepeat(message.Payload), stop);
            await message.AcknowledgeAsync();
            if (isOnce) _redeliveries.Acknowledged(message.Payload);
        }
        await Task.Delay(Timeout.InfiniteTimeSpan, _time, stop); // the link ended, which is not this task's to say
    }

    /// <returns>The link to go on with, or null to open one anew; this one is closed then.</returns>
    private async Task<MqttLink?> SendAsync(MqttLink link, Task receiving, CancellationToken stop)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var earlier = LookBackAsync(link.Broker, over.Token);
        var taken = false;
        try
        {
            while (true)
            {
                stop.ThrowIfCancellationRequested();
                // Without a status: the box is not offline. What is unacknowledged is sent again, what it subscribed to is the session's.
                if (earlier.IsCompleted)
                {
                    var back = await earlier;
                    taken = true;
                    await link.CloseAsync();
                    return back;
                }
                // It ends only by failing, and however much is still to be sent: what it could not deal with comes again over another link.
                if (receiving.IsCompleted) await receiving;
                if (IsRenewed(link))
                {
                    await link.CloseAsync();
                    return null;
                }
                var ready = NextBatch();
                if (ready.Count == 0)
                {
                    // All that could be sent was: whatever troubled the link is over.
                    _backoff.Reset();
                    await WaitAsync(link, receiving, earlier, stop);
                }
                foreach (var message in ready)
                    if (!await SendAsync(link, message, stop)) break;
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            await SayGoodbyeAsync(link);
            throw;
        }
        finally
        {
            await over.CancelAsync();
            await ((Task)earlier).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (earlier.IsCompletedSuccessfully && !taken) await (await earlier).DisposeAsync();
        }
    }

    /// <summary>True if the certificate files have changed since the link was opened, and can be used. Looks at them every half
    /// minute, and warns of an end that is near.</summary>
    private bool IsRenewed(MqttLink link)
    {
        var now = _time.GetUtcNow();
        if (now < _lookAtFiles) return false;
        _lookAtFiles = now + LookAtFilesEvery;
        WarnOfEnd(link.CertificateEnds, now);
        var stamp = _settings.Certificates.Stamp();
        if (stamp.Length == 0 || stamp.AsSpan().SequenceEqual(link.CertificateStamp) || stamp.AsSpan().SequenceEqual(_unusable)) return false;
        try
        {
            _settings.Certificates.LoadCa();
            _settings.Certificates.LoadOwn(now).Dispose();
            _log.LogInformation("the certificate files have changed: linking again with {File}", _settings.Certificates.CertificateFile);
            return true;
        }
        catch (BrokerException unusable)
        {
            // Half copied, or a mistake: the link that we have is good as long as it lasts.
            _unusable = stamp;
            _log.LogWarning("{Reason}; the link stays as it is", unusable.Message);
            return false;
        }
    }

    private void WarnOfEnd(DateTimeOffset ends, DateTimeOffset now)
    {
        if (ends - now >= WarnBefore || now < _warnAgain && _warnedOf == ends) return;
        _log.LogWarning("{File} ends on {Day:yyyy-MM-dd}, in {Days:0} days: enrol this box again, or copy a new certificate and key there",
            _settings.Certificates.CertificateFile, ends.UtcDateTime, Math.Floor((ends - now).TotalDays));
        if (_warnedOf != ends) Incident(IncidentKind.BrokerLink, "certificate-ends-soon");
        (_warnedOf, _warnAgain) = (ends, now + WarnEvery);
    }

    /// <summary>False if what follows would fare no better now.</summary>
    private async Task<bool> SendAsync(MqttLink link, OutboxMessage message, CancellationToken stop)
    {
        var publication = _signer.Address(message);
        var topic = publication.Topic;
        if (_quiet.Holds(message, topic)) return true;
        var left = _redeliveries.Left;
        var (outcome, reason) = await link.PublishAsync(publication, stop);
        if (outcome is not (PublishOutcome.TooLarge or PublishOutcome.Expired)) _redeliveries.Had(left);
        if (outcome is PublishOutcome.Reject or PublishOutcome.TooLarge) Refused(topic, "messages-refused");
        switch (outcome)
        {
            case PublishOutcome.Acknowledged:
                _state.Outbox.Acknowledge(message.Sequence);
                _refused.Remove(topic);
                _quiet.Remove(topic, message.Sequence);
                return true;
            case PublishOutcome.Expired:
                // Then it is withheld, and the sweep drops it.
                _setAside[message.Sequence] = message.Expires > _time.GetUtcNow() ? message.Expires : _time.GetUtcNow() + SetAsideFor;
                return true;
            case PublishOutcome.Unheard:
                Quieten(topic, $"message {message.Sequence} stays here: {reason}");
                return true;
            case PublishOutcome.Reject:
                // It may be about this one after all: the next attempt is another's.
                _setAside[message.Sequence] = _time.GetUtcNow() + SetAsideFor;
                Quieten(topic, $"message {message.Sequence} stays here: {reason}");
                return true;
            case PublishOutcome.TooLarge:
                _setAside[message.Sequence] = _time.GetUtcNow() + SetAsideFor;
                _log.LogError("message {Sequence} stays here for {Minutes} minutes: {Reason}", message.Sequence, SetAsideFor.TotalMinutes, reason);
                return true;
            default:
                await PauseAsync($"message {message.Sequence} stays here: {reason}", stop);
                return false;
        }
    }

    private IReadOnlyList<OutboxMessage> NextBatch()
    {
        var now = _time.GetUtcNow();
        foreach (var (sequence, until) in _setAside)
            if (until <= now) _setAside.Remove(sequence);
        return _state.Outbox.Ready(Batch, waiting => !_setAside.ContainsKey(waiting.Sequence) && !_quiet.Holds(waiting));
    }

    private void Quieten(string topic, string reason) =>
        _log.LogWarning("{Reason}; next attempt in {Seconds:0} s", reason, Math.Ceiling(_quiet.Add(topic).TotalSeconds));

    private async Task WaitAsync(MqttLink link, Task receiving, Task earlier, CancellationToken stop)
    {
        using var woken = CancellationTokenSource.CreateLinkedTokenSource(stop);
        // The outbox counts what is set aside as ready, so waiting for it would not wait.
        var arrival = _setAside.Count > 0 || _quiet.Any ? Task.Delay(LookAgainAfter, _time, woken.Token) : _state.Outbox.WaitAsync(woken.Token);
        var files = Task.Delay(LookAtFilesEvery, _time, woken.Token);
        var first = await Task.WhenAny(arrival, receiving, link.Lost, earlier, files);
        await woken.CancelAsync();
        if (first == link.Lost) throw await link.Lost;
        if (first == receiving) await receiving;
        if (first == arrival) await arrival;
    }

    private async Task PauseAsync(string reason, CancellationToken stop, BrokerFailure? failure = null)
    {
        var wait = _backoff.Next();
        _look = new LinkLook(null, _look is { Broker: null, Since: var since } ? since : _time.GetUtcNow(), reason) { Failure = failure };
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
