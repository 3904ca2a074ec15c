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
            foreach (var message in new[] { good, good, Forged(good), good[..^20], Hit(2, audience: "sheriff"), Hit(3, life: TimeSpan.FromSeconds(-1)), Hit(4) })
                Assert.Equal(PublishOutcome.Acknowledged, (await publisher.PublishAsync(new Publication(Topics.Of(Box, EventType.Hit), message), Cancel)).Outcome);

            await Eventually.True(() => lines.Count >= 2, "two hits are shown");
            var shown = lines.Select(line => JsonNode.Parse(line)!).ToList();
            Assert.Equal([(1, "34A36837", "lane-1"), (4, "34A36837", "lane-1")], shown.Select(hit => ((int)hit["sequence"]!, (string)hit["text"]!, (string)hit["camera"]!)));
            Assert.Equal(4, said.Count(line => line.StartsWith("refused: ", StringComparison.Ordinal)));
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
        var expires = MessageTime(_now.AddHours(24));
        var signing = Jwk.Write(key.Public);
        signing["d"] = System.Buffers.Text.Base64Url.EncodeToString(key.ExportSeed());
        var message = Encoding.ASCII.GetBytes(await NodeParts.RunAsync("box.mjs", new JsonObject
        {
            ["signingKey"] = signing, ["recipient"] = Jwk.Write(agency.Public),
            ["header"] = new JsonObject { ["agency"] = "city", ["box"] = "box-1", ["sequence"] = 17, ["entry"] = "entry-7", ["expires"] = expires, ["for"] = "city" },
            ["body"] = new JsonObject
            {
                ["text"] = "34A36837", ["confidences"] = new JsonArray([.. Enumerable.Repeat(0, 8).Select(_ => (JsonNode)0.93)]), ["right"] = 0.998, ["region"] = "TR",
                ["regionSure"] = 0.97, ["regionVerified"] = true, ["ruleChanged"] = new JsonArray([]), ["camera"] = "lane-1", ["time"] = MessageTime(_now),
                ["frames"] = 3, ["entry"] = "entry-7", ["form"] = "exact", ["policy"] = 12, ["crop"] = System.Buffers.Text.Base64Url.EncodeToString(SampleBox.Crop),
            },
            ["event"] = new JsonObject
            {
                ["specversion"] = "1.0", ["id"] = "made.by-node.17", ["source"] = Box.Source, ["type"] = "edge.hit.v1", ["time"] = MessageTime(_now), ["sequence"] = 17,
            },
        }.ToJsonString()));
        var verifier = new MessageVerifier("city", new Dictionary<BoxName, VerifyingKey> { [Box] = key.Public }, [agency]);
        var topic = Topics.Of(Box, EventType.Hit);

        var hit = Assert.IsType<ReceivedMessage.Hit>(verifier.Verify(topic, message, _now));
        Assert.Equal(("34A36837", 17L, "made.by-node.17"), (hit.Body.Text, hit.Header.Sequence, hit.Event.Id));
        Assert.IsType<ReceivedMessage.Refused>(verifier.Verify(topic, Forged(message), _now));
        Assert.IsType<ReceivedMessage.Refused>(verifier.Verify(topic, message.AsSpan(..^20), _now));
        Assert.IsType<ReceivedMessage.Refused>(verifier.Verify(topic, message, _now.AddHours(24)));
        Assert.IsType<ReceivedMessage.Refused>(verifier.Verify(Topics.Of(new BoxName("city", "box-2"), EventType.Hit), message, _now));
        var inbox = new Inbox(verifier);
        Assert.NotNull(inbox.Take(topic, message, _now));
        Assert.Null(inbox.Take(topic, message, _now)); // replayed
    }

    private static string MessageTime(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", System.Globalization.CultureInfo.InvariantCulture);

    private static byte[] Forged(byte[] message)
    {
        var forged = message.ToArray();
        forged[^2] = forged[^2] == 'A' ? (byte)'B' : (byte)'A';
        return forged;
    }

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
