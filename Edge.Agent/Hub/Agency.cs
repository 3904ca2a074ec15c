using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Edge.Agent.Enrolment;
using Edge.Agent.Governance;
using Edge.Agent.Matching;
using Edge.Agent.Publishing;
using Edge.Storage.Database;
using Edge.Storage.Files;
using Edge.Storage.Json;
using Edge.Storage.Keys;
using Edge.Storage.Sealing;
using Edge.Storage.Trust;

namespace Edge.Agent.Hub;

/// <summary>An agency: its keys, its CA, its trust repository and the boxes it knows, in one folder. Private keys are
/// files of mode 0600; the folder's layout is in this folder's README.</summary>
public sealed class Agency : IDisposable
{
    /// <summary>How long boxes may use a hotlist after it was published.</summary>
    public static readonly TimeSpan HotlistLife = TimeSpan.FromDays(7);

    /// <summary>A first epoch begins this much before it is made: a box may have been switched on with a clock that lags.</summary>
    private static readonly TimeSpan ClockLag = TimeSpan.FromDays(1);

    /// <summary>A timestamp younger than this is not signed anew: a daily timer always does, a second run the same morning does not.</summary>
    private static readonly TimeSpan TimestampAge = TimeSpan.FromHours(12);

    /// <summary>A hub that has signed nothing for so long was off, or its clock was set.</summary>
    private static readonly TimeSpan LongestRest = 2 * TrustLifetimes.Default.Timestamp;

    private readonly AgencyFolder _folder;
    private readonly List<SigningKey> _atHand;
    private IReadOnlyList<RecipientKey>? _recipients;

    private Agency(AgencyFolder folder, string name, BrokerAddress broker, List<SigningKey> atHand)
    {
        _folder = folder;
        _atHand = atHand;
        Name = name;
        Broker = broker;
        Epochs = new EpochKeys(folder);
    }

    public string Name { get; }

    /// <summary>Where its broker listens.</summary>
    public BrokerAddress Broker { get; }

    /// <summary>The keys that open its hits, by epoch.</summary>
    public EpochKeys Epochs { get; }

    /// <summary>Those of them that still exist, in the order of their epochs.</summary>
    public IReadOnlyList<RecipientKey> Recipients => _recipients ??= [.. Epochs.Held.Select(epoch => Epochs.Load(epoch.KeyId)!)];

    /// <summary>Whom boxes may seal hits to, as published.</summary>
    /// <exception cref="AgencyException">recipients.json is damaged.</exception>
    public Recipients PublishedRecipients => EpochKeys.Published(_folder);

    /// <summary>The TUF key id of the online key: it signs timestamp and snapshot.</summary>
    /// <exception cref="AgencyException">It is not here.</exception>
    public string TrustKeyId => TrustSigners.Of(TrustFolder, Name, _atHand).Timestamp.Keys is [var key, ..] ? RoleKeys.KeyIdOf(key.Public)
        : throw new AgencyException($"{_folder.TrustKey} is not the key that {TrustPath.Root} names: restore it");

    /// <summary>Its trust repository, public as it stands.</summary>
    public string TrustFolder => _folder.Trust;

    /// <summary>The hub's own link to the broker.</summary>
    public LinkCertificates HubCertificates => _folder.Certificates("hub");

    /// <summary>The desk's link to the broker, apart from the hub's: a second connection under one name would end the first. An
    /// agency made before there was a desk gets its certificate here.</summary>
    /// <exception cref="AgencyException">The CA cannot be used.</exception>
    public LinkCertificates DeskCertificates(DateTimeOffset now)
    {
        var desk = _folder.Certificates("desk");
        if (File.Exists(desk.CertificateFile)) return desk;
        using var authority = CertificateAuthority.Open(_folder.Tls);
        authority.CreateClient(_folder.Tls, "desk", Name, "desk", now);
        return desk;
    }

    /// <summary>The broker's certificate, and the CA whose clients it admits.</summary>
    public LinkCertificates BrokerCertificates => _folder.Certificates("broker");

    /// <summary>The policy in force.</summary>
    /// <exception cref="AgencyException">policy.json is not a policy.</exception>
    public Policy Policy => Policy.TryParse(File.ReadAllBytes(Path.Combine(TrustFolder, TrustPath.Policy)), out var policy, out var problems)
        ? policy : throw new AgencyException($"{TrustFolder}/policy.json: {problems[0]}");

    /// <summary>Whom it shares with.</summary>
    public GrantBook Grants => new(this, _folder);

    /// <summary>The orders it gives to its boxes.</summary>
    public OrderBook Orders => new(this, _folder);

    /// <summary>The boxes it has enrolled.</summary>
    /// <exception cref="AgencyException">A file in <c>boxes</c> is damaged.</exception>
    public IReadOnlyList<KnownBox> Boxes => [.. Directory.EnumerateFiles(_folder.Boxes, "*.json").Order(StringComparer.Ordinal)
        .Select(file => KnownBox.TryParse(File.ReadAllBytes(file), out var box, out var problems)
            ? box : throw new AgencyException($"{file}: {problems[0]}; enrol the box again"))];

    /// <summary>Decides what to believe of messages: the boxes enrolled or offered at this moment, the epoch keys at that of each message.</summary>
    public MessageVerifier Verifier() => new(Name, Boxes.Select(box => KeyValuePair.Create(box.Name, box.Messages))
        .Concat(Grants.Offers.SelectMany(offer => offer.NamedBoxes)).ToDictionary(), Epochs);

    /// <summary>Makes an agency in <paramref name="path"/>, whole or not at all.</summary>
    /// <param name="progress">Told the number of plates blinded.</param>
    /// <param name="refused">Why hotlist entries were refused; nothing was made then.</param>
    /// <returns>Null if an entry was refused.</returns>
    /// <exception cref="AgencyException">There is something at <paramref name="path"/> already: keys are never overwritten.</exception>
    public static Agency? Create(string path, AgencyPlan plan, DateTimeOffset now, IProgress<int>? progress,
        out IReadOnlyList<RefusedEntry> refused)
    {
        if (plan.Keepers.Count > 0 && (plan.KeeperThreshold < 1 || plan.KeeperThreshold > plan.Keepers.Count))
            throw new AgencyException($"{plan.Keepers.Count} keepers cannot give {plan.KeeperThreshold} signatures: lower the threshold");
        if (!PartyName.IsValid(plan.Agency)) throw new AgencyException($"the agency's name {PartyName.Rule}");
        path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        if (File.Exists(path) || (Directory.Exists(path) && Directory.EnumerateFileSystemEntries(path).Any()))
            throw new AgencyException($"{path} is not empty, and an agency is never overwritten: name another folder");
        var policy = plan.Policy ?? AgencyPlan.ExamplePolicy(plan.Agency);
        if (!HotlistBlinding.TryBlind(plan.Wanted, policy, 1, plan.Cost, now, now + HotlistLife, progress, out var hotlist, out refused))
            return null;

        var making = new AgencyFolder($"{path}.making");
        if (Directory.Exists(making.Path)) Directory.Delete(making.Path, recursive: true); // left by an attempt that was cut off
        making.Make();
        Fill(making, plan, policy, hotlist, now);
        if (Directory.Exists(path)) Directory.Delete(path);
        Directory.Move(making.Path, path);
        DurableFile.SyncFolder(Path.GetDirectoryName(path)!);
        return Open(path);
    }

    /// <summary>Opens the agency in <paramref name="path"/>.</summary>
    /// <exception cref="AgencyException">There is none, or its files are damaged.</exception>
    public static Agency Open(string path)
    {
        var folder = new AgencyFolder(path);
        if (!File.Exists(folder.Description))
            throw new AgencyException($"{path} holds no agency (no agency.json): make one with hub init");
        BrokerAddress? broker = null;
        if (!StrictJson.TryRead(File.ReadAllBytes(folder.Description), 4096, fields =>
            {
                fields.Text("broker", text => BrokerAddress.TryParse(text, out broker), "must be HOST:PORT");
                return fields.Text("agency", PartyName.IsValid, PartyName.Rule);
            }, out var name, out var problems))
            throw new AgencyException($"{folder.Description}: {problems[0]}");
        var atHand = new[] { folder.TrustKey, folder.HotlistKey, folder.KeeperKey, AgencyFolder.Next(folder.TrustKey), AgencyFolder.Next(folder.HotlistKey) }
            .Where(File.Exists).Select(file => Load(file, raw => SigningKey.FromSeed(raw))).ToList();
        return new Agency(folder, name, broker!, atHand);
    }

    /// <summary>The hotlist as it is published, expired entries too.</summary>
    /// <param name="refused">Entries that the policy no longer allows; boxes do not use them.</param>
    /// <param name="audience">Another agency, for the list that its boxes get.</param>
    /// <exception cref="AgencyException">It cannot be read.</exception>
    public Hotlist PublishedHotlist(out IReadOnlyList<RefusedEntry> refused, string? audience = null)
    {
        refused = [];
        var path = HotlistFile(audience);
        if (audience is not null && !File.Exists(path)) return HotlistRevision.Empty(Name, PublishedHotlist(out _).Cost);
        return Hotlist.TryParse(File.ReadAllBytes(path), Policy, DateTimeOffset.MinValue, out var hotlist, out refused) ? hotlist
            : throw new AgencyException($"{path}: {refused[0]}");
    }

    /// <summary>Changes the hotlist: blinds what is new, carries the rest over, signs and publishes.</summary>
    /// <param name="progress">Told the number of plates blinded, from any thread.</param>
    /// <returns>Without a next list nothing changed.</returns>
    /// <exception cref="StateBusyException">Somebody else is changing it.</exception>
    /// <exception cref="OperationCanceledException">Stopped while blinding; nothing changed.</exception>
    public HotlistOutcome ChangeHotlist(HotlistChange change, DateTimeOffset now, IProgress<int>? progress, CancellationToken stop = default) =>
        ChangeHotlist(null, change, now, progress, stop);

    /// <summary>The same for the list that the boxes of another agency get: a small one, with a salt and versions of its own, in
    /// <c>shares/{audience}</c>, to hand over.</summary>
    /// <param name="audience">The other agency; null for this one's own list.</param>
    /// <inheritdoc cref="ChangeHotlist(HotlistChange, DateTimeOffset, IProgress{int}?, CancellationToken)"/>
    public HotlistOutcome ChangeHotlist(string? audience, HotlistChange change, DateTimeOffset now, IProgress<int>? progress, CancellationToken stop = default)
    {
        using var alone = Alone();
        var old = PublishedHotlist(out var lapsed, audience);
        var outcome = HotlistRevision.Apply(old, change, Policy, now, now + HotlistLife, progress, stop);
        outcome = outcome with { Refused = [.. outcome.Refused, .. lapsed.Select(entry => entry with { Index = null })] };
        if (outcome.Next is not { } next) return outcome;
        if (audience is not null)
            OtherHotlist.Write(Grants.OfferFor(audience, now).Folder, Name, audience, HotlistSigner, next.Write(), now);
        else
            Writer().Publish(new TargetFiles(Target(TrustPath.Policy), Target(TrustPath.Operators), Target(TrustPath.Recipients),
                next.Write()), now);
        return outcome;
    }

    /// <summary>Blinds, signs and publishes a new hotlist in place of the old one.</summary>
    /// <returns>False, and nothing changed, if any entry is refused.</returns>
    public bool TryPublishHotlist(IReadOnlyList<WantedPlate> wanted, DateTimeOffset now, IProgress<int>? progress,
        out IReadOnlyList<RefusedEntry> refused)
    {
        var outcome = ChangeHotlist(new HotlistChange { Wanted = wanted, Everything = true, Strict = true }, now, progress);
        refused = outcome.Refused;
        return outcome.Next is not null;
    }

    /// <summary>The keepers, who sign for root and targets: TUF key ids, and how many must sign.</summary>
    public (IReadOnlyList<VerifyingKey> Keys, int Threshold) Keepers =>
        TrustSigners.Of(TrustFolder, Name, []).Root is var root ? (root.Elsewhere, root.Threshold) : default;

    /// <summary>When each metadata file of its trust repository expires.</summary>
    public IReadOnlyDictionary<string, DateTimeOffset> Expiries => TrustRepositoryWriter.Expiries(TrustFolder, Name);

    /// <summary>The change that waits for signatures, if any.</summary>
    public TrustProposal Proposal => new(_folder.Pending, TrustFolder, Name);

    /// <summary>Proposes new policy, operators or recipients to the keepers; with none of them, the same for a new lifetime.</summary>
    /// <param name="changed">By target path.</param>
    /// <param name="others">Who signs the hotlists of other agencies from then on; null for those who do.</param>
    /// <returns>True if it is published: the keys at hand were enough.</returns>
    /// <exception cref="TrustException">Another change waits, or a file is too large.</exception>
    /// <exception cref="StateBusyException">Somebody else is changing the repository.</exception>
    public bool Propose(IReadOnlyDictionary<string, byte[]> changed, DateTimeOffset now, IReadOnlyDictionary<string, RoleKeys>? others = null)
    {
        using var alone = Alone();
        Proposal.Propose(changed, now, others);
        return SignWith(_atHand, now);
    }

    /// <summary>Who may give orders, as published.</summary>
    /// <exception cref="AgencyException">operators.json is damaged.</exception>
    public Operators PublishedOperators => Operators.TryParse(Target(TrustPath.Operators), out var operators, out var problems) ? operators
        : throw new AgencyException($"{TrustFolder}/{TrustPath.Operators}: {problems[0]}");

    /// <summary>Proposes one operator more.</summary>
    /// <returns>True if it is published.</returns>
    /// <exception cref="AgencyException">Boxes would not accept the list, or the key has another part in this agency already.</exception>
    /// <exception cref="TrustException">Another change waits.</exception>
    public bool ProposeOperator(Operator one, DateTimeOffset now)
    {
        // Who signs what boxes obey must not also be one whom they obey, or one person could do both.
        if (Keepers.Keys.Contains(one.Key) || _atHand.Any(key => key.Public.Equals(one.Key)))
            throw new AgencyException($"{one.Account}: the key is a keeper's or the hub's own; an operator has a key of their own: hub key makes one");
        var published = PublishedOperators;
        return Propose(published with { Version = published.Version + 1, All = [.. published.All, one] }, now);
    }

    /// <summary>Proposes the list without an account. It takes effect on each box when the box has it.</summary>
    /// <returns>True if it is published.</returns>
    /// <exception cref="AgencyException">Nobody has the account.</exception>
    /// <exception cref="TrustException">Another change waits.</exception>
    public bool ProposeRevocation(string account, DateTimeOffset now)
    {
        var published = PublishedOperators;
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
        using var alone = Alone();
        Proposal.RequireNone(); // before any key is made
        var published = PublishedRecipients;
        var staying = published.Keys.Where(key => key.Expires > now && !replace).ToList();
        if (staying.Count + count > Governance.Recipients.Most)
            throw new AgencyException($"the list would hold {staying.Count + count} keys, boxes accept {Governance.Recipients.Most}: {staying.Count} still run, until {JsonTime.Write(staying.Max(key => key.Expires))}");
        // An overlap is part of an epoch's end, so the next one starts that much before.
        var start = staying.Select(key => key.Expires - EpochKeys.Overlap).Append(now - ClockLag).Max();
        var next = new Recipients(Name, published.Version + 1, [.. staying, .. Epochs.Make(start, count, days)]);
        Proposal.Propose(new Dictionary<string, byte[]> { [TrustPath.Recipients] = next.Write() }, now);
        return SignWith(_atHand, now);
    }

    /// <summary>Proposes other keepers.</summary>
    /// <returns>True if it is published.</returns>
    /// <exception cref="AgencyException">A key to remove is no keeper's.</exception>
    /// <exception cref="TrustException">Another change waits, or the threshold cannot be met.</exception>
    public bool ProposeKeepers(IReadOnlyList<VerifyingKey> add, IReadOnlyList<string> remove, int? threshold, DateTimeOffset now)
    {
        using var alone = Alone();
        var (keys, old) = Keepers;
        foreach (var id in remove)
            if (!keys.Any(key => RoleKeys.KeyIdOf(key) == id)) throw new AgencyException($"no keeper has the key {id}: hub status shows them");
        Proposal.ProposeKeepers([.. keys.Where(key => !remove.Contains(RoleKeys.KeyIdOf(key))).Concat(add).Distinct()], threshold ?? old, now);
        return SignWith(_atHand, now);
    }

    /// <summary>Makes new online keys, for timestamp and snapshot and for the hotlist, and proposes them. The old ones are used until the
    /// change is published, and destroyed then.</summary>
    /// <returns>True if it is published.</returns>
    /// <exception cref="TrustException">Another change waits.</exception>
    public bool ProposeOnlineKeys(DateTimeOffset now)
    {
        using var alone = Alone();
        Proposal.RequireNone();
        SettleKeys(); // what a change that was dropped or cut off left
        var made = new[] { _folder.TrustKey, _folder.HotlistKey }.Select(file =>
        {
            var key = SigningKey.Create();
            Save(AgencyFolder.Next(file), key.ExportSeed());
            return key;
        }).ToList();
        _atHand.AddRange(made);
        Proposal.ProposeOnlineKeys(made[0].Public, made[1].Public, now);
        return SignWith(_atHand, now);
    }

    /// <summary>Drops the change that waits, and destroys the keys that were made for it.</summary>
    /// <exception cref="AgencyException">Nothing waits.</exception>
    public void Discard()
    {
        using var alone = Alone();
        if (!Proposal.IsWaiting) throw new AgencyException("no change waits");
        var published = PublishedRecipients.Keys.Select(key => key.Key.KeyId).ToHashSet();
        var proposed = Proposal.Changed(TrustPath.Recipients) is { } bytes && Governance.Recipients.TryParse(bytes, out var list, out _) ? list.Keys : [];
        // First: a list that lost its private halves must not be signed.
        Proposal.Discard();
        SettleKeys();
        Epochs.DestroyUnused(proposed.Select(key => key.Key.KeyId).Where(id => !published.Contains(id)).ToHashSet());
    }

    /// <summary>Copies the change that waits into <paramref name="target"/>, for a keeper to sign on a machine of their own.</summary>
    /// <exception cref="AgencyException">Nothing waits, or the folder is not empty.</exception>
    public void Export(string target)
    {
        using var alone = Alone();
        if (!Proposal.IsWaiting) throw new AgencyException("no change waits");
        CarriedChange.Write(target, Name, Proposal);
    }

    /// <summary>Takes the signatures from a copy that a keeper has signed, and publishes the change with the last one.</summary>
    /// <param name="taken">How many were new.</param>
    /// <returns>True if it is published.</returns>
    /// <exception cref="AgencyException">Nothing waits, or the folder holds no change.</exception>
    /// <exception cref="TrustException">The copy is not one of the change that waits.</exception>
    public bool Import(string source, DateTimeOffset now, out int taken)
    {
        using var alone = Alone();
        if (!Proposal.IsWaiting) throw new AgencyException("no change waits for a signature");
        var carried = CarriedChange.Open(source);
        if (carried.Agency != Name) throw new AgencyException($"{source} is a change of {carried.Agency}; this is {Name}");
        taken = Proposal.TakeSignatures(carried.Pending);
        return SignWith([], now);
    }

    // A next key that root and targets name takes the place of the one before it, which is destroyed; one that they do not name, and
    // that no waiting change will name, goes itself.
    private void SettleKeys()
    {
        if (Proposal.IsWaiting) return;
        var roles = TrustSigners.Of(TrustFolder, Name, _atHand);
        foreach (var (file, role) in new[] { (_folder.TrustKey, roles.Timestamp), (_folder.HotlistKey, roles.Hotlists) })
        {
            var next = AgencyFolder.Next(file);
            if (!File.Exists(next)) continue;
            using var key = Load(next, raw => SigningKey.FromSeed(raw));
            if (!role.Keys.Any(one => one.Public.Equals(key.Public)))
            {
                DurableFile.Destroy(next);
                continue;
            }
            DurableFile.Destroy(file);
            File.Move(next, file);
            DurableFile.SyncFolder(_folder.Keys);
        }
    }

    /// <summary>Adds one keeper's signature to the change that waits, and publishes it with the last one.</summary>
    /// <returns>True if it is published.</returns>
    /// <exception cref="AgencyException">Nothing waits, or the key is no keeper's.</exception>
    public bool Sign(SigningKey key, DateTimeOffset now)
    {
        using var alone = Alone();
        if (!Proposal.IsWaiting) throw new AgencyException("no change waits for a signature");
        if (!Proposal.Sign(key)) throw new AgencyException($"the key {RoleKeys.KeyIdOf(key.Public)} is not one that this change needs: hub status shows them");
        return SignWith([], now);
    }

    internal FolderLock Alone() => FolderLock.TryTake(_folder.Trust)
        ?? throw new StateBusyException($"somebody else is changing {TrustFolder}: try again when that is done");

    private bool SignWith(IReadOnlyList<SigningKey> keys, DateTimeOffset now)
    {
        foreach (var key in keys) Proposal.Sign(key);
        if (!Proposal.IsComplete) return false;
        // Before it is published: a ledger that missed a longer retention would let a key be destroyed too soon.
        if (Proposal.Changed(TrustPath.Policy) is { } policy) Epochs.Note(Read(policy), now);
        if (Proposal.Changed(TrustPath.Recipients) is { } recipients) RequireKeysOf(recipients);
        if (!Proposal.TryPublish(_atHand, now)) return false;
        SettleKeys();
        return true;
    }

    // A policy that no box can read allows nothing; one written by a newer version of this program might allow anything.
    private Policy Read(byte[] policy) => Governance.Policy.TryParse(policy, out var read, out _) ? read
        : AgencyPlan.ExamplePolicy(Name) with { HitRetentionHours = Governance.Policy.MaxRetentionHours };

    private void RequireKeysOf(byte[] recipients)
    {
        if (!Governance.Recipients.TryParse(recipients, out var next, out var problems)) throw new AgencyException($"{TrustPath.Recipients}: {problems[0]}");
        var known = PublishedRecipients.Keys.Select(key => key.Key.KeyId).ToHashSet();
        foreach (var key in next.Keys.Where(key => !known.Contains(key.Key.KeyId) && !Epochs.IsHeld(key.Key.KeyId)))
            throw new AgencyException($"the key of the epoch from {JsonTime.Write(key.NotBefore)} is not here, so nobody could open a hit: discard the change and make new epochs");
    }

    /// <summary>Signs a new timestamp, so that boxes know they miss nothing; a hub in service does this every day.</summary>
    public void RefreshTrust(DateTimeOffset now) => Writer().Refresh(now);

    /// <summary>What a hub in service does every day, as often as one likes: renews what its own keys sign, finishes what was cut
    /// off, destroys the keys whose time has come.</summary>
    /// <param name="clockIsRight">Somebody has looked at the clock: go on even if it has moved by weeks since the hub last signed.</param>
    /// <returns>What was done, a line each.</returns>
    /// <exception cref="AgencyException">The clock has moved by weeks: a wrong one would destroy keys too soon, and for good.</exception>
    /// <exception cref="StateBusyException">Somebody else is changing the repository.</exception>
    public IReadOnlyList<string> Tend(DateTimeOffset now, bool clockIsRight = false)
    {
        using var alone = Alone();
        var signed = Expiries[TrustPath.Timestamp] - TrustLifetimes.Default.Timestamp;
        if (!clockIsRight && now - signed > LongestRest)
            throw new AgencyException($"the clock says {JsonTime.Write(now)}, and this hub last signed at {JsonTime.Write(signed)}: look at the clock; if it is right, run hub tend --clock-is-right");
        var done = new List<string>();
        if (Proposal.IsComplete && SignWith([], now)) done.Add("finished a publication that had been cut off");
        SettleKeys();
        var (lives, ends) = (TrustLifetimes.Default, Expiries);
        var hotlists = ends[TrustPath.HotlistMetadata(Name)] - now < lives.Hotlists / 3;
        if (hotlists || ends[TrustPath.Snapshot] - now < lives.Snapshot / 3)
        {
            if (hotlists) Writer().RenewHotlist(now);
            else Writer().SignSnapshot(now);
            done.Add(hotlists ? "signed the hotlist's metadata, the snapshot and the timestamp anew" : "signed the snapshot and the timestamp anew");
        }
        else if (ends[TrustPath.Timestamp] - now < lives.Timestamp - TimestampAge)
        {
            RefreshTrust(now);
            done.Add($"signed a new timestamp, until {JsonTime.Write(Expiries[TrustPath.Timestamp])}");
        }
        Epochs.Note(Policy, now);
        foreach (var epoch in Epochs.DestroyEnded(now))
            done.Add($"destroyed the key of the epoch until {JsonTime.Write(epoch.Expires)} ({epoch.KeyId})");
        if (Orders.Held.Sweep(now) is > 0 and var ended) done.Add($"destroyed {ended} held hit(s) whose hold has ended, with their keys");
        return done;
    }

    /// <summary>What people must do soon, or should have done.</summary>
    public IReadOnlyList<CareDue> Due(DateTimeOffset now) => AgencyCare.Due(this, now);

    /// <summary>Every file of the trust repository as one consistent set, in the order in which to send it.</summary>
    /// <exception cref="StateBusyException">Somebody is changing it.</exception>
    internal IReadOnlyList<(string Path, byte[] Bytes)> TrustFiles()
    {
        using var alone = Alone();
        return [.. TrustRepositoryWriter.SendingOrder(TrustFolder, Name).Select(path => (path, Target(path)))];
    }

    internal string PushedFile => _folder.Pushed;

    internal IEnumerable<string> CertificateFiles => Directory.EnumerateFiles(_folder.Tls, "*.crt").Order(StringComparer.Ordinal);

    /// <summary>Admits a box: certifies its TLS key and keeps its public keys.</summary>
    /// <exception cref="AgencyException">The request is for another agency, its certificate request is damaged, or a box
    /// of that name is known already.</exception>
    public EnrolmentBundle Enrol(EnrolmentRequest request, DateTimeOffset now)
    {
        var box = request.Box;
        if (box.Agency != Name) throw new AgencyException($"the request is for agency {box.Agency}; this is {Name}");
        RequireBoxName(box.Box);
        if (File.Exists(_folder.Box(box.Box)))
            throw new AgencyException($"box {box.Box} is enrolled already: remove {_folder.Box(box.Box)} first if this one replaces it");
        using var authority = CertificateAuthority.Open(_folder.Tls);
        var certificate = authority.CertifyClient(request.SigningRequest, Name, box.Box, now);
        DurableFile.Write(_folder.Box(box.Box), new KnownBox(box, request.Messages, request.Orders, request.Log, now).Write());
        return new EnrolmentBundle(box, authority.Certificate, certificate, Target(TrustPath.Root));
    }

    /// <summary>Makes a box's keys here and enrols it, for a first try without a second machine: <c>to-box/{box}</c> then
    /// holds <c>state</c> and <c>enrolment</c> to carry over and delete here. A box in service makes its own keys.</summary>
    /// <returns>The folder.</returns>
    public string PrepareBox(string box, DateTimeOffset now)
    {
        RequireBoxName(box);
        var folder = _folder.ToBox(box);
        foreach (var made in new[] { _folder.At("to-box"), folder }) Directory.CreateDirectory(made, AgencyFolder.OwnerOnly);
        using var keys = KeyFolder.Open(Path.Combine(folder, "state"), credentialsDirectory: null);
        var enrolment = new EnrolmentFolder(Path.Combine(folder, "enrolment"));
        enrolment.Accept(Enrol(enrolment.Prepare(new BoxName(Name, box), keys), now));
        return folder;
    }

    /// <exception cref="AgencyException">No box can have this name: it is malformed, or other parties' own.</exception>
    public static void RequireBoxName(string box)
    {
        if (!PartyName.IsValid(box)) throw new AgencyException($"the box's name {PartyName.Rule}");
        // A certificate's common name and a topic level tell these apart.
        if (box is "hub" or "desk" or "trust" or "broker") throw new AgencyException($"a box cannot be named {box}: choose another name");
    }

    public void Dispose()
    {
        foreach (var key in _atHand) key.Dispose();
        foreach (var recipient in _recipients ?? []) recipient.Dispose();
    }

    private static void Fill(AgencyFolder folder, AgencyPlan plan, Policy policy, Hotlist hotlist, DateTimeOffset now)
    {
        using var trustKey = SigningKey.Create();
        Save(folder.TrustKey, trustKey.ExportSeed());
        using var hotlistKey = SigningKey.Create();
        Save(folder.HotlistKey, hotlistKey.ExportSeed());
        using var ownKey = SigningKey.Create();
        var keepers = new SigningRole([ownKey], 1);
        if (plan.Keepers.Count == 0) Save(folder.KeeperKey, ownKey.ExportSeed());
        else
        {
            keepers = new SigningRole([.. plan.Keepers.Select(keeper => keeper.Key)], plan.KeeperThreshold);
            Directory.CreateDirectory(folder.ToKeepers, AgencyFolder.OwnerOnly);
            foreach (var keeper in plan.Keepers) DurableFile.Write(Path.Combine(folder.ToKeepers, $"{keeper.Name}.key"), keeper.File.Write());
        }
        var epochs = new EpochKeys(folder);
        epochs.Begin(policy);
        var recipients = new Recipients(plan.Agency, 1, epochs.Make(now - ClockLag, EpochKeys.DefaultCount, EpochKeys.DefaultDays));
        using (var authority = CertificateAuthority.Create(folder.Tls, plan.Agency, now))
        {
            authority.CreateServer(folder.Tls, "broker", plan.Agency, plan.Broker.Host, now);
            authority.CreateClient(folder.Tls, "hub", plan.Agency, "hub", now);
            authority.CreateClient(folder.Tls, "desk", plan.Agency, "desk", now);
        }
        var operators = new Operators(plan.Agency, 1, []);
        var writer = new TrustRepositoryWriter(folder.Trust, plan.Agency, new TrustSigners(keepers, new SigningRole([trustKey], 1),
            new SigningRole([trustKey], 1), keepers, new SigningRole([hotlistKey], 1)));
        writer.WriteFirstRoot(now);
        writer.Publish(new TargetFiles(policy.Write(), operators.Write(), recipients.Write(), hotlist.Write()), now);
        // Last: a folder with this file is complete.
        DurableFile.Write(folder.Description, CanonicalJson.Write(new JsonObject
        {
            ["agency"] = plan.Agency, ["broker"] = plan.Broker.ToString(),
        }));
    }

    internal TrustRepositoryWriter Writer() => new(TrustFolder, Name, TrustSigners.Of(TrustFolder, Name, _atHand));

    /// <summary>What is handed over to another agency.</summary>
    public string ShareFolder(string other) => _folder.Share(other);

    internal string HotlistFile(string? audience) => Path.Combine(audience is null ? TrustFolder : _folder.Share(audience), TrustPath.Hotlist(Name));

    /// <summary>Certifies the key with which another agency's hub may read at this one's broker what is for it.</summary>
    internal BrokerPass Admit(string other, byte[] signingRequest, DateTimeOffset now)
    {
        using var authority = CertificateAuthority.Open(_folder.Tls);
        return new BrokerPass(Broker, authority.Certificate,
            authority.CertifyClient(Pem.Encode("CERTIFICATE REQUEST", signingRequest), other, PartnerLink.NameOf(other), now));
    }

    internal VerifyingKey HotlistKey => HotlistSigner.Public;

    private SigningKey HotlistSigner => TrustSigners.Of(TrustFolder, Name, _atHand).Hotlists.Keys is [var key, ..] ? key
        : throw new AgencyException("the key that signs the hotlist is not here: restore keys/hotlists.key");

    private byte[] Target(string name) => File.ReadAllBytes(Path.Combine(TrustFolder, name));

    private static void Save(string path, byte[] raw)
    {
        DurableFile.Write(path, raw);
        CryptographicOperations.ZeroMemory(raw);
    }

    private static T Load<T>(string path, Func<byte[], T> import)
    {
        var raw = File.ReadAllBytes(path);
        try
        {
            return import(raw);
        }
        catch (FormatException damaged)
        {
            throw new AgencyException($"{path} is damaged: restore it", damaged);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(raw);
        }
    }
}
