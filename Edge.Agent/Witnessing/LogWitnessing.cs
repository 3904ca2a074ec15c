using Edge.Agent.Governance;
using Edge.Agent.Hits;
using Edge.Agent.Publishing;
using Edge.Storage.Audit;
using Edge.Storage.Database;
using Edge.Storage.Outbox;
using Microsoft.Extensions.Logging;

namespace Edge.Agent.Witnessing;

/// <summary>A box and its witnesses: offers them the log's checkpoint, takes their cosignatures, and reports what they bring to light.
/// Thread-safe.</summary>
/// <param name="policy">The policy in force; without one, and without witnesses in it, nothing is offered and nothing taken.</param>
/// <param name="report">Told what must be notified.</param>
internal sealed class LogWitnessing(StateDatabase state, AuditLog audit, MessageSigner signer, Func<Policy?> policy, Action<IncidentKind, string> report,
    TimeProvider time, ILogger log)
{
    /// <summary>How long an unsent checkpoint is kept.</summary>
    public static readonly TimeSpan KeptFor = TimeSpan.FromDays(7);

    /// <summary>A policy that has just named its witnesses, and a box that was off, get so long for a first exchange.</summary>
    public static readonly TimeSpan FirstExchange = TimeSpan.FromHours(1);

    private readonly Lock _gate = new();
    private (string? Named, DateTimeOffset Since) _waiting = (null, time.GetUtcNow());
    private readonly HashSet<string> _reported = [];
    private bool _missed;

    /// <summary>The witnesses of the policy in force.</summary>
    private Witnesses Named => policy()?.Witnesses ?? Witnesses.None;

    /// <summary>How far the log stands; null where the policy names no witness.</summary>
    public LogStanding? Standing => Named is { Keys.Count: > 0 } witnesses ? LogStanding.Of(audit, witnesses) : null;

    /// <summary>Queues the log's checkpoint with proofs from what each witness cosigned last. While one still waits for the broker there is
    /// no second: a box that was away for weeks has one to send.</summary>
    /// <exception cref="IOException">The disk refused.</exception>
    public void Offer()
    {
        var witnesses = Named;
        if (witnesses.Keys.Count == 0 || state.Outbox.Ready(1, waiting => waiting.Kind == MessageKind.Checkpoint).Count > 0) return;
        var offer = Make(witnesses);
        var now = time.GetUtcNow();
        state.Outbox.Enqueue(MessageKind.Checkpoint, now + KeptFor, sequence => signer.Checkpoint(sequence, offer, now), logged: true);
    }

    /// <summary>Takes what came on the box's topic for cosignatures. Whoever sent it: only what a witness of the policy has signed counts.</summary>
    /// <exception cref="IOException">The disk refused: it comes again.</exception>
    public void Take(ReadOnlyMemory<byte> payload)
    {
        if (!SignedNote.TryParse(payload.Span, out var note)) return;
        foreach (var witness in Named.Keys.Where(witness => note!.Signatures.Any(line => line.Name == witness.Name && line.KeyId == witness.Id)))
            switch (audit.TakeCosigned(note!, witness))
            {
                case CosignatureTaken.Kept:
                    log.LogDebug("{Witness} has cosigned the audit log", witness.Name);
                    break;
                case CosignatureTaken.Ahead:
                    ReportOnce($"{witness.Name} has cosigned more entries than this log has: the box was set back to an older state", "behind-witness");
                    break;
                case CosignatureTaken.Contradicts:
                    ReportOnce($"{witness.Name} has cosigned another history than this log has", "not-as-witnessed");
                    break;
                default:
                    break;
            }
    }

    /// <summary>For every turn of the housekeeping: an incident if an entry older than <see cref="Witnesses.Patience"/> is not among those that as many
    /// witnesses as needed have cosigned; once, until it is. When they last signed anything does not count: whoever brings a witness an old
    /// checkpoint gets a new signature. Nor when the agent started: the entries have their times.</summary>
    public void Look()
    {
        var (now, witnesses) = (time.GetUtcNow(), Named);
        lock (_gate)
            if (string.Join(' ', witnesses.Keys) is var named && _waiting.Named != named) _waiting = (named, _waiting.Named is null ? _waiting.Since : now);
        if (witnesses.Needed == 0) return;
        if (!TryFindOldest(LogStanding.Of(audit, witnesses).Size, out var oldest)) return;
        lock (_gate)
        {
            var late = now - oldest > Witnesses.Patience && now - _waiting.Since >= FirstExchange;
            if (late && !_missed) report(IncidentKind.LogNotWitnessed, "no-cosignature");
            _missed = late;
        }
    }

    /// <summary>When the first entry from <paramref name="index"/> on was written; null where there is none.</summary>
    /// <returns>False if the log cannot be read there, which is reported.</returns>
    private bool TryFindOldest(long index, out DateTimeOffset? written)
    {
        written = null;
        try
        {
            written = audit.Read(index).Select(record => record.Entry?.Time).FirstOrDefault(time => time is not null);
            return true;
        }
        catch (AuditDamagedException damaged)
        {
            ReportOnce(damaged.Message, "damaged");
            return false;
        }
    }

    private CheckpointOffer Make(Witnesses witnesses)
    {
        while (true)
        {
            var note = audit.LatestNote;
            if (!Checkpoint.TryParse(note.Text, out var latest)) throw new InvalidOperationException("the log's own checkpoint is none");
            var sizes = witnesses.Keys.Select(audit.LastCosigned).OfType<CosignedCheckpoint>().Select(cosigned => cosigned.Checkpoint.Size)
                .Where(size => size > 0 && size <= latest!.Size).Distinct().Order().ToList();
            var offer = new CheckpointOffer(note, [.. sizes.Select(size => new OfferedProof(size, audit.ProveConsistency(size)))]);
            // An append between the two would make proofs to another checkpoint.
            if (audit.Latest.Size == latest!.Size) return offer;
        }
    }

    private void ReportOnce(string reason, string detail)
    {
        lock (_gate)
        {
            if (!_reported.Add(reason)) return;
        }
        log.LogError("{Reason}", reason);
        report(IncidentKind.LogCheckFailed, detail);
    }
}
