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
    /// <summary>A first epoch begins this much before it is made: a box may have been switched on with a clock that lags.</summary>
    internal static readonly TimeSpan ClockLag = TimeSpan.FromDays(1);

    /// <summary>A timestamp younger than this is not signed anew: a daily timer always does, a second run the same morning does not.</summary>
    private static readonly TimeSpan TimestampAge = TimeSpan.FromHours(12);

    /// <summary>A hub that has signed nothing for so long was off, or its clock was set.</summary>
    private static readonly TimeSpan LongestRest = 2 * TrustLifetimes.Default.Timestamp;

    private readonly AgencyFolder _folder;
    private readonly KeysAtHand _keys;

    private Agency(AgencyFolder folder, string name, BrokerAddress broker)
    {
        _folder = folder;
        _keys = new KeysAtHand(folder, name);
        Name = name;
        Broker = broker;
        Epochs = new EpochKeys(folder);
    }

    public string Name { get; }

    /// <summary>Where its broker listens.</summary>
    public BrokerAddress Broker { get; }

    /// <summary>The keys that open its hits, by epoch.</summary>
    public EpochKeys Epochs { get; }

    /// <summary>Whom boxes may seal hits to, as published.</summary>
    /// <exception cref="AgencyException">recipients.json is damaged.</exception>
    public Recipients PublishedRecipients => EpochKeys.Published(_folder);

    /// <summary>The TUF key id of the online key: it signs timestamp and snapshot.</summary>
    /// <exception cref="AgencyException">It is not here.</exception>
    public string TrustKeyId => RoleKeys.KeyIdOf(OnlineKey.Public);

    /// <summary>Signs what a box is told to have come, with the online key that is in force now. Thread-safe.</summary>
    /// <exception cref="AgencyException">It is not here.</exception>
    public byte[] Sign(Receipt receipt) => _keys.SignOnline(receipt.Sign);

    private SigningKey OnlineKey => _keys.Signers.Timestamp.Keys is [var key, ..] ? key
        : throw new AgencyException($"{_folder.TrustKey} is not the key that {TrustPath.Root} names: restore it");

    /// <summary>True if the hub signs policy and keys by itself, with a key that no passphrase guards.</summary>
    public bool IsUnguarded => File.Exists(_folder.KeeperKey);

    /// <summary>Where all of it is.</summary>
    public string Folder => _folder.Path;

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

    /// <summary>How a hub reaches the agency's broker: the only one, or one of a group, whose key and certificate are made here when it first asks.</summary>
    /// <exception cref="AgencyException">The CA cannot be used.</exception>
    internal LinkSettings LinkOfHub(HubMember? member, BrokerAddress? broker, DateTimeOffset now)
    {
        if (member is null) return new LinkSettings(broker ?? Broker, HubCertificates, $"{Name}-hub");
        var own = _folder.Certificates(member.FileName);
        if (!File.Exists(own.CertificateFile))
        {
            using var authority = CertificateAuthority.Open(_folder.Tls);
            authority.CreateClient(_folder.Tls, member.FileName, Name, member.BrokerName, now);
        }
        return new LinkSettings(broker ?? Broker, own, $"{Name}-{member.BrokerName}");
    }

    /// <summary>Where a hub remembers what it has shown.</summary>
    /// <param name="member">Which one, in a group.</param>
    /// <param name="other">At whose broker, if not the agency's own.</param>
    internal string ArrivalsFolder(HubMember? member, string? other) =>
        _folder.At($"received/{(other is not null ? $"at-{other}" : member?.FileName ?? "hub")}");

    /// <summary>The broker's certificate, and the CA whose clients it admits.</summary>
    public LinkCertificates BrokerCertificates => _folder.Certificates("broker");

    /// <summary>The policy in force.</summary>
    /// <exception cref="AgencyException">policy.json is not a policy.</exception>
    public Policy Policy => Policy.TryParse(File.ReadAllBytes(Path.Combine(TrustFolder, TrustPath.Policy)), out var policy, out var problems)
        ? policy : throw new AgencyException($"{TrustFolder}/policy.json: {problems[0]}");

    /// <summary>What its keepers sign for.</summary>
    public Ceremony Ceremony => new(this, _folder, _keys);

    /// <summary>What its keepers are called here.</summary>
    public KeeperNames KeeperNames => KeeperNames.Open(_folder.KeeperNames);

    /// <summary>Whom its boxes, and those of other agencies, look for.</summary>
    public HotlistBook Hotlists => new(this, _folder, _keys);

    /// <summary>Whom it shares with.</summary>
    public GrantBook Grants => new(this, _folder);

    /// <summary>Whom it lets in at its boxes' consoles.</summary>
    public ConsoleAdmissions Console => new(this, _folder);

    /// <summary>The orders it gives to its boxes.</summary>
    public OrderBook Orders => new(this, _folder);

    /// <summary>Its log of what it has published.</summary>
    public PublicationLog Publications => PublicationsAt(TimeProvider.System);

    internal PublicationLog PublicationsAt(TimeProvider time) => new(this, _folder, time);

    /// <summary>Its place for a witness of the boxes' logs.</summary>
    public WitnessSeat Witness => new(_folder, Name, Broker);

    /// <summary>The boxes it has enrolled.</summary>
    /// <exception cref="AgencyException">A file in <c>boxes</c> is damaged.</exception>
    public IReadOnlyList<KnownBox> Boxes => [.. Directory.EnumerateFiles(_folder.Boxes, "*.json").Order(StringComparer.Ordinal)
        .Select(file => KnownBox.TryParse(File.ReadAllBytes(file), out var box, out var problems)
            ? box : throw new AgencyException($"{file}: {problems[0]}; enrol the box again"))];

    /// <summary>The box of that name.</summary>
    /// <exception cref="AgencyException">None is enrolled under it; the message names those that are.</exception>
    public KnownBox BoxNamed(string box) => Boxes is var boxes && boxes.FirstOrDefault(one => one.Name.Box == box) is { } known ? known
        : throw new AgencyException($"no box {box} is enrolled; enrolled: {(boxes.Count > 0 ? string.Join(", ", boxes.Select(one => one.Name.Box)) : "none")}");

    /// <summary>Decides what to believe of messages, by the boxes enrolled or offered and by the epoch keys at the moment of each message.</summary>
    /// <exception cref="AgencyException">A file of a box or an offer is damaged.</exception>
    public MessageVerifier Verifier()
    {
        _ = (Boxes, Grants.Offers); // what is damaged is said at the start
        return new MessageVerifier(Name, new BoxKeys(_folder, Name).Find, Epochs);
    }

    /// <summary>Makes an agency in <paramref name="path"/>, whole or not at all.</summary>
    /// <param name="progress">Told the number of plates blinded.</param>
    /// <param name="refused">Why hotlist entries were refused; nothing was made then.</param>
    /// <returns>Null if an entry was refused.</returns>
    /// <exception cref="AgencyException">There is something at <paramref name="path"/> already: keys are never overwritten.</exception>
    public static Agency? Create(string path, AgencyPlan plan, DateTimeOffset now, IProgress<int>? progress, out IReadOnlyList<RefusedEntry> refused) =>
        Founding.Make(path, plan, now, progress, out refused);

    /// <summary>Opens the agency in <paramref name="path"/>.</summary>
    /// <exception cref="AgencyException">There is none, or its files are damaged.</exception>
    public static Agency Open(string path)
    {
        var folder = new AgencyFolder(path);
        if (Reach.Fault(path) is { } missing)
            throw new AgencyException($"{path}: {missing}{(missing == Reach.NotAllowed ? "" : "; hub init makes an agency there")}");
        if (Reach.Fault(folder.Description) is { } none)
            throw new AgencyException(none == Reach.NotAllowed ? $"{path}: {none}"
                : $"{path} is there but holds no agency (no agency.json): name another folder, or make one with hub init");
        BrokerAddress? broker = null;
        if (!StrictJson.TryRead(File.ReadAllBytes(folder.Description), 4096, fields =>
            {
                fields.Text("broker", text => BrokerAddress.TryParse(text, out broker), "must be HOST:PORT");
                return fields.Text("agency", PartyName.IsValid, PartyName.Rule);
            }, out var name, out var problems))
            throw new AgencyException($"{folder.Description}: {problems[0]}");
        return new Agency(folder, name, broker!);
    }

    /// <summary>When each metadata file of its trust repository expires.</summary>
    public IReadOnlyDictionary<string, DateTimeOffset> Expiries => TrustRepositoryWriter.Expiries(TrustFolder, Name);

    /// <summary>Who may give orders, as published.</summary>
    /// <exception cref="AgencyException">operators.json is damaged.</exception>
    public Operators PublishedOperators => Operators.TryParse(Target(TrustPath.Operators), out var operators, out var problems) ? operators
        : throw new AgencyException($"{TrustFolder}/{TrustPath.Operators}: {problems[0]}");

    internal FolderLock Alone() => FolderLock.TryTake(_folder.Trust)
        ?? throw new StateBusyException($"somebody else is changing {TrustFolder}: try again when that is done");

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
        if (Ceremony.Finish(now)) done.Add("finished a publication that had been cut off");
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

    /// <summary>Everything that ends, and when.</summary>
    public IReadOnlyList<(string What, DateTimeOffset Until)> Ends => AgencyCare.Ends(this);

    /// <summary>What is left to do though nothing ends: placeholders that residents would read, secrets that still lie here.</summary>
    public IReadOnlyList<string> Unfinished => AgencyCare.Unfinished(this, _folder);

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

    /// <summary>Which boxes it knows, and knew.</summary>
    internal BoxRegister Register => new(Name, _folder);

    /// <summary>Admits a box: certifies its TLS key and keeps its public keys.</summary>
    /// <exception cref="AgencyException">The request is for another agency, its certificate request is damaged, or a box of that name
    /// is known already and is not to be replaced.</exception>
    /// <param name="simulated">True for a box that a simulation has made up.</param>
    public EnrolmentAnswer Enrol(EnrolmentRequest request, DateTimeOffset now, bool simulated = false, bool replace = false, BrokerAddress? broker = null) =>
        Register.Admit(request, new AnswerTerms(broker ?? Broker, Target(TrustPath.Root)), now, replace, simulated);

    /// <summary>Certifies a known box's TLS key anew.</summary>
    /// <exception cref="AgencyException">It is not known.</exception>
    internal EnrolmentAnswer Renew(string box, DateTimeOffset now) => Register.Renew(box, new AnswerTerms(Broker, Target(TrustPath.Root)), now);

    /// <summary>Knows a box no more: what it says is refused from now on.</summary>
    internal void Forget(BoxName box) => File.Delete(_folder.Box(box.Box));

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
        enrolment.Accept(Enrol(enrolment.Prepare(new BoxName(Name, box), keys), now), now);
        return folder;
    }

    /// <exception cref="AgencyException">No box can have this name: it is malformed, or other parties' own.</exception>
    public static void RequireBoxName(string box)
    {
        if (!PartyName.IsValid(box)) throw new AgencyException($"the box's name {PartyName.Rule}");
        // A certificate's common name and a topic level tell these apart.
        if (box is "hub" or "desk" or "trust" or "broker" or "witness" or Topics.PublicationsLevel)
            throw new AgencyException($"a box cannot be named {box}: choose another name");
    }

    public void Dispose()
    {
        _keys.Dispose();
    }

    internal TrustRepositoryWriter Writer() => new(TrustFolder, Name, _keys.Signers);

    /// <summary>What is handed over to another agency.</summary>
    public string ShareFolder(string other) => _folder.Share(other);

    /// <summary>Certifies the key with which another agency's hub may read at this one's broker what is for it.</summary>
    internal BrokerPass Admit(string other, byte[] signingRequest, DateTimeOffset now)
    {
        using var authority = CertificateAuthority.Open(_folder.Tls);
        return new BrokerPass(Broker, authority.Certificate,
            authority.CertifyClient(Pem.Encode("CERTIFICATE REQUEST", signingRequest), other, PartnerLink.NameOf(other), now));
    }

    internal byte[] Target(string name) => File.ReadAllBytes(Path.Combine(TrustFolder, name));

}
