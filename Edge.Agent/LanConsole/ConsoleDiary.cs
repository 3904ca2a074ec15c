using Edge.Agent.Governance;
using Edge.Agent.Incidents;
using Edge.Storage.Audit;

namespace Edge.Agent.LanConsole;

/// <summary>What the console writes into the audit log. What somebody is let do has its entry first, always; what is refused has one as long as strangers
/// cannot fill the log with it: the rest is counted, and the count has an entry. Thread-safe.</summary>
internal sealed class ConsoleDiary(AuditLog audit, IncidentReporter incidents, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly FailedLogins _failed = new(incidents, time);
    private readonly HourlyBudget _strangers = new();
    private readonly HourlyBudget _wrong = new();
    private readonly HourlyBudget _notTheirs = new();
    private readonly Dictionary<(string Certificate, string What), (HourlyBudget Budget, Session Session)> _theirs = [];
    private (DateTimeOffset Since, long Count) _locked;

    /// <exception cref="AuditWriteException">The log refused: do not let them in.</exception>
    public void CameIn(ConsoleUser user) => audit.Append(Of(AuditAction.ConsoleLogin, user.Account, user.Role));

    /// <summary>A code of somebody known was refused.</summary>
    public void Refused(ConsoleUser user, CodeVerdict why)
    {
        lock (_gate)
        {
            // A lock lasts, and what is tried meanwhile is not looked at: it is one entry, with a count.
            if (why == CodeVerdict.Locked)
            {
                _locked = (_locked.Count == 0 ? time.GetUtcNow() : _locked.Since, _locked.Count + 1);
                return;
            }
            TellLocked(anyway: true);
            TellFurther(_wrong, "further-codes", anyway: false);
            if (!_wrong.TrySpend(time.GetUtcNow())) return;
            Append(Of(AuditAction.ConsoleLogin, user.Account, user.Role) with
                { Outcome = AuditOutcome.Refused(why == CodeVerdict.Used ? "used-code" : "wrong-code") });
            _failed.Add();
        }
    }

    /// <summary>Somebody came without a certificate that is let in here.</summary>
    /// <param name="reason">Lower-case words.</param>
    public void Stranger(string reason)
    {
        lock (_gate)
        {
            TellFurther(_strangers, "further-strangers", anyway: false);
            if (!_strangers.TrySpend(time.GetUtcNow())) return;
            Append(new AuditEntry { Action = AuditAction.ConsoleLogin, Outcome = AuditOutcome.Refused(reason), Actor = "unknown" });
            _failed.Add();
        }
    }

    /// <summary>Somebody who is in asked for what is not their role's.</summary>
    /// <param name="what">Lower-case words.</param>
    public void NotTheirs(Session session, string what)
    {
        lock (_gate)
        {
            TellFurther(_notTheirs, "further-pages", anyway: false);
            if (!_notTheirs.TrySpend(time.GetUtcNow())) return;
            Append(Of(AuditAction.ConsoleRefused, session.Account, session.Role) with { Outcome = AuditOutcome.Refused("not-this-role"), Kind = what });
        }
    }

    /// <summary>Before somebody who is in does what has an entry each time.</summary>
    /// <param name="what">Lower-case words.</param>
    /// <returns>True if they did it as often as they may in an hour: it is only counted, and not to be done.</returns>
    public bool IsTooOften(Session session, string what)
    {
        lock (_gate)
        {
            if (!_theirs.TryGetValue((session.Certificate, what), out var theirs))
                _theirs[(session.Certificate, what)] = theirs = (new HourlyBudget(), session);
            TellTooOften(what, theirs.Budget, session, anyway: false);
            return !theirs.Budget.TrySpend(time.GetUtcNow());
        }
    }

    /// <exception cref="AuditWriteException">The log refused: show nothing.</exception>
    public void Aims(Session session, int camera) => audit.Append(Of(AuditAction.AimViewed, session.Account, session.Role) with { Sequence = camera });

    /// <exception cref="AuditWriteException">The log refused: hand out nothing.</exception>
    public void Exports(Session session, bool full) =>
        audit.Append(Of(AuditAction.LogExported, session.Account, session.Role) with { Kind = full ? "full" : "public" });

    /// <summary>Writes what was only counted and is due; now and then, and at the end.</summary>
    public void CountFurther(bool atOnce)
    {
        lock (_gate)
        {
            TellLocked(atOnce);
            TellFurther(_wrong, "further-codes", atOnce);
            TellFurther(_strangers, "further-strangers", atOnce);
            TellFurther(_notTheirs, "further-pages", atOnce);
            foreach (var ((_, what), (budget, session)) in _theirs) TellTooOften(what, budget, session, atOnce);
        }
    }

    private void TellLocked(bool anyway)
    {
        if (_locked.Count == 0 || (!anyway && time.GetUtcNow() - _locked.Since < TimeSpan.FromHours(1))) return;
        if (Append(new AuditEntry { Action = AuditAction.ConsoleLogin, Outcome = AuditOutcome.Refused("locked"), Actor = "unknown", Count = _locked.Count }))
            _locked = default;
    }

    private void TellFurther(HourlyBudget budget, string reason, bool anyway)
    {
        if (budget.TakeFurther(time.GetUtcNow(), anyway) is not (> 0 and var further)) return;
        // A page that is not somebody's is no login that failed: the public report counts those apart.
        var entry = new AuditEntry { Action = AuditAction.ConsoleLogin, Outcome = AuditOutcome.Refused(reason), Actor = "unknown", Count = further };
        Append(ReferenceEquals(budget, _notTheirs) ? entry with { Action = AuditAction.ConsoleRefused, Kind = "pages" } : entry);
    }

    private void TellTooOften(string what, HourlyBudget budget, Session session, bool anyway)
    {
        if (budget.TakeFurther(time.GetUtcNow(), anyway) is > 0 and var further)
            Append(Of(AuditAction.ConsoleRefused, session.Account, session.Role) with
                { Outcome = AuditOutcome.Refused("too-often"), Kind = what, Count = further });
    }

    // What is refused stays refused where the log is too: nothing was done.
    private bool Append(AuditEntry entry)
    {
        try
        {
            audit.Append(entry);
            return true;
        }
        catch (AuditWriteException)
        {
            return false;
        }
    }

    private static AuditEntry Of(AuditAction action, string account, AuditRole role) =>
        new() { Action = action, Actor = AuditEntry.APerson, Person = ConcealedValue.Person(account), Role = role };
}
