using Edge.Agent.Matching;
using Edge.Storage.Json;
using Edge.Storage.Sealing;
using Edge.Storage.Trust;
using Edge.Vision.Recognition;

namespace Edge.Agent.Governance;

/// <summary>A plate that a case looks for, and whom the hit is for.</summary>
/// <param name="For">The agency whose case it is.</param>
/// <param name="To">That agency's key; the hit is sealed to it and to nobody else.</param>
/// <param name="Under">The grant that allows another agency's; null for the box's own.</param>
public sealed record AddressedMatch(HotlistMatch Match, string For, RecipientPublicKey To, Grant? Under)
{
    public HotlistEntry Entry => Match.Entry;
}

/// <summary>What the agency has signed, in the form the box acts on. One immutable snapshot: policy, recipients, grants and
/// hotlists came into use together.</summary>
public sealed record ActiveTrust
{
    public required TrustedTargets Targets { get; init; }
    public required Policy Policy { get; init; }
    public required Recipients Recipients { get; init; }
    public required Operators Operators { get; init; }
    public required HotlistMatcher Matcher { get; init; }

    /// <summary>Who may use this box's console; nobody unless the agency signed it.</summary>
    public ConsoleUsers Console { get; init; } = ConsoleUsers.Nobody("");

    /// <summary>Hotlist entries that are not in use, and why.</summary>
    public required IReadOnlyList<RefusedEntry> Refused { get; init; }

    /// <summary>Who is shared with; nobody unless grants say so.</summary>
    public Sharing Sharing { get; init; } = Sharing.Nobody;

    /// <summary>The hotlists of other agencies under those grants.</summary>
    public IReadOnlyList<GrantedHotlist> Granted { get; init; } = [];

    /// <summary>Grants that are not in use, and why.</summary>
    public IReadOnlyList<RefusedGrant> RefusedGrants { get; init; } = [];

    /// <summary>Hotlists of other agencies that are not in use, by agency, and why.</summary>
    public IReadOnlyDictionary<string, string> RefusedHotlists { get; init; } = new Dictionary<string, string>();

    /// <summary>Hotlists of this set that are not in use, by agency, because no proof of their publication has come that the policy asks for. What was in use
    /// before stays until it expires.</summary>
    public IReadOnlyDictionary<string, ProofVerdict> Waiting { get; init; } = new Dictionary<string, ProofVerdict>();

    /// <summary>The list of an agency that is in use, as it was signed; null if none is.</summary>
    public KeptHotlist? InUse(string agency) => Waiting.ContainsKey(agency) ? Targets.Kept.GetValueOrDefault(agency) : Targets.Keep(agency);

    /// <summary>Asks the hotlists about a plate: one match for each case that looks for it. Past the expiry of a hotlist's own
    /// metadata nothing of it matches, and nothing does while there is no key to seal a hit to: nobody could open it. Another
    /// agency's entry matches only while a grant names its case.</summary>
    public IReadOnlyList<AddressedMatch> Match(PlateText plate, DateTimeOffset now)
    {
        var matches = new List<AddressedMatch>();
        if (now < HotlistExpires && Recipients.At(now) is { } own)
            matches.AddRange(Matcher.Match(plate, now).Select(match => new AddressedMatch(match, Policy.Agency, own, Under: null)));
        foreach (var list in Granted.Where(list => now < list.Expires && Sharing.Shares(list.Agency, now)))
            foreach (var match in list.Matcher.Match(plate, now))
                if (Sharing.Decide(new ShareRequest(list.Agency, match.Entry.Case, match.Entry.Purpose), now) is ShareDecision.Allowed(var grant, var to))
                    matches.Add(new AddressedMatch(match, list.Agency, to, grant));
        return matches;
    }

    /// <summary>When matching ends unless the agency signs a newer list.</summary>
    public DateTimeOffset HotlistExpires =>
        (Targets.Kept.TryGetValue(Targets.Agency, out var kept) ? kept.SignedUntil
            : Targets.Expiries[TrustPath.HotlistMetadata(Targets.Agency)]) is var metadata && metadata < Matcher.Hotlist.Expires
            ? metadata : Matcher.Hotlist.Expires;

    /// <summary>When orders end unless the agency signs a newer policy: at the policy's own expiry, or at that of the
    /// signature on it if that is earlier.</summary>
    public DateTimeOffset PolicyExpires =>
        Targets.Expiries[TrustPath.Targets] is var signed && Policy.Expires is { } own && own < signed ? own : signed;

    /// <summary>True while somebody may be obeyed. What already matches goes on until <see cref="HotlistExpires"/>: an agency
    /// that let its policy run out still looks for the stolen car, and can ask for nothing about it.</summary>
    public bool TakesOrders(DateTimeOffset now) => now < PolicyExpires;

    /// <summary>Reads the verified files as the box will act on them.</summary>
    /// <param name="isRevoked">Whether an operator's key was shut out of this box: what it countersigned is not shared.</param>
    /// <param name="before">What was in use until now: its hotlists stay where the new ones lack their proof.</param>
    /// <returns>Its <see cref="Targets"/> have the proofs that count and the hotlists that stay, to be kept on the disk.</returns>
    /// <exception cref="TrustException">A file is signed but says something this box cannot act on.</exception>
    public static ActiveTrust From(TrustedTargets targets, DateTimeOffset now, Func<string, bool>? isRevoked = null, ActiveTrust? before = null)
    {
        if (!Policy.TryParse(targets.Policy, out var policy, out var problems)) throw Refuse(TrustPath.Policy, problems);
        if (policy.Agency != targets.Agency) throw new TrustException(TrustPath.Policy, "is of another agency");
        if (!Recipients.TryParse(targets.Recipients, out var recipients, out problems)) throw Refuse(TrustPath.Recipients, problems);
        if (recipients.Agency != targets.Agency) throw new TrustException(TrustPath.Recipients, "is of another agency");
        if (!Operators.TryParse(targets.Operators, out var operators, out problems)) throw Refuse(TrustPath.Operators, problems);
        if (operators.Agency != targets.Agency) throw new TrustException(TrustPath.Operators, "is of another agency");
        targets = Proven(targets, policy, before, out var waiting);
        var (hotlist, refused) = (Hotlist.None(targets.Agency), (IReadOnlyList<RefusedEntry>)[]);
        var kept = targets.Kept.GetValueOrDefault(targets.Agency);
        var isInUse = kept is not null || !waiting.ContainsKey(targets.Agency);
        if (isInUse && !Hotlist.TryParse(kept?.List ?? targets.Hotlist, policy, now, out hotlist, out refused))
            throw new TrustException(TrustPath.Hotlist(targets.Agency), string.Join("; ", refused));
        var console = ConsoleUsers.Nobody(targets.Agency);
        if (targets.Console is { } bytes && !ConsoleUsers.TryParse(bytes, out console, out problems)) throw Refuse(TrustPath.Console, problems);
        if (console.Agency != targets.Agency) throw new TrustException(TrustPath.Console, "is of another agency");
        return new ActiveTrust
        {
            Console = console,
            Targets = targets, Policy = policy, Recipients = recipients, Operators = operators,
            Matcher = new HotlistMatcher(hotlist!), Refused = refused, Waiting = waiting,
        }.WithGrants(now, isRevoked);
    }

    /// <summary>Judges the proofs of a set's hotlists.</summary>
    /// <param name="waiting">The lists that must not come into use.</param>
    /// <returns>The set with the proofs that hold, and the lists that stay in place of those.</returns>
    private static TrustedTargets Proven(TrustedTargets targets, Policy policy, ActiveTrust? before, out Dictionary<string, ProofVerdict> waiting)
    {
        waiting = new(StringComparer.Ordinal);
        var proofs = new Dictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal);
        var kept = new Dictionary<string, KeptHotlist>(StringComparer.Ordinal);
        foreach (var agency in policy.NeedsProof ? targets.OtherHotlists.Keys.Prepend(targets.Agency) : [])
        {
            var list = agency == targets.Agency ? targets.Hotlist : targets.OtherHotlists[agency];
            var verdict = ProofVerdict.Missing;
            // What came now, then what proved the same list before: a bad copy takes no good one away.
            foreach (var proof in new[] { Of(targets, agency), Of(before?.Targets, agency) })
                if (proof is { } bytes && PublicationProof.Judge(bytes, agency, list, policy) is var judged && verdict != ProofVerdict.Holds)
                {
                    if (judged == ProofVerdict.Holds) proofs[agency] = bytes;
                    if (judged == ProofVerdict.Holds || verdict == ProofVerdict.Missing) verdict = judged;
                }
            if (verdict == ProofVerdict.Holds) continue;
            waiting[agency] = verdict;
            if ((before?.InUse(agency) ?? targets.Kept.GetValueOrDefault(agency)) is { } old && targets.Signs(agency, old)) kept[agency] = old;
        }
        // A list that is broken today may be the same again tomorrow.
        foreach (var agency in targets.RefusedHotlists.Keys)
            if (policy.NeedsProof && Of(before?.Targets, agency) is { } proof) proofs[agency] = proof;
        return targets with { Proofs = proofs, Kept = kept };

        // Not with ?: there null becomes an empty memory.
        static ReadOnlyMemory<byte>? Of(TrustedTargets? set, string agency)
        {
            if (set is not null && set.Proofs.TryGetValue(agency, out var bytes)) return bytes;
            return null;
        }
    }

    private ActiveTrust WithGrants(DateTimeOffset now, Func<string, bool>? isRevoked)
    {
        var (grants, malformed) = (Grants.None(Policy.Agency), (IReadOnlyList<RefusedGrant>)[]);
        if (Targets.Grants is { } bytes)
        {
            if (!Grants.TryParse(bytes, out var read, out malformed, out var problems)) throw Refuse(TrustPath.Grants, problems);
            if (read.Agency != Policy.Agency) throw new TrustException(TrustPath.Grants, "is of another agency");
            grants = read;
        }
        var sharing = Sharing.Under(Policy, PolicyExpires, Operators, grants, out var refusedGrants, isRevoked);
        var (granted, refused) = (new List<GrantedHotlist>(), Targets.RefusedHotlists.ToDictionary(list => list.Key, list => list.Value.Reason));
        foreach (var agency in Targets.OtherHotlists.Keys)
            if (InUse(agency) is not { } list) continue; // it waits for its proof, and nothing is there to go on with
            else if (GrantedHotlist.TryRead(list.List, agency, list.SignedUntil, Policy, sharing, now, out var one, out var reason))
                granted.Add(one);
            else refused[agency] = reason;
        return this with { Sharing = sharing, Granted = granted, RefusedGrants = [.. malformed, .. refusedGrants], RefusedHotlists = refused };
    }

    private static TrustException Refuse(string file, IReadOnlyList<JsonProblem> problems) =>
        new(file, string.Join("; ", problems));
}
