using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Edge.Agent.Enrolment;
using Edge.Agent.Governance.Orders;
using Edge.Agent.Hub;
using Edge.Agent.Publishing;
using Edge.Storage.Audit;
using Edge.Storage.Keys;
using Edge.Storage.Sealing;
using Edge.Storage.Signing;
using Edge.Tests.Support;
using NSec.Cryptography;
using static System.Buffers.Text.Base64Url;

namespace Edge.Tests.Contract;

/// <summary><c>docs/examples</c> is what the writers write, byte for byte, under keys and at a time that everybody knows.
/// <c>EDGE_WRITE_EXAMPLES=1</c> writes the files anew after a change that was meant.</summary>
public sealed class ExampleTests : IDisposable
{
    private static readonly string Folder = Path.Combine(Repository.Root, "docs", "examples");
    private static readonly JsonSchema Schema =
        new(JsonNode.Parse(File.ReadAllText(Path.Combine(Repository.Root, "docs", "messages.schema.json")))!.AsObject());
    private static readonly JsonSerializerOptions Readable = new()
        { WriteIndented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly BoxName Box = new("demo", "box-1");
    private static readonly OrderTerms Terms = new("example-order-0001", Box, SampleBox.Now, SampleBox.Now.AddHours(1));

    private readonly SigningKey _box = SigningKey.FromSeed(Bytes(1));
    private readonly SigningKey _operator = SigningKey.FromSeed(Bytes(2));
    private readonly SigningKey _hub = SigningKey.FromSeed(Bytes(5));
    private readonly RecipientKey _agency = RecipientKey.FromRaw(Bytes(3));
    private readonly RecipientKey _orders = RecipientKey.FromRaw(Bytes(4));

    public void Dispose()
    {
        _box.Dispose();
        _operator.Dispose();
        _hub.Dispose();
        _agency.Dispose();
        _orders.Dispose();
    }

    public static TheoryData<string> Names => ["keys", "hit", "summary", "incident", "status", "answer", "order", "checkpoint", "receipt"];

    [Theory]
    [MemberData(nameof(Names))]
    public void An_example_is_what_the_writer_writes_today(string name)
    {
        var file = Path.Combine(Folder, $"{name}.json");
        var written = (name == "keys" ? Keys() : Shown(name)).ToJsonString(Readable) + "\n";
        if (Environment.GetEnvironmentVariable("EDGE_WRITE_EXAMPLES") == "1") File.WriteAllText(file, written);
        Assert.Equal(written, File.ReadAllText(file));
    }

    [Fact]
    public void Each_file_of_the_folder_is_an_example() =>
        Assert.Equal(Names.Select(row => row.Data).Order(StringComparer.Ordinal),
            Directory.GetFiles(Folder).Select(Path.GetFileNameWithoutExtension).Order(StringComparer.Ordinal));

    [Fact]
    public void Our_hub_and_a_box_read_the_examples()
    {
        var hub = new MessageVerifier(Box.Agency, new Dictionary<BoxName, VerifyingKey> { [Box] = _box.Public }, [_agency]);
        ReceivedMessage Read(string name) => hub.Verify((string)Example(name)["topic"]!, Message(name), SampleBox.Now);

        Assert.Equal("34A36837", Assert.IsType<ReceivedMessage.Hit>(Read("hit")).Body.Text);
        Assert.Equal([3, 4], Assert.IsType<ReceivedMessage.Summary>(Read("summary")).Counters.Dropped);
        Assert.Equal(SampleBox.Notice, Assert.IsType<ReceivedMessage.Incident>(Read("incident")).Notice);
        Assert.Equal(Presence.Online, Assert.IsType<ReceivedMessage.Status>(Read("status")).State.State);
        Assert.IsType<ReceivedMessage.Hit>(Assert.Single(Assert.IsType<ReceivedMessage.Answer>(Read("answer")).Hits).Opened);
        Assert.Single(Assert.IsType<ReceivedMessage.Checkpoint>(Read("checkpoint")).Offer.Proofs);
        Assert.True(Jws.TryVerify(Message("order"), _operator.Public, CloudEvent.ContentType, out var json));
        Assert.True(OrderMessage.TryParse(json, out var order));
        Assert.Equal(Terms, order.Terms);
        Assert.True(order.TryOpen(_orders, out var content));
        Assert.True(Order.TryParse(content, out var search, out _));
        Assert.IsType<Order.Search>(search);
        Assert.True(Receipt.TryVerify(Message("receipt"), [_hub.Public], out var receipt));
        Assert.Equal((1L, 17L, 2), (receipt.From, receipt.Through, receipt.Missing.Count));
    }

    [Fact]
    public void The_schema_takes_every_part_of_the_examples()
    {
        foreach (var name in Names.Select(row => row.Data).Where(name => name != "keys"))
        {
            var (example, order) = (Example(name), name == "order");
            Assert.True(Schema.Accepts(name is "order" or "receipt" ? $"{name}Event" : "event", example["event"]), name);
            if (name == "receipt") continue;
            Assert.True(Schema.Accepts(order ? "hit" : name, example["event"]!["data"]), name);
            if (example["clear"] is not { } clear) continue;
            Assert.True(Schema.Accepts(order ? "orderHeader" : "hitHeader", clear), name);
            Assert.True(Schema.Accepts(order ? "orderContent" : "hitBody", example["inside"]), name);
        }
    }

    [Fact]
    public async Task Jose_and_an_HPKE_library_read_the_examples() =>
        Assert.Equal("hit summary incident status answer order checkpoint receipt", await NodeParts.RunAsync("examples.mjs", input: null, Folder));

    private JsonObject Keys()
    {
        JsonObject Signing(SigningKey key) => Private(Jwk.Write(key.Public), key.ExportSeed());
        JsonObject Opening(RecipientKey key) => Private(Jwk.Write(key.Public), key.Export());
        return new JsonObject
        {
            ["warning"] = "TEST KEYS, known to everybody. Whoever trusts one of them trusts everybody.",
            ["box"] = Signing(_box), ["operator"] = Signing(_operator), ["hub"] = Signing(_hub), ["agency"] = Opening(_agency),
            ["boxOrders"] = Opening(_orders),
        };
    }

    private JsonObject Shown(string name)
    {
        var hit = SealedHitOf(17, out var clear, out var inside);
        return name switch
        {
            "hit" => Signed(EventType.Hit, 17, hit, clear, inside),
            "summary" => Signed(EventType.Summary, 18, SampleBox.Summary(3, 4).ToJson()),
            "incident" => Signed(EventType.Incident, 19, SampleBox.Notice.ToJson()),
            "status" => Signed(EventType.Status, 19, new BoxStatus(Presence.Online, "0.1.0").ToJson()),
            "answer" => Signed(EventType.Answer, 20,
                new OrderAnswer(Terms.Id, "search", AuditOutcome.Done, 1, null, 0, null, [new AnsweredHit(SampleBox.Now.AddHours(24), hit)]).ToJson()),
            "checkpoint" => Signed(EventType.Checkpoint, 21, Offer().ToJson()),
            "order" => SignedOrder(),
            "receipt" => SignedReceipt(),
            _ => throw new ArgumentOutOfRangeException(nameof(name)),
        };
    }

    private static CheckpointOffer Offer()
    {
        using var log = SigningKey.FromSeed(Bytes(6));
        Sha256Hash[] leaves = [Merkle.Leaf("one"u8), Merkle.Leaf("two"u8), Merkle.Leaf("three"u8)];
        return new CheckpointOffer(SignedNote.Sign(new Checkpoint(Box.LogOrigin, 3, Merkle.Root(leaves)).ToText(), Box.LogOrigin, log),
            [new OfferedProof(2, [leaves[2]])]);
    }

    private JsonObject Signed(EventType type, long sequence, byte[] data, byte[]? clear = null, byte[]? inside = null)
    {
        var said = new CloudEvent($"example.{(type == EventType.Status ? "status-1" : $"{sequence}")}", Box, type, SampleBox.Now, sequence, data).ToJson();
        return Shown(Topics.Of(Box, type), type == EventType.Status, said, _box, clear, inside);
    }

    private byte[] SealedHitOf(long sequence, out byte[] clear, out byte[] inside)
    {
        using var body = HitBody.Write("34A36837"u8, SampleBox.Facts(8));
        var header = new HitHeader(Box, sequence, "entry-7", SampleBox.Now.AddHours(24));
        (clear, inside) = (header.ToJson(), body.Written.ToArray());
        return Settled(SealedHit.Seal(_agency.Public, header, body).ToJson(), _agency.Public, "hit", clear, inside);
    }

    private JsonObject SignedOrder()
    {
        var search = new Order.Search("2026-00417", "stolen-vehicle", SampleBox.Now.AddHours(-2), SampleBox.Now, 0);
        Assert.True(Jws.TryVerify(OrderMessage.Write(search, Terms, "investigator-7", _operator, _orders.Public), _operator.Public, CloudEvent.ContentType,
            out var said));
        var clear = DecodeFromChars((string)JsonNode.Parse(said)!["data"]!["header"]!);
        return Shown(Topics.Order(Box), false, Settled(said, _orders.Public, "order", clear, search.Write()), _operator, clear, search.Write());
    }

    private JsonObject SignedReceipt()
    {
        var receipt = new Receipt(Box, _box.Public.KeyId, SampleBox.Now, 1, 17, [3, 9]);
        Assert.True(Jws.TryVerify(receipt.Sign(_hub), _hub.Public, CloudEvent.ContentType, out var said));
        return Shown(Topics.Receipt(Box), true, said, _hub, null, null);
    }

    private static JsonObject Shown(string topic, bool retain, byte[] said, SigningKey key, byte[]? clear, byte[]? inside)
    {
        var shown = new JsonObject
        {
            ["topic"] = topic, ["contentType"] = MqttLink.ContentType, ["retain"] = retain,
            ["message"] = Encoding.ASCII.GetString(Jws.Sign(key, said, CloudEvent.ContentType)), ["event"] = JsonNode.Parse(said),
        };
        if (clear is not null) (shown["clear"], shown["inside"]) = (JsonNode.Parse(clear), JsonNode.Parse(inside));
        return shown;
    }

    // The writers draw an ephemeral key for each seal, which an example cannot have: theirs is replaced by one that stays.
    private static byte[] Settled(byte[] written, RecipientPublicKey to, string use, byte[] clear, byte[] inside)
    {
        using var ephemeral = Key.Import(KeyAgreementAlgorithm.X25519, Bytes(5), KeyBlobFormat.RawPrivateKey);
        using var context = Hpke.SenderContext(to, ephemeral, Encoding.ASCII.GetBytes($"edge/v1/{use}\0{to.KeyId}"), out var encapsulated);
        var text = Encoding.UTF8.GetString(written);
        var (from, end) = (text.IndexOf("\"enc\":", StringComparison.Ordinal), text.IndexOf('}', text.IndexOf("\"ct\":", StringComparison.Ordinal)));
        return Encoding.UTF8.GetBytes(
            $"{text[..from]}\"enc\":\"{EncodeToString(encapsulated)}\",\"ct\":\"{EncodeToString(context.Seal(0, clear, inside))}\"{text[end..]}");
    }

    private static JsonObject Private(JsonObject key, byte[] secret)
    {
        key["d"] = EncodeToString(secret);
        return key;
    }

    private static JsonNode Example(string name) => JsonNode.Parse(File.ReadAllText(Path.Combine(Folder, $"{name}.json")))!;

    private static byte[] Message(string name) => Encoding.ASCII.GetBytes((string)Example(name)["message"]!);

    private static byte[] Bytes(byte value) => [.. Enumerable.Repeat(value, 32)];
}
