using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Threading.Channels;
using MQTTnet;
using MQTTnet.Exceptions;
using MQTTnet.Formatter;
using MQTTnet.Protocol;

namespace Edge.Agent.Publishing;

/// <summary>One connection to a broker: MQTT 5 over TLS 1.3, both sides known by certificate. It never reconnects; once
/// <see cref="Lost"/> completes, dispose it and open another.</summary>
public sealed class MqttLink : IAsyncDisposable
{
    /// <summary>The MQTT content type of a signed message.</summary>
    public const string ContentType = "application/jose";

    /// <summary>What topic and properties may add to a payload, in bytes.</summary>
    internal const int PacketOverhead = 1024;

    internal const ushort MaxUnacknowledged = 64;

    private readonly LinkSettings _settings;
    private readonly TimeProvider _time;
    private readonly X509Certificate2 _own;
    private readonly GuardedChannel.Factory _channel;
    private readonly IMqttClient _client;
    private readonly TaskCompletionSource<BrokerException> _lost = new(TaskCreationOptions.RunContinuationsAsynchronously);
    // The broker may have this many unacknowledged at us, so this channel never fills.
    private readonly Channel<InboundMessage> _inbound = Channel.CreateBounded<InboundMessage>(MaxUnacknowledged);
    // A box waits for each PUBACK before its next message. So one is under way at most, which every receive maximum allows
    // (MQTT 5 §3.2.2.3.3), and they arrive in order.
    private readonly SemaphoreSlim _underWay = new(1);
    private readonly Dictionary<string, (ushort Alias, bool Known)> _aliases = [];
    private ushort _mostAliases;
    private uint _largestPacket = uint.MaxValue;

    private MqttLink(LinkSettings settings, TimeProvider time, X509Certificate2 own)
    {
        _own = own;
        _settings = settings;
        _time = time;
        _channel = new GuardedChannel.Factory(settings.LargestPayload + PacketOverhead);
        _client = new MqttClientFactory().CreateMqttClient(_channel);
        _client.DisconnectedAsync += ended =>
        {
            End(LinkFailure.Ended(settings, ended));
            return Task.CompletedTask;
        };
        _client.ApplicationMessageReceivedAsync += async received =>
        {
            received.AutoAcknowledge = false;
            await _inbound.Writer.WriteAsync(new InboundMessage(received, () => _channel.Channel!.Release()));
        };
    }

    /// <summary>Where it leads.</summary>
    public BrokerAddress Broker => _settings.Broker;

    /// <summary>Our own certificate, the one that this link was opened with, ends then.</summary>
    public DateTimeOffset CertificateEnds => _own.NotAfter;

    /// <summary>Topics that the broker knows by a number.</summary>
    internal int AliasesKnown => _aliases.Values.Count(alias => alias.Known);

    /// <summary>The files that this link was opened with.</summary>
    internal byte[] CertificateStamp { get; private init; } = [];

    /// <summary>Completes when the link ends, for whatever reason, with that reason.</summary>
    public Task<BrokerException> Lost => _lost.Task;

    /// <summary>True if the broker had kept our subscriptions, and what came for them, since the link before this one.</summary>
    public bool Resumed { get; private set; }

    /// <summary>What the broker sends, in its order; acknowledge each. It completes when the link ends.</summary>
    public ChannelReader<InboundMessage> Inbound => _inbound.Reader;

    /// <summary>Connects.</summary>
    /// <param name="settings">To which broker, and as whom.</param>
    /// <param name="time">Measures <see cref="LinkSettings.AnswerWithin"/>.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="BrokerException">There is no link; the message says why and what to do.</exception>
    public static async Task<MqttLink> OpenAsync(LinkSettings settings, TimeProvider time, CancellationToken cancel)
    {
        var stamp = settings.Certificates.Stamp(); // first: what changes from here on is noticed
        var ca = settings.Certificates.LoadCa();
        var own = settings.Certificates.LoadOwn(time.GetUtcNow());
        var link = new MqttLink(settings, time, own) { CertificateStamp = stamp };
        try
        {
            await link.ConnectAsync(ca, cancel);
            return link;
        }
        catch
        {
            await link.DisposeAsync();
            throw;
        }
    }

    /// <summary>Publishes at QoS 1 and waits for the PUBACK, one message at a time.</summary>
    /// <returns>What the PUBACK means, and why if it is not good; never a guess.</returns>
    /// <exception cref="BrokerException">The link ended, or did not answer in time and was dropped. The broker may have
    /// the message all the same: send the same bytes again.</exception>
    public async Task<(PublishOutcome Outcome, string Reason)> PublishAsync(Publication message, CancellationToken cancel)
    {
        // A broker ends the link over a packet that is too large.
        if (message.Payload.Length + PacketOverhead is var needed && needed > _largestPacket)
            return (PublishOutcome.TooLarge, $"the broker takes packets up to {_largestPacket} bytes: raise its limit to {Math.Max(needed, 262144)}");
        await _underWay.WaitAsync(cancel);
        try
        {
            if (message.Expires is { } expires && expires - _time.GetUtcNow() < TimeSpan.FromSeconds(1))
                return (PublishOutcome.Expired, "its retention is over");
            var packet = Packet(message);
            var answer = await AnswerAsync(deadline => _client.PublishAsync(packet, deadline), cancel);
            var read = PubAck.Read(answer.ReasonCode, message.Retain);
            // Only now: a broker that refused the message need not have kept the alias.
            if (packet.TopicAlias != 0 && read.Outcome is PublishOutcome.Acknowledged or PublishOutcome.Unheard)
                _aliases[message.Topic] = (packet.TopicAlias, Known: true);
            return read;
        }
        finally
        {
            _underWay.Release();
        }
    }

    private MqttApplicationMessage Packet(Publication message)
    {
        var alias = AliasOf(message.Topic);
        var packet = new MqttApplicationMessageBuilder().WithTopic(alias.Known ? "" : message.Topic).WithPayloadSegment(message.Payload)
            .WithQualityOfServiceLevel(MqttQualityOfServiceLevel.AtLeastOnce).WithRetainFlag(message.Retain)
            .WithContentType(message.ContentType);
        if (alias.Alias != 0) packet.WithTopicAlias(alias.Alias);
        // Whole seconds that are left, rounded down: a hit must not lie at a broker past its retention (§3.3.2.3.3).
        if (message.Expires is { } expires)
            packet.WithMessageExpiryInterval((uint)Math.Min((expires - _time.GetUtcNow()).TotalSeconds, uint.MaxValue));
        if (message.ResponseTopic is { } topic) packet.WithResponseTopic(topic);
        if (message.Correlation is { } order) packet.WithCorrelationData(Encoding.ASCII.GetBytes(order));
        return packet.Build();
    }

    /// <summary>The alias of a topic, 0 where the broker allows no more (§3.2.2.3.8).</summary>
    private (ushort Alias, bool Known) AliasOf(string topic)
    {
        if (_aliases.TryGetValue(topic, out var alias)) return alias;
        if (_aliases.Count >= _mostAliases) return (0, false);
        return _aliases[topic] = ((ushort)(_aliases.Count + 1), false);
    }

    /// <summary>Subscribes at QoS 1.</summary>
    /// <exception cref="BrokerException">The broker does not allow it, or the link ended.</exception>
    public async Task SubscribeAsync(IEnumerable<string> filters, CancellationToken cancel)
    {
        var packet = new MqttClientSubscribeOptionsBuilder();
        foreach (var filter in filters) packet.WithTopicFilter(filter, MqttQualityOfServiceLevel.AtLeastOnce);
        var answer = await AnswerAsync(deadline => _client.SubscribeAsync(packet.Build(), deadline), cancel);
        foreach (var item in answer.Items)
            if (item.ResultCode > MqttClientSubscribeResultCode.GrantedQoS2)
                throw new BrokerException(BrokerFailure.NotAuthorised, $"the broker at {_settings.Broker} does not let " +
                    $"{_settings.ClientId} subscribe to {item.TopicFilter.Topic} (0x{(int)item.ResultCode:X2}): allow it on the broker");
    }

    /// <summary>Says goodbye, so that the broker does not publish the last will.</summary>
    public async Task CloseAsync()
    {
        using var deadline = new CancellationTokenSource(_settings.AnswerWithin, _time);
        try
        {
            await _client.DisconnectAsync(new MqttClientDisconnectOptionsBuilder().Build(), deadline.Token);
        }
        catch (Exception gone) when (IsOfTheLink(gone))
        {
            // It ended first: there is nobody to say goodbye to.
        }
    }

    /// <summary>Ends the link without a goodbye.</summary>
    public ValueTask DisposeAsync()
    {
        _client.Dispose();
        _own.Dispose();
        End(new BrokerException(BrokerFailure.Lost, $"the link to {_settings.Broker} was closed"));
        return ValueTask.CompletedTask;
    }

    private async Task ConnectAsync(X509Certificate2Collection ca, CancellationToken cancel)
    {
        var identity = new BrokerIdentity(_settings.Broker, _settings.Certificates.CaFile);
        using var deadline = new CancellationTokenSource(_settings.ConnectWithin, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancel);
        MqttClientConnectResult answer;
        try
        {
            _channel.Way = () => new BrokerChannel(_settings.Broker, ca, _own, identity);
            answer = await _client.ConnectAsync(Options(), either.Token);
        }
        catch (Exception failure) when (!cancel.IsCancellationRequested)
        {
            throw LinkFailure.Connecting(_settings, identity, failure, deadline.IsCancellationRequested);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            throw new OperationCanceledException("gave up connecting", failure, cancel);
        }
        if (answer.ResultCode != MqttClientConnectResultCode.Success) throw LinkFailure.Answered(_settings, answer.ResultCode);
        _mostAliases = answer.TopicAliasMaximum;
        Resumed = answer.IsSessionPresent;
        if (answer.MaximumPacketSize is > 0 and var largest) _largestPacket = largest;
    }

    private MqttClientOptions Options()
    {
        var options = new MqttClientOptionsBuilder()
            .WithProtocolVersion(MqttProtocolVersion.V500)
            // The channel connects, with TLS; the library only asks for an address.
            .WithTcpServer(_settings.Broker.Host, _settings.Broker.Port)
            .WithClientId(_settings.ClientId)
            .WithCleanStart(_settings.SessionExpiry == TimeSpan.Zero)
            .WithSessionExpiryInterval((uint)_settings.SessionExpiry.TotalSeconds)
            .WithReceiveMaximum(_settings.MostUnacknowledged)
            .WithMaximumPacketSize((uint)(_settings.LargestPayload + PacketOverhead))
            .WithKeepAlivePeriod(_settings.KeepAlive)
            .WithTimeout(_settings.AnswerWithin);
        if (_settings.LastWill is { } will)
            options.WithWillTopic(will.Topic).WithWillPayload(will.Payload.ToArray()).WithWillRetain(will.Retain)
                .WithWillQualityOfServiceLevel(MqttQualityOfServiceLevel.AtLeastOnce).WithWillContentType(ContentType);
        return options.Build();
    }

    private async Task<T> AnswerAsync<T>(Func<CancellationToken, Task<T>> ask, CancellationToken cancel)
    {
        using var deadline = new CancellationTokenSource(_settings.AnswerWithin, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancel);
        try
        {
            return await ask(either.Token);
        }
        catch (Exception failure) when (IsOfTheLink(failure))
        {
            cancel.ThrowIfCancellationRequested();
            if (!deadline.IsCancellationRequested && Lost.IsCompletedSuccessfully) throw await Lost;
            var lost = deadline.IsCancellationRequested
                ? new BrokerException(BrokerFailure.Lost, $"the broker at {_settings.Broker} did not answer within " +
                    $"{_settings.AnswerWithin.TotalSeconds:0.#} s; dropped the link", failure)
                : new BrokerException(BrokerFailure.Lost, $"the link to {_settings.Broker} ended", failure);
            End(lost);
            _client.Dispose();
            throw lost;
        }
    }

    private void End(BrokerException reason)
    {
        _lost.TrySetResult(reason);
        _inbound.Writer.TryComplete();
    }

    internal static bool IsOfTheLink(Exception failure) => failure is MqttCommunicationException
        or OperationCanceledException or ObjectDisposedException or IOException or System.Net.Sockets.SocketException
        or InvalidOperationException or MqttProtocolViolationException;
}
