using System.Net;
using Edge.Storage.Json;

namespace Edge.Agent.LanConsole;

/// <summary>Where the console listens; a box without it has none.</summary>
/// <param name="Address">One address of this machine, on the technicians' network.</param>
/// <param name="PublicPolicy">Whether anybody on that network may read the policy, without a certificate.</param>
/// <param name="Names">By which people reach it, beside the address.</param>
public sealed record ConsoleConfiguration(IPAddress Address, int Port, bool PublicPolicy, IReadOnlyList<string> Names)
{
    public const int DefaultPort = 8443;

    internal static ConsoleConfiguration Read(JsonFields fields)
    {
        // Not every address at once: the console is for the technicians' network, and neither for the cameras' nor for the broker's.
        var address = fields.Text("address",
            text => IPAddress.TryParse(text, out var one) && one.ToString() == text && !one.Equals(IPAddress.Any) && !one.Equals(IPAddress.IPv6Any),
            "must be one address of this machine, such as 192.168.7.20");
        return new ConsoleConfiguration(
            IPAddress.TryParse(address, out var parsed) ? parsed : IPAddress.Loopback,
            fields.Whole("tlsPort", 1, 65535, DefaultPort),
            fields.Flag("publicPolicy", otherwise: false),
            fields.Texts("names", 0, 8, name => Uri.CheckHostName(name) is UriHostNameType.Dns or UriHostNameType.IPv4 or UriHostNameType.IPv6,
                "must be a host name or an address"));
    }
}
