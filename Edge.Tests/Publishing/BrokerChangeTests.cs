using Edge.Agent.Hub;
using Edge.Agent.Publishing;
using Edge.Storage.Database;
using Edge.Storage.Keys;
using Edge.Storage.Outbox;
using Edge.Tests.Support;
using Microsoft.Extensions.Time.Testing;

namespace Edge.Tests.Publishing;

/// <summary>Brokers that stand in for each other, refuse the box for long, and certificates that are renewed.</summary>
public sealed class BrokerChangeTests : IDisposable
{
    private readonly TestAuthority _authority = new();
    private readonly SampleBox _box = new();
    private readonly TemporaryFolder _folder = new();
    private readonly KeyFolder _keys;
    private readonly FakeTimeProvider _time = new(TimeProvider.System.GetUtcNow());
    private readonly StateDatabase _state;

    public BrokerChangeTests()
    {
        _keys = KeyFolder.Open(_folder.Path, credentialsDirectory: null);
        _state = StateDatabase.Open(_folder.Path, _keys.Hours, _time);
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
    public async Task A_stand_in_takes_over_while_the_first_broker_is_away_and_hands_back()
    {
        await using var first = await MosquittoBroker.StartAsync(_authority);
        await using var second = await MosquittoBroker.StartAsync(_authority);
        await first.KillAsync();
        await using var atSecond = await SubscribeAsync(second.Address);
        await using var worker = Run(Settings(first.Address) with { StandIns = [second.Address] });
        Summary();
        Assert.Equal(1, await ReceiveAsync(atSecond));
        Assert.True(worker.Said($"{second.Address} stands in"));
        Assert.True(worker.Said($"linked to {second.Address}"));

        await first.StartAgainAsync();
        await using var atFirst = await SubscribeAsync(first.Address);
        await Eventually.TrueAsTimePasses(_time, () => worker.Said($"linked to {first.Address}"), "the first broker has it back");
        Summary();
        Assert.Equal(2, await ReceiveAsync(atFirst));
        await Eventually.True(() => _state.Outbox.Count().Ready == 0, "the outbox is empty");
    }

    [Fact]
    public async Task A_stand_in_is_trusted_no_more_than_the_first()
    {
        using var other = new TestAuthority("another authority");
        await using var first = await MosquittoBroker.StartAsync(_authority);
        await first.KillAsync();
        await using var stranger = await MosquittoBroker.StartAsync(other);
        Summary();
        await using var worker = Run(Settings(first.Address) with { StandIns = [stranger.Address] });
        await Eventually.True(() => worker.Said("is not signed by CA file"), "the worker names both");
        Assert.True(worker.Said("(refused)"));
        Assert.False(worker.Online);
    }

    [Fact]
    public async Task A_broker_that_refuses_the_box_for_an_hour_is_one_incident()
    {
        using var other = new TestAuthority("another authority");
        await using var broker = await MosquittoBroker.StartAsync(other, other.Broker());
        await using var worker = Run(Settings(broker.Address));
        await Eventually.True(() => worker.Count("is not signed by CA file") == 1, "the worker has tried");
        Assert.Empty(worker.Incidents);

        _time.Advance(OutboxWorker.RefusedFor);
        await Eventually.TrueAsTimePasses(_time, () => worker.Count("is not signed by CA file") >= 4, "the worker goes on trying");

        Assert.Equal(["broker-link broker-not-trusted"], worker.Incidents);
        Assert.False(worker.Online);
    }

    [Fact]
    public async Task Hits_that_the_broker_does_not_let_in_for_an_hour_are_an_incident()
    {
        var rules = Path.Combine(_authority.Folder, "acl");
        await File.WriteAllTextAsync(rules, "user box-1\ntopic write edge/v1/demo/box-1/status\n", Cancel);
        await using var broker = await MosquittoBroker.StartAsync(_authority, more: $"acl_file {rules}");
        Summary();
        await using var worker = Run(Settings(broker.Address));
        await Eventually.True(() => worker.Said("not authorised"), "the worker has tried");
        Assert.Empty(worker.Incidents);

        _time.Advance(OutboxWorker.RefusedFor);
        await Eventually.TrueAsTimePasses(_time, () => worker.Incidents.Count > 0, "the incident");

        Assert.Equal(["broker-link messages-refused"], worker.Incidents);
    }

    [Fact]
    public async Task A_new_certificate_is_taken_up_without_losing_anything()
    {
        await using var broker = await MosquittoBroker.StartAsync(_authority);
        await using var hub = await SubscribeAsync(broker.Address);
        var settings = Settings(broker.Address);
        await using var worker = Run(settings);
        Summary();
        Assert.Equal(1, await ReceiveAsync(hub));

        // Half of a copy first: the certificate is new, its key is not there yet.
        var key = await File.ReadAllTextAsync(settings.Certificates.KeyFile, Cancel);
        _authority.Client("box-1");
        var newKey = await File.ReadAllTextAsync(settings.Certificates.KeyFile, Cancel);
        await File.WriteAllTextAsync(settings.Certificates.KeyFile, key, Cancel);
        await Eventually.TrueAsTimePasses(_time, () => worker.Said("the link stays as it is"), "the worker has looked");
        Summary();
        Assert.Equal(2, await ReceiveAsync(hub));
        Assert.Equal(1, worker.Count("linked to"));

        await File.WriteAllTextAsync(settings.Certificates.KeyFile, newKey, Cancel);
        Summary();
        await Eventually.TrueAsTimePasses(_time, () => worker.Count("linked to") == 2, "the worker has linked again");
        Summary();
        Assert.Equal(3, await ReceiveAsync(hub));
        Assert.Equal(4, await ReceiveAsync(hub));
        await Eventually.True(() => _state.Outbox.Count().Ready == 0, "the outbox is empty");
    }

    [Fact]
    public async Task A_certificate_that_ends_within_thirty_days_is_said_once_as_an_incident()
    {
        await using var broker = await MosquittoBroker.StartAsync(_authority);
        var certificates = _authority.Client("box-1", until: _time.GetUtcNow().AddDays(20));
        await using var worker = Run(new LinkSettings(broker.Address, certificates, "box-1"));
        await Eventually.True(() => worker.Said("ends on"), "the worker warns");
        await Eventually.TrueAsTimePasses(_time, () => _time.GetUtcNow() > _time.Start.AddMinutes(2), "it has looked again");

        Assert.Equal(["broker-link certificate-ends-soon"], worker.Incidents);
    }

    private void Summary() => _state.Outbox.Enqueue(MessageKind.Summary, _time.GetUtcNow().AddDays(7),
        sequence => _box.Signer.Summary(sequence, SampleBox.Summary(), SampleBox.Now), logged: true);

    private RunningWorker Run(LinkSettings settings) => new(_state, settings, _box.Signer, _time);

    private LinkSettings Settings(BrokerAddress broker) => new(broker, _authority.Client("box-1"), "box-1");

    private async Task<MqttLink> SubscribeAsync(BrokerAddress broker)
    {
        var link = await MqttLink.OpenAsync(new LinkSettings(broker, _authority.Client("hub"), "hub"), TimeProvider.System, Cancel);
        await link.SubscribeAsync(["edge/v1/demo/+/summary"], Cancel);
        return link;
    }

    private async Task<long> ReceiveAsync(MqttLink link)
    {
        var message = await link.Inbound.ReadAsync(Cancel);
        await message.AcknowledgeAsync();
        return Assert.IsType<ReceivedMessage.Summary>(_box.Verifier.Verify(message.Topic, message.Payload.Span, SampleBox.Now)).Event.Sequence;
    }
}
