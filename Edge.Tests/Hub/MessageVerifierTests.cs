using System.Buffers.Text;
using System.Text;
using System.Text.Json.Nodes;
using CsCheck;
using Edge.Agent.Hub;
using Edge.Agent.Publishing;
using Edge.Storage.Keys;
using Edge.Storage.Sealing;
using Edge.Storage.Signing;
using Edge.Tests.Support;

namespace Edge.Tests.Hub;

public sealed class MessageVerifierTests : IDisposable
{
    private readonly SampleBox _box = new();

    public void Dispose() => _box.Dispose();

    [Fact]
    public void A_hit_is_verified_and_opened()
    {
        var hit = Assert.IsType<ReceivedMessage.Hit>(Verify(_box.Hit(7)));

        Assert.Equal("34A36837", hit.Body.Text);
        Assert.Equal("lane-1", hit.Body.Facts.Camera);
        Assert.Equal(7, hit.Event.Sequence);
        Assert.Equal("entry-7", hit.Header.EntryId);
    }

    [Fact]
    public void A_summary_a_status_and_an_incident_are_verified()
    {
        var summary = Verify(_box.Signer.Summary(8, SampleBox.Summary(), SampleBox.Now), EventType.Summary);
        Assert.Equal(40, Assert.IsType<ReceivedMessage.Summary>(summary).Counters.Discarded);

        var status = _box.Signer.Status(Presence.Online, 8, SampleBox.Now);
        Assert.True(status.Retain);
        Assert.Equal(Presence.Online, Assert.IsType<ReceivedMessage.Status>(
            _box.Verifier.Verify(status.Topic, status.Payload.Span, SampleBox.Now)).State.State);

        var incident = Assert.IsType<ReceivedMessage.Incident>(Verify(_box.Signer.Incident(9, SampleBox.Notice, SampleBox.Now), EventType.Incident));
        Assert.Equal((9, SampleBox.Notice), (incident.Event.Sequence, incident.Notice));
    }

    [Fact]
    public void An_incident_that_does_not_say_what_it_must_is_refused() => Refusal(
        Verify(_box.Signer.Event(EventType.Incident, 9, SampleBox.Now, "{}"u8.ToArray()), EventType.Incident), MessagePart.Data);

    [Fact]
    public void Any_byte_flipped_in_a_message_refuses_it_and_says_what_failed()
    {
        var message = _box.Hit(7);
        for (var i = 0; i < message.Length; i++)
            for (var bit = 0; bit < 8; bit++)
            {
                message[i] ^= (byte)(1 << bit);
                var refused = Refusal(Verify(message), MessagePart.Signature);
                Assert.NotEmpty(refused.Reason);
                message[i] ^= (byte)(1 << bit);
            }
        Assert.IsType<ReceivedMessage.Hit>(Verify(message));
    }

    [Fact]
    public void Any_length_but_its_own_refuses_a_message()
    {
        var message = _box.Hit(7);
        for (var length = 0; length < message.Length; length++) Refusal(Verify(message[..length]), MessagePart.Signature);
        Refusal(Verify([.. message, (byte)'A']), MessagePart.Signature);
        Refusal(Verify([.. message, .. new byte[Jws.MaxBytes]]), MessagePart.Signature);
    }

    [Fact]
    public void Any_character_changed_in_what_a_hit_carries_refuses_it_even_if_the_box_signs_it_again()
    {
        var data = Encoding.UTF8.GetString(_box.Sealed(_box.Header(7), "34A36837"u8).ToJson());
        for (var i = 0; i < data.Length; i++)
        {
            var changed = data.ToCharArray();
            changed[i] = changed[i] == 'A' ? 'B' : 'A';
            var refused = Assert.IsType<ReceivedMessage.Refused>(Verify(Resigned(new string(changed))));
            Assert.True(refused.Part is MessagePart.Event or MessagePart.Header or MessagePart.Seal, $"{refused} at {i}");
        }
    }

    [Fact]
    public void A_message_of_another_box_is_not_that_of_this_one()
    {
        using var other = new SampleBox("box-2");
        var boxes = new Dictionary<BoxName, VerifyingKey> { [_box.Name] = _box.Key.Public, [other.Name] = other.Key.Public };
        var verifier = new MessageVerifier("demo", boxes, [_box.Agency]);

        // Replayed on the other's topic, and signed by the other in this one's name.
        Refusal(verifier.Verify(other.Topic(EventType.Hit), _box.Hit(7), SampleBox.Now), MessagePart.Signature, "another key");
        var forged = new MessageSigner(_box.Name, other.Key, "0").Event(EventType.Incident, 7, SampleBox.Now, "{}"u8.ToArray());
        Refusal(verifier.Verify(other.Topic(EventType.Incident), forged, SampleBox.Now), MessagePart.Event, "source");
    }

    [Fact]
    public void A_message_on_the_topic_of_another_event_is_refused() =>
        Refusal(Verify(_box.Hit(7), EventType.Summary), MessagePart.Event, "type");

    [Theory]
    [InlineData("edge/v1/other/box-1/hit")]
    [InlineData("edge/v1/demo/box-1/order")]
    [InlineData("spam")]
    public void A_topic_that_no_box_of_this_agency_has_is_refused(string topic) =>
        Refusal(_box.Verifier.Verify(topic, _box.Hit(7), SampleBox.Now), MessagePart.Topic);

    [Fact]
    public void A_box_that_is_not_registered_is_refused() =>
        Refusal(_box.Verifier.Verify("edge/v1/demo/box-9/hit", _box.Hit(7), SampleBox.Now), MessagePart.Box, "box-9");

    [Fact]
    public void A_header_must_say_what_the_event_says()
    {
        var sealedHit = _box.Sealed(_box.Header(7), "34A36837"u8);
        Refusal(Verify(Resigned(Encoding.UTF8.GetString(sealedHit.ToJson()), sequence: 8)), MessagePart.Header, "sequence");

        var foreign = _box.Sealed(_box.Header(7) with { Box = new BoxName("demo", "box-2") }, "34A36837"u8);
        Refusal(Verify(Resigned(Encoding.UTF8.GetString(foreign.ToJson()))), MessagePart.Header, "box-2");
        Assert.Throws<ArgumentException>(() => _box.Signer.Hit(foreign, SampleBox.Now));
    }

    [Fact]
    public void The_body_must_name_the_entry_that_the_header_names()
    {
        var header = _box.Header(7) with { EntryId = "entry-8" };
        Refusal(Verify(_box.Signer.Hit(_box.Sealed(header, "34A36837"u8), SampleBox.Now)), MessagePart.Body, "entry");
    }

    [Fact]
    public void A_sealed_part_does_not_open_under_another_hit_s_header()
    {
        var first = JsonNode.Parse(_box.Sealed(_box.Header(7), "34A36837"u8).ToJson())!;
        var second = JsonNode.Parse(_box.Sealed(_box.Header(7) with { EntryId = "entry-8" }, "34A36837"u8).ToJson())!;
        first["header"] = second["header"]!.DeepClone();

        Refusal(Verify(Resigned(first.ToJsonString())), MessagePart.Seal, "does not open");
    }

    [Fact]
    public void A_hit_sealed_to_another_agency_is_not_opened()
    {
        using var other = RecipientKey.Create();
        using var body = HitBody.Write("34A36837"u8, SampleBox.Facts(8));
        var hit = SealedHit.Seal(other.Public, _box.Header(7), body);

        Refusal(Verify(_box.Signer.Hit(hit, SampleBox.Now)), MessagePart.Seal, "does not hold");
    }

    [Fact]
    public void A_hit_past_its_retention_is_not_opened()
    {
        var refused = _box.Verifier.Verify(_box.Topic(EventType.Hit), _box.Hit(7), SampleBox.Expires);
        Refusal(refused, MessagePart.Header, "retention ended");
    }

    [Fact]
    public void A_body_that_is_not_of_this_format_is_refused_without_showing_it()
    {
        var header = _box.Header(7).ToJson();
        var part = SealedPart.Seal(_box.Agency.Public, header, """{"text":"34A36837"}"""u8);
        var data = $$"""{"header":"{{Base64Url.EncodeToString(header)}}","sealed":{{Encoding.UTF8.GetString(part.ToJson())}}}""";

        var refused = Refusal(Verify(Resigned(data)), MessagePart.Body);
        Assert.DoesNotContain("34A36837", $"{refused}", StringComparison.Ordinal);
    }

    [Fact]
    public void No_random_bytes_are_believed_and_none_throw() =>
        Gen.Byte.Array[0, 300].Sample(bytes => Verify(bytes) is ReceivedMessage.Refused);

    private ReceivedMessage Verify(byte[] message, EventType? on = null) =>
        _box.Verifier.Verify(_box.Topic(on ?? EventType.Hit), message, SampleBox.Now);

    private byte[] Resigned(string data, long sequence = 7)
    {
        var json = $$"""{"specversion":"1.0","id":"x","source":"{{_box.Name.Source}}","type":"edge.hit.v1","time":"2026-03-04T05:06:07.890Z","sequence":{{sequence}},"data":{{data}}}""";
        return Jws.Sign(_box.Key, Encoding.UTF8.GetBytes(json), CloudEvent.ContentType);
    }

    private static ReceivedMessage.Refused Refusal(ReceivedMessage message, MessagePart part, string says = "")
    {
        var refused = Assert.IsType<ReceivedMessage.Refused>(message);
        Assert.Equal(part, refused.Part);
        Assert.Contains(says, refused.Reason, StringComparison.Ordinal);
        return refused;
    }
}
