using Edge.Agent.Hub;
using Edge.Agent.Publishing;
using Edge.Storage.Audit;
using Edge.Storage.Witnessing;
using Edge.Tests.Audit;
using Edge.Tests.Support;
using Microsoft.Extensions.Time.Testing;

namespace Edge.Tests.Hub;

public sealed class HubWitnessTests : IDisposable
{
    private readonly TestAuthority _authority = new();
    private readonly TemporaryFolder _folder = new();
    private readonly SampleBox _box = new();
    private readonly FakeTimeProvider _time = new(SampleBox.Now);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _box.Dispose();
        _folder.Dispose();
        _authority.Dispose();
    }

    [Fact]
    public async Task Who_keeps_talking_does_not_keep_a_witness_that_was_to_run_once()
    {
        await using var broker = await EmbeddedBroker.StartAsync(_authority.Broker(), TimeProvider.System);
        using var witness = LogWitness.Open(_folder.File("witness"), "ombudsman", _time, new UnsyncedSteps());
        await using var hub = await HubWitness.OpenAsync(new LinkSettings(broker.Address, _authority.Client("witness"), "witness"), _box.Verifier,
            new Dictionary<BoxName, NoteKey>(), witness, _time, linkLost: null, Cancel);
        await using var box = await MqttLink.OpenAsync(new LinkSettings(broker.Address, _authority.Client("box-1"), "box-1"), TimeProvider.System, Cancel);
        for (var i = 0; i < 3 * HubWitness.Patience; i++)
            await box.PublishAsync(new Publication(_box.Topic(EventType.Checkpoint), "no checkpoint"u8.ToArray()), Cancel);

        var (seen, quiet) = (0, TimeSpan.FromMilliseconds(100)); // less than what a link waits for
        await hub.RunAsync(_ =>
        {
            seen++;
            _time.Advance(0.9 * quiet);
        }, quiet, Cancel);

        Assert.InRange(seen, HubWitness.Patience, 2 * HubWitness.Patience);
    }
}
