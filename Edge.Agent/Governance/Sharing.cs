using Edge.Storage.Sealing;

namespace Edge.Agent.Governance;

/// <summary>What another agency wants: that a plate of its case be looked for, and the hit sealed to it.</summary>
public sealed record ShareRequest(string Agency, string Case, string Purpose);

/// <summary>May it?</summary>
public abstract record ShareDecision
{
    private ShareDecision() { }

    /// <param name="Under">The grant that allows it.</param>
    /// <param name="To">The key to seal to: the other agency's.</param>
    public sealed record Allowed(Grant Under, RecipientPublicKey To) : ShareDecision;

    /// <param name="Reason">Lower-case words, fit for the log.</param>
    public sealed record Refused(string Reason) : ShareDecision;
}

/// <summary>Decides what is shared with whom: (request, policy, grants, now) → allowed or refused. Immutable, and pure but for
/// the keys that were revoked. A grant that has ended ends here, at the next read, whatever was signed since.</summary>
public sealed class Sharing
{
    private readonly Policy _policy;
    private readonly DateTimeOffset _until;
    private readonly IReadOnlyList<Usable> _usable;
    private readonly Func<string, bool> _isRevoked;

    private Sharing(Policy policy, DateTimeOffset until, IReadOnlyList<Usable> usable, Func<string, bool> isRevoked) =>
        (_policy, _until, _usable, _isRevoked) = (policy, until, usable, isRevoked);

    /// <summary>No grant, no sharing.</summary>
    public static Sharing Nobody { get; } = new(policy: null!, DateTimeOffset.MinValue, [], _ => false); // without a grant no policy is asked

    /// <summary>The grants in use, those that have ended or not begun too.</summary>
    public IEnumerable<Grant> Grants => _usable.Select(usable => usable.Grant);

    /// <summary>Takes the grants that the policy allows.</summary>
    /// <param name="until">When the policy, or the signature on it, ends: from then on nothing is shared.</param>
    /// <param name="operators">Who may countersign.</param>
    /// <param name="refused">The others, each with its reason.</param>
    /// <param name="isRevoked">Whether an operator's key was shut out of this box; asked at every decision. Null where nothing revokes.</param>
    public static Sharing Under(Policy policy, DateTimeOffset until, Operators operators, Grants grants, out IReadOnlyList<RefusedGrant> refused,
        Func<string, bool>? isRevoked = null)
    {
        var usable = new List<Usable>();
        var objections = new List<RefusedGrant>();
        foreach (var grant in grants.All)
        {
            var countersigner = grant.Countersigner(policy.Agency, operators);
            if (Objection(grant, policy, countersigner, usable) is { } reason) objections.Add(new RefusedGrant(null, grant, reason));
            else usable.Add(new Usable(grant, countersigner));
        }
        refused = objections;
        return new Sharing(policy, until, usable, isRevoked ?? (_ => false));
    }

    /// <summary>True if an entry of this agency might be shared now: whether it is worth asking its list.</summary>
    public bool Shares(string agency, DateTimeOffset now) => _usable.Any(usable => usable.Grant.Agency == agency && Fault(usable, now) is null);

    /// <summary>True if something might be shared under this grant now.</summary>
    public bool IsInForce(Grant grant, DateTimeOffset now) => _usable.Any(usable => ReferenceEquals(usable.Grant, grant) && Fault(usable, now) is null);

    /// <summary>True if a grant in use names this case of this agency, now or at another time.</summary>
    public bool Names(string agency, string caseId) =>
        _usable.Any(usable => usable.Grant.Agency == agency && usable.Grant.Cases.Contains(caseId, StringComparer.Ordinal));

    /// <summary>The class of an agency that a grant in use names.</summary>
    public Jurisdiction? ClassOf(string agency) => _usable.FirstOrDefault(usable => usable.Grant.Agency == agency)?.Grant.Jurisdiction;

    public ShareDecision Decide(ShareRequest request, DateTimeOffset now)
    {
        var fault = "no-grant";
        foreach (var usable in _usable.Where(usable => usable.Grant.Agency == request.Agency))
        {
            if (!usable.Grant.Cases.Contains(request.Case, StringComparer.Ordinal))
            {
                if (fault == "no-grant") fault = "case-not-granted";
            }
            else if (Fault(usable, now) is { } reason) fault = reason;
            else if (!_policy.Allows(request.Purpose)) fault = "purpose-not-allowed";
            else return new ShareDecision.Allowed(usable.Grant, usable.Grant.RecipientAt(now)!);
        }
        return new ShareDecision.Refused(fault);
    }

    private string? Fault(Usable usable, DateTimeOffset now) =>
        now >= _until ? "policy-expired"
        : now < usable.Grant.NotBefore ? "grant-not-begun"
        : now >= usable.Grant.Expires ? "grant-ended"
        : usable.Countersigner?.IsInForce(now) == false ? "oversight-not-in-force"
        : usable.Countersigner is { } overseer && _isRevoked(overseer.Key.KeyId) ? "oversight-revoked"
        : usable.Grant.RecipientAt(now) is null ? "no-recipient-key" : null;

    private static string? Objection(Grant grant, Policy policy, Operator? countersigner, IReadOnlyList<Usable> before)
    {
        var jurisdiction = Jurisdictions.Write(grant.Jurisdiction);
        if (before.Any(usable => usable.Grant.Id == grant.Id)) return "id: stands in the list before";
        if (grant.Agency == policy.Agency) return "agency: is the one that grants; its own entries are in its own hotlist";
        if (!policy.Sharing.Contains(grant.Jurisdiction)) return $"jurisdiction: the policy shares with no {jurisdiction} agency";
        if (before.FirstOrDefault(usable => usable.Grant.Agency == grant.Agency) is { } other && other.Grant.Jurisdiction != grant.Jurisdiction)
            return $"jurisdiction: a grant before names this agency as {Jurisdictions.Write(other.Grant.Jurisdiction)}";
        if (grant.Oversight is null) return grant.NeedsOversight
            ? $"oversight: missing; a {jurisdiction} agency needs the oversight role's signature too" : null;
        return countersigner is null ? "oversight: is not the signature of an operator with the role oversight" : null;
    }

    /// <param name="Countersigner">Null where none is needed and none signed.</param>
    private sealed record Usable(Grant Grant, Operator? Countersigner);
}
