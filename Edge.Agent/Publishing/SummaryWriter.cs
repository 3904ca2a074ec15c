using Edge.Agent.Governance;
using Edge.Agent.Hits;
using Edge.Storage.Audit;
using Edge.Storage.Database;
using Edge.Storage.Outbox;

namespace Edge.Agent.Publishing;

/// <summary>Accounts for every read of an interval: once in the audit log, once to the hub. If the log refuses, nothing is
/// sent and the counts stay for the next interval.</summary>
public sealed class SummaryWriter
{
    /// <summary>How long an unsent summary is kept.</summary>
    public static readonly TimeSpan KeptFor = TimeSpan.FromDays(7);

    private const int MaxDropped = 1000;

    private readonly StateDatabase _state;
    private readonly AuditLog _audit;
    private readonly MessageSigner _signer;
    private readonly TrustWatch _trust;
    private readonly TimeProvider _time;
    private readonly Func<ReadCounts> _total;
    private readonly Func<IReadOnlyList<CameraReport>> _cameras;
    private readonly Queue<IntervalSummary> _unsent = new();
    private ReadCounts _accounted = new(0, 0, 0);
    private (long Taken, long Refused) _ordersAccounted;
    private DateTimeOffset _since;

    public SummaryWriter(StateDatabase state, AuditLog audit, MessageSigner signer, TrustWatch trust, TimeProvider time,
        Func<ReadCounts> total, Func<IReadOnlyList<CameraReport>> cameras)
    {
        (_state, _audit, _signer, _trust, _time, _total, _cameras) = (state, audit, signer, trust, time, total, cameras);
        _since = time.GetUtcNow();
    }

    /// <summary>What was shared since it was last asked.</summary>
    public Func<IReadOnlyList<SharedHits>> TakeShared { get; init; } = static () => [];

    /// <summary>Orders carried out and refused since start.</summary>
    public Func<(long Taken, long Refused)> Orders { get; init; } = static () => default;

    /// <summary>Ends the interval and begins the next.</summary>
    /// <exception cref="IOException">The disk refused. If it was the log, the interval goes on; if it was the outbox, the
    /// summary is queued at the next call.</exception>
    public void Write()
    {
        Account();
        while (_unsent.TryPeek(out var summary))
        {
            _state.Outbox.Enqueue(MessageKind.Summary, summary.To + KeptFor, sequence => _signer.Summary(sequence, summary, summary.To),
                logged: true, accountsFor: summary.Dropped.ToArray());
            _unsent.Dequeue();
        }
    }

    private void Account()
    {
        var (now, total) = (_time.GetUtcNow(), _total());
        var interval = total - _accounted;
        _audit.Append(new AuditEntry
        {
            Action = AuditAction.IntervalSummary, Frames = interval.Frames, Reads = interval.Reads,
            Discarded = interval.Discarded, Hits = interval.Hits,
        });
        var (from, orders, before) = (_since, Orders(), _ordersAccounted);
        (_accounted, _since, _ordersAccounted) = (total, now, orders);

        var named = _unsent.SelectMany(unsent => unsent.Dropped).ToHashSet();
        var dropped = _state.Outbox.Dropped().Select(message => message.Sequence)
            .Where(sequence => !named.Contains(sequence)).Take(MaxDropped).ToList();
        var (trust, log) = (_trust.Current, _audit.Latest);
        _unsent.Enqueue(new IntervalSummary(from, now > from ? now : from, interval.Frames, interval.Reads, interval.Discarded,
            interval.Hits, _cameras(), trust?.Matcher.Hotlist.Version ?? 0, trust?.Policy.Version ?? 0, JudgedTime.StateOf(_time),
            trust?.Policy.HitRetentionHours ?? Policy.DefaultHitRetentionHours, log.Size, log.Root.ToArray(), dropped) 
        {
            Shared = TakeShared(), OrdersDone = orders.Taken - before.Taken, OrdersRefused = orders.Refused - before.Refused,
        });
    }
}
