using Edge.Agent.Governance;
using Edge.Agent.Publishing;
using Edge.Storage.Files;
using Edge.Storage.Json;
using Edge.Storage.Keys;
using Edge.Storage.Trust;

namespace Edge.Agent.Hub;

/// <summary>What became of a grant that somebody wrote.</summary>
public enum GrantStep
{
    /// <summary>Kept as a draft: the oversight role signs first.</summary>
    WaitsForOversight,
    /// <summary>Proposed: the keepers sign.</summary>
    WaitsForKeepers,
    /// <summary>Signed and published.</summary>
    Published,
}

/// <summary>What was taken over from another agency.</summary>
/// <param name="Offer">Its keys, and perhaps its boxes.</param>
/// <param name="List">Its list, if there was a new one.</param>
/// <param name="InUse">That list as this agency's boxes will use it.</param>
public sealed record TakenOver(Offer Offer, OtherHotlist? List, GrantedHotlist? InUse);

/// <summary>Whom an agency shares with: its grants, drafts of grants, what it offers to others and what they offered to it.
/// Files in this folder's README.</summary>
public sealed class GrantBook
{
    private const int MaxDraft = 64 * 1024;

    private readonly Agency _agency;
    private readonly AgencyFolder _folder;

    internal GrantBook(Agency agency, AgencyFolder folder) => (_agency, _folder) = (agency, folder);

    /// <summary>The grants as published.</summary>
    /// <exception cref="AgencyException">grants.json is damaged.</exception>
    public Grants Published => Path.Combine(_agency.TrustFolder, TrustPath.Grants) is var file
        && File.Exists(file) ? Read(File.ReadAllBytes(file), file) : Grants.None(_agency.Name);

    /// <summary>Those that wait for their keepers' signatures; null if no change of them waits.</summary>
    public Grants? Proposed => _agency.Ceremony.Proposal.Changed(TrustPath.Grants) is { } bytes ? Read(bytes, TrustPath.Grants) : null;

    /// <summary>Grants that wait for the oversight role's signature.</summary>
    public IReadOnlyList<Grant> Drafts => [.. Files("drafts").Select(file =>
        StrictJson.TryRead(File.ReadAllBytes(file), MaxDraft, Grant.Read, out var draft, out var problems) ? draft
            : throw new AgencyException($"{file}: {problems[0]}; delete it and add the grant again"))];

    /// <summary>What other agencies offered, the newest of each.</summary>
    public IReadOnlyList<Offer> Offers => [.. Files("offers").Select(ReadOffer)];

    /// <summary>The grants as boxes will judge them.</summary>
    /// <param name="refused">Grants that boxes will not use, and why.</param>
    public Sharing Sharing(out IReadOnlyList<RefusedGrant> refused) => Judge(Published, out refused);

    /// <summary>The grants as boxes will judge them, without those that they refuse.</summary>
    public Sharing InUse => Sharing(out _);

    /// <summary>Writes <c>shares/{other}/offer.json</c>, to hand over. It names this agency's boxes only to an agency that has a
    /// grant here.</summary>
    /// <returns>The folder; it also holds the list for the other one's boxes, if there is one.</returns>
    public (Offer Offer, string Folder) OfferFor(string other, DateTimeOffset now)
    {
        RequireOther(other);
        var hasGrant = Published.All.Any(grant => grant.Agency == other && now < grant.Expires);
        var offer = new Offer(_agency.Name, other, now, _agency.Hotlists.Key, _agency.PublishedRecipients.Keys,
            hasGrant ? _agency.Boxes.ToDictionary(box => box.Name.Box, box => box.Messages) : [])
        {
            Request = Link(other).Request(),
            Pass = hasGrant && RequireOffer(other).Request is { Length: > 0 } request ? _agency.Admit(other, request, now) : null,
        };
        var folder = _folder.Share(other);
        foreach (var made in new[] { _folder.At("shares"), folder }) Directory.CreateDirectory(made, AgencyFolder.OwnerOnly);
        DurableFile.Write(Path.Combine(folder, Offer.FileName), offer.Write());
        return (offer, folder);
    }

    /// <summary>Takes over what another agency handed over: its offer, and its list for this agency's boxes if a grant names it. The
    /// list is verified as a box would and published in a new snapshot.</summary>
    /// <exception cref="AgencyException">The offer is not one for this agency, or older than the one known.</exception>
    /// <exception cref="TrustException">The list does not verify; the offer was taken over all the same.</exception>
    public TakenOver Take(string folder, DateTimeOffset now)
    {
        var path = Path.Combine(folder, Offer.FileName);
        if (!File.Exists(path)) throw new AgencyException($"{path} is missing: the other agency makes it with hub grant offer");
        var offer = ReadOffer(path);
        if (offer.For != _agency.Name || offer.Agency == _agency.Name)
            throw new AgencyException($"{path} is from {offer.Agency} for {offer.For}; this is {_agency.Name}");
        var known = _folder.Offer(offer.Agency);
        if (File.Exists(known) && ReadOffer(known) is var old && offer.Made < old.Made)
            throw new AgencyException($"{path} was made before the one known, of {JsonTime.Write(old.Made)}: ask for a new one");
        Directory.CreateDirectory(Path.GetDirectoryName(known)!, AgencyFolder.OwnerOnly);
        DurableFile.Write(known, offer.Write());
        if (offer.Pass is not null) Link(offer.Agency).Accept(offer.Pass);
        if (!File.Exists(Path.Combine(folder, TrustPath.HotlistMetadata(offer.Agency)))) return new TakenOver(offer, null, null);

        using var alone = _agency.Alone();
        GrantedHotlist? inUse = null;
        var list = _agency.Writer().Take(offer.Agency, TrustSource.Folder(folder), now, accept: list =>
        {
            if (!GrantedHotlist.TryRead(list.List, offer.Agency, list.Expires, _agency.Policy, InUse, now, out inUse, out var reason))
                throw new TrustException(TrustPath.Hotlist(offer.Agency), reason);
            if (_agency.Publications.Exists) _agency.Publications.Record(offer.Agency, inUse.Matcher.Hotlist.Version, list.List.Span);
        });
        return new TakenOver(offer, list, inUse);
    }

    /// <summary>Proposes a grant, in place of one with the same id. One that needs the oversight role's signature is kept as a draft
    /// until it has it: a keeper never signs half a grant.</summary>
    /// <exception cref="AgencyException">Boxes would refuse it, or the other agency's keys are not known.</exception>
    public GrantStep Add(Grant grant, DateTimeOffset now)
    {
        RequireOther(grant.Agency);
        if (grant is { NeedsOversight: true, Oversight: null })
        {
            RequireOffer(grant.Agency);
            if (!_agency.Policy.Sharing.Contains(grant.Jurisdiction))
                throw new AgencyException($"the policy shares with no {Jurisdictions.Write(grant.Jurisdiction)} agency");
            Directory.CreateDirectory(_folder.At("drafts"), AgencyFolder.OwnerOnly);
            DurableFile.Write(_folder.Draft(grant.Id), CanonicalJson.Write(grant.Write()));
            return GrantStep.WaitsForOversight;
        }
        var published = Published;
        return Propose([.. published.All.Where(one => one.Id != grant.Id), grant], published, now, RequireOffer(grant.Agency)) ? GrantStep.Published
            : GrantStep.WaitsForKeepers;
    }

    /// <summary>Adds the oversight role's signature to a draft and proposes it to the keepers.</summary>
    /// <exception cref="AgencyException">There is no such draft, or the key is not one that boxes will take.</exception>
    public GrantStep Countersign(string id, SigningKey key, DateTimeOffset now)
    {
        var draft = Drafts.FirstOrDefault(one => one.Id == id)
            ?? throw new AgencyException($"no grant {id} waits for the oversight role: hub grant show lists those that do");
        var step = Add(draft.Countersign(_agency.Name, key), now);
        File.Delete(_folder.Draft(id));
        return step;
    }

    /// <summary>Takes a grant back. The keepers sign that too; but if it was the agency's last, its list leaves the repository at
    /// once, which the hub's own key can do, and boxes stop matching it at their next look. A draft is only dropped.</summary>
    /// <returns>Null if there was a draft alone.</returns>
    /// <exception cref="AgencyException">There is no such grant.</exception>
    public GrantStep? Revoke(string id, DateTimeOffset now)
    {
        var (published, isDraft) = (Published, Drafts.Any(draft => draft.Id == id));
        if (isDraft) File.Delete(_folder.Draft(id));
        if (published.All.FirstOrDefault(one => one.Id == id) is not { } grant)
            return isDraft ? null : throw new AgencyException($"no grant {id} is published: hub grant show lists them");
        var staying = published.All.Where(one => one.Id != id).ToList();
        if (!staying.Any(one => one.Agency == grant.Agency))
        {
            using var alone = _agency.Alone();
            _agency.Writer().Drop(grant.Agency, now);
        }
        try
        {
            return Propose(staying, published, now) ? GrantStep.Published : GrantStep.WaitsForKeepers;
        }
        catch (TrustException waits)
        {
            // What the hub can do alone it has done: the end of a share does not wait for another ceremony.
            throw new AgencyException(staying.Any(one => one.Agency == grant.Agency) ? $"grant {id} still stands: {waits.Message}"
                : $"the list of {grant.Agency} is out of the repository and matches nothing on boxes that have the new one, but grant {id} still stands there: {waits.Message}", waits);
        }
    }

    /// <summary>How this hub reads at the broker of another agency that has let it.</summary>
    /// <exception cref="AgencyException">It has not.</exception>
    internal LinkSettings LinkTo(string other, BrokerAddress? broker) => RequireOffer(other).Pass is { } pass
        ? new LinkSettings(broker ?? pass.Broker, Link(other).Certificates, PartnerLink.NameOf(_agency.Name))
        : throw new AgencyException($"{other} has not let this hub read at its broker: take over an offer that it made after it signed the grant");

    private PartnerLink Link(string other) => new(_folder.Tls, other);

    /// <param name="offer">Whose key comes into use with it. Another agency's stays as its keepers signed it, whatever was offered since.</param>
    private bool Propose(IReadOnlyList<Grant> grants, Grants published, DateTimeOffset now, Offer? offer = null)
    {
        // What has ended is history: the log has it.
        var next = new Grants(_agency.Name, published.Version + 1, [.. grants.Where(grant => now < grant.Expires)]);
        Judge(next, out var refused);
        if (refused.Count > 0) throw new AgencyException($"boxes would refuse it: {refused[0]}");
        if (next.All.Count > Grants.Most) throw new AgencyException($"an agency has at most {Grants.Most} grants: revoke one first");
        var signed = TrustRepositoryWriter.Others(_agency.TrustFolder, _agency.Name);
        var others = next.All.Select(grant => grant.Agency).Distinct().ToDictionary(other => other,
            other => other == offer?.Agency ? RoleKeys.Of(1, offer.Hotlist) : signed.GetValueOrDefault(other) ?? RoleKeys.Of(1, RequireOffer(other).Hotlist));
        if (others.Count > TrustPath.MostOtherHotlists)
            throw new AgencyException($"boxes take the lists of {TrustPath.MostOtherHotlists} other agencies: revoke the grants of one first");
        return _agency.Ceremony.Propose(new Dictionary<string, byte[]> { [TrustPath.Grants] = next.Write() }, now, others);
    }

    private Sharing Judge(Grants grants, out IReadOnlyList<RefusedGrant> refused) =>
        Governance.Sharing.Under(_agency.Policy, DateTimeOffset.MaxValue, _agency.PublishedOperators, grants, out refused);

    private Offer RequireOffer(string other) => File.Exists(_folder.Offer(other)) ? ReadOffer(_folder.Offer(other))
        : throw new AgencyException($"the keys of {other} are not known: it makes an offer (hub grant offer), hub grant take takes it over");

    private void RequireOther(string other)
    {
        if (!PartyName.IsValid(other)) throw new AgencyException($"the agency's name {PartyName.Rule}");
        if (other == _agency.Name) throw new AgencyException($"this is {other}: its own plates are in its own hotlist");
    }

    private static Offer ReadOffer(string file) => Offer.TryParse(File.ReadAllBytes(file), out var offer, out var problems) ? offer
        : throw new AgencyException($"{file} is not an offer: {problems[0]}");

    private static Grants Read(byte[] utf8, string file) =>
        !Grants.TryParse(utf8, out var grants, out var malformed, out var problems) ? throw new AgencyException($"{file}: {problems[0]}")
        : malformed.Count > 0 ? throw new AgencyException($"{file}: {malformed[0]}") : grants;

    private IEnumerable<string> Files(string folder) => Directory.Exists(_folder.At(folder))
        ? Directory.EnumerateFiles(_folder.At(folder), "*.json").Order(StringComparer.Ordinal) : [];
}
