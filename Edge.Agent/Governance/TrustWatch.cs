using Edge.Agent.Incidents;
using Edge.Agent.Matching;
using Edge.Storage.Audit;
using Edge.Storage.Trust;
using Microsoft.Extensions.Logging;

namespace Edge.Agent.Governance;

/// <summary>Keeps what the agency has signed up to date, and writes each change and each refusal to the log before it takes
/// effect. Nothing here trusts where the files came from.</summary>
public sealed class TrustWatch
{
    /// <summary>Refused entries that are logged one by one; of the rest each reason is logged once, with its count. A list of
    /// 50,000 that has run out must not fill the log at every start.</summary>
    internal const int RefusalsLogged = 100;

    private readonly TrustClient _client;
    private readonly AuditLog _audit;
    private readonly ILogger _log;
    private readonly Lock _gate = new();
    private volatile ActiveTrust? _current;
    private TrustedTargets? _taken;
    private readonly Dictionary<TrustFault, HourlyBudget> _refusals = [];
    private readonly Dictionary<string, string> _lastRefusals = new(StringComparer.Ordinal);

    public TrustWatch(TrustClient client, AuditLog audit, ILogger log) => (_client, _audit, _log) = (client, audit, log);

    /// <summary>Told of refusals that look like an attack.</summary>
    public IncidentReporter? Incidents { get; init; }

    /// <summary>Whether an operator's key was shut out of this box.</summary>
    public Func<string, bool>? IsRevoked { get; init; }

    /// <summary>Told when the agency signed a timestamp that nobody had shown before.</summary>
    public Action<DateTimeOffset>? TimestampSigned { get; init; }

    /// <summary>What is in force; null until something verified.</summary>
    public ActiveTrust? Current => _current;

    /// <summary>Takes up what was verified before, for a start without a hub.</summary>
    /// <exception cref="AuditException">It could not be logged, so it is not in force.</exception>
    public void Restore(DateTimeOffset now)
    {
        // A set that verified when it was kept did not change by itself.
        if (_client.Damage is { } damage) Refuse(damage, damage.Fault == TrustFault.Rollback ? TrustFault.Rollback : TrustFault.Signature, now);
        if (_client.Current is not { } targets) return;
        try
        {
            Activate(targets, now);
        }
        catch (TrustException refused) // by a newer, stricter version of this program
        {
            Refuse(refused, refused.Fault, now);
        }
    }

    /// <summary>Takes up what <paramref name="fetch"/> offers if it verifies; else what was in force stays.</summary>
    /// <exception cref="AuditException">It could not be logged, so it is not in force.</exception>
    /// <exception cref="IOException">It could not be made durable, so it is not in force.</exception>
    public void Refresh(TrustFetch fetch, DateTimeOffset now) => Refresh(fetch, now, "folder", isIncomplete: () => false, out _);

    /// <summary>The same for files that come one by one: while some are missing, what does not verify is not refused yet.</summary>
    /// <param name="refused">The file that was refused, if one was: the others may be good.</param>
    /// <returns>False if it waits for more files.</returns>
    /// <inheritdoc cref="Refresh(TrustFetch, DateTimeOffset)"/>
    internal bool Refresh(TrustParcel parcel, DateTimeOffset now, out string? refused) =>
        Refresh(parcel.Fetch, now, "parcel", () => parcel.IsIncomplete, out refused);

    private bool Refresh(TrustFetch fetch, DateTimeOffset now, string door, Func<bool> isIncomplete, out string? refusedFile)
    {
        refusedFile = null;
        lock (_gate)
            try
            {
                // A signed set that the box cannot act on must not replace one it can, on the disk either.
                ActiveTrust? judged = null;
                var before = _current;
                var targets = _client.Update(fetch, now, Accept, newer: timestamp => TimestampSigned?.Invoke(timestamp.Signed),
                    awaitsProofs: before is { Waiting.Count: > 0 });
                Activate(targets, now, judged);
                _lastRefusals.Remove(door);
                // Another agency's list may still be on its way; this one's set does not wait for it.
                if (isIncomplete() && targets.RefusedHotlists.Values.Any(refused => refused.Reason == TrustException.Missing)) return false;

                TrustedTargets Accept(TrustedTargets next)
                {
                    if (before is not null && before.Targets.HasSameFiles(next)) RequireProof(before, next);
                    judged = ActiveTrust.From(next, now, IsRevoked, before);
                    return judged.Targets;
                }
            }
            catch (TrustException waits) when (waits is ProofToComeException || (isIncomplete() && !TrustPath.IsProof(waits.File)))
            {
                _log.LogDebug("trust files are still to come: {File}: {Reason}", waits.File, waits.Reason);
                return false;
            }
            catch (TrustException refused)
            {
                refusedFile = refused.File;
                Refuse(refused, refused.Fault, now, door);
            }
        return true;
    }

    /// <summary>Of a set that is in use but for hotlists that lack their proof, only a proof is news. What comes as one and is none must not make a change of
    /// its own each time.</summary>
    private static void RequireProof(ActiveTrust before, TrustedTargets next)
    {
        TrustException? refused = null;
        foreach (var agency in before.Waiting.Keys)
        {
            if (!next.Proofs.TryGetValue(agency, out var proof)) continue;
            var list = agency == next.Agency ? next.Hotlist : next.OtherHotlists[agency];
            var verdict = PublicationProof.Judge(proof, agency, list, before.Policy);
            if (verdict == ProofVerdict.Holds) return;
            refused ??= verdict == ProofVerdict.AnotherList ? new ProofToComeException(agency)
                : new TrustException(TrustPath.Proof(agency), PublicationProof.Reason(verdict, before.Policy), PublicationProof.Fault(verdict));
        }
        if (refused is not null) throw refused;
    }

    private void Activate(TrustedTargets targets, DateTimeOffset now, ActiveTrust? judged = null)
    {
        if (ReferenceEquals(_taken, targets)) return;
        var next = judged is not null && ReferenceEquals(judged.Targets, targets) ? judged : ActiveTrust.From(targets, now, IsRevoked);
        var (hotlist, inUse) = (next.Matcher.Hotlist, next.InUse(targets.Agency));
        _audit.AppendMany(
        [
            new AuditEntry { Action = AuditAction.TrustActivated, Agency = targets.Agency, Version = targets.Versions[TrustPath.Timestamp] },
            new AuditEntry
            {
                Action = AuditAction.PolicyActivated, Agency = targets.Agency, Version = next.Policy.Version, Count = next.Policy.HitRetentionHours,
                Digest = Sha256Hash.Of(targets.Policy.Span),
            },
            .. inUse is null ? (AuditEntry[])[] : [new AuditEntry
            {
                Action = AuditAction.HotlistActivated, Agency = targets.Agency, Version = hotlist.Version, Count = hotlist.Entries.Count,
                Digest = Sha256Hash.Of(inUse.List.Span),
            }],
            .. Waiting(next),
            .. Refusals(targets.Agency, next.Refused),
            .. Sharing(next),
        ]);
        var known = _current?.Targets.RefusedHotlists;
        (_current, _taken) = (next, targets);
        foreach (var (agency, refused) in targets.RefusedHotlists)
            if (known?.GetValueOrDefault(agency)?.Message != refused.Message) Report(refused.File, refused.Fault);
        _log.LogInformation("policy {Policy} of {Agency} in force: {Operators} operator(s), orders taken until {Expires:u}",
            next.Policy.Version, targets.Agency, next.Operators.All.Count, next.PolicyExpires);
        foreach (var (agency, verdict) in next.Waiting)
        {
            _log.LogWarning("hotlist of {Agency} waits, what was in force stays until it expires: {Reason}", agency,
                PublicationProof.Reason(verdict, next.Policy));
            Report(TrustPath.Proof(agency), PublicationProof.Fault(verdict));
        }
        if (inUse is null) _log.LogWarning("no hotlist of {Agency} is in force", targets.Agency);
        else _log.LogInformation("hotlist {Version} of {Agency} in force: {Entries} entries, {Refused} refused, until {Expires:u}",
            hotlist.Version, targets.Agency, hotlist.Entries.Count, next.Refused.Count, next.HotlistExpires);
        foreach (var entry in next.Refused.Take(RefusalsLogged)) _log.LogWarning("hotlist {Version}, {Entry}", hotlist.Version, entry);
        foreach (var list in next.Granted)
            _log.LogInformation("hotlist {Version} of {Agency} in force under a grant: {Entries} entries, {Refused} refused, until {Expires:u}",
                list.Matcher.Hotlist.Version, list.Agency, list.Matcher.Hotlist.Entries.Count, list.Refused.Count, list.Expires);
        foreach (var (agency, reason) in next.RefusedHotlists) _log.LogWarning("hotlist of {Agency} refused: {Reason}", agency, reason);
        foreach (var grant in next.RefusedGrants) _log.LogWarning("{Grant}", grant);
    }

    private static IEnumerable<AuditEntry> Refusals(string agency, IReadOnlyList<RefusedEntry> refused) =>
    [
        .. refused.Take(RefusalsLogged).Select(entry => new AuditEntry
        {
            Action = AuditAction.HotlistEntryRefused, Outcome = AuditOutcome.Refused(Code(entry.Reason)), Agency = agency, Count = entry.Index,
        }),
        .. refused.Skip(RefusalsLogged).CountBy(entry => Code(entry.Reason)).Select(rest => new AuditEntry
        {
            Action = AuditAction.HotlistEntryRefused, Outcome = AuditOutcome.Refused(rest.Key), Agency = agency,
            Kind = "further-entries", Count = rest.Value,
        }),
    ];

    private static IEnumerable<AuditEntry> Waiting(ActiveTrust trust) => trust.Waiting.Select(list => new AuditEntry
    {
        Action = AuditAction.HotlistRefused, Outcome = AuditOutcome.Refused(PublicationProof.Code(list.Value)), Agency = list.Key,
        Digest = Sha256Hash.Of((list.Key == trust.Targets.Agency ? trust.Targets.Hotlist : trust.Targets.OtherHotlists[list.Key]).Span),
    });

    /// <summary>Who is shared with, and who is not and why.</summary>
    private static IEnumerable<AuditEntry> Sharing(ActiveTrust trust) =>
    [
        .. trust.Sharing.Grants.Select(grant => new AuditEntry
        {
            Action = AuditAction.GrantActivated, Agency = grant.Agency, Kind = Jurisdictions.Write(grant.Jurisdiction), Count = grant.Cases.Count,
        }),
        .. trust.RefusedGrants.Select(grant => new AuditEntry
        {
            Action = AuditAction.GrantRefused, Outcome = AuditOutcome.Refused(Code(grant.Reason)), Agency = grant.Grant?.Agency ?? trust.Policy.Agency,
            Kind = grant.Grant is { } known ? Jurisdictions.Write(known.Jurisdiction) : null, Count = grant.Index,
        }),
        .. trust.Granted.SelectMany(list => Refusals(list.Agency, list.Refused).Prepend(new AuditEntry
        {
            Action = AuditAction.HotlistActivated, Agency = list.Agency, Version = list.Matcher.Hotlist.Version,
            Count = list.Matcher.Hotlist.Entries.Count, Digest = Sha256Hash.Of(trust.InUse(list.Agency)!.List.Span),
        })),
        .. trust.RefusedHotlists.Select(list => new AuditEntry
        {
            Action = AuditAction.HotlistRefused, Outcome = AuditOutcome.Refused(ListCode(list.Value)), Agency = list.Key,
        }),
    ];

    /// <summary>A refusal that starts with a word and a colon, or is one of the two everybody meets, says it itself.</summary>
    private static string ListCode(string reason) =>
        Code(reason) is var code && (code is "expired" or "missing" || reason.IndexOf(':', StringComparison.Ordinal) == reason.IndexOfAny([':', ' ', ';']))
            ? code : "not-verified";

    // Polling the same bad file says so once, not every minute.
    private void Refuse(TrustException refused, TrustFault fault, DateTimeOffset now, string door = "disk")
    {
        if (_lastRefusals.GetValueOrDefault(door) == refused.Message) return;
        if (!_refusals.TryGetValue(fault, out var budget)) _refusals[fault] = budget = new HourlyBudget();
        LogFurther(budget, now, atOnce: false);
        var alone = budget.TrySpend(now);
        if (alone) LogRefusal(Code(refused.File), null);
        _lastRefusals[door] = refused.Message;
        if (!alone) return;
        _log.LogError("trust refused, what was in force stays: {File}: {Reason}", refused.File, refused.Reason);
        Report(refused.File, fault);
    }

    /// <summary>Logs how many files were refused beyond those that stand alone, once their hour is over.</summary>
    /// <param name="atOnce">Before it is: the box stops.</param>
    /// <exception cref="AuditException">The log refused.</exception>
    public void CountFurther(DateTimeOffset now, bool atOnce = false)
    {
        lock (_gate)
            foreach (var budget in _refusals.Values) LogFurther(budget, now, atOnce);
    }

    private void LogFurther(HourlyBudget budget, DateTimeOffset now, bool atOnce)
    {
        if (budget.TakeFurther(now, atOnce) is > 0 and var further) LogRefusal("further-files", further);
    }

    private void LogRefusal(string reason, int? count) =>
        _audit.Append(new AuditEntry { Action = AuditAction.TrustRefused, Outcome = AuditOutcome.Refused(reason), Count = count });

    private void Report(string file, TrustFault fault)
    {
        if (fault == TrustFault.Signature) Incidents?.Report(IncidentKind.RefusedSignature, Code(file));
        if (fault == TrustFault.Rollback) Incidents?.Report(IncidentKind.RollbackAttempt, Code(file));
    }

    /// <summary>The field or file that a refusal starts with, as the log's lower-case words.</summary>
    private static string Code(string reason)
    {
        if (reason.StartsWith("case:", StringComparison.Ordinal)) return "no-case";
        var letters = reason.TakeWhile(c => c is not (':' or ';' or ' ')).Select(char.ToLowerInvariant)
            .Select(c => char.IsAsciiLetterLower(c) ? c : '-');
        var words = string.Join('-', new string([.. letters]).Split('-', StringSplitOptions.RemoveEmptyEntries));
        return words.Length is > 0 and <= 64 ? words : "unreadable";
    }
}

/// <summary>A proof came before the hotlist that it is of.</summary>
internal sealed class ProofToComeException(string agency) : TrustException(TrustPath.Proof(agency), "is of another list, which may be still to come");
