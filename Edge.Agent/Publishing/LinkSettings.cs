using Edge.Storage.Signing;

namespace Edge.Agent.Publishing;

/// <summary>A message to publish.</summary>
/// <param name="Topic">Without wildcards.</param>
/// <param name="Payload">A signed message, or a file of the trust repository; empty clears what the topic retained.</param>
/// <param name="Retain">True only for status and trust files.</param>
public sealed record Publication(string Topic, ReadOnlyMemory<byte> Payload, bool Retain = false)
{
    /// <summary>The MQTT content type.</summary>
    public string ContentType { get; init; } = MqttLink.ContentType;

    /// <summary>When the broker must forget it, delivered or not, to the second before; null for never.</summary>
    public DateTimeOffset? Expires { get; init; }

    /// <summary>Where an answer is expected, for other MQTT clients to see. A box answers on its own topic, whatever stands here:
    /// nobody has signed it.</summary>
    public string? ResponseTopic { get; init; }

    /// <summary>Id of the order that this is, or that this answers; null for others.</summary>
    public string? Correlation { get; init; }
}

/// <summary>How to open a link to a broker.</summary>
/// <param name="Broker">Where it is; the first of several.</param>
/// <param name="Certificates">How both sides recognise each other.</param>
/// <param name="ClientId">Who we are in MQTT; a second client with the same id ends the first one's link.</param>
public sealed record LinkSettings(BrokerAddress Broker, LinkCertificates Certificates, string ClientId)
{
    /// <summary>The most brokers that stand in for each other.</summary>
    public const int MostBrokers = 4;

    /// <summary>Brokers that are tried, in this order, while those before them are away. The same CA vouches for all.</summary>
    public IReadOnlyList<BrokerAddress> StandIns { get; init; } = [];

    /// <summary>Published by the broker when the link ends without a goodbye.</summary>
    public Publication? LastWill { get; init; }

    /// <summary>How long the broker keeps our subscriptions and what came for them while we are away; default 24 hours.</summary>
    public TimeSpan SessionExpiry { get; init; } = TimeSpan.FromHours(24);

    /// <summary>Most bytes of a payload that the broker may send us; default that of a signed message. Who subscribes to trust
    /// files needs room for a hotlist: the broker silently drops what is larger (MQTT 5 §3.1.2.11.4).</summary>
    public int LargestPayload { get; init; } = Jws.MaxBytes;

    /// <summary>Most messages that the broker may send us before we acknowledge one, 1 to 64; default 64. Times
    /// <see cref="LargestPayload"/> it bounds what a broker can make us hold.</summary>
    public ushort MostUnacknowledged { get; init; } = MqttLink.MaxUnacknowledged;

    /// <summary>Longest silence before the link is probed, whole seconds; default 20 s.</summary>
    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How long the broker may take to answer anything, a PUBACK above all; default 10 s. A link that does not
    /// answer is dropped: a half-open one would else go unnoticed for a quarter of an hour.</summary>
    public TimeSpan AnswerWithin { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long it may take to connect: TCP, TLS and MQTT each ask once and wait.</summary>
    public TimeSpan ConnectWithin => 3 * AnswerWithin;
}
