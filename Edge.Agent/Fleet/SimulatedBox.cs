using Edge.Agent.Enrolment;
using Edge.Agent.Governance;
using Edge.Agent.Hub;
using Edge.Agent.Publishing;
using Edge.Storage.Audit;
using Edge.Storage.Keys;
using Edge.Storage.Sealing;
using Edge.Vision.Capture;

namespace Edge.Agent.Fleet;

/// <summary>A box without cameras: keys and certificate of its own, enrolled by the agency, and hits that are made up.</summary>
internal abstract class SimulatedBox : IAsyncDisposable
{
    /// <summary>How long its hits are good.</summary>
    protected static readonly TimeSpan Retention = TimeSpan.FromHours(Policy.DefaultHitRetentionHours);

    private readonly KeyFolder _keys;
    private readonly Lock _one = new();
    private long _hits;

    protected SimulatedBox(Origin origin, TimeProvider time)
    {
        (_keys, Time) = (origin.Keys, time);
        Name = origin.Name;
        Signer = new MessageSigner(Name, _keys.Messages, typeof(SimulatedBox).Assembly.GetName().Version!.ToString(3));
        Link = new LinkSettings(origin.Broker, origin.Certificates, $"{Name.Agency}-{Name.Box}");
        Hits = new MadeUpHits(Name, origin.To, origin.CropBytes, new Random(origin.Seed));
    }

    /// <summary>Who it is.</summary>
    public BoxName Name { get; }

    /// <summary>Told the number of each hit at the moment when it is committed, before it may leave.</summary>
    public required Action<BoxName, long> Committed { get; init; }

    /// <summary>Messages that the broker has not acknowledged yet.</summary>
    public abstract int Waiting { get; }

    protected TimeProvider Time { get; }

    protected MessageSigner Signer { get; }

    protected MadeUpHits Hits { get; }

    protected LinkSettings Link { get; }

    protected KeyFolder Keys => _keys;

    /// <summary>Makes keys, has the agency certify them, and keeps both in <paramref name="folder"/>.</summary>
    public static Origin Enrol(Agency agency, BrokerAddress broker, string name, string folder, int cropBytes, int seed, DateTimeOffset now)
    {
        var keys = KeyFolder.Open(Path.Combine(folder, "state"), credentialsDirectory: null);
        var enrolment = new EnrolmentFolder(Path.Combine(folder, "enrolment"));
        enrolment.Accept(agency.Enrol(enrolment.Prepare(new BoxName(agency.Name, name), keys), now, simulated: true), now);
        var to = agency.PublishedRecipients.At(now)
            ?? throw new AgencyException($"{agency.Name} has no key for this moment to seal hits to: run hub recipients rotate");
        return new Origin(folder, enrolment.Name(), keys, enrolment.Certificates, broker, to, cropBytes, seed);
    }

    /// <summary>Sends until told to stop; then says goodbye.</summary>
    public abstract Task RunAsync(CancellationToken stop);

    /// <summary>A vehicle passes that a case looks for: when this returns, the hit is where a box keeps it.</summary>
    /// <param name="together">How many such vehicles; a box stores what waits at that moment in one step.</param>
    public void Hit(int together = 1)
    {
        lock (_one)
        {
            Commit(together);
            _hits += together;
        }
    }

    /// <summary>Size of a hit as it is published, in bytes; this one goes nowhere.</summary>
    public int SampleBytes()
    {
        var now = Time.GetUtcNow();
        return Signer.Hit(Hits.Next(1_000, now, now + Retention), now).Length;
    }

    /// <summary>Takes back its status, the only thing that a broker keeps of it.</summary>
    /// <exception cref="BrokerException">There is no link.</exception>
    public async Task ClearAsync(BrokerAddress broker, CancellationToken cancel)
    {
        // Without a session, so that the broker does not keep that either.
        await using var link = await MqttLink.OpenAsync(Link with { Broker = broker, SessionExpiry = TimeSpan.Zero }, Time, cancel);
        await link.PublishAsync(new Publication(Topics.Of(Name, EventType.Status), ReadOnlyMemory<byte>.Empty, Retain: true), cancel);
        await link.CloseAsync();
    }

    /// <summary>The interval is over.</summary>
    public void Summarise()
    {
        lock (_one)
        {
            var now = Time.GetUtcNow();
            var (size, root) = Log;
            Enqueue(new IntervalSummary(now, now, 9000, _hits + 400, 400, _hits, [new CameraReport("lane-1", CameraState.Running, 9000, 0, 0)], 1, 1,
                ClockState.Synced, Policy.DefaultHitRetentionHours, size, root, []), now);
            _hits = 0;
        }
    }

    public virtual ValueTask DisposeAsync()
    {
        _keys.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>Size and root of its audit log.</summary>
    protected virtual (long Size, byte[] Root) Log => (0, new byte[32]);

    protected abstract void Commit(int hits);

    protected abstract void Enqueue(IntervalSummary summary, DateTimeOffset now);

    /// <summary>What a box starts with.</summary>
    internal sealed record Origin(string Folder, BoxName Name, KeyFolder Keys, LinkCertificates Certificates, BrokerAddress Broker, RecipientPublicKey To,
        int CropBytes, int Seed);
}
