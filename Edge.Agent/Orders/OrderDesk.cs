using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Edge.Agent.Governance;
using Edge.Agent.Governance.Orders;
using Edge.Agent.Publishing;
using Edge.Storage.Audit;
using Edge.Storage.Database;
using Edge.Storage.Files;
using Edge.Storage.Hits;
using Edge.Storage.Keys;
using Edge.Storage.Orders;
using Edge.Storage.Outbox;
using Edge.Storage.Signing;
using Microsoft.Extensions.Logging;

namespace Edge.Agent.Orders;

/// <summary>
/// Where orders come in, by whatever door. Each is checked from the outside in (signature, operator, box, time, policy, role,
/// case, purpose), judged, written to the log, and only then carried out, once, together with its answer. A refusal takes the
/// same way. Thread-safe; one order at a time.
/// </summary>
internal sealed class OrderDesk
{
    /// <summary>An answer that nobody fetches is dropped after this.</summary>
    public static readonly TimeSpan AnswerKeptFor = TimeSpan.FromDays(7);

    /// <summary>Where <c>export</c> puts its copies, below the state folder.</summary>
    public const string ExportsName = "exports";

    /// <summary>The file that says that a box was taken out of service; it does not start again.</summary>
    public const string DecommissionedName = "decommissioned";

    private const string Full = "too-many-orders";
    private const string NoPolicy = "no-policy";
    private const string NoPurpose = "outside-policy";

    private readonly BoxName _box;
    private readonly string _stateFolder;
    private readonly StateDatabase _state;
    private readonly AuditLog _audit;
    private readonly MessageSigner _signer;
    private readonly KeyFolder _keys;
    private readonly Func<ActiveTrust?> _trust;
    private readonly Action<IncidentKind, string> _incident;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly RevokedKeys _revoked;
    private readonly LogCopies _copies;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, HourlyBudget> _unopened = new(StringComparer.Ordinal);
    private long _taken, _refused;
    private bool _byHand;

    /// <param name="revoked">Who is shut out of this box; orders add to it.</param>
    /// <param name="trust">What is in force; null until something verified.</param>
    /// <param name="incident">Told what must be notified.</param>
    public OrderDesk(string stateFolder, StateDatabase state, AuditLog audit, MessageSigner signer, KeyFolder keys, RevokedKeys revoked,
        Func<ActiveTrust?> trust, Action<IncidentKind, string> incident, TimeProvider time, ILogger log)
    {
        (_box, _stateFolder, _state, _audit, _signer, _keys) = (signer.Box, stateFolder, state, audit, signer, keys);
        (_revoked, _trust, _incident, _time, _log) = (revoked, trust, incident, time, log);
        _copies = new LogCopies(Path.Combine(stateFolder, ExportsName), audit, time);
    }

    /// <summary>Orders carried out and refused since start.</summary>
    public (long Taken, long Refused) Counts => (Interlocked.Read(ref _taken), Interlocked.Read(ref _refused));

    /// <summary>What is free of the disk, in bytes, where it is not the disk that says so.</summary>
    public Func<long> FreeSpace { init => _copies.FreeSpace = value; }

    /// <summary>Called once a <c>decommission</c> was taken: the box has to stop and destroy its keys.</summary>
    public Action? Decommissioned { get; init; }

    /// <summary>Takes one signed order.</summary>
    /// <param name="again">True if the door knows that it may have brought this one before: its replay is refused as any other,
    /// but is no incident.</param>
    /// <param name="only">The one verb that this door takes; null if it takes them all.</param>
    /// <returns>What was answered; null where nobody could be, because no operator had signed.</returns>
    /// <exception cref="IOException">The disk refused: the order was not used, and may be brought again.</exception>
    public OrderAnswer? Take(ReadOnlyMemory<byte> message, bool again = false, Verb? only = null)
    {
        lock (_gate)
        {
            var (trust, now) = (_trust(), _time.GetUtcNow());
            if (Authenticate(message.Span, trust, out var by, out var order) is { } stranger)
            {
                // Before the first policy nobody can be told from anybody: that accuses nobody.
                RefuseUnopened(IncidentKind.RefusedSignature, stranger, null, now, silent: stranger == NoPolicy);
                return null;
            }
            if (Admit(order!.Terms, by!, trust!, now) is { } notAdmitted)
            {
                var refused = new OrderAnswer(order.Terms.Id, null, AuditOutcome.Refused(notAdmitted));
                if (MayBeAllowedLater(notAdmitted, order.Terms, now) && _state.Orders.Count < UsedOrders.MostOrders)
                {
                    var leaf = LogRefusal(notAdmitted, by, 1);
                    Refuse(IncidentKind.OutOfPolicyOrder, notAdmitted);
                    return UseUp(order.Terms, by!, refused, leaf, now) ? refused : Answered(refused, now);
                }
                return RefuseUnopened(IncidentKind.OutOfPolicyOrder, notAdmitted, by, now, silent: notAdmitted == "replayed" && again)
                    ? Answered(refused, now) : null;
            }
            var (opened, refusal) = Open(order, by!, trust!, now);
            if (opened is not null && only is not null && opened.Verb != only) refusal ??= "not-at-this-door";
            if (IsFull(opened, refusal))
                return RefuseUnopened(IncidentKind.OutOfPolicyOrder, Full, by, now)
                    ? Answered(new OrderAnswer(order.Terms.Id, opened is null ? null : Duties.Write(opened.Verb), AuditOutcome.Refused(Full)), now) : null;
            var page = refusal is null && opened is Order.Search search ? Page(search) : null;
            if (refusal is null && opened is Order.Revoke && _revoked.IsFull) refusal = "too-many-revoked";
            if (refusal is null && opened is Order.Export && !_copies.HasRoom()) refusal = "no-room";
            var entry = Entry(opened, by!, message.Span, page, refusal is null || trust!.Policy.Allows((opened as Order.AboutCase)?.Purpose ?? "")) with
                { Outcome = refusal is null ? AuditOutcome.Done : AuditOutcome.Refused(refusal) };
            var (logged, performed) = (false, false);
            try
            {
                var leaf = _audit.Append(entry);
                logged = true;
                if (refusal is null) Guard(() => Perform(opened!, order.Terms, lent: only is not null));
                performed = refusal is null;
                if (Carry(order.Terms, by!, opened, entry.Outcome, page, leaf, trust!, now) is { } answer) return answer;
            }
            catch (IOException)
            {
                if (refusal is null && opened is Order.Decommission) DurableFile.Delete(Marker);
                // The log has said more than was done; who is shut out stays so, and a copy of the log is one, though nobody was told.
                if (logged && !(performed && opened is Order.Revoke or Order.Export)) _audit.Append(entry with { Outcome = AuditOutcome.Refused("disk") });
                throw;
            }
            _audit.Append(entry with { Outcome = AuditOutcome.Refused(Full) });
            Refuse(IncidentKind.OutOfPolicyOrder, Full);
            return Answered(new OrderAnswer(order.Terms.Id, opened is null ? null : Duties.Write(opened.Verb), AuditOutcome.Refused(Full)), now);
        }
    }

    /// <summary>Takes the box out of service because whoever is root here says so: logged, told as an incident, done. Once.</summary>
    /// <exception cref="IOException">The disk refused: nothing was done.</exception>
    public void DecommissionByHand()
    {
        lock (_gate)
        {
            if (File.Exists(Marker)) return;
            // Once, however often the disk refuses what follows.
            if (!_byHand) _audit.Append(new AuditEntry
                { Action = AuditAction.OrderDecommission, Actor = "root", Role = AuditRole.Technician, Agency = _box.Agency });
            _byHand = true;
            DurableFile.Write(Marker, "{}"u8.ToArray());
            // Nobody at the agency ordered it: they hear of it as of an opened box.
            _incident(IncidentKind.Tamper, "decommissioned-by-hand");
            _log.LogWarning("taken out of service by hand");
            Decommissioned?.Invoke();
        }
    }

    private string Marker => Path.Combine(_stateFolder, DecommissionedName);

    // Shutting somebody out must not depend on how many orders somebody gave before; doing it again does nothing.
    private bool IsFull(Order? order, string? refusal) => order switch
    {
        Order.Decommission when refusal is null => false,
        Order.Revoke revoke when refusal is null && !_revoked.Contains(revoke.KeyId) => false,
        Order.Hold hold when refusal is null && _state.Holds.Count >= UsedOrders.MostHolds && !_state.Holds.ContainsKey(Pseudonym(hold)) => true,
        _ => _state.Orders.Count >= UsedOrders.MostOrders,
    };

    // Only what would be remembered for about as long as a good order: years would fill the memory for years.
    private static bool MayBeAllowedLater(string refusal, OrderTerms terms, DateTimeOffset now) =>
        refusal is not ("replayed" or "other-box" or "expired") && terms.Expires - now <= OrderJudgement.LongestLife + OrderJudgement.ClockLag;

    private bool UseUp(OrderTerms terms, Operator by, OrderAnswer answer, long leaf, DateTimeOffset now) =>
        _state.Orders.Carry(UseOf(terms, by), terms.Expires, new OrderEffect.None(),
            new AnswerMessage(now + AnswerKeptFor, leaf, (sequence, _) => _signer.Answer(sequence, answer, now))).Use == OrderUse.Carried;

    /// <summary>From the outside to the operator.</summary>
    /// <returns>Null, or why nobody vouches for the message.</returns>
    private string? Authenticate(ReadOnlySpan<byte> message, ActiveTrust? trust, out Operator? by, out OrderMessage? order)
    {
        (by, order) = (null, null);
        if (message.Length > OrderMessage.MaxBytes || !Jws.TryReadKeyId(message, out var keyId)) return "not-signed";
        if (trust is null) return NoPolicy;
        by = trust.Operators.WithKey(keyId);
        if (by is null) return "unknown-operator";
        if (!Jws.TryVerify(message, by.Key, CloudEvent.ContentType, out var json)) return "bad-signature";
        if (_revoked.Contains(keyId)) return "revoked-operator";
        return OrderMessage.TryParse(json, out order) && order.Account == by.Account ? null : "malformed-order";
    }

    private string? Admit(OrderTerms terms, Operator by, ActiveTrust trust, DateTimeOffset now) =>
        OrderJudgement.Admit(terms, _box, by, trust, now) ?? (_state.Orders.Find(UseOf(terms, by)) is null ? null : "replayed");

    // By the key too: nobody can use up another's order by taking its id.
    private static string UseOf(OrderTerms terms, Operator by) =>
        Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes($"{by.Key.KeyId} {terms.Id}")));

    /// <summary>From the operator to what is ordered.</summary>
    private (Order? Order, string? Refusal) Open(OrderMessage message, Operator by, ActiveTrust trust, DateTimeOffset now)
    {
        if (!message.TryOpen(_keys.Orders, out var json)) return (null, "not-sealed-to-this-box");
        try
        {
            if (!Order.TryParse(json, out var order, out var refusal)) return (null, refusal);
            return (order, OrderJudgement.Judge(order, by, trust, Facts(order), now));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(json);
        }
    }

    private OrderFacts Facts(Order order)
    {
        if (order is not Order.AboutCase about) return new OrderFacts(false);
        var pseudonym = Pseudonym(about);
        var hasHits = _state.Hits.Search(new CaseQuery(pseudonym, DateTimeOffset.MinValue, DateTimeOffset.MaxValue, 0, 1, NewHit.MaxRecord))
            is not { Hits.Count: 0, Missing.Count: 0 };
        if (order is not Order.Disposition disposition) return new OrderFacts(hasHits);
        return new OrderFacts(hasHits,
            _state.Hits.Find(disposition.Hit) is { } heading ? heading.CasePseudonym == pseudonym : WasOfCase(disposition));
    }

    /// <summary>Retention may be over before the disposition comes: then only the log remembers for which case the hit was found.</summary>
    /// <returns>Null if it knows no such hit, or does not say of which case it was.</returns>
    private bool? WasOfCase(Order.Disposition disposition)
    {
        if (disposition.Hit > _state.LastSequence) return null;
        foreach (var record in _audit.Read())
        {
            if (record.Entry is not { Action: AuditAction.HitStored } entry || entry.Sequence != disposition.Hit) continue;
            if (_audit.Disclosed(record) is not { Value: var of }) continue;
            return of == disposition.Case && entry.Purpose == disposition.Purpose && entry.Agency == _box.Agency;
        }
        return null;
    }

    private string Pseudonym(Order.AboutCase about) => _keys.CasePseudonym(about.Case, about.Purpose);

    private CaseHits Page(Order.Search search) => _state.Hits.Search(new CaseQuery(Pseudonym(search), search.From, search.To,
        search.After, OrderAnswer.MaxHits, OrderAnswer.MaxHitBytes));

    /// <summary>What an order does outside the database: once it is logged, and in a way that does no harm twice.</summary>
    /// <param name="lent">A copy of the log is for whoever stands at the box.</param>
    /// <exception cref="IOException">The disk refused.</exception>
    private void Perform(Order order, OrderTerms terms, bool lent)
    {
        switch (order)
        {
            case Order.Revoke { KeyId: var keyId }:
                _revoked.Add(keyId);
                break;
            case Order.Decommission:
                // Before its answer, so that a box that is cut off here finishes at its next start.
                DurableFile.Write(Marker, "{}"u8.ToArray());
                break;
            case Order.Export:
                _copies.Make(terms.Id, lent);
                break;
        }
    }

    /// <summary>Removes copies of the log that are too old, too many, or were cut off.</summary>
    /// <exception cref="IOException">The disk refused.</exception>
    public void SweepExports()
    {
        lock (_gate) Guard(_copies.Sweep);
    }

    private static void Guard(Action step)
    {
        try
        {
            step();
        }
        catch (UnauthorizedAccessException refused)
        {
            throw new IOException(refused.Message, refused);
        }
    }

    /// <param name="isPurpose">Whether what was given as the purpose is one; else it is concealed, for anybody may read the log.</param>
    private AuditEntry Entry(Order? order, Operator by, ReadOnlySpan<byte> message, CaseHits? page, bool isPurpose)
    {
        var about = order as Order.AboutCase;
        var disposition = order as Order.Disposition;
        return new AuditEntry
        {
            Action = order switch
            {
                Order.Search => AuditAction.OrderSearch,
                Order.Hold => AuditAction.OrderHold,
                Order.Release => AuditAction.OrderRelease,
                Order.Disposition => AuditAction.OrderDisposition,
                Order.Export => AuditAction.OrderExport,
                Order.Revoke => AuditAction.OrderRevoke,
                Order.Decommission => AuditAction.OrderDecommission,
                _ => AuditAction.OrderRefused,
            },
            Actor = AuditEntry.APerson, Person = ConcealedValue.Person(by.Account), Role = by.Role, Agency = _box.Agency,
            Case = about is null ? null : ConcealedValue.Case(about.Case), Purpose = about is null || isPurpose ? about?.Purpose : NoPurpose,
            Claim = about is null || isPurpose ? null : ConcealedValue.Claim(about.Purpose),
            Kind = disposition is null ? null : Verdicts.Write(disposition.Verdict), Sequence = disposition?.Hit,
            // Of a disposition the note's, so that the agency can show later what was noted; else the order's own.
            Digest = disposition?.Note is { } note ? Sha256Hash.Of(note.ToJson()) : Sha256Hash.Of(message),
            Count = page?.Hits.Count,
        };
    }

    /// <returns>Null if the box remembers as many orders or holds as it may: then nothing was done.</returns>
    private OrderAnswer? Carry(OrderTerms terms, Operator by, Order? order, AuditOutcome outcome, CaseHits? page, long leaf, ActiveTrust trust,
        DateTimeOffset now)
    {
        OrderAnswer? answer = null;
        var verb = order is null ? null : Duties.Write(order.Verb);
        // A refused order is used up as well: it must not come back on a day when it would be allowed.
        var used = _state.Orders.Carry(UseOf(terms, by), terms.Expires, outcome.Reason is null ? Effect(order!, trust.Policy) : new OrderEffect.None(),
            new AnswerMessage(now + AnswerKeptFor, leaf, (sequence, finding) =>
            {
                answer = page is null ? new OrderAnswer(terms.Id, verb, outcome, finding.Hits, finding.HoldUntil)
                    : new OrderAnswer(terms.Id, verb, outcome, page.Hits.Count, null, page.Missing.Count, page.More ? page.Last : null,
                        [.. page.Hits.Select(hit => new AnsweredHit(hit.Heading.KeptUntil, hit.Record))]);
                return _signer.Answer(sequence, answer, now);
            }));
        _log.LogInformation("order {Verb}: {Outcome}", verb ?? "unread", outcome);
        if (used.Use == OrderUse.Full && (outcome.Reason is not null || order is not (Order.Revoke or Order.Decommission))) return null;
        // These are done although nothing more can be remembered; see IsFull.
        if (used.Use == OrderUse.Full) answer = Answered(new OrderAnswer(terms.Id, verb, outcome), now);
        if (outcome.Reason is { } refusal) Refuse(IncidentKind.OutOfPolicyOrder, refusal);
        else Interlocked.Increment(ref _taken);
        if (outcome.Reason is null && order is Order.Decommission) Decommissioned?.Invoke();
        return answer;
    }

    private OrderEffect Effect(Order order, Policy policy) => order switch
    {
        Order.Hold hold => new OrderEffect.Hold(Pseudonym(hold), hold.Until, policy.LongestHold),
        Order.Release release => new OrderEffect.Release(Pseudonym(release)),
        _ => new OrderEffect.None(),
    };

    private void Refuse(IncidentKind kind, string reason)
    {
        Interlocked.Increment(ref _refused);
        // Late is not out of policy: the box was offline.
        if (reason != "expired") _incident(kind, reason);
    }

    /// <summary>Refuses what anybody at the broker can bring again and again, or what cannot be remembered.</summary>
    /// <param name="by">Who signed it; null if no operator did.</param>
    /// <param name="silent">It is no incident: QoS 1 may bring an order twice, and a new box has no policy yet.</param>
    /// <returns>False if there were too many of them: then it was only counted.</returns>
    private bool RefuseUnopened(IncidentKind kind, string reason, Operator? by, DateTimeOffset now, bool silent = false)
    {
        LogFurther(now);
        // By reason: garbage must not hide somebody who was shut out and tries again.
        if (!_unopened.TryGetValue(reason, out var budget)) _unopened[reason] = budget = new HourlyBudget();
        if (!budget.TrySpend(now))
        {
            Interlocked.Increment(ref _refused);
            return false;
        }
        LogRefusal(reason, by, 1);
        if (silent) Interlocked.Increment(ref _refused);
        else Refuse(kind, reason);
        return true;
    }

    /// <summary>Logs how many were refused beyond those that stand alone, once their hour is over.</summary>
    /// <param name="atOnce">Before it is: the box stops.</param>
    /// <exception cref="IOException">The log refused.</exception>
    public void CountFurther(bool atOnce = false)
    {
        lock (_gate) LogFurther(_time.GetUtcNow(), atOnce);
    }

    private void LogFurther(DateTimeOffset now, bool atOnce = false)
    {
        foreach (var budget in _unopened.Values)
            if (budget.TakeFurther(now, atOnce) is > 0 and var further) LogRefusal("further-orders", null, further);
    }

    /// <returns>Where it stands in the log.</returns>
    private long LogRefusal(string reason, Operator? by, int count)
    {
        _log.LogWarning("order refused: {Reason}", reason);
        return _audit.Append(new AuditEntry
        {
            Action = AuditAction.OrderRefused, Outcome = AuditOutcome.Refused(reason), Actor = by is null ? "unknown" : AuditEntry.APerson,
            Person = by is null ? null : ConcealedValue.Person(by.Account),
            Role = by?.Role ?? AuditRole.Agent, Count = count,
        });
    }

    private OrderAnswer Answered(OrderAnswer answer, DateTimeOffset now)
    {
        _state.Outbox.Enqueue(MessageKind.Answer, now + AnswerKeptFor, sequence => _signer.Answer(sequence, answer, now), logged: true);
        return answer;
    }
}
