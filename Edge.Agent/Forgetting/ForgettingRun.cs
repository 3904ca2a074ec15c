using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using Edge.Agent.Hub;
using Edge.Agent.Publishing;
using Edge.Storage.Database;
using Edge.Storage.Keys;
using Edge.Storage.Outbox;
using Edge.Storage.Sealing;
using Edge.Storage.Signing;
using Edge.Storage.Trust;
using Edge.Vision;
using Edge.Vision.Capture;
using Edge.Vision.Evaluation;
using Edge.Vision.Recognition;

namespace Edge.Agent.Forgetting;

/// <summary>
/// A box of two real processes, a broker and a hub. A camera shows the box the footage, then an empty road; a case looks for one of the plates.
/// Then everything that the box is, was and said is searched for all the others, while it still runs. Whoever searches holds the plates, and
/// is no process of the box.
/// </summary>
internal sealed class ForgettingRun(ForgettingPlan plan, Action<string> progress, TimeProvider time)
{
    private const string AgencyName = "audit-city";
    private const string BoxName = "audited-box";
    private const string Camera = "audited-camera";
    private const int RoadWidth = 1280, RoadHeight = 720;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(50);

    private readonly ConcurrentQueue<ReceivedMessage> _deliveries = new();
    private readonly ConcurrentQueue<(string Topic, byte[] Payload)> _traffic = new();
    private int _roads = 1_000_000; // not a road that the footage shows between pictures

    private string Box => Path.Combine(plan.Folder, "box");

    private string Door => Path.Combine(Box, "run", "vision.sock");

    /// <summary>Plays and searches.</summary>
    /// <exception cref="CaptureException">The footage cannot be read, or no plate in it is.</exception>
    /// <exception cref="BrokerException">There is no link.</exception>
    public async Task<ForgettingResult> RunAsync(CancellationToken cancel)
    {
        progress("reading the footage");
        var readings = new List<FootageReading>();
        try
        {
            foreach (var footage in plan.Footage)
                readings.Add(await FootageReading.OfAsync(Footage.ShowAsync(footage, plan.Every, time, cancel), plan.Every, plan.Models,
                    new PipelineOptions(), cancel));
            return await PlayAsync(plan.Passing.Count > 0 ? plan.Passing[0] : Clearest(readings), readings, cancel);
        }
        finally
        {
            readings.ForEach(reading => reading.Dispose());
        }
    }

    private static PlateText Clearest(List<FootageReading> readings) => readings.SelectMany(reading => reading.Plates)
        .Where(one => one.Frames > 0 && one.Plate.Length >= Traces.ShortestHunted).MaxBy(one => one.Frames).Plate
        ?? throw new CaptureException("no plate is read in this footage: show another, or say with --plates what passes there");

    private async Task<ForgettingResult> PlayAsync(PlateText wanted, List<FootageReading> readings, CancellationToken cancel)
    {
        progress("making an agency and a box");
        using var agency = MakeAgency(wanted, time.GetUtcNow());
        Directory.Move(agency.PrepareBox(BoxName, time.GetUtcNow()), Box);
        Directory.CreateDirectory(Path.Combine(Box, "run"));
        var others = Others(wanted, readings, out var leftOut);
        var traces = new Traces(Wanted(others, readings), Encoding.ASCII.GetBytes(Door));

        await using var broker = await EmbeddedBroker.StartAsync(agency.BrokerCertificates, time);
        using var watchers = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var hub = new LinkSettings(broker.Address, agency.HubCertificates, "audit-hub");
        await using var watch = await HubWatch.OpenAsync(hub, agency.Verifier(), time, null, cancel);
        await using var second = await MqttLink.OpenAsync(hub with { ClientId = "audit-second-subscriber" }, time, cancel);
        await second.SubscribeAsync(["#"], cancel);
        var watching = watch.RunAsync(delivery => { _deliveries.Enqueue(delivery.Message); return true; }, watchers.Token);
        var capturing = CaptureAsync(second, watchers.Token);

        await using var camera = new FootageCamera();
        File.WriteAllText(Path.Combine(Box, "edge.json"), Configuration(broker.Address, camera.Address));
        var began = time.GetUtcNow();
        await using var agent = new RoomProcess("the agent", plan.Program, Box, [], time,
            "run", "--config", Path.Combine(Box, "edge.json"), "--door", Door, "--door-user", Environment.UserName);
        await using var vision = new RoomProcess("vision", plan.Program, Box, [], time, "vision", "--door", Door);
        RoomProcess[] rooms = [agent, vision];
        bool HasBegun() => agent.Said.Contains("is at the door", StringComparison.Ordinal)
            && vision.Said.Contains($"camera {Camera} running", StringComparison.Ordinal);
        await ShowRoadUntilAsync(camera, HasBegun, "the box does not start", rooms, cancel);
        progress("looking at its memory before anything passes");
        var before = LookAtMemory(traces, rooms);

        progress("showing the footage");
        foreach (var footage in plan.Footage) await ShowAsync(camera, Footage.ShowAsync(footage, plan.Every, time, cancel), cancel);
        progress($"an empty road for {plan.After.TotalSeconds:0} s");
        var passed = time.GetTimestamp();
        await ShowRoadUntilAsync(camera, () => time.GetElapsedTime(passed) >= plan.After, "", rooms, cancel);

        progress("searching");
        var searched = LookAtMemory(traces, rooms);
        var open = Search.FilesOpenElsewhere(traces, rooms, Box);
        var swapped = Search.Swapped(rooms);
        foreach (var room in rooms) await room.StopAsync();
        await UntilAsync(() => _traffic.Count >= _deliveries.Count, cancel);
        await watchers.CancelAsync();
        await watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await capturing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

        var places = new List<(string Where, Traces.Look Look, Traces.Look? Before, bool IsProcess)>();
        foreach (var (where, look) in searched)
            places.Add((where, look ?? new Traces.Look(), before.GetValueOrDefault(where), true));
        places.Add(("files of the box", Search.InFolder(traces, Box), null, false));
        places.Add(("files it has open elsewhere", open, null, false));
        places.Add(("what it said (standard output and error)", traces.In(Encoding.UTF8.GetBytes(agent.Said + vision.Said)), null, false));
        var traffic = _traffic.Aggregate(new Traces.Look(), (all, one) => all.And(traces.InMessage(Encoding.UTF8.GetBytes(one.Topic), one.Payload)));
        places.Add(("broker traffic", traffic, null, false));
        if (await Search.JournalAsync(began, cancel) is { } journal) places.Add(("journal", traces.In(journal), null, false));
        places.Add(("core files", Search.CoreFiles(traces, began), null, false));

        progress("reading the pictures that were found");
        var report = new List<PlaceSearched>();
        using var reader = PictureReader.Open(plan.Models, new PipelineOptions());
        foreach (var (where, look, past, isProcess) in places)
        {
            var isClosed = isProcess && searched[where] is null;
            report.Add(await PicturesAsync(reader, traces.Report(where, look, past, isProcess), look, past, others, isClosed, cancel));
        }
        report.Add(new PlaceSearched("swap", swapped)
        {
            NotSearched = swapped > 0 ? "memory of the box was swapped out; what was there before cannot be told: run swapoff -a first" : null,
        });
        var counted = _deliveries.OfType<ReceivedMessage.Summary>().Select(summary => summary.Counters).Concat(Unsent())
            .DistinctBy(summary => summary.From).ToList();
        foreach (var plate in others) plate.Dispose();
        return new ForgettingResult(others.Count, traces.Strings, leftOut, counted.Sum(one => one.Frames), counted.Sum(one => one.Discarded),
            _deliveries.OfType<ReceivedMessage.Hit>().Count(), report)
        {
            Unwilling = rooms.FirstOrDefault(room => room.WasKilled)?.Name,
        };
    }

    /// <summary>What the box counted and had not sent yet when it was stopped.</summary>
    private List<IntervalSummary> Unsent()
    {
        using var keys = KeyFolder.Open(Path.Combine(Box, "state"), credentialsDirectory: null);
        using var state = StateDatabase.Open(Path.Combine(Box, "state"), keys.Hours, time);
        var summaries = new List<IntervalSummary>();
        foreach (var message in state.Outbox.Ready(64).Where(message => message.Kind == MessageKind.Summary))
            if (Jws.TryVerify(message.Payload.Span, keys.Messages.Public, CloudEvent.ContentType, out var json)
                && CloudEvent.TryParse(json, out var said, out _)
                && IntervalSummary.TryParse(said.Data.Span, out var summary, out _)) summaries.Add(summary);
        return summaries;
    }

    private static async Task<PlaceSearched> PicturesAsync(PictureReader reader, PlaceSearched place, Traces.Look look, Traces.Look? before,
        List<PlateText> others, bool closed, CancellationToken cancel)
    {
        if (closed) return place with { Sees = true, NotSearched = "its memory is closed to this user: run this as root" };
        var showing = 0;
        var fresh = look.Pictures.Where(picture => before is null || !before.Pictures.Any(earlier => picture.AsSpan().SequenceEqual(earlier))).ToList();
        foreach (var picture in fresh)
        {
            var read = await reader.ReadAsync(picture, cancel);
            if (read.Any(others.Contains)) showing++;
            foreach (var plate in read) plate.Dispose();
        }
        var found = showing == 0 ? place.Found : new Dictionary<string, int>(place.Found) { ["picture of a plate"] = showing };
        return place with { Found = found, Pictures = fresh.Count };
    }

    /// <summary>By room and process, what stands in its memory; null where it cannot be read.</summary>
    private static Dictionary<string, Traces.Look?> LookAtMemory(Traces traces, RoomProcess[] rooms) => rooms
        .SelectMany(room => room.Ids().Select((id, place) =>
            (Where: place == 0 ? $"memory of {room.Name}" : $"memory of a process of {room.Name} ({Search.NameOf(id)})", id)))
        .GroupBy(one => one.Where)
        .ToDictionary(same => same.Key, same => same.Select(one => traces.InMemory(one.id)).Aggregate((a, b) => a is null || b is null ? null : a.And(b)));

    private List<PlateText> Others(PlateText wanted, List<FootageReading> readings, out int leftOut)
    {
        var read = readings.SelectMany(reading => reading.Plates.Select(one => one.Plate));
        var all = plan.Passing.Concat(plan.Labelled).Concat(read).Distinct().Where(plate => !plate.Equals(wanted)).ToList();
        var told = all.Where(plate => plate.Length >= Traces.ShortestHunted && plate.Ascii.ToArray().Distinct().Count() > 2
            && wanted.Ascii.IndexOf(plate.Ascii) < 0).ToList();
        leftOut = all.Count - told.Count;
        return [.. told.Select(plate => plate.Copy())];
    }

    private IEnumerable<(string Form, byte[] Bytes)> Wanted(List<PlateText> others, List<FootageReading> readings)
    {
        var (salt, cost) = HotlistOf(Path.Combine(plan.Folder, "hub", "trust"));
        foreach (var plate in others)
            foreach (var spelling in PlateSpellings.Of(plate.Ascii).Concat(PlateSpellings.OfTag(plate.Ascii, salt, cost)))
                if (spelling.Bytes.Length >= ByteSearch.Least) yield return spelling;
        foreach (var reading in readings)
        {
            foreach (var piece in reading.Pixels) yield return ("pixels of a plate", piece);
            foreach (var piece in reading.Encoded) yield return ("piece of an encoded frame", piece);
        }
    }

    // What every copy of the list says to everybody; who verifies it is the box.
    private static (byte[] Salt, BlindCost Cost) HotlistOf(string trust)
    {
        using var list = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(trust, TrustPath.Hotlist(AgencyName))));
        var cost = list.RootElement.GetProperty("argon2id");
        return (Base64Url.DecodeFromChars(list.RootElement.GetProperty("salt").GetString()),
            new BlindCost(cost.GetProperty("memoryKiB").GetInt32(), cost.GetProperty("passes").GetInt32()));
    }

    private Agency MakeAgency(PlateText wanted, DateTimeOffset now) => Agency.Create(Path.Combine(plan.Folder, "hub"), new AgencyPlan
    {
        Agency = AgencyName,
        Wanted =
        [
            new WantedPlate
            {
                Plate = wanted, Case = "AUDIT-1", Purpose = "stolen-vehicle", Basis = "audit", Source = "audit", Issuer = "audit",
                NotBefore = now - TimeSpan.FromMinutes(1), Expires = now + TimeSpan.FromDays(1),
            },
        ],
    }, now, null, out var refused) ?? throw new AgencyException($"{refused[0]}");

    private string Configuration(BrokerAddress broker, string camera) => JsonSerializer.Serialize(new
    {
        stateFolder = Path.Combine(Box, "state"), enrolmentFolder = Path.Combine(Box, "enrolment"), trustFolder = Path.Combine(plan.Folder, "hub", "trust"),
        runFolder = Path.Combine(Box, "run"), modelFolder = Path.GetFullPath(plan.Models), broker = new { host = broker.Host, port = broker.Port },
        cameras = new[] { new { name = Camera, source = camera } },
    });

    private async Task ShowAsync(FootageCamera camera, IAsyncEnumerable<byte[]> pictures, CancellationToken cancel)
    {
        using var pace = new PeriodicTimer(plan.Every, time);
        await foreach (var picture in pictures.WithCancellation(cancel))
        {
            await camera.ShowAsync(picture, cancel);
            await pace.WaitForNextTickAsync(cancel);
        }
    }

    private async Task ShowRoadUntilAsync(FootageCamera camera, Func<bool> done, string otherwise, RoomProcess[] rooms, CancellationToken cancel)
    {
        using var pace = new PeriodicTimer(plan.Every, time);
        for (var since = time.GetTimestamp(); !done();)
        {
            if (rooms.FirstOrDefault(room => room.HasEnded) is { } ended) throw new CaptureException($"{ended.Name} ended: {LastLine(ended)}");
            if (otherwise.Length > 0 && time.GetElapsedTime(since) > Patience)
                throw new CaptureException($"{otherwise}: {string.Join("; ", rooms.Select(LastLine))}");
            await camera.ShowAsync(Footage.EmptyRoad(RoadWidth, RoadHeight, _roads++), cancel);
            await pace.WaitForNextTickAsync(cancel);
        }
    }

    private static string LastLine(RoomProcess room) => room.Said.TrimEnd().Split('\n')[^1];

    private async Task CaptureAsync(MqttLink link, CancellationToken stop)
    {
        await foreach (var message in link.Inbound.ReadAllAsync(stop))
        {
            _traffic.Enqueue((message.Topic, message.Payload.ToArray()));
            await message.AcknowledgeAsync();
        }
    }

    private async Task UntilAsync(Func<bool> condition, CancellationToken cancel)
    {
        for (var since = time.GetTimestamp(); !condition() && time.GetElapsedTime(since) < Patience;) await Task.Delay(Tick, time, cancel);
    }
}
