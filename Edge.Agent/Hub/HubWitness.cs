using Edge.Agent.Publishing;
using Edge.Storage.Audit;
using Edge.Storage.Witnessing;

namespace Edge.Agent.Hub;

/// <summary>What a witness made of one message.</summary>
/// <param name="Topic">Where it came from.</param>
/// <param name="Message">What it turned out to be; a checkpoint, or refused.</param>
/// <param name="Verdict">Of a checkpoint.</param>
/// <param name="Offered">What the box says that its log is.</param>
/// <param name="Known">What was last cosigned of that log, this included.</param>
/// <param name="SetBack">True for a smaller log that the box told of after the larger one: not an old message that came late.</param>
/// <param name="Evidence">The file that keeps both sides of a contradiction.</param>
/// <param name="NotTold">Why the broker did not pass the answer on; null if it did, or there was none.</param>
public sealed record WitnessedMessage(string Topic, ReceivedMessage Message, WitnessVerdict Verdict, Checkpoint? Offered, Checkpoint? Known, bool SetBack,
    string? Evidence, string? NotTold)
{
    /// <summary>True if it was cosigned and nothing as large had been.</summary>
    public bool HasGrown { get; init; }

    /// <summary>True if the log, or the message, is not what it must be: not for what is only old, or proves from elsewhere.</summary>
    public bool IsAlarm => Message is ReceivedMessage.Refused || SetBack
        || Verdict is not (WitnessVerdict.Consistent or WitnessVerdict.Smaller or WitnessVerdict.ProofFromElsewhere);
}

/// <summary>A witness at the broker: receives the checkpoints of every enrolled box, cosigns what only appends, and answers each with the
/// last checkpoint that it has cosigned, so that a box whose log was set back learns of it.</summary>
public sealed class HubWitness : IAsyncDisposable
{
    /// <summary>How long the broker keeps checkpoints for a witness who is away.</summary>
    public static readonly TimeSpan SessionExpiry = TimeSpan.FromDays(30);

    /// <summary>See <see cref="RunAsync"/>.</summary>
    public const int Patience = 12;

    private readonly LinkSettings _settings;
    private readonly MessageVerifier _verifier;
    private readonly IReadOnlyDictionary<BoxName, NoteKey> _logs;
    private readonly LogWitness _witness;
    private readonly TimeProvider _time;
    private MqttLink _link;

    private HubWitness(LinkSettings settings, MessageVerifier verifier, IReadOnlyDictionary<BoxName, NoteKey> logs, LogWitness witness,
        TimeProvider time, MqttLink link) =>
        (_settings, _verifier, _logs, _witness, _time, _link) = (settings, verifier, logs, witness, time, link);

    /// <summary>Called when the link is lost, and again for each attempt that fails.</summary>
    public Action<BrokerException>? LinkLost { get; init; }

    /// <summary>Connects and subscribes.</summary>
    /// <param name="logs">The log key of each enrolled box.</param>
    /// <param name="witness">Borrowed.</param>
    /// <exception cref="BrokerException">There is no link; the message says why and what to do.</exception>
    public static async Task<HubWitness> OpenAsync(LinkSettings settings, MessageVerifier verifier, IReadOnlyDictionary<BoxName, NoteKey> logs,
        LogWitness witness, TimeProvider time, Action<BrokerException>? linkLost, CancellationToken cancel)
    {
        settings = settings with { SessionExpiry = SessionExpiry };
        return new HubWitness(settings, verifier, logs, witness, time, await SubscribeAsync(settings, verifier.Agency, time, cancel)) { LinkLost = linkLost };
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
        var received = _verifier.Verify(topic, payload.Span, _time.GetUtcNow());
        if (received is not ReceivedMessage.Checkpoint { Event: var said, Offer: var offer })
            return new WitnessedMessage(topic, received, default, null, null, false, null, null);
        if (!_logs.TryGetValue(said.Box, out var log))
            return new WitnessedMessage(topic, received, WitnessVerdict.UnknownLog, null, null, false, null, null);
        var (before, saidBefore) = (_witness.KnownOf(log), _witness.SaidOf(log));
        var request = offer.Request(before);
        var (verdict, known, cosignature) = _witness.Take(request, log, said.Time);
        var message = new WitnessedMessage(topic, received, verdict, request.Checkpoint, known,
            verdict == WitnessVerdict.Smaller && !(said.Time <= saidBefore), null, null)
        {
            HasGrown = verdict == WitnessVerdict.Consistent && !(request.Checkpoint.Size <= before?.Size),
        };
        var isSigned = verdict is not (WitnessVerdict.UnknownLog or WitnessVerdict.NotSigned);
        if (message.IsAlarm && isSigned) message = message with { Evidence = _witness.KeepEvidence(request, log, verdict) };
        var answer = cosignature is not null ? request.Note.Of(log).With(cosignature) : isSigned ? _witness.Cosigned(log) : null;
        if (answer is null) return message;
        if (cosignature is not null) _witness.Show(log, answer);
        var (outcome, reason) = await _link.PublishAsync(
            new Publication(Topics.Cosignature(said.Box), answer.ToBytes()) { ContentType = Topics.CosignatureType }, cancel);
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
                _link = await SubscribeAsync(_settings, _verifier.Agency, _time, cancel);
                return;
            }
            catch (BrokerException still)
            {
                LinkLost?.Invoke(still);
            }
        }
    }

    private static async Task<MqttLink> SubscribeAsync(LinkSettings settings, string agency, TimeProvider time, CancellationToken cancel)
    {
        var link = await MqttLink.OpenAsync(settings, time, cancel);
        try
        {
            await link.SubscribeAsync([Topics.OfEveryBox(agency, EventType.Checkpoint)], cancel);
            return link;
        }
        catch
        {
            await link.DisposeAsync();
            throw;
        }
    }
}
