using MQTTnet;

namespace Edge.Agent.Publishing;

/// <summary>What the broker's PUBACK means for the message (MQTT 5 §3.4.2.1).</summary>
public enum PublishOutcome
{
    /// <summary>The broker has it, and somebody to give it to: it may leave the outbox.</summary>
    Acknowledged,
    /// <summary>Keep it and try again soon, but let other topics pass: nobody is subscribed to this one.</summary>
    Unheard,
    /// <summary>Keep it and try again soon: the broker is out of room.</summary>
    Retry,
    /// <summary>Keep it, but let other topics pass: the broker will not take it until somebody changes something.</summary>
    Reject,
    /// <summary>Keep it, but let all others pass: this one is larger than what the broker takes.</summary>
    TooLarge,
    /// <summary>Not sent: less than a second of its retention is left.</summary>
    Expired,
}

internal static class PubAck
{
    public static (PublishOutcome Outcome, string Reason) Read(MqttClientPublishReasonCode code, bool retain) => code switch
    {
        MqttClientPublishReasonCode.Success => (PublishOutcome.Acknowledged, ""),
        // To the protocol this is success. To us it would be a hit that was thrown away; only a retained message survives it.
        MqttClientPublishReasonCode.NoMatchingSubscribers => retain ? (PublishOutcome.Acknowledged, "")
            : (PublishOutcome.Unheard, "nobody is subscribed, so no hub listens: start edge-agent hub watch there"),
        MqttClientPublishReasonCode.NotAuthorized =>
            (PublishOutcome.Reject, "not authorised: allow this box its topics on the broker"),
        MqttClientPublishReasonCode.TopicNameInvalid =>
            (PublishOutcome.Reject, "the broker refuses the topic: allow edge/v1/# on the broker"),
        MqttClientPublishReasonCode.PayloadFormatInvalid =>
            (PublishOutcome.Reject, "the broker refuses the payload: turn off payload checks on edge/v1/#"),
        MqttClientPublishReasonCode.QuotaExceeded => (PublishOutcome.Retry, "the broker's quota is used up"),
        MqttClientPublishReasonCode.UnspecifiedError => (PublishOutcome.Retry, "the broker does not say why (0x80): see its log"),
        MqttClientPublishReasonCode.ImplementationSpecificError => (PublishOutcome.Retry, "the broker refused it for a reason of its own (0x83): see its log"),
        MqttClientPublishReasonCode.PacketIdentifierInUse => (PublishOutcome.Retry, "the broker still has an older message under its packet identifier (0x91)"),
        _ => (PublishOutcome.Retry, $"the broker answered 0x{(int)code:X2}"),
    };
}
