using System.Collections.Concurrent;
using Edge.Agent.Hub;
using Edge.Agent.Publishing;
using Edge.Tests.Support;

namespace Edge.Tests.Hub;

public sealed class HubWatchTests : IDisposable
{
    private readonly TestAuthority _authority = new();
    private readonly SampleBox _box = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _box.Dispose();
        _authority.Dispose();
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task A_hit_is_shown_opened_and_a_forged_one_refused(bool embedded)
    {
        await using var broker = await StartAsync(embedded);
        await using var hub = await OpenAsync(broker.Address);
        await using var box = await LinkAsync(broker.Address, "box-1");
        var forged = _box.Hit(1);
        forged[^1] ^= 1;

        await PublishAsync(box, forged);
        await PublishAsync(box, _box.Hit(1));

        var shown = await ShowAsync(hub, 2);
        Assert.Equal(MessagePart.Signature, Assert.IsType<ReceivedMessage.Refused>(shown[0].Message).Part);
        Assert.Equal("34A36837", Assert.IsType<ReceivedMessage.Hit>(shown[1].Message).Body.Text);
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task What_a_hub_has_shown_does_not_come_again_and_what_came_while_it_was_away_does(bool embedded)
    {
        await using var broker = await StartAsync(embedded);
        await using var box = await LinkAsync(broker.Address, "box-1");
        await using (var first = await OpenAsync(broker.Address))
        {
            await PublishAsync(box, _box.Hit(1));
            Assert.Equal([1], Sequences(await ShowAsync(first, 1)));
        }

        await PublishAsync(box, _box.Hit(2));
        await PublishAsync(box, _box.Hit(3));

        await using var second = await OpenAsync(broker.Address);
        Assert.Equal([2, 3], Sequences(await ShowAsync(second, 2)));
    }

    [Fact]
    public async Task A_hub_comes_back_when_its_broker_does()
    {
        await using var broker = await MosquittoBroker.StartAsync(_authority);
        var lost = new List<BrokerFailure>();
        await using var hub = await OpenAsync(broker.Address, failure => lost.Add(failure.Failure));
        var showing = ShowAsync(hub, 1);

        await broker.KillAsync();
        await Eventually.True(() => lost.Count > 0, "the hub noticed");
        await broker.StartAgainAsync();
        await using var box = await LinkAsync(broker.Address, "box-1");
        await Eventually.True(async () => (await box.PublishAsync(new Publication(_box.Topic(EventType.Hit), _box.Hit(1)), Cancel)).Outcome
            == PublishOutcome.Acknowledged, "the hub is subscribed again");

        Assert.Equal([1], Sequences(await showing));
        Assert.Equal(BrokerFailure.Lost, lost[0]);
    }

    [Fact]
    public async Task Two_hubs_under_one_name_are_told_of_each_other_and_when_there_is_a_link_again()
    {
        await using var broker = await MosquittoBroker.StartAsync(_authority);
        var (lost, again) = (new ConcurrentQueue<string>(), 0);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        await using var one = await OpenAsync(broker.Address, failure => lost.Enqueue(failure.Message));
        one.LinkedAgain = () => Interlocked.Increment(ref again);
        var watching = one.RunAsync(_ => true, stop.Token);
        await using var other = await OpenAsync(broker.Address, failure => lost.Enqueue(failure.Message));
        var alsoWatching = other.RunAsync(_ => true, stop.Token);

        await Eventually.True(() => lost.Any(message => message.Contains("does a second client connect as hub?", StringComparison.Ordinal)),
            "the second one is suspected", seconds: 60);

        // Mosquitto 2.0 only ends the link: of the first one nothing can be said.
        Assert.DoesNotContain("second client", lost.First(), StringComparison.Ordinal);
        Assert.True(Volatile.Read(ref again) > 0);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => watching);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => alsoWatching);
    }

    [Fact]
    public async Task A_message_that_could_not_be_shown_comes_again()
    {
        await using var broker = await MosquittoBroker.StartAsync(_authority);
        await using var box = await LinkAsync(broker.Address, "box-1");
        await using (var hub = await OpenAsync(broker.Address))
        {
            await PublishAsync(box, _box.Hit(1));
            await Assert.ThrowsAsync<IOException>(() => hub.RunAsync(_ => throw new IOException("disk full"), Cancel));
        }

        await using var again = await OpenAsync(broker.Address);
        Assert.Equal([1], Sequences(await ShowAsync(again, 1)));
    }

    private async Task<IBroker> StartAsync(bool embedded) => embedded
        ? new Embedded(await EmbeddedBroker.StartAsync(_authority.Broker(), TimeProvider.System))
        : new Real(await MosquittoBroker.StartAsync(_authority));

    private async Task<HubWatch> OpenAsync(BrokerAddress broker, Action<BrokerException>? lost = null) =>
        await HubWatch.OpenAsync(new LinkSettings(broker, _authority.Client("hub"), "hub"), _box.Verifier, TimeProvider.System, lost, Cancel);

    private async Task<MqttLink> LinkAsync(BrokerAddress broker, string name) =>
        await MqttLink.OpenAsync(new LinkSettings(broker, _authority.Client(name), name), TimeProvider.System, Cancel);

    private async Task PublishAsync(MqttLink box, byte[] message) => Assert.Equal(PublishOutcome.Acknowledged,
        (await box.PublishAsync(new Publication(_box.Topic(EventType.Hit), message), Cancel)).Outcome);

    private static async Task<List<Delivery>> ShowAsync(HubWatch hub, int count)
    {
        var shown = new List<Delivery>();
        await hub.RunAsync(delivery =>
        {
            shown.Add(delivery);
            return shown.Count < count;
        }, Cancel);
        return shown;
    }

    private static IEnumerable<long> Sequences(IEnumerable<Delivery> shown) =>
        shown.Select(delivery => Assert.IsType<ReceivedMessage.Hit>(delivery.Message).Event.Sequence);

    private interface IBroker : IAsyncDisposable
    {
        BrokerAddress Address { get; }
    }

    private sealed class Embedded(EmbeddedBroker broker) : IBroker
    {
        public BrokerAddress Address => broker.Address;

        public ValueTask DisposeAsync() => broker.DisposeAsync();
    }

    private sealed class Real(MosquittoBroker broker) : IBroker
    {
        public BrokerAddress Address => broker.Address;

        public ValueTask DisposeAsync() => broker.DisposeAsync();
    }
}
