using Edge.Agent.Hub;
using Edge.Agent.Publishing;
using Edge.Storage.Sealing;
using Edge.Tests.Support;

namespace Edge.Tests.Hub;

public sealed class InboxTests : IDisposable
{
    private readonly SampleBox _box = new();
    private readonly Inbox _inbox;

    public InboxTests() => _inbox = new Inbox(_box.Verifier, new ArrivalLedger());

    public void Dispose() => _box.Dispose();

    [Fact]
    public void The_same_event_is_delivered_once()
    {
        var hit = _box.Hit(1);

        Assert.NotNull(Take(hit));
        Assert.Null(Take(hit));
        Assert.Null(Take(hit));
        Assert.Equal(2, _inbox.Repeats);
    }

    [Fact]
    public void Another_event_under_a_used_number_is_delivered_and_marked()
    {
        Take(_box.Hit(1));
        var restored = new MessageSigner(_box.Name, _box.Key, "0.1.0");

        var delivery = Take(restored.Hit(_box.Sealed(_box.Header(1), "34A36837"u8), SampleBox.Now));

        Assert.True(delivery!.NumberReused);
        Assert.IsType<ReceivedMessage.Hit>(delivery.Message);
    }

    [Fact]
    public void A_refused_message_does_not_use_up_the_number_of_a_good_one()
    {
        var hit = _box.Hit(1);
        var forged = (byte[])hit.Clone();
        forged[^1] ^= 1;

        Assert.IsType<ReceivedMessage.Refused>(Take(forged)!.Message);
        Assert.IsType<ReceivedMessage.Hit>(Take(hit)!.Message);
    }

    [Fact]
    public void A_hit_whose_key_the_hub_lacks_stays_missing_so_that_the_box_keeps_and_repeats_it()
    {
        using var another = RecipientKey.Create();
        using var body = HitBody.Write("34A36837"u8, SampleBox.Facts(8));
        Take(_box.Hit(1));
        Assert.IsType<ReceivedMessage.Refused>(Take(_box.Signer.Hit(SealedHit.Seal(another.Public, _box.Header(2), body), SampleBox.Now))!.Message);

        TakeSummary(3);

        Assert.Equal([2], TakeSummary(4));
    }

    [Fact]
    public void Numbers_that_two_summaries_have_overtaken_are_missing_and_named_once()
    {
        Take(_box.Hit(1));
        Assert.Empty(TakeSummary(4));
        Assert.Equal([2, 3], TakeSummary(5));
        Assert.Empty(TakeSummary(6));
    }

    [Fact]
    public void A_number_that_came_late_or_was_given_up_is_not_missing()
    {
        TakeSummary(1);
        TakeSummary(5);
        Take(_box.Hit(2));
        Assert.Equal([4], TakeSummary(6, dropped: 3));
    }

    [Fact]
    public void A_hub_that_starts_late_misses_nothing_from_before() =>
        Assert.Empty(TakeSummary(1000).Concat(TakeSummary(1001)).Concat(TakeSummary(1002)));

    private Delivery? Take(byte[] message) => Take(EventType.Hit, message);

    private IReadOnlyList<long> TakeSummary(long sequence, params long[] dropped) => Take(EventType.Summary,
        _box.Signer.Summary(sequence, SampleBox.Summary(dropped), SampleBox.Now))!.Missing;

    private Delivery? Take(EventType type, byte[] message)
    {
        Delivery? shown = null;
        _inbox.Take(_box.Topic(type), message, again: false, SampleBox.Now, delivery =>
        {
            shown = delivery;
            return true;
        });
        return shown;
    }
}
