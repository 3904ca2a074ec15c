using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Edge.Agent.Publishing;

/// <summary>Where a broker listens for MQTT over TLS.</summary>
/// <param name="Host">A DNS name or an IP address, as its certificate must name it.</param>
/// <param name="Port">1 to 65535.</param>
public sealed record BrokerAddress(string Host, int Port)
{
    /// <summary>The port registered for MQTT over TLS.</summary>
    public const int DefaultPort = 8883;

    /// <summary>Reads "HOST", "HOST:PORT" or "[IPv6]:PORT".</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out BrokerAddress? address)
    {
        address = null;
        var (host, rest) = text.StartsWith('[') && text.IndexOf(']') is > 0 and var end
            ? (text[1..end], text[(end + 1)..])
            : text.IndexOf(':') is >= 0 and var colon ? (text[..colon], text[colon..]) : (text, "");
        var port = DefaultPort;
        if (rest.Length > 0 && !(rest[0] == ':' && TryParsePort(rest.AsSpan(1), out port))) return false;
        if (Uri.CheckHostName(host) is UriHostNameType.Unknown or UriHostNameType.Basic) return false;
        address = new BrokerAddress(host, port);
        return true;
    }

    public override string ToString() => Host.Contains(':') ? $"[{Host}]:{Port}" : $"{Host}:{Port}";

    private static bool TryParsePort(ReadOnlySpan<char> text, out int port) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port)
        && port is >= 1 and <= 65535 && text[0] != '0';
}
