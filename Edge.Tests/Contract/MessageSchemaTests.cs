using System.Text;
using System.Text.Json.Nodes;
using Edge.Agent.Governance;
using Edge.Agent.Governance.Orders;
using Edge.Agent.Publishing;
using Edge.Storage.Audit;
using Edge.Storage.Keys;
using Edge.Storage.Sealing;
using Edge.Storage.Signing;
using Edge.Tests.Support;

namespace Edge.Tests.Contract;

/// <summary><c>docs/messages.schema.json</c> says the same as the one writer and the one strict reader of each message.</summary>
public sealed class MessageSchemaTests : IDisposable
{
    private delegate bool Reader(ReadOnlySpan<byte> json);

    private static readonly JsonSchema Schema =
        new(JsonNode.Parse(File.ReadAllText(Path.Combine(Repository.Root, "docs", "messages.schema.json")))!.AsObject());

    // What a member may be spoiled to; none is what any member says in the examples.
    private static readonly string[] Spoils =
        ["null", "true", "-1", "0", "1.5", "\"\"", "\"x\"", "\"Ünknown\"", "\"2026-03-04T05:06:07Z\"", "[]", "[null]", "[1]", "{}", "\"a b\"", "1e400",
            "9223372036854775807"];

    // Every verb, with everything that it may say.
    private static readonly Dictionary<string, Order> Contents = new()
    {
        ["search"] = new Order.Search("2026-00417", "stolen-vehicle", SampleBox.Now.AddHours(-2), SampleBox.Now, 3),
        ["hold"] = new Order.Hold("2026-00417", "stolen-vehicle", SampleBox.Now.AddHours(48)),
        ["release"] = new Order.Release("2026-00417", "stolen-vehicle"),
        ["disposition"] = new Order.Disposition("2026-00417", "stolen-vehicle", 17, Verdict.Misread, Note()),
        ["revoke"] = new Order.Revoke(new string('k', 43)),
        ["export"] = new Order.Export(),
        ["decommission"] = new Order.Decommission(),
    };

    private readonly SampleBox _box = new();

    public void Dispose() => _box.Dispose();

    public static TheoryData<string> Definitions =>
        ["event", "hit", "hitHeader", "hitBody", "summary", "incident", "status", "answer", "checkpoint", "orderEvent", "orderHeader", "receiptEvent",
            .. Contents.Keys];

    [Theory]
    [MemberData(nameof(Definitions))]
    public void What_is_written_is_accepted_by_schema_and_reader(string definition)
    {
        var (json, reads) = Written(definition);
        Assert.True(Accepts(definition, JsonNode.Parse(json)), "the schema");
        Assert.True(reads(json), "the reader");
    }

    [Theory]
    [MemberData(nameof(Definitions))]
    public void A_member_more_or_less_is_refused_by_both_or_by_neither(string definition)
    {
        var (json, reads) = Written(definition);
        foreach (var name in JsonNode.Parse(json)!.AsObject().Select(member => member.Key).ToList())
        {
            var without = JsonNode.Parse(json)!.AsObject();
            without.Remove(name);
            Assert.Equal((name, reads(Bytes(without))), (name, Accepts(definition, without)));
        }
        var more = JsonNode.Parse(json)!.AsObject();
        more["plate"] = "AB123CD";
        Assert.False(reads(Bytes(more)));
        Assert.False(Accepts(definition, more));
    }

    /// <summary>The schema never refuses what the reader takes: a hub that validates loses nothing. What it cannot say is listed.</summary>
    [Theory]
    [MemberData(nameof(Definitions))]
    public void A_spoiled_member_that_the_reader_takes_is_taken_by_the_schema_and_the_reverse_but_for_what_it_cannot_say(string definition)
    {
        var (json, reads) = Written(definition);
        var beyond = new HashSet<string>();
        foreach (var name in JsonNode.Parse(json)!.AsObject().Select(member => member.Key).ToList())
            foreach (var spoil in Spoils)
            {
                var text = Spoiled(json, name, spoil);
                JsonNode? spoiled;
                try
                {
                    spoiled = JsonNode.Parse(text);
                }
                catch (System.Text.Json.JsonException)
                {
                    continue;
                }
                var (schema, reader) = (spoil != "1e400" && Accepts(definition, spoiled), reads(Encoding.UTF8.GetBytes(text)));
                Assert.True(schema || !reader, $"{definition}.{name} = {spoil}: the reader takes it, the schema does not");
                if (schema && !reader) beyond.Add(name);
            }
        Assert.Equal(Beyond(definition), beyond.Order(StringComparer.Ordinal));
    }

    // Sums, orders, lengths that depend on another member, what bytes hold.
    private static string[] Beyond(string definition) => definition switch
    {
        "event" => ["sequence"],
        "hit" => ["header"],
        "checkpoint" => ["checkpoint"],
        "hitBody" => ["confidences", "crop", "region"],
        "summary" => ["discarded", "hits", "reads"],
        "orderHeader" => ["agency"],
        "search" => ["from"],
        "disposition" => ["note"],
        _ => [],
    };

    private (byte[] Json, Reader Reads) Written(string definition)
    {
        using var body = HitBody.Write("34A36837"u8, SampleBox.Facts(8));
        return definition switch
        {
            "event" => (new CloudEvent("start.17", _box.Name, EventType.Summary, SampleBox.Now, 17, SampleBox.Summary().ToJson()).ToJson(),
                json => CloudEvent.TryParse(json, out _, out _)),
            "hit" => (_box.Sealed(_box.Header(17), "34A36837"u8).ToJson(), json => SealedHit.TryParse(json, out _, out _)),
            "hitHeader" => (_box.Header(17).ToJson(), json => HitHeader.TryParse(json, out _, out _)),
            "hitBody" => (body.Written.ToArray(), json => HitBody.TryParse(json, out _, out _)),
            "summary" => ((SampleBox.Summary(3, 4) with { Shared = [new SharedHits("sheriff", Jurisdiction.Federal, 2)], OrdersDone = 1 }).ToJson(),
                json => IntervalSummary.TryParse(json, out _, out _)),
            "incident" => (SampleBox.Notice.ToJson(), json => IncidentNotice.TryParse(json, out _, out _)),
            "status" => (new BoxStatus(Presence.Online, "0.1.0").ToJson(), json => BoxStatus.TryParse(json, out _, out _)),
            "answer" => (new OrderAnswer("an-order-of-16-chars", "search", AuditOutcome.Refused("wrong-role"), 0).ToJson(),
                json => OrderAnswer.TryParse(json, out _, out _)),
            "checkpoint" => (new CheckpointOffer(SignedNote.Sign(new Checkpoint("a/log", 3, Merkle.Empty).ToText(), "a/log", _box.Key),
                [new OfferedProof(2, [Merkle.Empty])]).ToJson(),
                json => CheckpointOffer.TryParse(json, out _, out _)),
            "orderEvent" => (OrderEvent(), json => OrderMessage.TryParse(json, out _)),
            "orderHeader" => OrderHeader(),
            "receiptEvent" => (ReceiptEvent(), json => Receipt.TryParse(json, out _)),
            _ => (Contents[definition].Write(), json => Order.TryParse(json.ToArray(), out _, out _)),
        };
    }

    private static bool Accepts(string definition, JsonNode? value) => Schema.Accepts(Contents.ContainsKey(definition) ? "orderContent" : definition, value);

    [Fact]
    public void Every_order_that_a_box_takes_has_a_schema() =>
        Assert.Equal(typeof(Order).GetNestedTypes().Where(type => !type.IsAbstract).Select(type => type.Name.ToLowerInvariant()).Order(StringComparer.Ordinal),
            Contents.Keys.Order(StringComparer.Ordinal));

    [Fact]
    public void No_order_may_bring_what_belongs_to_another_verb()
    {
        foreach (var (verb, order) in Contents)
            foreach (var (other, whole) in Contents)
            {
                var mixed = JsonNode.Parse(order.Write())!.AsObject();
                foreach (var (name, value) in JsonNode.Parse(whole.Write())!.AsObject().Where(member => !mixed.ContainsKey(member.Key)).ToList())
                {
                    mixed[name] = value?.DeepClone();
                    Assert.False(Schema.Accepts("orderContent", mixed), $"{verb} with the {name} of {other}: the schema");
                    Assert.False(Order.TryParse(Bytes(mixed), out _, out _), $"{verb} with the {name} of {other}: the reader");
                    mixed.Remove(name);
                }
            }
    }

    private static SealedPart Note()
    {
        using var agency = RecipientKey.Create();
        return SealedPart.Seal(agency.Public, [], "Looked at it twice."u8, SealedUse.Note);
    }

    // The header has no reader of its own: it is read as part of the event that repeats it.
    private (byte[] Json, Reader Reads) OrderHeader()
    {
        var said = JsonNode.Parse(OrderEvent())!.AsObject();
        return (System.Buffers.Text.Base64Url.DecodeFromChars((string)said["data"]!["header"]!), json =>
        {
            said["data"]!["header"] = System.Buffers.Text.Base64Url.EncodeToString(json);
            return OrderMessage.TryParse(Bytes(said), out _);
        });
    }

    private byte[] OrderEvent()
    {
        using var box = RecipientKey.Create();
        using var key = SigningKey.Create();
        var message = OrderMessage.Write(new Order.Export(), new OrderTerms("an-order-of-16-chars", _box.Name, SampleBox.Now, SampleBox.Now.AddHours(1)),
            "auditor-1", key, box.Public);
        Assert.True(Jws.TryVerify(message, key.Public, CloudEvent.ContentType, out var json));
        return json;
    }

    private byte[] ReceiptEvent()
    {
        using var key = SigningKey.Create();
        var receipt = new Receipt(_box.Name, _box.Key.Public.KeyId, SampleBox.Now, 1, 17, [3, 9]);
        Assert.True(Jws.TryVerify(receipt.Sign(key), key.Public, CloudEvent.ContentType, out var json));
        return json;
    }

    private static string Spoiled(byte[] json, string name, string value)
    {
        var members = JsonNode.Parse(json)!.AsObject();
        return "{" + string.Join(',', members.Select(member => $"\"{member.Key}\":{(member.Key == name ? value : member.Value?.ToJsonString() ?? "null")}")) +
            "}";
    }

    private static byte[] Bytes(JsonNode node) => Encoding.UTF8.GetBytes(node.ToJsonString());
}
