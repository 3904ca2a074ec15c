using Edge.Agent.Hub;
using Edge.Agent.Publishing;
using Edge.Storage.Database;
using Edge.Storage.Hits;
using Edge.Storage.Keys;
using Edge.Storage.Outbox;
using Edge.Storage.Retention;
using Edge.Tests.Support;
using Microsoft.Extensions.Time.Testing;

namespace Edge.Tests.Scenarios;

/// <summary>No broker for a week, then a real one.</summary>
public sealed class BrokerAwayTests : IDisposable
{
    private const int Hours = 7 * 24;

    private readonly TestAuthority _authority = new();
    private readonly SampleBox _box = new();
    private readonly TemporaryFolder _folder = new();
    // The week ends now: the link tells the broker how long a message is still good, by the real clock.
    private readonly FakeTimeProvider _time = new(TimeProvider.System.GetUtcNow().AddHours(-Hours));
    private readonly KeyFolder _keys;
    private readonly StateDatabase _state;

    public BrokerAwayTests()
    {
        _keys = KeyFolder.Open(_folder.Path, credentialsDirectory: null);
        _state = StateDatabase.Open(_folder.Path, _keys.Hours, _time);
    }

    public void Dispose()
    {
        _state.Dispose();
        _keys.Dispose();
        _folder.Dispose();
        _box.Dispose();
        _authority.Dispose();
    }

    [Fact]
    public Task After_a_week_without_a_broker_each_hit_still_kept_arrives_once_in_order_and_every_number_is_accounted_for() =>
        WeekAsync(hitsAnHour: 2, kept: TimeSpan.FromHours(24), arriving: 2 * 23);

    [Fact(Explicit = true)]
    public Task Ten_thousand_hits_that_are_kept_longer_all_arrive() => WeekAsync(hitsAnHour: 60, kept: TimeSpan.FromDays(8), arriving: 60 * Hours);

    private async Task WeekAsync(int hitsAnHour, TimeSpan kept, int arriving)
    {
        for (var hour = 0; hour < Hours; hour++)
        {
            for (var i = 0; i < hitsAnHour; i++) Hit(kept);
            if (hour % 6 == 5) Summarise();
            _time.Advance(TimeSpan.FromHours(1));
            Sweep.Run(_state);
        }
        Summarise(); // the first thing that the agent does at every interval, broker or not

        var cancel = TestContext.Current.CancellationToken;
        await using var broker = await MosquittoBroker.StartAsync(_authority);
        await using var hub = await MqttLink.OpenAsync(new LinkSettings(broker.Address, _authority.Client("hub"), "hub"), TimeProvider.System, cancel);
        await hub.SubscribeAsync(["edge/v1/demo/box-1/hit", "edge/v1/demo/box-1/summary"], cancel);
        await using var worker = new RunningWorker(_state, new LinkSettings(broker.Address, _authority.Client("box-1"), "box-1"), _box.Signer);
        var (inbox, hits, accounted) = (new Inbox(_box.Verifier, new ArrivalLedger()), new List<long>(), new SortedSet<long>());
        while (accounted.Count < _state.LastSequence)
        {
            var message = await hub.Inbound.ReadAsync(cancel);
            if (inbox.TakeOne(message.Topic, message.Payload.Span, _time.GetUtcNow()) is { Message: ReceivedMessage.Accepted { Event: var said } accepted })
            {
                Assert.True(accounted.Add(said.Sequence), "each number arrives once, and is not named as dropped too");
                if (accepted is ReceivedMessage.Hit) hits.Add(said.Sequence);
                if (accepted is ReceivedMessage.Summary { Counters.Dropped: var dropped }) Assert.All(dropped, number => Assert.True(accounted.Add(number)));
            }
            await message.AcknowledgeAsync();
        }
        Assert.Equal(arriving, hits.Count);
        Assert.Equal(hits.Order(), hits);
        Assert.Equal(0, inbox.Repeats);
        await Eventually.True(() => _state.Outbox.Count() is { Ready: 0, Bytes: 0 }, "the outbox is empty");
        Assert.Empty(_state.Outbox.Dropped());
    }

    private void Hit(TimeSpan kept)
    {
        var (now, expires) = (_time.GetUtcNow(), _time.GetUtcNow() + kept);
        var sequence = _state.Hits.Commit(number =>
        {
            var hit = _box.Sealed(_box.Header(number) with { Expires = expires }, "34A36837"u8);
            return new HitEntry(new NewHit("case-1", now, expires, hit.ToJson()),
                new OutboxMessage(number, MessageKind.Hit, _box.Signer.Hit(hit, now), expires));
        });
        _state.Outbox.MarkLogged(sequence, 0);
    }

    private void Summarise()
    {
        var dropped = _state.Outbox.Dropped().Select(message => message.Sequence).Take(1000).ToArray();
        _state.Outbox.Enqueue(MessageKind.Summary, _time.GetUtcNow() + SummaryWriter.KeptFor,
            number => _box.Signer.Summary(number, SampleBox.Summary(dropped), _time.GetUtcNow()),
            logged: true, accountsFor: dropped);
    }
}
