using System.Collections.Concurrent;
using System.Text;
using System.Text.Json.Nodes;
using Edge.Agent.Enrolment;
using Edge.Agent.Hub;
using Edge.Agent.Publishing;
using Edge.Storage.Keys;
using Edge.Storage.Sealing;
using Edge.Tests.Matching;
using Edge.Tests.Support;

namespace Edge.Tests.Contract;

/// <summary>The hub of <c>docs/write-a-hub.md</c>, of mqtt, jose and an HPKE library, at a real broker, and a box of the same parts for
/// our own hub.</summary>
public sealed class NodeHubTests : IDisposable
{
    private static readonly BoxName Box = new("city", "box-1");
    private readonly TemporaryFolder _folder = new();
    private readonly DateTimeOffset _now = TimeProvider.System.GetUtcNow(); // node judges expiry by the real clock

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_hub_of_the_page_opens_what_a_box_sends_once_and_refuses_what_nobody_may_send()
    {
        using var agency = Agency.Create(_folder.File("agency"), new AgencyPlan { Agency = "city", Cost = Lists.Cheap }, _now, null, out _)!;
        var box = agency.PrepareBox("box-1", _now);
        using var keys = KeyFolder.Open(Path.Combine(box, "state"), credentialsDirectory: null);
        var signer = new MessageSigner(Box, keys.Messages, "0.1.0");
        var toBroker = FirstInstall.WriteBroker(agency, _folder.File("agency"));
        await using var broker = await MosquittoBroker.StartAsync(toBroker, port => FirstInstall.Listener(toBroker, port));
        using var hub = NodeParts.Start(Path.Combine("docs", "hub.mjs"), _folder.File("agency"), $"localhost:{broker.Address.Port}");
        try
        {
            var (lines, said) = (Collect(hub.StandardOutput), Collect(hub.StandardError));
            await Eventually.True(() => said.Contains("watching 1 box(es) of city"), "the hub has subscribed", seconds: 60);

            var to = agency.PublishedRecipients.At(_now)!;
            byte[] Hit(long sequence, string? audience = null, TimeSpan? life = null)
            {
                using var body = HitBody.Write("34A36837"u8, SampleBox.Facts(8));
                var header = new HitHeader(Box, sequence, "entry-7", _now + (life ?? TimeSpan.FromHours(24)));
                return signer.Hit(SealedHit.Seal(to, audience is null ? header : header with { For = audience }, body), _now);
            }

            var good = Hit(1);
            var link = new LinkSettings(broker.Address, new EnrolmentFolder(Path.Combine(box, "enrolment")).Certificates, "city-box-1");
            await using var publisher = await MqttLink.OpenAsync(link, TimeProvider.System, Cancel);
            var elsewhere = new BoxName("riverton", "box-1");
            using var body = HitBody.Write("34A36837"u8, SampleBox.Facts(8));
            var ofAnother = new MessageSigner(elsewhere, keys.Messages, "0.1.0")
                .Hit(SealedHit.Seal(to, new HitHeader(elsewhere, 5, "entry-7", _now.AddHours(24)) { For = "city" }, body), _now);
            byte[][] sent = [good, good, Forged(good), good[..^20], Hit(2, audience: "sheriff"), Hit(3, life: TimeSpan.FromSeconds(-1)), Spliced(good, Hit(8)),
                ofAnother, Hit(4), Hit(7), Hit(6), good];
            foreach (var message in sent)
                Assert.Equal(PublishOutcome.Acknowledged,
                    (await publisher.PublishAsync(new Publication(Topics.Of(Box, EventType.Hit), message), Cancel)).Outcome);

            await Eventually.True(() => lines.Count >= 4 && Refusals() >= 6, "four hits are shown, six are refused");
            var shown = lines.Select(line => JsonNode.Parse(line)!).ToList();
            // What was overtaken is shown too, under its number.
            Assert.Equal(new long[] { 1, 4, 7, 6 }.Select(number => (number, "34A36837", "lane-1")),
                shown.Select(hit => ((long)hit["sequence"]!, (string)hit["text"]!, (string)hit["camera"]!)));
            Assert.Equal(6, Refusals());

            int Refusals() => said.Count(line => line.StartsWith("refused: ", StringComparison.Ordinal));
        }
        finally
        {
            hub.Kill();
        }
    }

    [Fact]
    public async Task Our_hub_opens_what_a_box_of_other_parts_sends_and_refuses_it_forged_cut_or_from_elsewhere()
    {
        using var agency = RecipientKey.Create();
        using var key = SigningKey.Create();
        var message = await NodeHitAsync(key, agency.Public, 17);
        var verifier = new MessageVerifier("city", new Dictionary<BoxName, VerifyingKey> { [Box] = key.Public }, [agency]);
        var topic = Topics.Of(Box, EventType.Hit);

        var hit = Assert.IsType<ReceivedMessage.Hit>(verifier.Verify(topic, message, _now));
        Assert.Equal(("34A36837", 17L, "made.by-node.17"), (hit.Body.Text, hit.Header.Sequence, hit.Event.Id));
        Assert.IsType<ReceivedMessage.Refused>(verifier.Verify(topic, Forged(message), _now));
        Assert.IsType<ReceivedMessage.Refused>(verifier.Verify(topic, message.AsSpan(..^20), _now));
        Assert.IsType<ReceivedMessage.Refused>(verifier.Verify(topic, message, _now.AddHours(24)));
        Assert.IsType<ReceivedMessage.Refused>(verifier.Verify(Topics.Of(new BoxName("city", "box-2"), EventType.Hit), message, _now));
        var inbox = new Inbox(verifier, new ArrivalLedger());
        Assert.NotNull(inbox.TakeOne(topic, message, _now));
        Assert.Null(inbox.TakeOne(topic, message, _now)); // replayed
    }

    [Fact]
    public async Task What_a_box_of_other_parts_publishes_comes_to_our_hub_over_a_real_broker_once_and_nothing_else_does()
    {
        using var agency = Agency.Create(_folder.File("agency"), new AgencyPlan { Agency = "city", Cost = Lists.Cheap }, _now, null, out _)!;
        var box = agency.PrepareBox("box-1", _now);
        using var keys = KeyFolder.Open(Path.Combine(box, "state"), credentialsDirectory: null);
        var toBroker = FirstInstall.WriteBroker(agency, _folder.File("agency"));
        await using var broker = await MosquittoBroker.StartAsync(toBroker, port => FirstInstall.Listener(toBroker, port));
        await using var link = await MqttLink.OpenAsync(new LinkSettings(broker.Address, agency.HubCertificates, "city-hub"), TimeProvider.System, Cancel);
        await link.SubscribeAsync([Topics.OfEveryBox("city", EventType.Hit)], Cancel);
        var to = agency.PublishedRecipients.At(_now)!;
        Task<byte[]> Hit(long sequence, BoxName? said = null, string audience = "city") => NodeHitAsync(keys.Messages, to, sequence, said, audience);
        var (first, second, third) = (await Hit(1), await Hit(2), await Hit(3));
        byte[][] sent =
        [
            first, third, second, first, // re-ordered, replayed
            Forged(second), third[..^20], Spliced(first, second),
            await Hit(4, new BoxName("riverton", "box-1")), await Hit(5, new BoxName("city", "box-2")), await Hit(6, audience: "sheriff"),
        ];
        var own = new EnrolmentFolder(Path.Combine(box, "enrolment")).Certificates;
        var published = await NodeParts.RunAsync("publish.mjs", new JsonObject
        {
            ["broker"] = $"localhost:{broker.Address.Port}", ["clientId"] = "city-box-1", ["ca"] = own.CaFile, ["cert"] = own.CertificateFile,
            ["key"] = own.KeyFile,
            ["packets"] = new JsonArray([.. sent.Select(message => new JsonObject
                { ["topic"] = Topics.Of(Box, EventType.Hit), ["message"] = Encoding.ASCII.GetString(message) })]),
        }.ToJsonString());
        Assert.Equal("10", published);

        var inbox = new Inbox(agency.Verifier(), new ArrivalLedger());
        var came = new List<string>();
        for (var number = 0; number < sent.Length; number++)
        {
            var arrived = await link.Inbound.ReadAsync(Cancel);
            Assert.Equal(MqttLink.ContentType, arrived.ContentType);
            came.Add(inbox.TakeOne(arrived.Topic, arrived.Payload.Span, _now)?.Message switch
            {
                null => "repeat",
                ReceivedMessage.Hit { Body.Text: "34A36837" } hit => $"{hit.Event.Sequence}",
                ReceivedMessage.Refused => "refused",
                var other => other.GetType().Name,
            });
            await arrived.AcknowledgeAsync();
        }
        Assert.Equal(["1", "3", "2", "repeat", "refused", "refused", "refused", "refused", "refused", "refused"], came);
    }

    private async Task<byte[]> NodeHitAsync(SigningKey key, RecipientPublicKey to, long sequence, BoxName? said = null, string audience = "city")
    {
        var box = said ?? Box;
        var signing = Jwk.Write(key.Public);
        signing["d"] = System.Buffers.Text.Base64Url.EncodeToString(key.ExportSeed());
        return Encoding.ASCII.GetBytes(await NodeParts.RunAsync("box.mjs", new JsonObject
        {
            ["signingKey"] = signing, ["recipient"] = Jwk.Write(to),
            ["header"] = new JsonObject
            {
                ["agency"] = box.Agency, ["box"] = box.Box, ["sequence"] = sequence, ["entry"] = "entry-7", ["expires"] = MessageTime(_now.AddHours(24)),
                ["for"] = audience,
            },
            ["body"] = new JsonObject
            {
                ["text"] = "34A36837", ["confidences"] = new JsonArray([.. Enumerable.Repeat(0, 8).Select(_ => (JsonNode)0.93)]), ["right"] = 0.998,
                ["region"] = "TR",
                ["regionSure"] = 0.97, ["regionVerified"] = true, ["ruleChanged"] = new JsonArray([]), ["camera"] = "lane-1", ["time"] = MessageTime(_now),
                ["frames"] = 3, ["entry"] = "entry-7", ["form"] = "exact", ["policy"] = 12,
                ["crop"] = System.Buffers.Text.Base64Url.EncodeToString(SampleBox.Crop),
            },
            ["event"] = new JsonObject
            {
                ["specversion"] = "1.0", ["id"] = $"made.by-node.{sequence}", ["source"] = box.Source, ["type"] = "edge.hit.v1", ["time"] = MessageTime(_now),
                ["sequence"] = sequence,
            },
        }.ToJsonString()));
    }

    private static string MessageTime(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", System.Globalization.CultureInfo.InvariantCulture);

    private static byte[] Forged(byte[] message)
    {
        var forged = message.ToArray();
        forged[^2] = forged[^2] == 'A' ? (byte)'B' : (byte)'A';
        return forged;
    }

    // The words of one under the signature of another.
    private static byte[] Spliced(byte[] words, byte[] signature) =>
        [.. words.AsSpan(0, words.AsSpan().LastIndexOf((byte)'.')), .. signature.AsSpan(signature.AsSpan().LastIndexOf((byte)'.'))];

    private static ConcurrentQueue<string> Collect(StreamReader reader)
    {
        var lines = new ConcurrentQueue<string>();
        _ = Task.Run(async () =>
        {
            while (await reader.ReadLineAsync(Cancel) is { } line) lines.Enqueue(line);
        }, Cancel);
        return lines;
    }
}
