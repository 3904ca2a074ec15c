using Edge.Agent.Governance;
using Edge.Storage.Database;
using Edge.Storage.Json;
using Edge.Storage.Keys;
using Edge.Storage.Trust;

namespace Edge.Agent.Hub;

/// <summary>Changes that keepers sign for, one after the other and one person at a time: proposed, signed here or on a machine of the
/// keeper's, published with the last signature that it takes. Where the keys at hand are enough, a proposal is published at once.</summary>
public sealed class Ceremony
{
    private readonly Agency _agency;
    private readonly AgencyFolder _folder;
    private readonly KeysAtHand _keys;

    internal Ceremony(Agency agency, AgencyFolder folder, KeysAtHand keys) => (_agency, _folder, _keys) = (agency, folder, keys);

    /// <summary>The keepers, who sign for root and targets: TUF key ids, and how many must sign.</summary>
    public (IReadOnlyList<VerifyingKey> Keys, int Threshold) Keepers =>
        TrustSigners.Of(_agency.TrustFolder, _agency.Name, []).Root is var root ? (root.Elsewhere, root.Threshold) : default;

    /// <summary>The change that waits for signatures, if any.</summary>
    public TrustProposal Proposal => new(_folder.Pending, _agency.TrustFolder, _agency.Name);

    /// <summary>Proposes new policy, operators or recipients to the keepers; with none of them, the same for a new lifetime.</summary>
    /// <param name="changed">By target path.</param>
    /// <param name="others">Who signs the hotlists of other agencies from then on; null for those who do.</param>
    /// <returns>True if it is published: the keys at hand were enough.</returns>
    /// <exception cref="TrustException">Another change waits, or a file is too large.</exception>
    /// <exception cref="StateBusyException">Somebody else is changing the repository.</exception>
    public bool Propose(IReadOnlyDictionary<string, byte[]> changed, DateTimeOffset now, IReadOnlyDictionary<string, RoleKeys>? others = null)
    {
        using var alone = _agency.Alone();
        Proposal.Propose(changed, now, others);
        return SignWith(_keys.All, now);
    }

    /// <summary>Proposes one operator more.</summary>
    /// <returns>True if it is published.</returns>
    /// <exception cref="AgencyException">Boxes would not accept the list, or the key has another part in this agency already.</exception>
    /// <exception cref="TrustException">Another change waits.</exception>
    public bool ProposeOperator(Operator one, DateTimeOffset now)
    {
        // Who signs what boxes obey must not also be one whom they obey, or one person could do both.
        if (Keepers.Keys.Contains(one.Key) || _keys.All.Any(key => key.Public.Equals(one.Key)))
            throw new AgencyException($"{one.Account}: the key is a keeper's or the hub's own; an operator has a key of their own: hub key makes one");
        var published = _agency.PublishedOperators;
        return Propose(published with { Version = published.Version + 1, All = [.. published.All, one] }, now);
    }

    /// <summary>Proposes the list without an account. It takes effect on each box when the box has it.</summary>
    /// <returns>True if it is published.</returns>
    /// <exception cref="AgencyException">Nobody has the account.</exception>
    /// <exception cref="TrustException">Another change waits.</exception>
    public bool ProposeRevocation(string account, DateTimeOffset now)
    {
        var published = _agency.PublishedOperators;
        var staying = published.All.Where(one => one.Account != account).ToList();
        if (staying.Count == published.All.Count) throw new AgencyException($"no operator has the account {account}: hub operator show lists them");
        return Propose(published with { Version = published.Version + 1, All = staying }, now);
    }

    private bool Propose(Operators operators, DateTimeOffset now)
    {
        var bytes = operators.Write();
        // Read back as a box reads it: one rule for what an operator is.
        return Operators.TryParse(bytes, out _, out var problems) ? Propose(new Dictionary<string, byte[]> { [TrustPath.Operators] = bytes }, now)
            : throw new AgencyException(string.Join("; ", problems));
    }

    /// <summary>Makes the keys of further epochs and proposes them to the keepers: they follow on the last one, or replace all that are
    /// running or to come, as after a theft.</summary>
    /// <returns>True if they are published.</returns>
    /// <exception cref="AgencyException">The list would be longer than boxes accept.</exception>
    /// <exception cref="TrustException">Another change waits.</exception>
    public bool ProposeEpochs(int count, int days, DateTimeOffset now, bool replace = false)
    {
        using var alone = _agency.Alone();
        Proposal.RequireNone(); // before any key is made
        var published = _agency.PublishedRecipients;
        var staying = published.Keys.Where(key => key.Expires > now && !replace).ToList();
        if (staying.Count + count > Recipients.Most)
            throw new AgencyException($"the list would hold {staying.Count + count} keys, boxes accept {Recipients.Most}: {staying.Count} still run, until {JsonTime.Write(staying.Max(key => key.Expires))}");
        // An overlap is part of an epoch's end, so the next one starts that much before.
        var start = staying.Select(key => key.Expires - EpochKeys.Overlap).Append(now - Agency.ClockLag).Max();
        var next = new Recipients(_agency.Name, published.Version + 1, [.. staying, .. _agency.Epochs.Make(start, count, days)]);
        Proposal.Propose(new Dictionary<string, byte[]> { [TrustPath.Recipients] = next.Write() }, now);
        return SignWith(_keys.All, now);
    }

    /// <summary>Proposes other keepers.</summary>
    /// <returns>True if it is published.</returns>
    /// <exception cref="AgencyException">A key to remove is no keeper's.</exception>
    /// <exception cref="TrustException">Another change waits, or the threshold cannot be met.</exception>
    public bool ProposeKeepers(IReadOnlyList<VerifyingKey> add, IReadOnlyList<string> remove, int? threshold, DateTimeOffset now)
    {
        using var alone = _agency.Alone();
        var (keys, old) = Keepers;
        foreach (var id in remove)
            if (!keys.Any(key => RoleKeys.KeyIdOf(key) == id)) throw new AgencyException($"no keeper has the key {id}: hub status shows them");
        Proposal.ProposeKeepers([.. keys.Where(key => !remove.Contains(RoleKeys.KeyIdOf(key))).Concat(add).Distinct()], threshold ?? old, now);
        return SignWith(_keys.All, now);
    }

    /// <summary>Makes new online keys, for timestamp and snapshot and for the hotlist, and proposes them. The old ones are used until the
    /// change is published, and destroyed then.</summary>
    /// <returns>True if it is published.</returns>
    /// <exception cref="TrustException">Another change waits.</exception>
    public bool ProposeOnlineKeys(DateTimeOffset now)
    {
        using var alone = _agency.Alone();
        Proposal.RequireNone();
        SettleKeys(); // what a change that was dropped or cut off left
        var (trust, hotlists) = _keys.MakeNext();
        Proposal.ProposeOnlineKeys(trust.Public, hotlists.Public, now);
        return SignWith(_keys.All, now);
    }

    /// <summary>Drops the change that waits, and destroys the keys that were made for it.</summary>
    /// <exception cref="AgencyException">Nothing waits.</exception>
    public void Discard()
    {
        using var alone = _agency.Alone();
        if (!Proposal.IsWaiting) throw new AgencyException("no change waits");
        var published = _agency.PublishedRecipients.Keys.Select(key => key.Key.KeyId).ToHashSet();
        var proposed = Proposal.Changed(TrustPath.Recipients) is { } bytes && Recipients.TryParse(bytes, out var list, out _) ? list.Keys : [];
        // First: a list that lost its private halves must not be signed.
        Proposal.Discard();
        SettleKeys();
        _agency.Epochs.DestroyUnused(proposed.Select(key => key.Key.KeyId).Where(id => !published.Contains(id)).ToHashSet());
    }

    /// <summary>Copies the change that waits into <paramref name="target"/>, for a keeper to sign on a machine of their own.</summary>
    /// <exception cref="AgencyException">Nothing waits, or the folder is not empty.</exception>
    public void Export(string target)
    {
        using var alone = _agency.Alone();
        if (!Proposal.IsWaiting) throw new AgencyException("no change waits");
        CarriedChange.Write(target, _agency.Name, Proposal, _folder.KeeperNames);
    }

    /// <summary>Takes the signatures from a copy that a keeper has signed, and publishes the change with the last one.</summary>
    /// <param name="taken">How many were new.</param>
    /// <returns>True if it is published.</returns>
    /// <exception cref="AgencyException">Nothing waits, or the folder holds no change.</exception>
    /// <exception cref="TrustException">The copy is not one of the change that waits.</exception>
    public bool Import(string source, DateTimeOffset now, out int taken)
    {
        using var alone = _agency.Alone();
        if (!Proposal.IsWaiting) throw new AgencyException("no change waits for a signature");
        var carried = CarriedChange.Open(source);
        if (carried.Agency != _agency.Name) throw new AgencyException($"{source} is a change of {carried.Agency}; this is {_agency.Name}");
        taken = Proposal.TakeSignatures(carried.Pending);
        return SignWith([], now);
    }

    /// <summary>Adds one keeper's signature to the change that waits, and publishes it with the last one.</summary>
    /// <returns>True if it is published.</returns>
    /// <exception cref="AgencyException">Nothing waits, or the key is no keeper's.</exception>
    public bool Sign(SigningKey key, DateTimeOffset now)
    {
        using var alone = _agency.Alone();
        if (!Proposal.IsWaiting) throw new AgencyException("no change waits for a signature");
        if (!Proposal.Sign(key)) throw new AgencyException($"the key {RoleKeys.KeyIdOf(key.Public)} is not one that this change needs: hub status shows them");
        return SignWith([], now);
    }

    /// <summary>Publishes a change that has all its signatures and was cut off before.</summary>
    /// <returns>True if there was one. The caller has the repository alone.</returns>
    internal bool Finish(DateTimeOffset now)
    {
        var finished = Proposal.IsComplete && SignWith([], now);
        SettleKeys();
        return finished;
    }

    private bool SignWith(IReadOnlyList<SigningKey> keys, DateTimeOffset now)
    {
        foreach (var key in keys) Proposal.Sign(key);
        if (!Proposal.IsComplete) return false;
        // Before it is published: a ledger that missed a longer retention would let a key be destroyed too soon.
        if (Proposal.Changed(TrustPath.Policy) is { } policy) _agency.Epochs.Note(Read(policy), now);
        if (Proposal.Changed(TrustPath.Recipients) is { } recipients) RequireKeysOf(recipients);
        if (!Proposal.TryPublish(_keys.All, now)) return false;
        SettleKeys();
        return true;
    }

    // A policy that no box can read allows nothing; one written by a newer version of this program might allow anything.
    private Policy Read(byte[] policy) => Policy.TryParse(policy, out var read, out _) ? read
        : AgencyPlan.ExamplePolicy(_agency.Name) with { HitRetentionHours = Policy.MaxRetentionHours };

    private void RequireKeysOf(byte[] recipients)
    {
        if (!Recipients.TryParse(recipients, out var next, out var problems)) throw new AgencyException($"{TrustPath.Recipients}: {problems[0]}");
        var known = _agency.PublishedRecipients.Keys.Select(key => key.Key.KeyId).ToHashSet();
        foreach (var key in next.Keys.Where(key => !known.Contains(key.Key.KeyId) && !_agency.Epochs.IsHeld(key.Key.KeyId)))
            throw new AgencyException($"the key of the epoch from {JsonTime.Write(key.NotBefore)} is not here, so nobody could open a hit: discard the change and make new epochs");
    }

    private void SettleKeys()
    {
        if (!Proposal.IsWaiting) _keys.Settle();
    }
}
