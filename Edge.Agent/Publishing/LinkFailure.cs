using System.Net.Sockets;
using System.Security.Authentication;
using MQTTnet;

namespace Edge.Agent.Publishing;

/// <summary>Turns what went wrong with a connection into a sentence that says what to do.</summary>
internal static class LinkFailure
{
    /// <summary>No answer to CONNECT, or none that could be read.</summary>
    /// <param name="late">True if it was our own patience that ended: what failed then says nothing of the broker.</param>
    public static BrokerException Connecting(LinkSettings settings, BrokerIdentity identity, Exception failure, bool late)
    {
        var broker = settings.Broker;
        if (identity.Refusal is { } refusal) return refusal;
        // In TLS 1.3 our side of the handshake is done before the broker has looked at our certificate. If it ends
        // the connection then, instead of answering CONNECT, our certificate is what it did not like.
        if (identity.Accepted)
            return late || IsTimeout(failure)
                ? new(BrokerFailure.Unreachable,
                    $"the broker at {broker} does not answer CONNECT within {settings.ConnectWithin.TotalSeconds:0.#} s: check that it runs MQTT 5, and how slow the network is", failure)
                : new(BrokerFailure.CertificateRefused, $"the broker at {broker} refused this client's certificate " +
                    $"{settings.Certificates.CertificateFile}: it must be signed by the CA that the broker trusts, and be in date", failure);
        if (late) return new(BrokerFailure.Unreachable, $"cannot reach {broker} (no answer): check the network, the port and any firewall", failure);
        if (Chain(failure).OfType<SocketException>().FirstOrDefault() is { } socket && !Chain(failure).Any(IsHandshake))
            return new(BrokerFailure.Unreachable, $"cannot reach {broker} ({Word(socket.SocketErrorCode)}): {ToDo(socket.SocketErrorCode)}", failure);
        if (Chain(failure).Any(IsHandshake) || Chain(failure).Any(inner => inner is IOException))
            return new(BrokerFailure.NoTls13, $"{broker} answers, but not with TLS 1.3: check the port, and the broker's TLS version", failure);
        return new(BrokerFailure.Unreachable, $"cannot reach {broker} (no answer): check the network, the port and any firewall", failure);
    }

    /// <summary>CONNECT was answered with a refusal (MQTT 5 §3.2.2.2).</summary>
    public static BrokerException Answered(LinkSettings settings, MqttClientConnectResultCode code)
    {
        var (failure, what) = Meaning(code, settings.ClientId);
        return new BrokerException(failure, $"the broker at {settings.Broker} {what}");
    }

    private static (BrokerFailure Failure, string What) Meaning(MqttClientConnectResultCode code, string client) => code switch
    {
        MqttClientConnectResultCode.NotAuthorized or MqttClientConnectResultCode.BadUserNameOrPassword or MqttClientConnectResultCode.Banned
            or MqttClientConnectResultCode.BadAuthenticationMethod =>
            (BrokerFailure.NotAuthorised, $"knows this certificate but does not authorise {client}: allow it on the broker"),
        MqttClientConnectResultCode.ClientIdentifierNotValid =>
        (BrokerFailure.NotAuthorised, $"does not take the client name {client}: allow it on the broker"),
        MqttClientConnectResultCode.UnsupportedProtocolVersion => (BrokerFailure.Refused, "does not speak MQTT 5: use one that does"),
        MqttClientConnectResultCode.ServerBusy or MqttClientConnectResultCode.ServerUnavailable or MqttClientConnectResultCode.ConnectionRateExceeded
            or MqttClientConnectResultCode.QuotaExceeded => (BrokerFailure.Refused, "is too busy; it will be tried again"),
        MqttClientConnectResultCode.UseAnotherServer or MqttClientConnectResultCode.ServerMoved =>
            (BrokerFailure.Refused, "sends its clients elsewhere, which nobody has signed and is not followed: set the new broker in the configuration"),
        MqttClientConnectResultCode.TopicNameInvalid or MqttClientConnectResultCode.PayloadFormatInvalid or MqttClientConnectResultCode.PacketTooLarge =>
            (BrokerFailure.Refused, $"refuses the last will ({Hex(code)}): allow edge/v1/# and packets of 262144 bytes on the broker"),
        MqttClientConnectResultCode.RetainNotSupported or MqttClientConnectResultCode.QoSNotSupported =>
            (BrokerFailure.Refused, $"cannot do what a box needs ({Hex(code)}): allow QoS 1 and retained messages on the broker"),
        MqttClientConnectResultCode.MalformedPacket or MqttClientConnectResultCode.ProtocolError =>
            (BrokerFailure.Refused, $"does not understand CONNECT ({Hex(code)}): use one that speaks MQTT 5"),
        MqttClientConnectResultCode.UnspecifiedError or MqttClientConnectResultCode.ImplementationSpecificError =>
            (BrokerFailure.Refused, $"does not say why it refuses ({Hex(code)}): see its log"),
        _ => (BrokerFailure.Refused, $"refused the connection ({Hex(code)}): see its log"),
    };

    private static string Hex(MqttClientConnectResultCode code) => $"0x{(int)code:X2}";

    /// <summary>A link that was up has ended.</summary>
    public static BrokerException Ended(LinkSettings settings, MqttClientDisconnectedEventArgs ended) => ended.Reason switch
    {
        _ when Chain(ended.Exception).OfType<OversizePacketException>().FirstOrDefault() is { } oversize =>
            new(BrokerFailure.Lost, $"ended the link to {settings.Broker}: {oversize.Message}", ended.Exception),
        MqttClientDisconnectReason.SessionTakenOver => new(BrokerFailure.Lost,
            $"the broker at {settings.Broker} ended the link: another client connected as {settings.ClientId}, and a broker keeps one of a name: stop the other one"),
        MqttClientDisconnectReason.NotAuthorized or MqttClientDisconnectReason.AdministrativeAction =>
            new(BrokerFailure.NotAuthorised, $"the broker at {settings.Broker} ended the link: not authorised. Allow this client on the broker"),
        MqttClientDisconnectReason.PacketTooLarge => new(BrokerFailure.Lost,
            $"the broker at {settings.Broker} ended the link: a message was too large for it. Raise its limit to 262144 bytes"),
        _ => new(BrokerFailure.Lost, $"the link to {settings.Broker} ended", ended.Exception),
    };

    private static bool IsHandshake(Exception failure) => failure is AuthenticationException;

    private static bool IsTimeout(Exception failure) => Chain(failure).Any(inner => inner is OperationCanceledException or TimeoutException);

    private static IEnumerable<Exception> Chain(Exception? failure)
    {
        for (; failure is not null; failure = failure.InnerException) yield return failure;
    }

    private static string Word(SocketError error) => error switch
    {
        SocketError.ConnectionRefused => "refused",
        SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain => "name not found",
        SocketError.HostUnreachable or SocketError.NetworkUnreachable or SocketError.NetworkDown => "no route",
        SocketError.TimedOut or SocketError.OperationAborted => "no answer",
        SocketError.ConnectionReset => "reset",
        _ => error.ToString(),
    };

    private static string ToDo(SocketError error) => error switch
    {
        SocketError.ConnectionRefused => "start the broker, or correct the port",
        SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain => "correct the broker's name, or this machine's DNS",
        _ => "check the network, the port and any firewall",
    };
}
