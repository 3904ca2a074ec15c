using Edge.Agent.Publishing;
using Edge.Storage.Audit;
using Edge.Storage.Database;
using Edge.Storage.Hits;
using Edge.Storage.Outbox;
using Microsoft.Extensions.Logging.Abstractions;

namespace Edge.Agent.Fleet;

/// <summary>A box with a real state database, a real log and the real outbox worker. A hit counts as committed when it is durably in the
/// database; then it is logged, and only then it may leave, as <see cref="Hits.HitRecorder"/> does it.</summary>
internal sealed class BoxOnDisk : SimulatedBox
{
    private readonly StateDatabase _state;
    private readonly AuditLog _audit;

    public BoxOnDisk(Origin origin, TimeProvider time) : base(origin, time)
    {
        _state = StateDatabase.Open(Path.Combine(origin.Folder, "state"), Keys.Hours, time);
        _audit = AuditLog.Open(Path.Combine(origin.Folder, "audit"), Name.LogOrigin, Keys.Log, time);
    }

    public override int Waiting => _state.Outbox.Count() is var counts ? counts.Ready + counts.Unlogged : 0;

    protected override (long Size, byte[] Root) Log => (_audit.Latest.Size, _audit.Latest.Root.ToArray());

    public override Task RunAsync(CancellationToken stop) =>
        new OutboxWorker(_state, Link, Signer, Time, NullLogger<OutboxWorker>.Instance).RunAsync(stop);

    protected override void Commit(int hits)
    {
        var digests = new List<Sha256Hash>();
        var sequences = _state.Hits.Commit([.. Enumerable.Repeat<Func<long, HitEntry>>(Entry, hits)]);
        foreach (var sequence in sequences) Committed(Name, sequence);
        var leaf = _audit.AppendMany([.. sequences.Zip(digests, (sequence, digest) => new AuditEntry
        {
            Action = AuditAction.HitStored, Sequence = sequence, Digest = digest, Case = ConcealedValue.Case("simulated"), Purpose = "stolen-vehicle",
                Agency = Name.Agency,
        })]);
        _state.Outbox.MarkLogged([.. sequences.Select((sequence, i) => (sequence, leaf + i))]);

        HitEntry Entry(long number)
        {
            var (now, expires) = (Time.GetUtcNow(), Time.GetUtcNow() + Retention);
            var hit = Hits.Next(number, now, expires);
            var record = hit.ToJson();
            digests.Add(Sha256Hash.Of(record));
            return new HitEntry(new NewHit("simulated", now, expires, record), new OutboxMessage(number, MessageKind.Hit, Signer.Hit(hit, now), expires));
        }
    }

    protected override void Enqueue(IntervalSummary summary, DateTimeOffset now) =>
        _state.Outbox.Enqueue(MessageKind.Summary, now + SummaryWriter.KeptFor, sequence => Signer.Summary(sequence, summary, now), logged: true);

    public override async ValueTask DisposeAsync()
    {
        _audit.Dispose();
        _state.Dispose();
        await base.DisposeAsync();
    }
}
