using System.Text.Json;
using Edge.Agent.Publishing;
using Edge.Storage.Trust;

namespace Edge.Agent.Hub;

/// <summary>What a technician carries from a new agency to its broker and to its first box: everything in one folder each,
/// with the commands that put it in place.</summary>
internal static class FirstInstall
{
    /// <summary>Where the installed files of the broker live.</summary>
    private const string BrokerFolder = "/etc/mosquitto/edge";

    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>Completes <paramref name="folder"/>, which holds the box's keys and papers: the signed files, a configuration
    /// to put cameras into, and <c>install.sh</c>.</summary>
    public static void WriteBox(Agency agency, string folder)
    {
        CopyFolder(agency.TrustFolder, Path.Combine(folder, "trust"));
        Write(Path.Combine(folder, "edge.json"), JsonSerializer.Serialize(new
        {
            broker = new { host = agency.Broker.Host, port = agency.Broker.Port },
            cameras = new[] { new { name = "lane-1", source = "rtsp://camera.example/stream" } },
        }, Indented) + "\n");
        Write(Path.Combine(folder, "install.sh"), """
            #!/bin/sh
            # Makes this machine the box whose keys lie here. Run as root, then set the cameras in /etc/edge/edge.json.
            set -eu
            cd "$(dirname "$0")"
            if [ -e /var/lib/edge-agent/keys ]; then echo "this machine already has a box's keys in /var/lib/edge-agent" >&2; exit 1; fi
            if [ -e /etc/credstore.encrypted/edge-agent.wrap ]; then
                echo "this machine has a wrapping key of its own, which does not open the keys here: remove /etc/credstore.encrypted/edge-agent.wrap" >&2
                exit 1
            fi
            install -d -m 700 /etc/edge /var/lib/edge-agent
            cp -r enrolment /etc/edge/
            [ -e /etc/edge/edge.json ] || cp edge.json /etc/edge/
            cp -r trust /var/lib/edge-agent/trust-inbox
            cp -r state/. /var/lib/edge-agent/
            if getent passwd edge-agent >/dev/null; then # from the package
                chown -R edge-agent:edge-agent /var/lib/edge-agent /etc/edge/enrolment
                chown root:edge-agent /etc/edge /etc/edge/edge.json
                chmod 750 /etc/edge
                chmod 640 /etc/edge/edge.json
                start="systemctl enable --now edge-agent"
            else
                start="edge-agent run"
            fi
            echo "installed; delete this folder, set the cameras in /etc/edge/edge.json, then: edge-agent config check && $start"

            """);
    }

    /// <summary>Writes <c>to-broker</c>: a Mosquitto listener that admits only who the agency certified.</summary>
    /// <returns>The folder.</returns>
    public static string WriteBroker(Agency agency, string agencyFolder)
    {
        var folder = Path.Combine(agencyFolder, "to-broker");
        WriteBroker(agency, folder, Listener(BrokerFolder, agency.Broker.Port));
        return folder;
    }

    /// <summary>Writes the same listener for a broker that this user runs on this machine alone.</summary>
    /// <returns>Its configuration file.</returns>
    internal static string WriteLocalBroker(Agency agency, string folder)
    {
        WriteBroker(agency, folder, $"user {Environment.UserName}\nlog_dest stderr\nlog_type error\n{Listener(folder, agency.Broker.Port, "127.0.0.1")}");
        return Path.Combine(folder, "mosquitto.conf");
    }

    private static void WriteBroker(Agency agency, string folder, string listener)
    {
        Directory.CreateDirectory(folder, Private | UnixFileMode.UserExecute);
        var files = agency.BrokerCertificates;
        foreach (var (from, to) in new[] { (files.CaFile, "ca.crt"), (files.CertificateFile, "broker.crt"), (files.KeyFile, "broker.key") })
            Write(Path.Combine(folder, to), File.ReadAllText(from));
        Write(Path.Combine(folder, "mosquitto.conf"), listener);
        Write(Path.Combine(folder, "mosquitto.acl"), Access(agency.Name));
    }

    /// <summary>The commands for the broker, as root on its machine.</summary>
    public static string BrokerCommand(string folder) =>
        $"cp -rT {folder} {BrokerFolder} && chown -R mosquitto: {BrokerFolder} && mosquitto -c {BrokerFolder}/mosquitto.conf";

    /// <summary>The same broker as Debian's service, after <see cref="BrokerCommand"/>.</summary>
    public const string BrokerService = "ln -sf " + BrokerFolder + "/mosquitto.conf /etc/mosquitto/conf.d/edge.conf && systemctl restart mosquitto";

    /// <summary>A Mosquitto listener with TLS 1.3 whose clients are who their certificate says. It takes the largest hotlist:
    /// Mosquitto 2.1 stops at 2 MB unless told otherwise. And it keeps all that waits for a hub: by default it drops what comes after the
    /// first 1000 messages, without a word and after its PUBACK; and with no limit at all, 2.0 ends the link of whoever is denied a topic. As many go out at
    /// once as a hub takes in one step.</summary>
    internal static string Listener(string folder, int port, string? address = null) => $"""
        listener {port}{(address is null ? "" : $" {address}")}
        cafile {folder}/ca.crt
        certfile {folder}/broker.crt
        keyfile {folder}/broker.key
        tls_version tlsv1.3
        require_certificate true
        use_identity_as_username true
        use_username_as_clientid true
        allow_anonymous false
        acl_file {folder}/mosquitto.acl
        max_queued_messages 1000000
        max_inflight_messages {MqttLink.MaxUnacknowledged}
        max_packet_size {TrustPath.MaxBytes(TrustPath.Hotlist("any")) + MqttLink.PacketOverhead}

        """;

    /// <summary>The hub reads what its boxes say and tells them what it has; the desk publishes what is signed and reads the answers to
    /// orders; a witness reads checkpoints and writes cosignatures. A box, known by its certificate's name, speaks only for itself and reads
    /// its own orders, receipts and cosignatures and what is signed.</summary>
    internal static string Access(string agency) => $"""
        user hub
        topic read edge/v1/{agency}/#
        topic write edge/v1/{agency}/+/receipt

        user desk
        topic write edge/v1/{agency}/trust/#
        topic write edge/v1/{agency}/+/order
        topic read edge/v1/{agency}/+/answer
        topic write {Topics.Publications(agency)}
        topic read {Topics.PublicationsCosignatures(agency)}

        {WitnessSeat.Access(agency)}
        pattern write edge/v1/{agency}/%u/#
        pattern read edge/v1/{agency}/%u/order
        pattern read edge/v1/{agency}/%u/cosignature
        pattern read edge/v1/{agency}/%u/receipt
        # For every client, so without %u: Mosquitto warns of that, and no harm is in it.
        pattern read edge/v1/{agency}/trust/#

        """;

    private static void CopyFolder(string from, string to)
    {
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }

    private static void Write(string path, string text)
    {
        using var file = new StreamWriter(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = Private,
        });
        file.Write(text);
    }
}
