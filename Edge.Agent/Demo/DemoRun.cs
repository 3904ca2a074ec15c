using System.Collections.Concurrent;
using System.Text;
using Edge.Agent.Commissioning;
using Edge.Agent.Configuration;
using Edge.Agent.Hits;
using Edge.Agent.Hub;
using Edge.Agent.Publishing;
using Edge.Storage.Audit;
using Edge.Storage.Files;
using Edge.Vision;
using Edge.Vision.Capture;
using Edge.Vision.Recognition;
using Edge.Vision.Tracking;
using Microsoft.Extensions.Logging;

namespace Edge.Agent.Demo;

/// <summary>An agency, its broker, its hub and one box in one process, with the real parts and over real TLS: the box reads
/// the footage, the hub opens what comes, and then everything kept or sent is searched for what should be forgotten.</summary>
/// <param name="Footage">A recording, a picture or a folder of pictures.</param>
/// <param name="LookFor">The plates somebody has a case for.</param>
/// <param name="Models">Folder of the models.</param>
/// <param name="Folder">Where everything is kept; must be empty.</param>
internal sealed record DemoRun(string Footage, IReadOnlyList<PlateText> LookFor, string Models, string Folder)
{
    private const string AgencyName = "demo-city";
    private const string BoxName = "demo-box";
    private const string Case = "DEMO-2026-001";
    private static readonly TimeSpan HubPatience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(100);

    /// <summary>The log's public key, for <c>audit verify</c>.</summary>
    public string LogKeyFile => Path.Combine(Folder, "audit.vkey");

    private string BoxFolder => Path.Combine(Folder, "box");

    /// <param name="framesExamined">Told the number of frames now and then.</param>
    /// <param name="logs">Where the box's diagnostics go.</param>
    /// <param name="diagnostics">Keeps them all for the hunt.</param>
    public async Task<DemoResult> RunAsync(IProgress<long> framesExamined, ILoggerFactory logs, KeptDiagnostics diagnostics,
        TimeProvider time, CancellationToken cancel)
    {
        using var agency = MakeAgency(time.GetUtcNow());
        MoveBox(agency.PrepareBox(BoxName, time.GetUtcNow()));
        await using var broker = await EmbeddedBroker.StartAsync(agency.BrokerCertificates, time);
        using var watchers = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var hub = new LinkSettings(broker.Address, agency.HubCertificates, "demo-hub");
        await using var watch = await HubWatch.OpenAsync(hub, agency.Verifier(), time, null, cancel);
        await using var second = await MqttLink.OpenAsync(hub with { ClientId = "demo-second-subscriber" }, time, cancel);
        await second.SubscribeAsync(["#"], cancel);

        var deliveries = new ConcurrentQueue<ReceivedMessage>();
        var traffic = new ConcurrentQueue<(string Topic, byte[] Payload)>();
        var watching = watch.RunAsync(delivery => { deliveries.Enqueue(delivery.Message); return true; }, watchers.Token);
        var capturing = CaptureAsync(second, traffic, watchers.Token);

        using var hunt = new LeakHunt();
        var host = new AgentHost(Configuration(broker.Address), time, logs, hunt);
        string? broken = null;
        ReadCounts counts;
        await using (host)
        {
            DurableFile.Write(LogKeyFile, Encoding.ASCII.GetBytes($"{host.LogKey}\n{host.LogEpochKey}\n"));
            using var ticker = time.CreateTimer(_ => framesExamined.Report(host.Total.Frames), null, TimeSpan.Zero, Tick);
            try
            {
                await host.RunAsync(cancel);
            }
            catch (CaptureException cut)
            {
                broken = cut.Message;
            }
            counts = host.Total;
        }
        framesExamined.Report(counts.Frames);
        await UntilAsync(() => Counted(deliveries) == counts && deliveries.OfType<ReceivedMessage.Hit>().Count() >= counts.Hits
            && traffic.Count >= deliveries.Count, time, cancel);
        await watchers.CancelAsync();
        await watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await capturing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

        return new DemoResult(counts, [.. deliveries.OfType<ReceivedMessage.Hit>()],
            Counted(deliveries) == counts,
            AuditVerifier.Verify(CopyLog(), host.LogKey.ToString(), epochKey: host.LogEpochKey.ToString()),
            [.. deliveries.OfType<ReceivedMessage.Refused>().Select(refused => refused.ToString())],
            traffic.Count >= deliveries.Count,
            hunt.InFolders(Folder) + hunt.In(diagnostics.ToBytes())
                + traffic.Sum(message => hunt.InMessage(message.Topic, message.Payload)),
            broken);
    }

    private static ReadCounts Counted(IEnumerable<ReceivedMessage> deliveries)
    {
        var summaries = deliveries.OfType<ReceivedMessage.Summary>().Select(summary => summary.Counters).ToList();
        return new ReadCounts(summaries.Sum(one => one.Frames), summaries.Sum(one => one.Discarded), summaries.Sum(one => one.Hits));
    }

    private Agency MakeAgency(DateTimeOffset now)
    {
        var wanted = LookFor.Select(plate => new WantedPlate
        {
            Plate = plate, Case = Case, Purpose = "stolen-vehicle", Basis = "demonstration", Source = "demo", Issuer = "demo",
            NotBefore = now - TimeSpan.FromMinutes(1), Expires = now + TimeSpan.FromDays(1),
        }).ToList();
        return Agency.Create(Path.Combine(Folder, "hub"), new AgencyPlan { Agency = AgencyName, Wanted = wanted }, now, null, out var refused)
            ?? throw new AgencyException($"{refused[0]}");
    }

    // What a technician does with a stick: the agency's folder for the box becomes the box's own.
    private void MoveBox(string prepared) => Directory.Move(prepared, BoxFolder);

    private AgentConfiguration Configuration(BrokerAddress broker) => new(
        Path.Combine(BoxFolder, "state"), Models, Path.Combine(BoxFolder, "enrolment"), Path.Combine(Folder, "hub", "trust"), broker,
        [new CameraConfiguration("demo-camera", Footage, new PipelineOptions())], LookingGate.Of(Models, out _), Rules: null);

    // What an auditor takes away: the log's files, copied with nothing but cp's means, beside the key.
    private string CopyLog()
    {
        var (log, copy) = (Path.Combine(BoxFolder, "state", "audit"), Path.Combine(Folder, "audit"));
        foreach (var file in Directory.EnumerateFiles(log, "*", SearchOption.AllDirectories))
        {
            var to = Path.Combine(copy, Path.GetRelativePath(log, file));
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            File.Copy(file, to);
        }
        return copy;
    }

    private static async Task CaptureAsync(MqttLink link, ConcurrentQueue<(string, byte[])> traffic, CancellationToken stop)
    {
        await foreach (var message in link.Inbound.ReadAllAsync(stop))
        {
            traffic.Enqueue((message.Topic, message.Payload.ToArray()));
            await message.AcknowledgeAsync();
        }
    }

    private static async Task UntilAsync(Func<bool> condition, TimeProvider time, CancellationToken cancel)
    {
        for (var since = time.GetTimestamp(); !condition() && time.GetElapsedTime(since) < HubPatience;)
            await Task.Delay(TimeSpan.FromMilliseconds(20), time, cancel);
    }
}
