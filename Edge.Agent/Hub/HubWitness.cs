using Edge.Agent.Publishing;
using Edge.Storage.Audit;
using Edge.Storage.Witnessing;

namespace Edge.Agent.Hub;

/// <summary>What a witness made of one message.</summary>
/// <param name="Topic">Where it came from.</param>
/// <param name="Message">What it turned out to be; a checkpoint, or refused; null for one of the agency's log of publications.</param>
/// <param name="Verdict">Of a checkpoint.</param>
/// <param name="Offered">What the box says that its log is.</param>
/// <param name="Known">What was last cosigned of that log, this included.</param>
/// <param name="SetBack">True for a smaller log that the box told of after the larger one: not an old message that came late.</param>
/// <param name="Evidence">The file that keeps both sides of a contradiction.</param>
/// <param name="NotTold">Why the broker did not pass the answer on; null if it did, or there was none.</param>
public sealed record WitnessedMessage(string Topic, ReceivedMessage? Message, WitnessVerdict Verdict, Checkpoint? Offered, Checkpoint? Known, bool SetBack,
    string? Evidence, string? NotTold)
{
    /// <summary>True if it was cosigned and nothing as large had been.</summary>
    public bool HasGrown { get; init; }

    /// <summary>Why a witness that was asked over HTTP gave nothing.</summary>
    public string? Refusal { get; init; }

    /// <summary>True if the log, or the message, is not what it must be: not for what is only old, or proves from elsewhere.</summary>
    public bool IsAlarm => Message is ReceivedMessage.Refused || SetBack
        || Verdict is not (WitnessVerdict.Consistent or WitnessVerdict.Smaller or WitnessVerdict.ProofFromElsewhere);
}

/// <summary>A witness at the broker: receives the checkpoints of every enrolled box, and of the agency's log of publications, cosigns what only appends, and
/// answers each with the last checkpoint that it has cosigned, so that a box whose log was set back learns of it.</summary>
public sealed class HubWitness : IAsyncDisposable
{
    /// <summary>How long the broker keeps checkpoints for a witness who is away.</summary>
    public static readonly TimeSpan SessionExpiry = TimeSpan.FromDays(30);

    /// <summary>See <see cref="RunAsync"/>.</summary>
    public const int Patience = 12;

    private readonly LinkSettings _settings;
    private readonly MessageVerifier _verifier;
    private readonly IReadOnlyDictionary<BoxName, NoteKey> _logs;
    private readonly NoteKey? _publications;
    private readonly LogWitness? _witness;
    private readonly WitnessRelay? _relay;
    private readonly TimeProvider _time;
    private MqttLink _link;

    private HubWitness(LinkSettings settings, MessageVerifier verifier, IReadOnlyDictionary<BoxName, NoteKey> logs, NoteKey? publications, LogWitness? witness,
        WitnessRelay? relay, TimeProvider time, MqttLink link) =>
        (_settings, _verifier, _logs, _publications, _witness, _relay, _time, _link) = (settings, verifier, logs, publications, witness, relay, time, link);

    /// <summary>Called when the link is lost, and again for each attempt that fails.</summary>
    public Action<BrokerException>? LinkLost { get; init; }

    /// <summary>Connects and subscribes.</summary>
    /// <param name="logs">The log key of each enrolled box.</param>
    /// <param name="witness">Borrowed.</param>
    /// <param name="publications">The key of the agency's log of publications; null where it has none.</param>
    /// <exception cref="BrokerException">There is no link; the message says why and what to do.</exception>
    public static async Task<HubWitness> OpenAsync(LinkSettings settings, MessageVerifier verifier, IReadOnlyDictionary<BoxName, NoteKey> logs,
        LogWitness witness, TimeProvider time, Action<BrokerException>? linkLost, CancellationToken cancel, NoteKey? publications = null) =>
        await OpenAsync(settings, verifier, logs, publications, witness, null, time, linkLost, cancel);

    /// <summary>The same, with another witness behind it that is asked over HTTP: boxes speak to their broker alone.</summary>
    /// <inheritdoc cref="OpenAsync(LinkSettings, MessageVerifier, IReadOnlyDictionary{BoxName, NoteKey}, LogWitness, TimeProvider, Action{BrokerException}?, CancellationToken, NoteKey?)"/>
    public static async Task<HubWitness> OpenAsync(LinkSettings settings, MessageVerifier verifier, IReadOnlyDictionary<BoxName, NoteKey> logs,
        WitnessRelay relay, TimeProvider time, Action<BrokerException>? linkLost, CancellationToken cancel, NoteKey? publications = null) =>
        await OpenAsync(settings, verifier, logs, publications, null, relay, time, linkLost, cancel);

    private static async Task<HubWitness> OpenAsync(LinkSettings settings, MessageVerifier verifier, IReadOnlyDictionary<BoxName, NoteKey> logs,
        NoteKey? publications,
        LogWitness? witness, WitnessRelay? relay, TimeProvider time, Action<BrokerException>? linkLost, CancellationToken cancel)
    {
        settings = settings with { SessionExpiry = SessionExpiry };
        var link = await SubscribeAsync(settings, Filters(verifier.Agency, publications), time, cancel);
        return new HubWitness(settings, verifier, logs, publications, witness, relay, time, link) { LinkLost = linkLost };
    }

    /// <summary>Takes each message, reconnecting as often as it takes, until told to stop.</summary>
    /// <param name="show">Told of each, before the broker may forget it.</param>
    /// <param name="quiet">Stops once nothing has come for so long, or nothing that was cosigned and new for <see cref="Patience"/> times as long: who
    /// keeps the broker talking does not keep the witness; null for never.</param>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    /// <exception cref="IOException">The disk refused: nothing was signed, and the message comes again.</exception>
    public async Task RunAsync(Action<WitnessedMessage> show, TimeSpan? quiet, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(show);
        using var standstill = new CancellationTokenSource(quiet * Patience ?? Timeout.InfiniteTimeSpan, _time);
        while (true)
        {
            using var silence = new CancellationTokenSource(quiet ?? Timeout.InfiniteTimeSpan, _time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(silence.Token, standstill.Token, cancel);
            try
            {
                either.Token.ThrowIfCancellationRequested(); // a read of what waits already does not look
                var message = await _link.Inbound.ReadAsync(either.Token);
                var seen = await TakeAsync(message.Topic, message.Payload, cancel);
                if (quiet is { } wait && seen.HasGrown) standstill.CancelAfter(wait * Patience);
                show(seen);
                await message.AcknowledgeAsync();
            }
            catch (OperationCanceledException) when ((silence.IsCancellationRequested || standstill.IsCancellationRequested) && !cancel.IsCancellationRequested)
            {
                await _link.CloseAsync();
                return;
            }
            catch (Exception ended) when (ended is System.Threading.Channels.ChannelClosedException or BrokerException)
            {
                LinkLost?.Invoke(await _link.Lost);
                await ReconnectAsync(cancel);
            }
        }
    }

    public ValueTask DisposeAsync() => _link.DisposeAsync();

    private async Task<WitnessedMessage> TakeAsync(string topic, ReadOnlyMemory<byte> payload, CancellationToken cancel)
    {
        if (_publications is not null && topic == Topics.Publications(_verifier.Agency))
            return CheckpointOffer.TryParse(payload.Span, out var published, out var malformed)
                ? await TakeAsync(topic, null, published, _publications, null, by => Topics.PublicationsCosignature(_verifier.Agency, by), cancel)
                : new WitnessedMessage(topic, new ReceivedMessage.Refused(MessagePart.Data, malformed), default, null, null, false, null, null);
        var received = _verifier.Verify(topic, payload.Span, _time.GetUtcNow());
        if (received is not ReceivedMessage.Checkpoint { Event: var said, Offer: var offer })
            return new WitnessedMessage(topic, received, default, null, null, false, null, null);
        if (!_logs.TryGetValue(said.Box, out var log))
            return new WitnessedMessage(topic, received, WitnessVerdict.UnknownLog, null, null, false, null, null);
        return await TakeAsync(topic, received, offer, log, said.Time, _ => Topics.Cosignature(said.Box), cancel);
    }

    /// <param name="said">When a box said it. A log of publications has no word of its own on that: the broker retains one checkpoint, so a smaller one is
    /// only old, and what grows from a log that was set back does not follow from what was cosigned.</param>
    /// <param name="answerTo">A box's own topic, or one for each witness's key that retains the answer for whoever comes.</param>
    private async Task<WitnessedMessage> TakeAsync(string topic, ReceivedMessage? received, CheckpointOffer offer, NoteKey log, DateTimeOffset? said,
        Func<uint, string> answerTo, CancellationToken cancel)
    {
        if (_witness is null) return await RelayAsync(topic, received, offer, log, answerTo, cancel);
        var (before, saidBefore) = (_witness.KnownOf(log), _witness.SaidOf(log));
        var request = offer.Request(before);
        var (verdict, known, cosignature) = _witness.Take(request, log, said);
        var message = new WitnessedMessage(topic, received, verdict, request.Checkpoint, known,
            verdict == WitnessVerdict.Smaller && said is not null && !(said <= saidBefore), null, null)
        {
            HasGrown = verdict == WitnessVerdict.Consistent && !(request.Checkpoint.Size <= before?.Size),
        };
        var isSigned = verdict is not (WitnessVerdict.UnknownLog or WitnessVerdict.NotSigned);
        if (message.IsAlarm && isSigned) message = message with { Evidence = _witness.KeepEvidence(request, log, verdict) };
        var answer = cosignature is not null ? request.Note.Of(log).With(cosignature) : isSigned ? _witness.Cosigned(log) : null;
        if (answer is null) return message;
        if (cosignature is not null) _witness.Show(log, answer);
        return await TellAsync(message, answer, answerTo(_witness.Key.Id), cancel);
    }

    private async Task<WitnessedMessage> RelayAsync(string topic, ReceivedMessage? received, CheckpointOffer offer, NoteKey log, Func<uint, string> answerTo,
        CancellationToken cancel)
    {
        var (note, refusal) = await _relay!.AskAsync(offer, log, cancel);
        var checkpoint = WitnessRequest.Of(offer.Note, 0, [])!.Checkpoint;
        var message = new WitnessedMessage(topic, received, WitnessVerdict.Consistent, checkpoint, null, false, null, null) { Refusal = refusal,
            HasGrown = refusal is null };
        return note is null ? message : await TellAsync(message, note, answerTo(note.Signatures[^1].KeyId), cancel);
    }

    private async Task<WitnessedMessage> TellAsync(WitnessedMessage message, SignedNote answer, string to, CancellationToken cancel)
    {
        var (outcome, reason) = await _link.PublishAsync(
            new Publication(to, answer.ToBytes(), Retain: message.Message is null) { ContentType = Topics.CosignatureType }, cancel);
        return outcome == PublishOutcome.Acknowledged ? message : message with { NotTold = reason };
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
                _link = await SubscribeAsync(_settings, Filters(_verifier.Agency, _publications), _time, cancel);
                return;
            }
            catch (BrokerException still)
            {
                LinkLost?.Invoke(still);
            }
        }
    }

    // A broker from before there were publications need not allow the second.
    private static string[] Filters(string agency, NoteKey? publications) => publications is null ? [Topics.OfEveryBox(agency, EventType.Checkpoint)]
        : [Topics.OfEveryBox(agency, EventType.Checkpoint), Topics.Publications(agency)];

    private static async Task<MqttLink> SubscribeAsync(LinkSettings settings, string[] filters, TimeProvider time, CancellationToken cancel)
    {
        var link = await MqttLink.OpenAsync(settings, time, cancel);
        try
        {
            await link.SubscribeAsync(filters, cancel);
            return link;
        }
        catch
        {
            await link.DisposeAsync();
            throw;
        }
    }
}
