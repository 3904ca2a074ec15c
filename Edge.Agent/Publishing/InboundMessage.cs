using System.Buffers;
using System.Text;
using MQTTnet;

namespace Edge.Agent.Publishing;

/// <summary>A message from the broker, before anything about it is verified. The broker keeps it until it is
/// acknowledged.</summary>
public sealed class InboundMessage
{
    private readonly MqttApplicationMessageReceivedEventArgs _received;
    private readonly Action _dealtWith;

    /// <param name="dealtWith">Told when it is acknowledged: then there is room for another.</param>
    internal InboundMessage(MqttApplicationMessageReceivedEventArgs received, Action dealtWith)
    {
        (_received, _dealtWith) = (received, dealtWith);
        Payload = received.ApplicationMessage.Payload.ToArray();
    }

    /// <summary>The topic it came on.</summary>
    public string Topic => _received.ApplicationMessage.Topic;

    /// <summary>Its bytes.</summary>
    public ReadOnlyMemory<byte> Payload { get; }

    /// <summary>The MQTT content type, null if the sender gave none.</summary>
    public string? ContentType => _received.ApplicationMessage.ContentType;

    /// <summary>How long the broker would have gone on keeping it; null for ever. A claim, as the two that follow.</summary>
    public TimeSpan? ExpiresIn => _received.ApplicationMessage.MessageExpiryInterval is > 0 and var seconds ? TimeSpan.FromSeconds(seconds) : null;

    /// <summary>Id of the order that it is or answers; null if the sender gave none.</summary>
    public string? Correlation => _received.ApplicationMessage.CorrelationData is { Length: > 0 } order ? Encoding.ASCII.GetString(order) : null;

    /// <summary>Where its sender listens for an answer; null if it did not say.</summary>
    public string? ResponseTopic => _received.ApplicationMessage.ResponseTopic;

    /// <summary>True if the broker may have brought it before (MQTT 5 §3.3.1.1, DUP): a claim, see <see cref="Redeliveries"/>.</summary>
    public bool Again => _received.ApplicationMessage.Dup;

    /// <summary>Tells the broker that it may forget the message. If the link is gone, the broker sends it again.</summary>
    public async Task AcknowledgeAsync()
    {
        try
        {
            _dealtWith();
            await _received.AcknowledgeAsync(CancellationToken.None);
        }
        // MQTTnet 5.2 reaches through its adapter without looking whether the link that it belonged to is still there.
        catch (Exception gone) when (MqttLink.IsOfTheLink(gone) || gone is NullReferenceException)
        {
        }
    }
}
