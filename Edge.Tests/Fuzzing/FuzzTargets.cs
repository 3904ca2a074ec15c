using System.Text;
using System.Text.Json;
using Edge.Agent.Configuration;
using Edge.Agent.Door;
using Edge.Agent.Enrolment;
using Edge.Agent.Governance;
using Edge.Agent.Governance.Orders;
using Edge.Agent.Hits;
using Edge.Agent.Hub;
using Edge.Agent.Matching;
using Edge.Agent.Publishing;
using Edge.Storage.Audit;
using Edge.Storage.Json;
using Edge.Storage.Keys;
using Edge.Storage.Sealing;
using Edge.Storage.Signing;
using Edge.Storage.Trust;
using Edge.Storage.Witnessing;
using Edge.Tests.Audit;
using Edge.Tests.Matching;
using Edge.Tests.Support;
using Edge.Vision;
using Edge.Vision.Capture.Decoding;
using Edge.Vision.Capture;
using Edge.Vision.Capture.Mjpeg;
using Edge.Vision.Capture.Rtsp;
using Edge.Vision.Evaluation;
using Edge.Vision.Onnx;
using Edge.Vision.Recognition;
using Edge.Vision.Tracking;

namespace Edge.Tests.Fuzzing;

/// <summary>Every parser of bytes that come from elsewhere, with what it accepts.</summary>
internal static class FuzzTargets
{
    private static readonly Lazy<IReadOnlyDictionary<string, FuzzTarget>> Made = new(() => Make().ToDictionary(target => target.Name));

    public static IEnumerable<string> Names => Made.Value.Keys;

    public static FuzzTarget Of(string name) => Made.Value[name];

    private static IEnumerable<FuzzTarget> Make() => [.. Door(), .. Pictures(), .. Log(), .. Messages(), .. Papers()];

    private static IEnumerable<FuzzTarget> Door()
    {
        var plate = new Sighting
        {
            Plate = Lists.Plate("AB123CD"), Confidences = [.. Enumerable.Repeat(0.9f, 7)], Right = 0.99, Region = new PlateRegion("RO", 0.5f),
            RegionVerified = true, RuleChanged = [1],
            Frames = 5, Crop = Footage.EmptyRoad(64, 32, 1),
        };
        byte[] Said(DoorWriter written)
        {
            using (written) return written.Message[4..].ToArray();
        }
        yield return new FuzzTarget("door, to the agent",
        [
            Said(new ToAgent.Hello(1).Write()), Said(new ToAgent.ListsTaken(3).Write()),
            Said(new ToAgent.Hit(5, [0, 7], 1, TimeSpan.FromSeconds(9), plate).Write()),
            Said(new ToAgent.Tally(9, 2, 0, [new ToAgent.CameraTally(CameraState.Running, CameraFault.Other, 9, 1, 0) { Brightness = 90 }]).Write()),
            Said(new ToAgent.Ended(1, true).Write()),
        ], bytes => ToAgent.Parse(bytes) is { } message
            && (Said(message.Write()).AsSpan().SequenceEqual(bytes) ? true : throw new InvalidOperationException("two spellings")));
        yield return new FuzzTarget("door, to vision",
        [
            Said(new ToVision.Welcome(1).Write()), Said(new ToVision.Stored(4).Write()), Said(new ToVision.AimAt(1, 60).Write()),
            Said(new ToVision.Farewell().Write()),
            Said(new ToVision.Configure("/models", new ReadGate(), null, [new CameraConfiguration("lane", "rtsp://camera/", new PipelineOptions())]).Write()),
        ], bytes => ToVision.Parse(bytes) is not null);
    }

    private static IEnumerable<FuzzTarget> Pictures()
    {
        byte[] jpeg = Footage.EmptyRoad(64, 32, 1);
        byte[] stream = [.. Encoding.ASCII.GetBytes($"--edge\r\nContent-Type: image/jpeg\r\nContent-Length: {jpeg.Length}\r\n\r\n"), .. jpeg,
            .. "\r\n--edge\r\n\r\nxyz\r\n--edge--"u8];
        yield return new FuzzTarget("MJPEG multipart", [stream, .. new[] { "--edge\r\n\r\nab\n--edge--" }.Select(Encoding.ASCII.GetBytes)], bytes =>
        {
            MultipartParser.TryCreate("edge", out var parser);
            var parts = 0;
            for (var at = 0; at < bytes.Length; at += 512)
            {
                parser!.Append(bytes.AsSpan(at, Math.Min(512, bytes.Length - at)));
                MultipartStep step;
                while ((step = parser.Next(out _)) == MultipartStep.Part) parts++;
                if (step is MultipartStep.Ended or MultipartStep.Refused) break;
            }
            return parts > 0;
        });
        byte[] png = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, .. "IHDR"u8, 0, 0, 0, 8, 0, 0, 0, 8, 8, 2, 0, 0, 0, 1, 2, 3, 4, 0, 0, 0, 0,
            .. "IEND"u8, 0xae, 0x42, 0x60, 0x82];
        byte[] webp = [.. "RIFF"u8, 30, 0, 0, 0, .. "WEBPVP8X"u8, 10, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 7, 0, 0, .. new byte[8]];
        byte[] bmp = [.. "BM"u8, 70, 0, 0, 0, 0, 0, 0, 0, 54, 0, 0, 0, 40, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 1, 0, 24, .. new byte[42]];
        yield return new FuzzTarget("image header", [jpeg, png, webp, bmp], bytes => PictureHeader.TryParse(bytes, out _));
        yield return new FuzzTarget("picture header of the decoder", ["P5\n1280 1080\n255\n"u8.ToArray()], bytes => PgmHeader.TryParse(bytes, out _));
        yield return new FuzzTarget("picture of a hit (CropPicture)", [jpeg], bytes => CropPicture.IsPlain(bytes));
    }

    private static IEnumerable<FuzzTarget> Log()
    {
        using var lab = new LogLab();
        using (var log = lab.Open()) log.AppendMany(LogLab.Entries(9));
        var key = NoteKey.TryParse(lab.Vkey, out var parsed) ? parsed! : throw new InvalidOperationException("no key");
        var checkpoint = File.ReadAllBytes(Path.Combine(lab.Directory, "checkpoint"));
        var entries = Directory.EnumerateFiles(Path.Combine(lab.Directory, "tile", "entries"), "*", SearchOption.AllDirectories)
            .Select(File.ReadAllBytes).ToList();
        var places = new Range[9];
        EntryBundle.TryRead(entries[0], places);
        yield return new FuzzTarget("signed note", [checkpoint], bytes => SignedNote.TryParse(bytes, out _));
        yield return new FuzzTarget("checkpoint", [checkpoint],
            bytes => Checkpoint.TryOpen(bytes, key, out _) | (SignedNote.TryParse(bytes, out var note) && Checkpoint.TryParse(note!.Text, out _)));
        yield return new FuzzTarget("tile of entries", entries, bytes => EntryBundle.TryRead(bytes, new Range[9]));
        yield return new FuzzTarget("log entry", [.. places.Select(place => entries[0][place])],
            bytes => AuditEntryJson.TryRead(bytes, out _) | AuditEntryScan.TryRead(bytes, out _));
        byte[] request = [.. "old 0\n\n"u8, .. checkpoint];
        yield return new FuzzTarget("witness request", [request], bytes => WitnessRequest.TryParse(bytes, out _));
        byte[] proof = [.. Encoding.ASCII.GetBytes($"c2sp.org/tlog-proof@v1\nindex 0\n{Sha256Hash.Of("a"u8)}\n\n"), .. checkpoint];
        yield return new FuzzTarget("proof of inclusion", [proof], bytes => TlogProof.TryParse(bytes, out _));
        yield return new FuzzTarget("tile path",
            [.. new[] { "tile/0/000", "tile/entries/x001/x234/067.p/5", "tile/2/001.p/200" }.Select(Encoding.ASCII.GetBytes)],
            bytes => TilePath.TryParse(Encoding.Latin1.GetString(bytes), out _));
    }

    private static IEnumerable<FuzzTarget> Messages()
    {
        var events = new List<byte[]>();
        var data = new Dictionary<string, byte[]>();
        var signed = new List<byte[]>();
        foreach (var file in Directory.EnumerateFiles(Path.Combine(Repository.Root, "docs", "examples"))
            .Where(file => !file.EndsWith("keys.json", StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            using var example = JsonDocument.Parse(File.ReadAllBytes(file));
            var jws = example.RootElement.GetProperty("message").GetString()!;
            signed.Add(Encoding.ASCII.GetBytes(jws));
            events.Add(System.Buffers.Text.Base64Url.DecodeFromChars(jws.Split('.')[1]));
            using var said = JsonDocument.Parse(events[^1]);
            data[Path.GetFileNameWithoutExtension(file)] = Encoding.UTF8.GetBytes(said.RootElement.GetProperty("data").GetRawText());
        }
        using var box = SigningKey.FromSeed([.. Enumerable.Repeat((byte)1, 32)]);
        var key = box.Public;
        yield return new FuzzTarget("signed message (JWS)", signed, bytes => Jws.TryVerify(bytes, key, CloudEvent.ContentType, out _));
        yield return new FuzzTarget("event", [.. events.Where((_, place) => data.Keys.ElementAt(place) is not ("order" or "receipt"))],
            bytes => CloudEvent.TryParse(bytes, out _, out _));
        yield return new FuzzTarget("sealed hit", [data["hit"]],
            bytes => SealedHit.TryParse(bytes, out var hit, out _) && HitHeader.TryParse(hit.Header.ToJson(), out _, out _));
        yield return new FuzzTarget("summary", [data["summary"]], bytes => IntervalSummary.TryParse(bytes, out _, out _));
        yield return new FuzzTarget("incident", [data["incident"]], bytes => IncidentNotice.TryParse(bytes, out _, out _));
        yield return new FuzzTarget("status", [data["status"]], bytes => BoxStatus.TryParse(bytes, out _, out _));
        yield return new FuzzTarget("answer", [data["answer"]], bytes => OrderAnswer.TryParse(bytes, out _, out _));
        yield return new FuzzTarget("checkpoint offer", [data["checkpoint"]], bytes => CheckpointOffer.TryParse(bytes, out _, out _));
        yield return new FuzzTarget("receipt", [events[Array.FindIndex([.. data.Keys], name => name == "receipt")]], bytes => Receipt.TryParse(bytes, out _));
        yield return new FuzzTarget("order message", [events[Array.FindIndex([.. data.Keys], name => name == "order")]],
            bytes => OrderMessage.TryParse(bytes, out _));
        yield return new FuzzTarget("order", [.. FuzzSeeds.Orders()], bytes => Order.TryParse(bytes, out _, out _));
    }

    private static IEnumerable<FuzzTarget> Papers()
    {
        yield return new FuzzTarget("configuration", [FuzzSeeds.Configuration()],
            bytes => StrictJson.TryRead<AgentConfiguration>(bytes, AgentConfiguration.MaxBytes, AgentConfiguration.Read, out _, out _));
        yield return new FuzzTarget("policy", [Lists.Policy.Write(), File.ReadAllBytes(Path.Combine(Repository.Root, "docs", "policy.example.json"))],
            bytes => Policy.TryParse(bytes, out _, out _));
        var hotlist = Lists.Blind(Lists.Policy, Lists.Wanted("AB123CD"), Lists.Wanted("XY98ZZ", "C-2")).Write();
        yield return new FuzzTarget("hotlist", [hotlist], bytes => Hotlist.TryParse(bytes, Lists.Policy, Lists.Now, out _, out _));
        yield return new FuzzTarget("list of wanted plates (CSV)",
            ["plate,case,purpose,basis,source,issuer,expires\nAB123CD,C-1,stolen-vehicle,report,desk,sgt,2026-11-20T00:00:00Z\n"u8.ToArray()],
            bytes => HotlistSource.TryRead(bytes, isCsv: true, Lists.Now, out _, out _));
        var files = FuzzSeeds.Trust();
        using var recipient = RecipientKey.Create();
        foreach (var (name, read) in new (string, Func<ReadOnlyMemory<byte>, object>)[]
        {
            (TrustPath.Root, bytes => SignedFile<RootMetadata>.Parse(TrustPath.Root, bytes, RootMetadata.Read)),
            (TrustPath.Timestamp, bytes => SignedFile<TimestampMetadata>.Parse(TrustPath.Timestamp, bytes, TimestampMetadata.Read)),
            (TrustPath.Snapshot, bytes => SignedFile<SnapshotMetadata>.Parse(TrustPath.Snapshot, bytes, SnapshotMetadata.Read)),
            (TrustPath.Targets, bytes => SignedFile<TargetsMetadata>.Parse(TrustPath.Targets, bytes, TargetsMetadata.ReadTopLevel)),
        })
            yield return new FuzzTarget($"TUF {name}", [files[name]], bytes => Said<TrustException>(() => read(bytes)));
        yield return new FuzzTarget("operators", [files["operators.json"]], bytes => Operators.TryParse(bytes, out _, out _));
        yield return new FuzzTarget("recipients", [files["recipients.json"]], bytes => Recipients.TryParse(bytes, out _, out _));
        yield return new FuzzTarget("enrolment request", [FuzzSeeds.Request()], bytes => EnrolmentRequest.TryParse(bytes, out _, out _));
        yield return new FuzzTarget("sealed part", [SealedPart.Seal(recipient.Public, "h"u8, "body"u8).ToJson()], bytes => SealedPart.TryParse(bytes, out _));
    }

    /// <summary>True unless it says, as it may, that it is none.</summary>
    private static bool Said<T>(Action parse) where T : Exception
    {
        try
        {
            parse();
            return true;
        }
        catch (T)
        {
            return false;
        }
    }
}
