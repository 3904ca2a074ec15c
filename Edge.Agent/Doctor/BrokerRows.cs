using System.Globalization;
using Edge.Agent.Device;
using Edge.Agent.Publishing;
using Edge.Storage.Json;

namespace Edge.Agent.Doctor;

/// <summary>The link to the agency, and what waits for it. A broker that cannot be reached is a site without a network: worth a word, no failure. One
/// that answers and refuses is.</summary>
internal static class BrokerRows
{
    public static async Task<IReadOnlyList<Finding>> LookAsync(Patient patient, CancellationToken cancel)
    {
        if (patient.Health is { } health) return [Link(health.Link), .. Outbox(health, patient.Configuration)];
        var waiting = Finding.Skipped("outbox", patient.NoHealth ?? "no agent runs");
        if (patient.Offline) return [Finding.Skipped("link", "--offline was given"), waiting];
        if (patient.Configuration is not { } configuration || patient.Enrolment is not { IsEnrolled: true } enrolment) return [Finding.Skipped("link",
            "this box is not enrolled"), waiting];
        var box = enrolment.Name();
        try
        {
            // As the agent itself does, with its session kept: orders that wait there go on waiting.
            await using var link = await MqttLink.OpenAsync(new LinkSettings(configuration.Broker, enrolment.Certificates,
                $"{box.Agency}-{box.Box}") { AnswerWithin = TimeSpan.FromSeconds(5) },
                patient.Time, cancel);
            await link.CloseAsync();
            return [Finding.Good("link", $"{configuration.Broker} takes this box"), waiting];
        }
        catch (BrokerException refused)
        {
            return [NoLink(refused.Message, refused.Failure), waiting];
        }
    }

    private static Finding Link(LinkLook link) => link.Broker is not null ? Finding.Good("link", $"to {link.Broker} since {JsonTime.Write(link.Since)}")
        : NoLink($"none since {JsonTime.Write(link.Since)}: {link.Reason}", link.Failure);

    private static Finding NoLink(string says, BrokerFailure? failure) => failure is null or BrokerFailure.Unreachable or BrokerFailure.Lost
        ? Finding.Warning("link", says, "nothing is lost: what is found waits on the disk; restore the network when you can")
        : Finding.Bad("link", says, failure switch
        {
            BrokerFailure.OwnCertificate or BrokerFailure.CertificateRefused =>
                "at the hub: edge-agent hub renew DIR BOX; here: sudo edge-agent setup --answer FILE",
            BrokerFailure.UntrustedCertificate or BrokerFailure.WrongHostName =>
                "correct broker.host here, or the broker's certificate there (hub init --broker names its host)",
            BrokerFailure.NoTls13 => "correct broker.port here, or allow TLS 1.3 on the broker",
            _ => "on the broker: mosquitto.acl and its log; edge-agent hub init wrote both files it needs into to-broker",
        });

    private static IEnumerable<Finding> Outbox(BoxHealth health, Configuration.AgentConfiguration? configuration)
    {
        var (counts, limit) = (health.Outbox, (long)(configuration?.OutboxMegabytes ?? 0) << 20);
        var waits = counts.Ready + counts.Unlogged;
        var says = string.Create(CultureInfo.InvariantCulture,
            $"{waits} message(s) wait, {counts.Sent} are kept until the hub has them, {counts.Bytes >> 10} KiB")
            + (waits > 0 && health.Link.Broker is null ? $"; no link since {JsonTime.Write(health.Link.Since)}" : "");
        yield return limit > 0 && counts.Bytes > limit / 5 * 4
            ? Finding.Warning("outbox", $"{says}: nearly full, summaries are given up first", "restore the link to the broker") : Finding.Good("outbox", says);
        if (counts.Unreadable > 0)
            yield return Finding.Bad("unreadable messages", string.Create(CultureInfo.InvariantCulture, $"{counts.Unreadable} cannot be opened any more"),
                "the disk or a key was damaged: replace the disk and enrol the box anew");
    }
}
