using System.Text.Json.Nodes;
using Edge.Agent.Publishing;
using Edge.Storage.Audit;
using Edge.Storage.Files;
using Edge.Storage.Json;
using Edge.Storage.Trust;

namespace Edge.Agent.Hub;

/// <summary>What a push did.</summary>
/// <param name="Published">Files, in the order in which they were sent.</param>
/// <param name="Cleared">Files that an earlier push had retained and that are no more.</param>
/// <param name="Standing">The hotlists among them that boxes will not use yet.</param>
public sealed record TrustPushed(IReadOnlyList<string> Published, IReadOnlyList<string> Cleared, PublicationStanding Standing);

/// <summary>Publishes the trust repository as retained messages, what is named before what names it: the timestamp comes last, so
/// that a box which sees it can find the rest. Not so later: a broker hands retained messages out in an order of its own.</summary>
public static class TrustPush
{

    /// <summary>A hotlist of 24 MiB may take this long on a slow link before the broker answers.</summary>
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromMinutes(5);

    /// <summary>So long a push waits for witnesses, unless told otherwise: one that is at work answers in a second.</summary>
    public static readonly TimeSpan WitnessWait = TimeSpan.FromSeconds(10);

    /// <param name="broker">Where to.</param>
    /// <param name="asked">Witnesses that are asked over HTTP, where the policy needs proofs of publication.</param>
    /// <param name="wait">How long witnesses at the broker may take; then all is pushed without the proofs that are missing, so that a revocation never
    /// waits.</param>
    /// <exception cref="BrokerException">No link, or the broker refused a file; what was sent before stays, and boxes that see half a
    /// set wait for the rest.</exception>
    /// <exception cref="Edge.Storage.Database.StateBusyException">The repository is being changed.</exception>
    public static async Task<TrustPushed> RunAsync(Agency agency, BrokerAddress broker, TimeProvider time, CancellationToken cancel,
        IReadOnlyList<HttpWitness>? asked = null, TimeSpan? wait = null)
    {
        var settings = new LinkSettings(broker, agency.DeskCertificates(time.GetUtcNow()), $"{agency.Name}-desk")
        {
            SessionExpiry = TimeSpan.Zero, AnswerWithin = AnswerWithin,
        };
        await using var link = await MqttLink.OpenAsync(settings, time, cancel);
        var standing = await StandAsync(agency, link, asked ?? [], wait ?? WitnessWait, time, cancel);
        var files = agency.TrustFiles();
        var gone = Remembered(agency, broker).Except(files.Select(file => file.Path)).ToList();
        Remember(agency, broker, [.. files.Select(file => file.Path), .. gone]); // before: what may be retained must not be forgotten
        foreach (var (path, bytes) in files) await SendAsync(link, agency, path, bytes, cancel);
        foreach (var path in gone) await SendAsync(link, agency, path, default, cancel);
        await link.CloseAsync();
        Remember(agency, broker, [.. files.Select(file => file.Path)], files);
        return new TrustPushed([.. files.Select(file => file.Path)], gone, standing);
    }

    // Whatever is wrong with the log of publications, what else was signed must reach the boxes.
    private static async Task<PublicationStanding> StandAsync(Agency agency, MqttLink link, IReadOnlyList<HttpWitness> asked, TimeSpan wait,
        TimeProvider time, CancellationToken cancel)
    {
        try
        {
            return await PublicationErrand.RunAsync(agency, link, asked, wait, time, cancel);
        }
        catch (Exception broken) when (broken is AuditException or AgencyException)
        {
            return new PublicationStanding(agency.Publications.Awaited(), [broken.Message]);
        }
    }

    /// <summary>True if what is published is not what the last push has left on the broker: then boxes may not have it.</summary>
    public static bool IsDue(Agency agency, BrokerAddress broker) => Read(agency) is not { } pushed || pushed.Broker != broker.ToString()
        || pushed.Timestamp != Stamp(agency.TrustFiles());

    /// <summary>True if the policy or the operators published here are not what the last push has left on the broker: then a box judges orders by older
    /// ones, and an order that it refuses is used up.</summary>
    public static bool IsAuthorityDue(Agency agency, BrokerAddress broker) => Read(agency) is not { } pushed || pushed.Broker != broker.ToString()
        || (pushed.Authority is { } known ? known != Authority(agency.TrustFiles()) : IsDue(agency, broker));

    private static string Authority(IReadOnlyList<(string Path, byte[] Bytes)> files) =>
        Sha256Hash.Of([.. files.Where(file => file.Path is TrustPath.Policy or TrustPath.Operators).SelectMany(file => file.Bytes)]).ToString();

    // The timestamp fixes all but the proofs beside the hotlists.
    private static string Stamp(IReadOnlyList<(string Path, byte[] Bytes)> files) =>
        Sha256Hash.Of([.. files.Where(file => file.Path == TrustPath.Timestamp || TrustPath.IsProof(file.Path)).SelectMany(file => file.Bytes)]).ToString();

    private static async Task SendAsync(MqttLink link, Agency agency, string path, ReadOnlyMemory<byte> bytes, CancellationToken cancel)
    {
        var (outcome, reason) = await link.PublishAsync(new Publication(Topics.Trust(agency.Name, path), bytes, Retain: true)
        {
            ContentType = TrustPath.IsProof(path) ? "text/plain" : "application/json",
        }, cancel);
        if (outcome != PublishOutcome.Acknowledged)
            throw new BrokerException(BrokerFailure.Refused,
                $"the broker did not take {path}: {reason}; for the desk's rights see to-broker/mosquitto.acl of a new agency");
    }

    // {"broker","files":[…],"timestamp"?,"authority"?}: of another broker nothing is remembered; the digests only once all was sent.
    private static Pushed? Read(Agency agency) => File.Exists(agency.PushedFile) && StrictJson.TryRead(File.ReadAllBytes(agency.PushedFile), 64 * 1024,
        fields => new Pushed(fields.Text("broker", 300), fields.Texts("files", 0, 1024, text => text.Length <= 128, "must be a file's path"),
            fields.Has("timestamp") ? fields.Text("timestamp", 64) : null, fields.Has("authority") ? fields.Text("authority", 64) : null), out var pushed,
                out _) ? pushed : null;

    private static IReadOnlyList<string> Remembered(Agency agency, BrokerAddress broker) =>
        Read(agency) is { } pushed && pushed.Broker == broker.ToString() ? pushed.Files : [];

    private static void Remember(Agency agency, BrokerAddress broker, IReadOnlyList<string> files,
        IReadOnlyList<(string Path, byte[] Bytes)>? sent = null)
    {
        var json = new JsonObject { ["broker"] = broker.ToString(), ["files"] = new JsonArray([.. files.Select(file => (JsonNode)file)]) };
        if (sent is not null) (json["timestamp"], json["authority"]) = (Stamp(sent), Authority(sent));
        DurableFile.Write(agency.PushedFile, CanonicalJson.Write(json));
    }

    private sealed record Pushed(string Broker, IReadOnlyList<string> Files, string? Timestamp, string? Authority);
}
