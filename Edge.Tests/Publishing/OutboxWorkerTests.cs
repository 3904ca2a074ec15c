using Edge.Agent.Hub;
using Edge.Agent.Publishing;
using Edge.Storage.Database;
using Edge.Storage.Hits;
using Edge.Storage.Keys;
using Edge.Storage.Outbox;
using Edge.Tests.Support;

namespace Edge.Tests.Publishing;

public sealed class OutboxWorkerTests : IDisposable
{
    private readonly TestAuthority _authority = new();
    private readonly SampleBox _box = new();
    private readonly TemporaryFolder _folder = new();
    private readonly KeyFolder _keys;
    private readonly StateDatabase _state;
    private readonly DateTimeOffset _expires = TimeProvider.System.GetUtcNow().AddHours(24);

    public OutboxWorkerTests()
    {
        _keys = KeyFolder.Open(_folder.Path, credentialsDirectory: null);
        _state = StateDatabase.Open(_folder.Path, _keys.Hours, TimeProvider.System);
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _state.Dispose();
        _keys.Dispose();
        _folder.Dispose();
        _box.Dispose();
        _authority.Dispose();
    }

    [Fact]
    public async Task Incidents_leave_before_hits_before_summaries_each_by_number_and_are_gone_once_acknowledged()
    {
        Summary();
        Hit();
        Summary();
        Hit();
        _state.Outbox.Enqueue(MessageKind.Incident, _expires,
            sequence => _box.Signer.Incident(sequence, SampleBox.Notice, SampleBox.Now), logged: true);
        await using var broker = await MosquittoBroker.StartAsync(_authority);
        await using var hub = await SubscribeAsync(broker.Address, "edge/v1/demo/box-1/+");

        await using var worker = Run(broker.Address);

        var order = new List<(EventType, long)>();
        while (order.Count < 5)
            if (await ReceiveAsync(hub) is { Event: var said } && said.Type != EventType.Status) order.Add((said.Type, said.Sequence));
        Assert.Equal([(EventType.Incident, 5), (EventType.Hit, 2), (EventType.Hit, 4), (EventType.Summary, 1), (EventType.Summary, 3)], order);
        await Eventually.True(() => _state.Outbox.Count().Ready == 0, "the outbox is empty");
    }

    [Fact]
    public async Task A_broker_killed_before_its_PUBACK_arrives_gets_the_same_message_again_and_the_hub_shows_it_once()
    {
        await using var broker = await MosquittoBroker.StartAsync(_authority);
        await using var proxy = new BrokerProxy(broker.Address);
        var shown = new List<string>();
        await using var hub = await HubWatch.OpenAsync(Settings(broker.Address, "hub"), _box.Verifier, TimeProvider.System, null, Cancel);
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var watching = hub.RunAsync(delivery =>
        {
            if (delivery.Message is ReceivedMessage.Hit { Event.Id: var id }) shown.Add(id);
            return hub.Repeats == 0;
        }, enough.Token);
        await using var worker = Run(proxy.Address);
        await Eventually.True(() => worker.Online, "the worker is linked");

        proxy.LoseAnswers();
        Hit();
        await Eventually.True(() => shown.Count == 1, "the hub has the hit");
        Assert.Equal(1, _state.Outbox.Count().Ready);
        await broker.KillAsync();
        proxy.Cut();
        await broker.StartAgainAsync();

        await Eventually.True(() => _state.Outbox.Count().Ready == 0, "the second PUBACK came");
        await Eventually.True(() => hub.Repeats == 1, "the hub has seen it twice");
        Assert.Single(shown);
        await enough.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => watching);
    }

    [Fact]
    public async Task A_hit_waits_on_the_disk_until_somebody_is_subscribed()
    {
        await using var broker = await MosquittoBroker.StartAsync(_authority);
        Hit();
        await using var worker = Run(broker.Address);
        await Eventually.True(() => worker.Said("nobody is subscribed"), "the worker has tried");
        Assert.Equal(1, _state.Outbox.Count().Ready);

        await using var hub = await SubscribeAsync(broker.Address, "edge/v1/demo/+/hit");

        Assert.IsType<ReceivedMessage.Hit>(await ReceiveAsync(hub));
        await Eventually.True(() => _state.Outbox.Count().Ready == 0, "the outbox is empty");
    }

    [Fact]
    public async Task What_nobody_is_subscribed_to_keeps_nothing_else_back()
    {
        await using var broker = await MosquittoBroker.StartAsync(_authority);
        await using var hub = await SubscribeAsync(broker.Address, "edge/v1/demo/+/summary");
        Hit();
        Hit();
        Summary();

        await using var worker = Run(broker.Address);

        Assert.IsType<ReceivedMessage.Summary>(await ReceiveAsync(hub));
        await Eventually.True(() => worker.Said("nobody is subscribed"), "the worker said why the hits stay");
        await Eventually.True(() => _state.Outbox.Count().Ready == 2, "only the hits are left");
    }

    [Fact]
    public async Task A_message_that_the_broker_rejects_stays_and_lets_the_others_pass()
    {
        var rules = Path.Combine(_authority.Folder, "acl");
        await File.WriteAllTextAsync(rules,
            "user hub\ntopic read edge/v1/#\nuser box-1\ntopic write edge/v1/demo/box-1/summary\ntopic write edge/v1/demo/box-1/status\n", Cancel);
        await using var broker = await MosquittoBroker.StartAsync(_authority, more: $"acl_file {rules}");
        await using var hub = await SubscribeAsync(broker.Address, "edge/v1/demo/+/summary");
        Hit();
        Summary();

        await using var worker = Run(broker.Address);

        Assert.IsType<ReceivedMessage.Summary>(await ReceiveAsync(hub));
        await Eventually.True(() => worker.Said("not authorised"), "the worker said why");
        await Eventually.True(() => _state.Outbox.Count().Ready == 1, "only the hit is left");
        Assert.Equal(MessageKind.Hit, Assert.Single(_state.Outbox.Ready(8)).Kind);
    }

    [Fact]
    public async Task However_many_hits_wait_for_another_agency_that_does_not_listen_what_is_the_box_s_own_agency_s_leaves()
    {
        await using var broker = await MosquittoBroker.StartAsync(_authority);
        await using var hub = await SubscribeAsync(broker.Address, "edge/v1/demo/+/+");
        for (var i = 0; i < 65; i++) Hit("sheriff");
        Hit("county");
        Hit();
        _state.Outbox.Enqueue(MessageKind.Checkpoint, _expires,
            sequence => _box.Signer.Event(EventType.Checkpoint, sequence, SampleBox.Now, "{}"u8.ToArray()), logged: true);
        Summary();
        await using var county = await SubscribeAsync(broker.Address, "edge/v1/demo/+/hit/county", "county");

        await using var worker = Run(broker.Address);

        await Eventually.True(() => _state.Outbox.Count().Ready == 65, "only what the sheriff is to have is left");
        Assert.Equal("edge/v1/demo/box-1/hit/county", (await county.Inbound.ReadAsync(Cancel)).Topic);
        Assert.InRange(worker.Count("nobody is subscribed"), 1, 8);

        await using var sheriff = await SubscribeAsync(broker.Address, "edge/v1/demo/+/hit/sheriff", "sheriff");
        for (var i = 0; i < 65; i++) await (await sheriff.Inbound.ReadAsync(Cancel)).AcknowledgeAsync();
        await Eventually.True(() => _state.Outbox.Count().Ready == 0, "the outbox is empty");
    }

    [Fact]
    public async Task However_many_messages_are_too_large_for_the_broker_a_smaller_one_of_the_same_topic_leaves()
    {
        await using var broker = await MosquittoBroker.StartAsync(_authority, more: "max_packet_size 4096");
        await using var hub = await SubscribeAsync(broker.Address, "edge/v1/demo/+/hit");
        for (var i = 0; i < 65; i++) Hit(crop: 8000);
        Hit();

        await using var worker = Run(broker.Address);

        await Eventually.True(() => _state.Outbox.Count().Ready == 65, "the smaller one has left");
        Assert.Equal(66, Assert.IsType<ReceivedMessage.Hit>(await ReceiveAsync(hub)).Event.Sequence);
    }

    [Fact]
    public async Task A_worker_that_starts_before_its_broker_delivers_once_the_broker_is_there()
    {
        await using var broker = await MosquittoBroker.StartAsync(_authority);
        await broker.KillAsync();
        Summary();
        await using var worker = Run(broker.Address);
        await Eventually.True(() => worker.Said("(refused)"), "the worker has tried");

        await broker.StartAgainAsync();
        await using var hub = await SubscribeAsync(broker.Address, "edge/v1/demo/+/summary");

        Assert.IsType<ReceivedMessage.Summary>(await ReceiveAsync(hub));
    }

    [Fact]
    public async Task A_box_is_online_while_linked_and_offline_by_its_last_will_or_its_goodbye()
    {
        Summary();
        await using var broker = await MosquittoBroker.StartAsync(_authority);
        await using var proxy = new BrokerProxy(broker.Address);
        await using var present = await SubscribeAsync(broker.Address, "edge/v1/demo/+/status");
        var worker = Run(proxy.Address);
        Assert.Equal((Presence.Online, 1), await StatusAsync(present));

        proxy.Cut();
        Assert.Equal((Presence.Offline, 1), await StatusAsync(present));
        Assert.Equal((Presence.Online, 1), await StatusAsync(present));
        await using (var late = await SubscribeAsync(broker.Address, "edge/v1/demo/+/status", "late"))
            Assert.Equal((Presence.Online, 1), await StatusAsync(late));

        await worker.DisposeAsync();
        Assert.Equal((Presence.Offline, 1), await StatusAsync(present));
    }

    [Fact]
    public async Task A_worker_without_a_broker_stops_at_once_when_told()
    {
        var worker = Run(new BrokerAddress("localhost", 1));
        await Eventually.True(() => worker.Said("(refused)"), "the worker has tried");

        await worker.DisposeAsync();
    }

    [Fact]
    public async Task A_worker_whose_own_key_is_missing_says_so_and_goes_on_once_it_is_there()
    {
        await using var broker = await MosquittoBroker.StartAsync(_authority);
        await using var hub = await SubscribeAsync(broker.Address, "edge/v1/demo/+/summary");
        Summary();
        var settings = Settings(broker.Address, "box-1");
        var away = settings.Certificates.KeyFile + ".away";
        File.Move(settings.Certificates.KeyFile, away);
        await using var worker = new RunningWorker(_state, settings, _box.Signer);
        await Eventually.True(() => worker.Said(settings.Certificates.KeyFile), "the worker names the file");

        File.Move(away, settings.Certificates.KeyFile);

        Assert.IsType<ReceivedMessage.Summary>(await ReceiveAsync(hub));
    }

    [Fact]
    public async Task What_could_not_be_dealt_with_comes_again_before_a_backlog_is_sent()
    {
        const int backlog = 300;
        for (var i = 0; i < backlog; i++) Summary();
        await using var broker = await MosquittoBroker.StartAsync(_authority);
        await using var hub = await SubscribeAsync(broker.Address, "edge/v1/demo/+/+");
        var reading = Task.Run(async () =>
        {
            await foreach (var message in hub.Inbound.ReadAllAsync(Cancel)) await message.AcknowledgeAsync();
        }, Cancel);
        await using var desk = await MqttLink.OpenAsync(Settings(broker.Address, "desk"), TimeProvider.System, Cancel);
        await desk.PublishAsync(new Publication("edge/v1/demo/box-1/order", new byte[] { 1 }, Retain: true), Cancel);
        var letterbox = new FailingOnce(() => _state.Outbox.Count().Ready);

        await using var worker = new RunningWorker(_state, Settings(broker.Address, "box-1"), _box.Signer, letterbox: letterbox);

        Assert.InRange(await letterbox.Taken.WaitAsync(TimeSpan.FromSeconds(60), TimeProvider.System, Cancel), 1, backlog);
        Assert.True(worker.Said("no room"));
    }

    [Fact]
    public async Task A_broker_that_calls_a_message_a_repeat_though_it_was_acknowledged_over_this_link_is_not_believed()
    {
        var letterbox = new Repeats();
        await using var broker = new HostileBroker(_authority.Broker(), async (stream, cancel) =>
        {
            foreach (var (number, isRepeat) in new[] { (1, true), (2, true), (3, false) })
            {
                var order = HostileBroker.Publish("edge/v1/demo/box-1/order", "signed"u8, (ushort)number);
                if (isRepeat) order[0] |= 8; // DUP
                await stream.WriteAsync(order, cancel);
            }
            await letterbox.Three.WaitAsync(cancel);
        });

        await using var worker = new RunningWorker(_state, Settings(new BrokerAddress("localhost", broker.Port), "box-1"), _box.Signer, letterbox: letterbox);

        // The first may be: the box may have been started anew.
        Assert.Equal([true, false, false], await letterbox.Three.WaitAsync(TimeSpan.FromSeconds(60), TimeProvider.System, Cancel));
        Assert.Null(broker.Fault);
    }

    /// <summary>What was believed of the first three messages.</summary>
    private sealed class Repeats : ILetterbox
    {
        private readonly TaskCompletionSource<List<bool>> _three = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly List<bool> _believed = [];

        public Task<List<bool>> Three => _three.Task;

        public IReadOnlyList<string> Filters { get; } = ["edge/v1/demo/box-1/order"];

        public bool IsOnce(string topic) => true;

        public Task TakeAsync(string topic, ReadOnlyMemory<byte> payload, bool again, CancellationToken cancel)
        {
            _believed.Add(again);
            if (_believed.Count == 3) _three.TrySetResult(_believed);
            return Task.CompletedTask;
        }
    }

    /// <summary>Fails as on a full disk, and says how much waits when the message is there again.</summary>
    private sealed class FailingOnce(Func<int> waiting) : ILetterbox
    {
        private readonly TaskCompletionSource<int> _taken = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private bool _failed;

        public Task<int> Taken => _taken.Task;

        public IReadOnlyList<string> Filters { get; } = ["edge/v1/demo/box-1/order"];

        public bool IsOnce(string topic) => true;

        public Task TakeAsync(string topic, ReadOnlyMemory<byte> payload, bool again, CancellationToken cancel)
        {
            if (!_failed)
            {
                _failed = true;
                throw new IOException("no room");
            }
            _taken.TrySetResult(waiting());
            return Task.CompletedTask;
        }
    }

    private void Hit(string agency = "demo", int crop = 0)
    {
        var sequence = _state.Hits.Commit(next => new HitEntry(
            new NewHit("case-1", _expires.AddHours(-1), _expires, "{}"u8.ToArray()),
            new OutboxMessage(next, MessageKind.Hit, _box.Hit(next, agency, crop), _expires) { Shared = agency != "demo" }));
        Assert.True(_state.Outbox.MarkLogged(sequence, 0));
    }

    private void Summary() => _state.Outbox.Enqueue(MessageKind.Summary, _expires,
        sequence => _box.Signer.Summary(sequence, SampleBox.Summary(), SampleBox.Now), logged: true);

    private RunningWorker Run(BrokerAddress broker) => new(_state, Settings(broker, "box-1"), _box.Signer);

    private LinkSettings Settings(BrokerAddress broker, string name) => new(broker, _authority.Client(name), name);

    private async Task<MqttLink> SubscribeAsync(BrokerAddress broker, string filter, string name = "hub")
    {
        var link = await MqttLink.OpenAsync(Settings(broker, name), TimeProvider.System, Cancel);
        await link.SubscribeAsync([filter], Cancel);
        return link;
    }

    private async Task<ReceivedMessage.Accepted> ReceiveAsync(MqttLink link)
    {
        var message = await link.Inbound.ReadAsync(Cancel);
        await message.AcknowledgeAsync();
        return Assert.IsAssignableFrom<ReceivedMessage.Accepted>(_box.Verifier.Verify(message.Topic, message.Payload.Span, SampleBox.Now));
    }

    private async Task<(Presence, long)> StatusAsync(MqttLink link)
    {
        var status = Assert.IsType<ReceivedMessage.Status>(await ReceiveAsync(link));
        return (status.State.State, status.Event.Sequence);
    }
}
