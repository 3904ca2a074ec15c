using Edge.Agent.Governance;
using Edge.Agent.Hits;
using Edge.Agent.Publishing;
using Edge.Storage.Audit;
using Edge.Storage.Database;
using Edge.Storage.Outbox;
using Microsoft.Extensions.Logging;

namespace Edge.Agent.Incidents;

/// <summary>
/// Makes sure that somebody is told. An incident is an audit entry at once; then a signed message in the outbox that leaves
/// before all others and names its notify-by time. Repeats of a kind within <see cref="QuietFor"/> of its last message
/// each have their entry and share one following message, which has their count. Thread-safe.
/// </summary>
/// <remarks>The log is the memory: incidents of a kind that stand after its last <c>incident.reported</c> have not been told
/// yet. So a crash at any point loses none and repeats none. A disk that refuses is tried again at every
/// <see cref="CatchUp"/>; until then the incident is kept in memory.</remarks>
public sealed class IncidentReporter
{
    /// <summary>After a message, repeats of its kind are counted for this long: an attacker who can cause incidents must not
    /// bury the one that matters. A quarter of the shortest deadline that a policy can set.</summary>
    public static readonly TimeSpan QuietFor = TimeSpan.FromMinutes(15);

    /// <summary>How long an undelivered message is kept: far beyond its deadline, because late notice is better than none, and
    /// longer than any box should stand offline without somebody going there.</summary>
    public static readonly TimeSpan KeptFor = TimeSpan.FromDays(90);

    private const string SeveralDetails = "various";
    private const int TailToSearch = 4096;

    private readonly StateDatabase _state;
    private readonly AuditLog _audit;
    private readonly MessageSigner _signer;
    private readonly Func<Policy?> _policy;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly Lock _gate = new();
    private readonly List<Occurrences> _unlogged = [];
    private readonly Dictionary<IncidentKind, Occurrences> _untold = [];
    private readonly Dictionary<IncidentKind, DateTimeOffset> _quietUntil = [];
    private long _lastTold;

    private IncidentReporter(StateDatabase state, AuditLog audit, MessageSigner signer, Func<Policy?> policy, TimeProvider time, ILogger log) =>
        (_state, _audit, _signer, _policy, _time, _log) = (state, audit, signer, policy, time, log);

    /// <summary>Takes up what was not told before the last stop. A log that had to be mended when it was opened is an incident
    /// itself. Nothing is told before the first <see cref="CatchUp"/>: let the policy be in force by then.</summary>
    /// <param name="policy">The policy in force, which sets the deadlines; without one they are
    /// <see cref="Policy.DefaultNotifyHours"/>.</param>
    /// <exception cref="IOException">The log or the database cannot be read.</exception>
    public static IncidentReporter Open(StateDatabase state, AuditLog audit, MessageSigner signer, Func<Policy?> policy, TimeProvider time,
        ILogger log)
    {
        var reporter = new IncidentReporter(state, audit, signer, policy, time, log);
        reporter.FinishMessages();
        reporter.RememberUntold();
        if (!audit.Recovery.IsClean)
        {
            log.LogWarning("the audit log was cut off in a write and is whole again: {Recovery}", audit.Recovery);
            reporter._unlogged.Add(new Occurrences(IncidentKind.LogCheckFailed, time.GetUtcNow(), "recovered", 1));
        }
        return reporter;
    }

    /// <summary>Something happened that must be told.</summary>
    /// <param name="detail">Lower-case words without digits, as in <see cref="AuditWords.IsWords"/>: which file, which reason.</param>
    /// <param name="count">How often it happened.</param>
    /// <exception cref="ArgumentException"><paramref name="detail"/> is not such words.</exception>
    public void Report(IncidentKind kind, string detail, int count = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        if (!AuditWords.IsWords(detail)) throw new ArgumentException("a detail is lower-case words joined by '-' or '.', like no-case", nameof(detail));
        _log.LogWarning("incident {Kind}: {Detail}", IncidentKinds.Write(kind), detail);
        lock (_gate)
        {
            var same = _unlogged.FindIndex(waiting => waiting.Kind == kind && waiting.Detail == detail);
            if (same < 0) _unlogged.Add(new Occurrences(kind, _time.GetUtcNow(), detail, count));
            else _unlogged[same] = _unlogged[same] with { Count = _unlogged[same].Count + count };
            CatchUp();
        }
    }

    /// <summary>True while an incident of this kind is only in memory, because the disk refuses it.</summary>
    public bool Waits(IncidentKind kind)
    {
        lock (_gate) return _unlogged.Any(waiting => waiting.Kind == kind);
    }

    /// <summary>Logs and tells what could not be before: a disk refused, or it was a repeat. For every turn of the
    /// housekeeping.</summary>
    public void CatchUp()
    {
        lock (_gate)
            try
            {
                FinishMessages();
                while (_unlogged is [var happened, ..])
                {
                    _audit.Append(new AuditEntry
                    {
                        Action = AuditAction.Incident, Kind = IncidentKinds.Write(happened.Kind), Detail = happened.Detail, Count = happened.Count,
                    });
                    _unlogged.RemoveAt(0);
                    Remember(happened);
                }
                var now = _time.GetUtcNow();
                foreach (var due in _untold.Values.Where(untold => _quietUntil.GetValueOrDefault(untold.Kind) <= now).ToList())
                    Tell(due, now);
            }
            catch (IOException refused) when (refused.MayPass())
            {
                _log.LogError("{Reason}; the incident is kept in memory until it can be written", refused.Message);
            }
    }

    private void Tell(Occurrences untold, DateTimeOffset now)
    {
        var within = TimeSpan.FromHours(_policy()?.NotifyWithinHours[untold.Kind] ?? Policy.DefaultNotifyHours);
        var notice = new IncidentNotice(untold.Kind, untold.First, untold.First + within, untold.Detail, untold.Count);
        _state.Outbox.Enqueue(MessageKind.Incident, now + KeptFor, sequence => _signer.Incident(sequence, notice, now));
        FinishMessages();
    }

    /// <summary>Messages that are on the disk, but not yet in the log, are not to leave: each gets its entry, unless a step
    /// that failed or was cut off has written it already.</summary>
    private void FinishMessages()
    {
        foreach (var message in _state.Outbox.Unlogged().Where(message => message.Kind == MessageKind.Incident))
        {
            if (!_signer.TryRead(message.Payload.Span, out var said) || !IncidentNotice.TryParse(said.Data.Span, out var notice, out _))
            {
                _log.LogError("incident message {Sequence} on the disk is not one that this version wrote: it stays there", message.Sequence);
                continue;
            }
            var digest = new Sha256Hash(message.Digest.Span);
            var leaf = LeafOf(message.Sequence, digest) ?? _audit.Append(new AuditEntry
            {
                Action = AuditAction.IncidentReported, Kind = IncidentKinds.Write(notice.Kind), Detail = notice.Detail,
                Sequence = message.Sequence, Digest = digest, Count = notice.Count,
            });
            Forget(message.Sequence, notice, said.Time);
            _state.Outbox.MarkLogged(message.Sequence, leaf);
        }
    }

    /// <summary>What the log says of the time before this start.</summary>
    private void RememberUntold()
    {
        foreach (var entry in _audit.ReadTail(TailToSearch).Select(record => record.Entry))
            if (entry?.Kind is not { } name || !IncidentKinds.Spellings.TryGetValue(name, out var kind)) continue;
            else if (entry.Action == AuditAction.Incident) Remember(new Occurrences(kind, entry.Time, entry.Detail ?? SeveralDetails, entry.Count ?? 1));
            else if (entry.Action == AuditAction.IncidentReported)
            {
                _untold.Remove(kind);
                _quietUntil[kind] = entry.Time + QuietFor;
            }
    }

    private void Remember(Occurrences happened) => _untold[happened.Kind] = !_untold.TryGetValue(happened.Kind, out var before) ? happened
        : before with
        {
            Count = before.Count + happened.Count, Detail = before.Detail == happened.Detail ? before.Detail : SeveralDetails,
        };

    // Once a message: it may have to be finished more than once on a disk that fails.
    private void Forget(long sequence, IncidentNotice told, DateTimeOffset at)
    {
        if (sequence <= _lastTold) return;
        _lastTold = sequence;
        _quietUntil[told.Kind] = at + QuietFor;
        if (_untold.Remove(told.Kind, out var untold) && untold.Count > told.Count)
            _untold[told.Kind] = untold with { Count = untold.Count - told.Count };
    }

    private long? LeafOf(long sequence, Sha256Hash digest) => _audit.ReadTail(TailToSearch)
        .Where(record => record.Entry is { Action: AuditAction.IncidentReported } entry && entry.Sequence == sequence && digest.Equals(entry.Digest!.Value))
        .Select(record => (long?)record.Index).FirstOrDefault();

    /// <summary>What happened of one kind and has not been told.</summary>
    private sealed record Occurrences(IncidentKind Kind, DateTimeOffset First, string Detail, long Count);
}
